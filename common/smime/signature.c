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

/* Nearly all exponents have 17 bits, some 32. */
#define EXPONENT_BITS_MAX 64
#define EXPONENT_BITS_USUAL 32
/* FIPS 186-4 has no DSA key beyond. */
#define DSA_BITS_MAX 3072
#define EC_BITS_MAX 521

/* It grows with the square of the bits, and with the exponent's. */
static int
rsa_cost(const EVP_PKEY *key, int bits)
{
	BIGNUM *exponent = NULL;
	int size;

	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) != 1)
		return 0;
	size = BN_num_bits(exponent);
	BN_free(exponent);
	if (size > EXPONENT_BITS_MAX)
		return 0;
	return 1 + (bits / 2048) * (bits / 2048) / (size > EXPONENT_BITS_USUAL ? 1 : 4);
}

int
signature_cost(const EVP_PKEY *key)
{
	int bits = EVP_PKEY_get_bits(key);

	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
	case EVP_PKEY_RSA_PSS:
		return rsa_cost(key, bits);
	case EVP_PKEY_DSA:
		return bits <= DSA_BITS_MAX ? 5 : 0;
	case EVP_PKEY_EC:
		if (bits > EC_BITS_MAX)
			return 0;
		return bits <= 256 ? 2 : 8;
	default:
		return 5;
	}
}

bool
signature_is_bearable_by(const X509 *x509)
{
	const EVP_PKEY *key = X509_get0_pubkey(x509);
	bool is = key != NULL && signature_cost(key) > 0;

	ERR_clear_error();
	return is;
}

bool
signature_key_of(const X509 *x509, unsigned char key[SIGNATURE_KEY_SIZE])
{
	unsigned int size = 0;

	return X509_pubkey_digest(x509, EVP_sha256(), key, &size) && size == SIGNATURE_KEY_SIZE;
}
