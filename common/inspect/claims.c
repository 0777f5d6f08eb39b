#include "inspect/claims.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "smime/content_cipher.h"

/* A recipient info by what names its certificate: issuer and serial, or a key identifier. */
struct claim {
	const struct layer_recipient *info;
	X509_NAME *issuer; /* NULL where it is no name, or by key identifier */
	unsigned char *key;
	size_t key_size;
};

/* Equal ones stand together: the first stands for all of them. */
struct claims {
	struct claim *by_serial;
	bool *serial_taken;
	size_t serial_count;
	struct claim *by_key;
	bool *key_taken;
	size_t key_count;
	struct claim **by_issuer; /* once closed: those of by_serial that nobody claimed */
	size_t issuer_count;
	size_t nameless; /* infos that name no certificate */
};

static int
compare_serials(const void *a, const void *b)
{
	const struct claim *x = a;
	const struct claim *y = b;
	int order = strcmp(x->info->serial, y->info->serial);

	return order != 0 ? order : X509_NAME_cmp(x->issuer, y->issuer);
}

static int
compare_keys(const void *a, const void *b)
{
	const struct claim *x = a;
	const struct claim *y = b;

	if (x->key_size != y->key_size)
		return x->key_size < y->key_size ? -1 : 1;
	return memcmp(x->key, y->key, x->key_size);
}

static int
compare_issuers(const void *a, const void *b)
{
	return X509_NAME_cmp(
	    (*(struct claim *const *)a)->issuer, (*(struct claim *const *)b)->issuer);
}

/* NULL in *name where it is none. */
static int
read_issuer(const struct layer_recipient *info, X509_NAME **name, struct error *err)
{
	const unsigned char *at = info->issuer_der;
	struct error why = ERROR_INIT;

	*name = NULL;
	if (at == NULL || info->issuer_size > CERTIFICATE_SIZE_MAX)
		return 0;
	ERR_clear_error();
	*name = d2i_X509_NAME(NULL, &at, (long)info->issuer_size);
	if (*name == NULL && content_cipher_unread("an issuer", &why) == -1 &&
	    why.code == ERROR_TEMPORARY)
		return error_no_memory(err);
	return 0;
}

/* The bytes of an upper-case hex text; NULL in *bytes where it is none. */
static int
read_hex(const char *text, unsigned char **bytes, size_t *size, struct error *err)
{
	size_t length = strlen(text);
	size_t i;

	*bytes = NULL;
	*size = length / 2;
	if (length == 0 || length % 2 != 0 || strspn(text, "0123456789ABCDEF") != length)
		return 0;
	*bytes = malloc(*size);
	if (*bytes == NULL)
		return error_no_memory(err);
	for (i = 0; i < *size; i++)
		(*bytes)[i] = (unsigned char)(OPENSSL_hexchar2int((unsigned char)text[2 * i]) * 16 +
					      OPENSSL_hexchar2int((unsigned char)text[2 * i + 1]));
	return 0;
}

/* What a shared key is called says nothing of certificates. */
static bool
names_certificate(const struct layer_recipient *info)
{
	return info->transport == LAYER_RSA_V15 || info->transport == LAYER_RSA_OAEP ||
	       info->transport == LAYER_ECDH || info->transport == LAYER_OTHER_TRANSPORT;
}

/* What can't be read stays nobody's. */
static int
add(struct claims *claims, const struct layer_recipient *info, struct error *err)
{
	struct claim claim = {.info = info};

	if (names_certificate(info) && info->serial != NULL &&
	    read_issuer(info, &claim.issuer, err) != 0)
		return -1;
	if (names_certificate(info) && info->serial == NULL && info->key_id != NULL &&
	    read_hex(info->key_id, &claim.key, &claim.key_size, err) != 0)
		return -1;
	if (claim.issuer != NULL)
		claims->by_serial[claims->serial_count++] = claim;
	else if (claim.key != NULL)
		claims->by_key[claims->key_count++] = claim;
	else
		claims->nameless++;
	return 0;
}

struct claims *
claims_new(const struct layer *layer, struct error *err)
{
	struct claims *claims = calloc(1, sizeof(*claims));
	size_t room = layer->recipient_count + 1;
	size_t i;

	if (claims == NULL) {
		error_no_memory(err);
		return NULL;
	}
	claims->by_serial = calloc(room, sizeof(*claims->by_serial));
	claims->serial_taken = calloc(room, sizeof(bool));
	claims->by_key = calloc(room, sizeof(*claims->by_key));
	claims->key_taken = calloc(room, sizeof(bool));
	if (claims->by_serial == NULL || claims->serial_taken == NULL || claims->by_key == NULL ||
	    claims->key_taken == NULL) {
		claims_free(claims);
		error_no_memory(err);
		return NULL;
	}
	for (i = 0; i < layer->recipient_count; i++) {
		if (add(claims, &layer->recipients[i], err) != 0) {
			claims_free(claims);
			return NULL;
		}
	}
	qsort(claims->by_serial, claims->serial_count, sizeof(struct claim), compare_serials);
	qsort(claims->by_key, claims->key_count, sizeof(struct claim), compare_keys);
	return claims;
}

/* The first of those equal to the key, marked as taken; false: there is none. */
static bool
take(const struct claim *claims, bool *taken, size_t count, const struct claim *key,
    int (*compare)(const void *, const void *))
{
	size_t low = 0;
	size_t high = count;
	size_t middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (compare(&claims[middle], key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == count || compare(&claims[low], key) != 0)
		return false;
	taken[low] = true;
	return true;
}

bool
claims_take(struct claims *claims, const struct certificate *certificate)
{
	struct layer_recipient info = {.serial = certificate->serial};
	const struct claim serial = {
	    .info = &info, .issuer = X509_get_issuer_name(certificate->x509)};
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(certificate->x509);
	bool found = take(claims->by_serial, claims->serial_taken, claims->serial_count, &serial,
	    compare_serials);
	struct claim key = {.info = NULL};

	if (id == NULL || claims->key_count == 0)
		return found;
	/* Compared only. */
	key.key = (unsigned char *)(uintptr_t)ASN1_STRING_get0_data(id);
	key.key_size = (size_t)ASN1_STRING_length(id);
	return take(claims->by_key, claims->key_taken, claims->key_count, &key, compare_keys) ||
	       found;
}

/* Equal ones follow the first, which alone is marked. */
static size_t
count_left(const struct claim *claims, const bool *taken, size_t count,
    int (*compare)(const void *, const void *))
{
	size_t left = 0;
	size_t first = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		if (compare(&claims[first], &claims[i]) != 0)
			first = i;
		left += taken[first] ? 0 : 1;
	}
	return left;
}

size_t
claims_left(const struct claims *claims)
{
	return claims->nameless +
	       count_left(
		   claims->by_serial, claims->serial_taken, claims->serial_count, compare_serials) +
	       count_left(claims->by_key, claims->key_taken, claims->key_count, compare_keys);
}

int
claims_close(struct claims *claims, struct error *err)
{
	size_t first = 0;
	size_t i;

	claims->by_issuer = calloc(claims->serial_count + 1, sizeof(*claims->by_issuer));
	if (claims->by_issuer == NULL)
		return error_no_memory(err);
	for (i = 0; i < claims->serial_count; i++) {
		if (compare_serials(&claims->by_serial[first], &claims->by_serial[i]) != 0)
			first = i;
		if (first == i && !claims->serial_taken[i])
			claims->by_issuer[claims->issuer_count++] = &claims->by_serial[i];
	}
	qsort(claims->by_issuer, claims->issuer_count, sizeof(*claims->by_issuer), compare_issuers);
	return 0;
}

const struct layer_recipient *
claims_left_of(const struct claims *claims, const struct certificate *certificate)
{
	struct claim key = {.issuer = X509_get_issuer_name(certificate->x509)};
	struct claim *wanted = &key;
	struct claim **found = NULL;

	if (claims->issuer_count > 0)
		found = bsearch(&wanted, claims->by_issuer, claims->issuer_count,
		    sizeof(*claims->by_issuer), compare_issuers);
	return found != NULL ? (*found)->info : NULL;
}

void
claims_free(struct claims *claims)
{
	size_t i;

	if (claims == NULL)
		return;
	for (i = 0; claims->by_serial != NULL && i < claims->serial_count; i++)
		X509_NAME_free(claims->by_serial[i].issuer);
	for (i = 0; claims->by_key != NULL && i < claims->key_count; i++)
		free(claims->by_key[i].key);
	free(claims->by_serial);
	free(claims->serial_taken);
	free(claims->by_key);
	free(claims->key_taken);
	free(claims->by_issuer);
	free(claims);
}
