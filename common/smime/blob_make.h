/*
 * Makes a value of userSMIMECertificate (RFC 2798 2.8), as mail clients publish it: SignedData without
 * content, that carries the certificates, what the owner's software can decrypt, and which certificate to
 * encrypt to. What comes out is what smime/blob reads. Any thread.
 */
#ifndef SMIME_SMIME_BLOB_MAKE_H
#define SMIME_SMIME_BLOB_MAKE_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"

/* What is promised where nothing else is said: what all software of the last twenty years reads, the
 * strongest first. Triple DES is for senders who know no AES: without it their clients take what they take
 * where nothing is known, which may be 40 bits. */
#define BLOB_CAPABILITIES_DEFAULT "aes256-cbc,aes192-cbc,aes128-cbc,3des"

/* All is borrowed. */
struct blob_recipe {
	X509 *signer;
	EVP_PKEY *key;                /* the signer's */
	X509 *encrypt_to;             /* NULL: the signer */
	const STACK_OF(X509) * chain; /* further certificates; may be NULL, and hold any of these */
	const X509_ALGORS *capabilities; /* blob_capabilities() */
};

/* Reads names of ciphers (tables/cipher.def), "oaep" and "oaep-sha256", with commas between them, in
 * order of preference (sk_X509_ALGOR_pop_free()). NULL on error: ERROR_INPUT names what is wrong. */
X509_ALGORS *blob_capabilities(const char *names, struct error *err);

/*
 * Makes it: signed with SHA-256, with the capabilities (RFC 8551 2.5.2), the signing time, and the
 * encryption key preference in the standard's form (2.5.3) and in Microsoft's. *der is freed by
 * OPENSSL_free(). 0, or -1: ERROR_INPUT where the key is not the signer's, or is of a kind that can't
 * sign; ERROR_LIMIT beyond BLOB_CERTIFICATES_MAX or BLOB_SIZE_MAX.
 */
MUST_CHECK int blob_make(
    const struct blob_recipe *recipe, unsigned char **der, size_t *size, struct error *err);

#endif
