/* CRLs from files: the configured ones of a section. */
#include <stdlib.h>

#include "base/array.h"
#include "base/log.h"
#include "smime/trust_section.h"

struct reading {
	struct trust_crls *crls;
	size_t most;
};

static int
add(struct trust_crls *crls, struct crl *crl, const char *file, struct error *err)
{
	struct crl **items;

	if (crls->count >= TRUST_CRLS_MAX)
		return error_set(
		    err, ERROR_LIMIT, "%s: more than %d CRLs in one folder", file, TRUST_CRLS_MAX);
	items = array_grow(crls->items, crls->count, sizeof(struct crl *), err);
	if (items == NULL)
		return -1;
	crls->items = items;
	items[crls->count++] = crl;
	return 0;
}

/* One list a file. */
static int
take_file(void *context, const char *file, const char *bytes, size_t size, struct error *err)
{
	struct reading *reading = context;
	struct error why = ERROR_INIT;
	struct crl *crl = crl_read(bytes, size, reading->most, &why);

	if (crl == NULL && why.code == ERROR_TEMPORARY)
		return error_no_memory(err);
	if (crl == NULL) {
		log_warning("%s: skipped: %s", file, why.text);
		return 0;
	}
	if (crl_unusable(crl) != NULL)
		log_warning("%s: this CRL can't be used: %s", file, crl_unusable(crl));
	crl_raise(crl, CRL_SIGNED); /* an administrator put it there */
	if (add(reading->crls, crl, file, err) != 0) {
		crl_unref(crl);
		return -1;
	}
	return 0;
}

static int
compare(const void *a, const void *b)
{
	struct crl *const *left = a;
	struct crl *const *right = b;

	return X509_NAME_cmp(crl_issuer(*left), crl_issuer(*right));
}

int
trust_crls_read(struct trust_crls *crls, const char *path, size_t most, struct error *err)
{
	struct reading reading = {crls, most != 0 ? most : CRL_SIZE_DEFAULT};

	if (path == NULL || path[0] == '\0')
		return 0;
	if (trust_folder_each(path, reading.most, take_file, &reading, err) != 0)
		return -1;
	if (crls->count > 0)
		qsort(crls->items, crls->count, sizeof(*crls->items), compare);
	return 0;
}

void
trust_crls_free(struct trust_crls *crls)
{
	size_t i;

	for (i = 0; i < crls->count; i++)
		crl_unref(crls->items[i]);
	free(crls->items);
}

/* The place of the first whose issuer is not less (0) or greater (1) than this one. */
static size_t
boundary(const struct trust_crls *crls, const X509_NAME *issuer, int beyond)
{
	size_t low = 0;
	size_t high = crls->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (X509_NAME_cmp(crl_issuer(crls->items[middle]), issuer) < beyond)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t
trust_crls_find(const struct trust_crls *crls, const X509_NAME *issuer, size_t *first)
{
	*first = boundary(crls, issuer, 0);
	return boundary(crls, issuer, 1) - *first;
}
