/* What signatures.c is made of: for the files signatures*.c alone. */
#ifndef SMIME_INSPECT_SIGNATURES_PRIVATE_H
#define SMIME_INSPECT_SIGNATURES_PRIVATE_H

#include <openssl/cms.h>
#include <stdbool.h>

#include "base/compiler.h"
#include "base/error.h"
#include "inspect/digests.h"
#include "inspect/layer.h"

/* What a signature's algorithm is of: the kind of key that makes it. */
enum signatures_family {
	SIGNATURES_RSA,
	SIGNATURES_RSA_PSS,
	SIGNATURES_DSA,
	SIGNATURES_ECDSA,
	SIGNATURES_ED25519,
	SIGNATURES_ED448,
	SIGNATURES_UNKNOWN,
};

/* What the names of a signer's algorithms say, for people and to verify by. */
struct signatures_algorithms {
	enum signatures_family family;
	int digest;       /* NID; NID_undef for one that has none */
	int other_digest; /* the one that the signature's algorithm names, where it is another;
			     else NID_undef */
};

/* Fills digest, algorithm and digest_strength of the signature. */
struct signatures_algorithms signatures_algorithms_read(
    CMS_SignerInfo *signer, struct layer_signature *signature);

/* Whether this key can have made a signature of the family. */
bool signatures_algorithms_fit(enum signatures_family family, EVP_PKEY *key);

/*
 * Checks the attributes (RFC 5652 5.3 and 11, RFC 8551 2.5): exactly one contentType, and the
 * content's; exactly one messageDigest; one signing time, list of capabilities and preference at most,
 * with one value. Fills signing_time and capabilities. False: MALFORMED is set, with its detail.
 */
bool signatures_attributes_read(
    CMS_ContentInfo *cms, CMS_SignerInfo *signer, struct layer_signature *signature);

/* The bytes that the signer's attributes are signed as (RFC 5652 5.4), in a new buffer
 * (OPENSSL_free()); NULL without memory. */
unsigned char *signatures_attributes_signed(CMS_SignerInfo *signer, size_t *size);

/*
 * Verifies with the certificate's key; sets state and detail: GOOD, BAD or UNVERIFIABLE.
 * ERROR_TEMPORARY without memory.
 */
MUST_CHECK int signatures_verify(CMS_SignerInfo *signer, X509 *x509,
    const struct signatures_algorithms *algorithms, struct digests *digests,
    struct layer_signature *signature, struct error *err);

/* Sets the state and why (printf). */
void signatures_say(struct layer_signature *signature, enum layer_signature_state state,
    const char *format, ...) PRINTF_LIKE(3, 4);

#endif
