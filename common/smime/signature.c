#include "smime/signature.h"

#include <limits.h>
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

bool
signature_key_of(const X509 *x509, unsigned char key[SIGNATURE_KEY_SIZE])
{
	unsigned int size = 0;

	return X509_pubkey_digest(x509, EVP_sha256(), key, &size) && size == SIGNATURE_KEY_SIZE;
}
