#include "smime/signature.h"

#include <limits.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

/* RFC 4055 3.1: what RSASSA-PSS hashes with stands in its parameters; SHA-1 where it doesn't. */
static int
pss_digest(const X509_ALGOR *algorithm)
{
	const ASN1_TYPE *parameter = algorithm->parameter;
	RSA_PSS_PARAMS *pss = NULL;
	int digest = NID_undef;

	if (parameter != NULL)
		pss = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(RSA_PSS_PARAMS), parameter);
	if (pss != NULL)
		digest = pss->hashAlgorithm != NULL ? OBJ_obj2nid(pss->hashAlgorithm->algorithm)
						    : NID_sha1;
	RSA_PSS_PARAMS_free(pss);
	return digest;
}

int
signature_digest_strength(int digest)
{
	const EVP_MD *md = EVP_get_digestbynid(digest);

	switch (digest) {
	case NID_sha1:
		return 63;
	case NID_md5:
		return 39;
	default:
		return md != NULL ? EVP_MD_get_size(md) * 4 : 0;
	}
}

int
signature_strength(const X509_ALGOR *algorithm, const char **name)
{
	int nid = OBJ_obj2nid(algorithm->algorithm);
	int digest = NID_undef;
	int key = NID_undef;

	*name = "an unknown digest";
	if (!OBJ_find_sigid_algs(nid, &digest, &key))
		return 0;
	if (nid == NID_ED25519 || nid == NID_ED448) {
		*name = OBJ_nid2ln(nid);
		return 256;
	}
	if (digest == NID_undef && nid == NID_rsassaPss)
		digest = pss_digest(algorithm);
	if (digest == NID_undef)
		return 0;
	*name = OBJ_nid2ln(digest);
	return signature_digest_strength(digest);
}

bool
signature_is_of(const unsigned char *bytes, size_t size, const X509_ALGOR *algorithm,
    const ASN1_BIT_STRING *signature, EVP_PKEY *key)
{
	ASN1_STRING string = {.type = V_ASN1_SEQUENCE};
	ASN1_TYPE any = {.type = V_ASN1_SEQUENCE};
	bool is;

	if (size > INT_MAX || key == NULL)
		return false;
	/* Read only: OpenSSL writes a copy, whose bytes are these. */
	string.data = (unsigned char *)(uintptr_t)bytes;
	string.length = (int)size;
	any.value.sequence = &string;
	is = ASN1_item_verify(ASN1_ITEM_rptr(ASN1_ANY), algorithm, signature, &any, key) == 1;
	ERR_clear_error();
	return is;
}

/* By the size of its exponent verifying by an RSA key costs as much as signing. Nearly all have 17
 * bits, some 32. */
#define EXPONENT_BITS_MAX 64
#define EXPONENT_BITS_USUAL 32
/* FIPS 186-4 has no DSA key beyond. */
#define DSA_BITS_MAX 3072
#define EC_BITS_MAX 521

static bool
is_rsa(const EVP_PKEY *key)
{
	return EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA ||
	       EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA_PSS;
}

bool
signature_key_is_bearable(const EVP_PKEY *key, int rsa_bits_max)
{
	int bits = EVP_PKEY_get_bits(key);

	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
	case EVP_PKEY_RSA_PSS:
		return bits <= rsa_bits_max;
	case EVP_PKEY_DSA:
		return bits <= DSA_BITS_MAX;
	case EVP_PKEY_EC:
		return bits <= EC_BITS_MAX;
	default:
		return true;
	}
}

/* Of an RSA key, which has one: only memory can be missing. */
static int
exponent_bits(const EVP_PKEY *key, int *bits, struct error *err)
{
	BIGNUM *exponent = NULL;

	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) != 1) {
		ERR_clear_error();
		return error_no_memory(err);
	}
	*bits = BN_num_bits(exponent);
	BN_free(exponent);
	return 0;
}

int
signature_exponent_is_bearable(const EVP_PKEY *key, bool *bearable, struct error *err)
{
	int bits = 0;

	if (is_rsa(key) && exponent_bits(key, &bits, err) != 0)
		return -1;
	*bearable = bits <= EXPONENT_BITS_MAX;
	return 0;
}

/* It grows with the square of the bits, and with the exponent's. */
static int
rsa_cost(const EVP_PKEY *key, int *cost, struct error *err)
{
	int bits = EVP_PKEY_get_bits(key);
	int exponent;

	if (exponent_bits(key, &exponent, err) != 0)
		return -1;
	*cost = 0;
	if (exponent <= EXPONENT_BITS_MAX)
		*cost =
		    1 + (bits / 2048) * (bits / 2048) / (exponent > EXPONENT_BITS_USUAL ? 1 : 4);
	return 0;
}

/* Binary curves cost about twice as much. OpenSSL 3.0 knows the field of the others only. */
static int
ec_cost(const EVP_PKEY *key)
{
	bool small = EVP_PKEY_get_bits(key) <= 256;

	if (EVP_PKEY_get_field_type(key) != NID_X9_62_prime_field)
		return small ? 5 : 14;
	return small ? 2 : 8;
}

int
signature_cost(const EVP_PKEY *key, int *cost, struct error *err)
{
	if (is_rsa(key))
		return rsa_cost(key, cost, err);
	if (!signature_key_is_bearable(key, 0))
		*cost = 0;
	else if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC)
		*cost = ec_cost(key);
	else
		*cost = 5;
	return 0;
}

int
signature_is_bearable_by(const X509 *x509, bool *bearable, struct error *err)
{
	const EVP_PKEY *key = X509_get0_pubkey(x509);
	int cost = 0;
	int status = key != NULL ? signature_cost(key, &cost, err) : 0;

	*bearable = cost > 0;
	ERR_clear_error();
	return status;
}

bool
signature_key_of(const X509 *x509, unsigned char key[SIGNATURE_KEY_SIZE])
{
	unsigned int size = 0;

	return X509_pubkey_digest(x509, EVP_sha256(), key, &size) && size == SIGNATURE_KEY_SIZE;
}
