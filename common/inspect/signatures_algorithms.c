/* The names of a signer's algorithms, and what they say of its key and strength. */
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <stdio.h>

#include "inspect/signatures_private.h"
#include "smime/signature.h"

static const struct {
	int nid;
	const char *name;
} digest_names[] = {
    {NID_md5, "MD5"},
    {NID_sha1, "SHA-1"},
    {NID_sha224, "SHA-224"},
    {NID_sha256, "SHA-256"},
    {NID_sha384, "SHA-384"},
    {NID_sha512, "SHA-512"},
    {NID_sha512_224, "SHA-512/224"},
    {NID_sha512_256, "SHA-512/256"},
    {NID_sha3_224, "SHA3-224"},
    {NID_sha3_256, "SHA3-256"},
    {NID_sha3_384, "SHA3-384"},
    {NID_sha3_512, "SHA3-512"},
    {NID_ripemd160, "RIPEMD-160"},
    {NID_md2, "MD2"},
};

static const char *const family_names[SIGNATURES_UNKNOWN] = {
    "RSA", "RSA-PSS", "DSA", "ECDSA", "Ed25519", "Ed448"};

static void
write_name(const char *name, const ASN1_OBJECT *object, char *text, size_t size)
{
	if (name != NULL)
		snprintf(text, size, "%s", name);
	else if (OBJ_obj2txt(text, (int)size, object, 1) <= 0)
		text[0] = '\0';
}

/* Some programs name a signature's algorithm where its digest belongs. */
static int
read_digest(const X509_ALGOR *algorithm, struct layer_signature *signature)
{
	const EVP_MD *md = EVP_get_digestbyobj(algorithm->algorithm);
	int nid = md != NULL ? EVP_MD_get_type(md) : OBJ_obj2nid(algorithm->algorithm);
	const char *name = NULL;
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(digest_names); i++) {
		if (digest_names[i].nid == nid)
			name = digest_names[i].name;
	}
	write_name(name, algorithm->algorithm, signature->digest, sizeof(signature->digest));
	return nid;
}

static enum signatures_family
family_of(int nid)
{
	int key = nid;

	OBJ_find_sigid_algs(nid, NULL, &key);
	switch (key) {
	case NID_rsaEncryption:
	case NID_rsa:
		return SIGNATURES_RSA;
	case NID_rsassaPss:
		return SIGNATURES_RSA_PSS;
	case NID_dsa:
	case NID_dsa_2:
		return SIGNATURES_DSA;
	case NID_X9_62_id_ecPublicKey:
		return SIGNATURES_ECDSA;
	case NID_ED25519:
		return SIGNATURES_ED25519;
	case NID_ED448:
		return SIGNATURES_ED448;
	default:
		return SIGNATURES_UNKNOWN;
	}
}

/* By the weaker of what the content and the attributes are hashed with. */
static int
strength_of(int digest, const X509_ALGOR *algorithm)
{
	int strength = signature_digest_strength(digest);
	const char *name;
	int other = signature_strength(algorithm, &name);

	return other != 0 && other < strength ? other : strength;
}

struct signatures_algorithms
signatures_algorithms_read(CMS_SignerInfo *signer, struct layer_signature *signature)
{
	struct signatures_algorithms algorithms;
	X509_ALGOR *digest;
	X509_ALGOR *algorithm;
	int named = NID_undef;
	int nid;

	CMS_SignerInfo_get0_algs(signer, NULL, NULL, &digest, &algorithm);
	nid = OBJ_obj2nid(algorithm->algorithm);
	algorithms.family = family_of(nid);
	write_name(algorithms.family != SIGNATURES_UNKNOWN ? family_names[algorithms.family] : NULL,
	    algorithm->algorithm, signature->algorithm, sizeof(signature->algorithm));
	algorithms.digest = read_digest(digest, signature);
	signature->digest_strength = strength_of(algorithms.digest, algorithm);
	OBJ_find_sigid_algs(nid, &named, NULL);
	algorithms.other_digest = named != algorithms.digest ? named : NID_undef;
	return algorithms;
}

bool
signatures_algorithms_fit(enum signatures_family family, EVP_PKEY *key)
{
	int kind = EVP_PKEY_get_base_id(key);

	switch (family) {
	case SIGNATURES_RSA:
		return kind == EVP_PKEY_RSA;
	case SIGNATURES_RSA_PSS:
		return kind == EVP_PKEY_RSA || kind == EVP_PKEY_RSA_PSS;
	case SIGNATURES_DSA:
		return kind == EVP_PKEY_DSA;
	case SIGNATURES_ECDSA:
		return kind == EVP_PKEY_EC;
	case SIGNATURES_ED25519:
		return kind == EVP_PKEY_ED25519;
	case SIGNATURES_ED448:
		return kind == EVP_PKEY_ED448;
	case SIGNATURES_UNKNOWN:
		break;
	}
	return false;
}
