#include "inspect/digests.h"

#include <limits.h>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdlib.h>

/* Those in use first: what digests_all() computes. The others only where an object names them. */
#define IN_USE 6
static const int known[] = {NID_md5, NID_sha1, NID_sha224, NID_sha256, NID_sha384, NID_sha512,
    NID_sha512_224, NID_sha512_256, NID_sha3_224, NID_sha3_256, NID_sha3_384, NID_sha3_512,
    NID_ripemd160};

struct digests {
	BIO *chain; /* one BIO a digest, and a sink below */
};

static struct digests *
new_digests(struct error *err)
{
	struct digests *digests = calloc(1, sizeof(*digests));

	ERR_clear_error();
	if (digests == NULL || (digests->chain = BIO_new(BIO_s_null())) == NULL) {
		free(digests);
		error_no_memory(err);
		return NULL;
	}
	return digests;
}

/* A digest that this OpenSSL does not compute (MD5 under FIPS) is left out. Without memory for it
 * OpenSSL says the same: so it is asked for again. */
static int
add(struct digests *digests, int nid, struct error *err)
{
	BIO *bio = BIO_new(BIO_f_md());
	bool unsupported;

	if (bio != NULL && (BIO_set_md(bio, EVP_get_digestbynid(nid)) == 1 ||
			       BIO_set_md(bio, EVP_get_digestbynid(nid)) == 1)) {
		digests->chain = BIO_push(bio, digests->chain);
		return 0;
	}
	unsupported = bio != NULL && ERR_GET_REASON(ERR_peek_error()) == ERR_R_UNSUPPORTED;
	BIO_free(bio);
	ERR_clear_error();
	return unsupported ? 0 : error_no_memory(err);
}

struct digests *
digests_all(struct error *err)
{
	struct digests *digests = new_digests(err);
	size_t i;

	for (i = 0; digests != NULL && i < IN_USE; i++) {
		if (add(digests, known[i], err) != 0) {
			digests_free(digests);
			digests = NULL;
		}
	}
	return digests;
}

/* Marks the digest that one AlgorithmIdentifier names, by its own name or by that of a signature
 * algorithm that uses it, as some programs write it. */
static int
mark(const ASN1_TYPE *value, bool wanted[ARRAY_LENGTH(known)], struct error *err)
{
	const unsigned char *der;
	const EVP_MD *md;
	X509_ALGOR *algorithm = NULL;
	size_t i;

	if (value->type == V_ASN1_SEQUENCE) {
		der = ASN1_STRING_get0_data(value->value.sequence);
		algorithm = d2i_X509_ALGOR(NULL, &der, ASN1_STRING_length(value->value.sequence));
	}
	if (algorithm == NULL) {
		if (ERR_GET_REASON(ERR_peek_error()) == ERR_R_MALLOC_FAILURE)
			return error_no_memory(err);
		return error_set(err, ERROR_INPUT, "its digest algorithms can't be read");
	}
	md = EVP_get_digestbyobj(algorithm->algorithm);
	for (i = 0; md != NULL && i < ARRAY_LENGTH(known); i++) {
		if (EVP_MD_get_type(md) == known[i])
			wanted[i] = true;
	}
	X509_ALGOR_free(algorithm);
	return 0;
}

static int
mark_all(const unsigned char *set, size_t size, bool wanted[ARRAY_LENGTH(known)], struct error *err)
{
	const unsigned char *at = set;
	ASN1_SEQUENCE_ANY *values = NULL;
	int result = 0;
	int i;

	if (size <= LONG_MAX)
		values = d2i_ASN1_SET_ANY(NULL, &at, (long)size);
	if (values == NULL && ERR_GET_REASON(ERR_peek_error()) == ERR_R_MALLOC_FAILURE)
		result = error_no_memory(err);
	else if (values == NULL || at != set + size)
		result = error_set(err, ERROR_INPUT, "its digest algorithms can't be read");
	for (i = 0; result == 0 && i < sk_ASN1_TYPE_num(values); i++)
		result = mark(sk_ASN1_TYPE_value(values, i), wanted, err);
	sk_ASN1_TYPE_pop_free(values, ASN1_TYPE_free);
	return result;
}

struct digests *
digests_named(const unsigned char *set, size_t size, struct error *err)
{
	struct digests *digests = new_digests(err);
	bool wanted[ARRAY_LENGTH(known)] = {false};
	int result;
	size_t i;

	if (digests == NULL)
		return NULL;
	result = mark_all(set, size, wanted, err);
	ERR_clear_error();
	for (i = 0; result == 0 && i < ARRAY_LENGTH(known); i++) {
		if (wanted[i])
			result = add(digests, known[i], err);
	}
	if (result != 0) {
		digests_free(digests);
		digests = NULL;
	}
	return digests;
}

int
digests_write(struct digests *digests, const void *bytes, size_t size, struct error *err)
{
	const unsigned char *at = bytes;
	int piece;

	for (; size > 0; at += piece, size -= (size_t)piece) {
		piece = size < INT_MAX ? (int)size : INT_MAX;
		if (BIO_write(digests->chain, at, piece) != piece) {
			ERR_clear_error();
			return error_set(err, ERROR_INTERNAL, "can't compute a digest");
		}
	}
	return 0;
}

BIO *
digests_bio(struct digests *digests)
{
	return digests->chain;
}

void
digests_free(struct digests *digests)
{
	if (digests == NULL)
		return;
	BIO_free_all(digests->chain);
	free(digests);
}
