#include "smime/trust_published.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "smime/trust_published_item.h"

struct trust_published *
trust_published_new(void)
{
	return calloc(1, sizeof(struct trust_published));
}

static void
clear_item(struct trust_published_item *item)
{
	free(item->value);
	free(item->why);
	X509_free(item->x509);
}

void
trust_published_cut(struct trust_published *published, size_t count)
{
	while (published->count > count) {
		struct trust_published_item *item = &published->items[--published->count];

		published->bytes -= item->size;
		clear_item(item);
	}
}

void
trust_published_free(struct trust_published *published)
{
	if (published == NULL)
		return;
	trust_published_cut(published, 0);
	free(published->items);
	free(published);
}

size_t
trust_published_count(const struct trust_published *published)
{
	return published->count;
}

int
trust_published_add(struct trust_published *published, enum trust_published_kind kind,
    const void *value, size_t size, struct error *err)
{
	struct trust_published_item *items;
	struct trust_published_item *item;

	if (published->count >= TRUST_PUBLISHED_MAX)
		return error_set(
		    err, ERROR_LIMIT, "more than %d CA certificates", TRUST_PUBLISHED_MAX);
	if (size > TRUST_PUBLISHED_BYTES_MAX - published->bytes)
		return error_set(err, ERROR_LIMIT, "more than %zu MB of CA certificates",
		    TRUST_PUBLISHED_BYTES_MAX >> 20);
	items = array_grow(published->items, published->count, sizeof(*items), err);
	if (items == NULL)
		return -1;
	published->items = items;
	item = &items[published->count];
	memset(item, 0, sizeof(*item));
	item->kind = kind;
	item->size = size;
	item->value = malloc(size + 1);
	if (item->value == NULL)
		return error_no_memory(err);
	memcpy(item->value, value, size);
	published->bytes += size;
	published->count++;
	return 0;
}

int
trust_published_compare(const void *a, const void *b)
{
	const struct trust_published_item *left = a;
	const struct trust_published_item *right = b;
	int order = memcmp(left->sha256, right->sha256, sizeof(left->sha256));

	return order != 0 ? order : (int)left->kind - (int)right->kind;
}

static void
sort(struct trust_published *published)
{
	size_t kept = 0;
	size_t i;

	for (i = 0; i < published->count; i++)
		SHA256(published->items[i].value, published->items[i].size,
		    published->items[i].sha256);
	if (published->count > 0)
		qsort(published->items, published->count, sizeof(*published->items),
		    trust_published_compare);
	for (i = 0; i < published->count; i++) {
		struct trust_published_item *item = &published->items[i];

		if (kept > 0 && trust_published_compare(&published->items[kept - 1], item) == 0)
			clear_item(item);
		else
			published->items[kept++] = *item;
	}
	published->count = kept;
}

/* The certificate of a value: the one parsed before, or a new one; NULL where it is none. */
static X509 *
read_item(const struct trust_published_item *item, const struct trust_published *before)
{
	const unsigned char *end = item->value;
	const struct trust_published_item *twin = NULL;
	X509 *x509;

	if (before != NULL && before->count > 0)
		twin = bsearch(
		    item, before->items, before->count, sizeof(*item), trust_published_compare);
	if (twin != NULL && twin->x509 != NULL) {
		X509_up_ref(twin->x509);
		return twin->x509;
	}
	if (item->size > CERTIFICATE_SIZE_MAX)
		return NULL;
	x509 = d2i_X509(NULL, &end, (long)item->size);
	if (x509 != NULL && end != item->value + item->size) {
		X509_free(x509);
		return NULL;
	}
	/* Makes OpenSSL read the extensions now: later the object is shared, and only read. */
	if (x509 != NULL)
		X509_check_purpose(x509, -1, 0);
	return x509;
}

/* Whether it may count at all; words[size] say why not. One that is not valid yet becomes so. */
static bool
is_usable(const struct trust_section *section, X509 *x509, time_t at, char *words, size_t size)
{
	const EVP_PKEY *key = X509_get0_pubkey(x509);
	char date[CLOCK_TEXT_SIZE];
	const char *why = "";
	time_t end = 0;

	if (!trust_may_issue(x509, &why)) {
		snprintf(words, size, "it %s", why);
		return false;
	}
	if (!certificate_read_time(X509_get0_notAfter(x509), &end) || at >= end) {
		snprintf(words, size, "it expired on %s", clock_format_date(end, date));
		return false;
	}
	if (key == NULL) {
		snprintf(words, size, "its key can't be read");
		return false;
	}
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA &&
	    EVP_PKEY_get_bits(key) > section->max_rsa_bits) {
		snprintf(words, size, "the key has %d bits, %d are the most",
		    EVP_PKEY_get_bits(key), section->max_rsa_bits);
		return false;
	}
	return trust_key_long_enough(section, x509, words, size);
}

static int
leave_out(struct trust_published_item *item, const char *words, struct error *err)
{
	char *subject = item->x509 != NULL
			    ? certificate_name_text(X509_get_subject_name(item->x509))
			    : strdup("a value");
	size_t size = (subject != NULL ? strlen(subject) : 0) + strlen(words) + 3;

	item->why = malloc(size);
	if (subject == NULL || item->why == NULL) {
		free(subject);
		return error_no_memory(err);
	}
	snprintf(item->why, size, "%s: %s", subject, words);
	free(subject);
	X509_free(item->x509);
	item->x509 = NULL;
	return 0;
}

static int
judge_item(struct trust_published_item *item, const struct trust_published *before,
    const struct trust_section *section, time_t at, struct error *err)
{
	char words[160];
	int status = 0;

	item->x509 = read_item(item, before);
	if (item->x509 == NULL)
		status = leave_out(item, "it is not a certificate", err);
	else if (!is_usable(section, item->x509, at, words, sizeof(words)))
		status = leave_out(item, words, err);
	free(item->value);
	item->value = NULL;
	return status;
}

int
trust_published_judge(struct trust_published *published, const struct trust_published *before,
    const struct trust *trust, size_t section, const char *directory, time_t at, bool *changed,
    struct error *err)
{
	size_t i;
	int status = 0;

	sort(published);
	for (i = 0; i < published->count && status == 0; i++)
		status =
		    judge_item(&published->items[i], before, &trust->sections[section], at, err);
	ERR_clear_error();
	if (status != 0)
		return -1;
	*changed = trust_published_tell(before, published, &trust->sections[section], directory);
	return 0;
}

size_t
trust_published_usable(const struct trust_published *published, enum trust_published_kind kind)
{
	size_t count = 0;
	size_t i;

	for (i = 0; i < published->count; i++)
		count += published->items[i].x509 != NULL && published->items[i].kind == kind;
	return count;
}

int
trust_published_gather(const struct trust_published *published, enum trust_published_kind kind,
    STACK_OF(X509) * certificates, struct error *err)
{
	size_t i;

	for (i = 0; i < published->count; i++) {
		X509 *x509 = published->items[i].x509;

		if (x509 == NULL || published->items[i].kind != kind)
			continue;
		if (!sk_X509_push(certificates, x509))
			return error_no_memory(err);
		X509_up_ref(x509);
	}
	return 0;
}
