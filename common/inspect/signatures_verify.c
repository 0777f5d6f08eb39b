/* Whether a key made a signature over just these bytes (RFC 5652 5.4, 5.6; RFC 8419). */
#include <openssl/cmserr.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "inspect/signatures_private.h"
#include "smime/signature.h"

enum trouble {
	WRONG,     /* the signature, or what it is over */
	ATTRIBUTE, /* one that OpenSSL takes for misplaced or doubled */
	NO_MEMORY,
};

/* What the library's queue says, which it empties. */
static enum trouble
take_trouble(void)
{
	enum trouble trouble = WRONG;
	unsigned long code;

	while ((code = ERR_get_error()) != 0) {
		if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
			trouble = NO_MEMORY;
		else if (ERR_GET_LIB(code) == ERR_LIB_CMS &&
			 ERR_GET_REASON(code) == CMS_R_ATTRIBUTE_ERROR && trouble == WRONG)
			trouble = ATTRIBUTE;
	}
	return trouble;
}

static bool
is_computed(struct digests *digests, int nid)
{
	BIO *bio = BIO_find_type(digests_bio(digests), BIO_TYPE_MD);
	EVP_MD_CTX *context;

	for (; bio != NULL; bio = BIO_find_type(BIO_next(bio), BIO_TYPE_MD)) {
		if (BIO_get_md_ctx(bio, &context) == 1 &&
		    EVP_MD_get_type(EVP_MD_CTX_get0_md(context)) == nid)
			return true;
		if (BIO_next(bio) == NULL)
			break;
	}
	return false;
}

/* OpenSSL's CMS hands EdDSA a digest, which it does not take: the attributes are verified here. */
static int
verify_eddsa(CMS_SignerInfo *signer, EVP_PKEY *key)
{
	const ASN1_OCTET_STRING *signature = CMS_SignerInfo_get0_signature(signer);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t size = 0;
	unsigned char *bytes = signatures_attributes_signed(signer, &size);
	int result = -1;

	if (context == NULL || bytes == NULL)
		ERR_raise(ERR_LIB_USER, ERR_R_MALLOC_FAILURE);
	else if (EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1)
		result = EVP_DigestVerify(context, ASN1_STRING_get0_data(signature),
		    (size_t)ASN1_STRING_length(signature), bytes, size);
	EVP_MD_CTX_free(context);
	OPENSSL_free(bytes);
	return result;
}

static bool
is_eddsa(const struct signatures_algorithms *algorithms)
{
	return algorithms->family == SIGNATURES_ED25519 || algorithms->family == SIGNATURES_ED448;
}

/* Why nothing is computed at all. */
static bool
is_out_of_reach(CMS_SignerInfo *signer, EVP_PKEY *key,
    const struct signatures_algorithms *algorithms, struct digests *digests,
    struct layer_signature *signature)
{
	const enum layer_signature_state state = LAYER_SIGNATURE_UNVERIFIABLE;

	if (algorithms->family == SIGNATURES_UNKNOWN)
		signatures_say(
		    signature, state, "its algorithm (%s) is not known", signature->algorithm);
	else if (!is_computed(digests, algorithms->digest))
		signatures_say(
		    signature, state, "its digest (%s) is not computed", signature->digest);
	else if (key == NULL || EVP_PKEY_missing_parameters(key))
		signatures_say(signature, state, "the key in its certificate can't be read");
	else if (!signature_key_is_bearable(key, SIGNATURE_MESSAGE_RSA_BITS_MAX))
		signatures_say(signature, state, "its key of %d bits is larger than what is used",
		    EVP_PKEY_get_bits(key));
	else if (is_eddsa(algorithms) && CMS_signed_get_attr_count(signer) < 0)
		signatures_say(signature, state, "%s without signed attributes is not computed",
		    signature->algorithm);
	else
		return false;
	return true;
}

static void
say_bad(
    const struct signatures_algorithms *algorithms, bool content, struct layer_signature *signature)
{
	if (content)
		signatures_say(
		    signature, LAYER_SIGNATURE_BAD, "the content is not what was signed");
	else if (algorithms->other_digest != NID_undef)
		signatures_say(signature, LAYER_SIGNATURE_UNVERIFIABLE,
		    "it names two digests, %s and %s", signature->digest,
		    OBJ_nid2sn(algorithms->other_digest));
	else
		signatures_say(signature, LAYER_SIGNATURE_BAD,
		    "it was not made by its certificate's key, or was changed");
}

/* One go; the library's queue says why it is not good. */
static bool
compute(CMS_SignerInfo *signer, EVP_PKEY *key, const struct signatures_algorithms *algorithms,
    struct digests *digests, bool *content)
{
	int result = 1;

	*content = false;
	if (CMS_signed_get_attr_count(signer) >= 0) {
		result = is_eddsa(algorithms) ? verify_eddsa(signer, key)
					      : CMS_SignerInfo_verify(signer);
		*content = result == 1;
	}
	if (result == 1)
		result = CMS_SignerInfo_verify_content(signer, digests_bio(digests));
	return result == 1;
}

/* OpenSSL does not always say that there was no memory: only what fails twice is bad. */
static bool
compute_surely(CMS_SignerInfo *signer, EVP_PKEY *key,
    const struct signatures_algorithms *algorithms, struct digests *digests, bool *content,
    enum trouble *trouble)
{
	bool good = compute(signer, key, algorithms, digests, content);

	*trouble = take_trouble();
	if (good || *trouble == NO_MEMORY)
		return good;
	good = compute(signer, key, algorithms, digests, content);
	*trouble = take_trouble();
	return good;
}

int
signatures_verify(CMS_SignerInfo *signer, X509 *x509,
    const struct signatures_algorithms *algorithms, struct digests *digests,
    struct layer_signature *signature, struct error *err)
{
	EVP_PKEY *key = X509_get0_pubkey(x509);
	bool content = false;
	bool bearable;
	enum trouble trouble;
	bool good;

	ERR_clear_error();
	if (is_out_of_reach(signer, key, algorithms, digests, signature))
		return 0;
	if (!signatures_algorithms_fit(algorithms->family, key)) {
		signatures_say(
		    signature, LAYER_SIGNATURE_BAD, "its certificate has another kind of key");
		return 0;
	}
	if (signature_exponent_is_bearable(key, &bearable, err) != 0)
		return -1;
	if (!bearable) {
		signatures_say(signature, LAYER_SIGNATURE_UNVERIFIABLE,
		    "its key's exponent is larger than what is used");
		return 0;
	}
	CMS_SignerInfo_set1_signer_cert(signer, x509);
	good = compute_surely(signer, key, algorithms, digests, &content, &trouble);
	if (!good && trouble == NO_MEMORY)
		return error_no_memory(err);
	if (good)
		signatures_say(signature, LAYER_SIGNATURE_GOOD, "%s", "");
	else if (trouble == ATTRIBUTE)
		signatures_say(signature, LAYER_SIGNATURE_MALFORMED,
		    "an attribute stands where, or as often as, it must not");
	else
		say_bad(algorithms, content, signature);
	return 0;
}
