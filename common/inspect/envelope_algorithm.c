/* How the content key comes to a recipient, for people. */
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/envelope_algorithm.h"

/* "SHA-256" for OpenSSL's "sha256"; a name that is not of this form stays. */
static void
write_digest(const ASN1_OBJECT *object, char *text, size_t size)
{
	char name[64];

	if (OBJ_obj2txt(name, sizeof(name), object, 1) <= 0)
		name[0] = '\0';
	switch (OBJ_obj2nid(object)) {
	case NID_sha1:
		snprintf(text, size, "SHA-1");
		break;
	case NID_sha224:
		snprintf(text, size, "SHA-224");
		break;
	case NID_sha256:
		snprintf(text, size, "SHA-256");
		break;
	case NID_sha384:
		snprintf(text, size, "SHA-384");
		break;
	case NID_sha512:
		snprintf(text, size, "SHA-512");
		break;
	default:
		snprintf(text, size, "%s", name);
	}
}

/* RFC 8017 A.2.1: what is not said is SHA-1, and MGF1 with SHA-1. */
static char *
oaep_text(const X509_ALGOR *algorithm)
{
	RSA_OAEP_PARAMS *params = NULL;
	const ASN1_OBJECT *object = OBJ_nid2obj(NID_sha1);
	const ASN1_OBJECT *mask = OBJ_nid2obj(NID_sha1);
	char digest[64];
	char mask_digest[64];
	char text[200];

	if (algorithm->parameter != NULL && algorithm->parameter->type == V_ASN1_SEQUENCE)
		params = ASN1_TYPE_unpack_sequence(
		    ASN1_ITEM_rptr(RSA_OAEP_PARAMS), algorithm->parameter);
	if (params == NULL && algorithm->parameter != NULL)
		return strdup("RSAES-OAEP");
	if (params != NULL && params->hashFunc != NULL)
		object = params->hashFunc->algorithm;
	if (params != NULL && params->maskGenFunc != NULL &&
	    params->maskGenFunc->parameter != NULL &&
	    params->maskGenFunc->parameter->type == V_ASN1_SEQUENCE) {
		params->maskHash = ASN1_TYPE_unpack_sequence(
		    ASN1_ITEM_rptr(X509_ALGOR), params->maskGenFunc->parameter);
		if (params->maskHash != NULL)
			mask = params->maskHash->algorithm;
	}
	write_digest(object, digest, sizeof(digest));
	write_digest(mask, mask_digest, sizeof(mask_digest));
	if (strcmp(digest, mask_digest) == 0)
		snprintf(text, sizeof(text), "RSAES-OAEP with %s", digest);
	else
		snprintf(
		    text, sizeof(text), "RSAES-OAEP with %s, MGF1 with %s", digest, mask_digest);
	RSA_OAEP_PARAMS_free(params);
	ERR_clear_error();
	return strdup(text);
}

static char *
plain_text(const X509_ALGOR *algorithm)
{
	static const struct {
		int nid;
		const char *text;
	} names[] = {
	    {NID_rsaEncryption, "RSA PKCS #1 v1.5"},
	    {NID_dhSinglePass_stdDH_sha1kdf_scheme, "ECDH, SHA-1"},
	    {NID_dhSinglePass_stdDH_sha224kdf_scheme, "ECDH, SHA-224"},
	    {NID_dhSinglePass_stdDH_sha256kdf_scheme, "ECDH, SHA-256"},
	    {NID_dhSinglePass_stdDH_sha384kdf_scheme, "ECDH, SHA-384"},
	    {NID_dhSinglePass_stdDH_sha512kdf_scheme, "ECDH, SHA-512"},
	    {NID_id_smime_alg_ESDH, "DH"},
	    {NID_id_aes128_wrap, "AES-128 key wrap"},
	    {NID_id_aes192_wrap, "AES-192 key wrap"},
	    {NID_id_aes256_wrap, "AES-256 key wrap"},
	    {NID_id_smime_alg_CMS3DESwrap, "3DES key wrap"},
	};
	char text[128];
	int nid = OBJ_obj2nid(algorithm->algorithm);
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(names); i++) {
		if (names[i].nid == nid)
			return strdup(names[i].text);
	}
	if (OBJ_obj2txt(text, sizeof(text), algorithm->algorithm, 1) <= 0)
		text[0] = '\0';
	return strdup(text);
}

char *
envelope_algorithm_text(const X509_ALGOR *algorithm, enum layer_transport *transport)
{
	switch (OBJ_obj2nid(algorithm->algorithm)) {
	case NID_rsaesOaep:
		*transport = LAYER_RSA_OAEP;
		return oaep_text(algorithm);
	case NID_rsaEncryption:
		*transport = LAYER_RSA_V15;
		break;
	default:
		break;
	}
	return plain_text(algorithm);
}
