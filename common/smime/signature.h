/*
 * Signatures over bytes as they came, for what is too large, or too odd, for OpenSSL's own types.
 * Any thread.
 */
#ifndef SMIME_SMIME_SIGNATURE_H
#define SMIME_SMIME_SIGNATURE_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"

/* Bits of a key that anything is verified by: OpenSSL takes no longer one of RSA, nor does
 * max-rsa-bits allow it. */
#define SIGNATURE_KEY_BITS_MAX 16384
/* Of an RSA key that signed a message: it is computed with many times in one. */
#define SIGNATURE_MESSAGE_RSA_BITS_MAX 8192

/* Bits of work to break the digest of a signature, by OpenSSL's count: SHA-224 has 112, SHA-1 63,
 * MD5 39; 0 for an algorithm that isn't known. *name (static) says which digest. Schemes that bring
 * their own digest (EdDSA) have 256. */
int signature_strength(const X509_ALGOR *algorithm, const char **name);

/* The same of a digest (its NID): 0 for one that isn't known. */
int signature_digest_strength(int digest);

/* Whether the key made the signature over the bytes; at most INT_MAX of them. */
bool signature_is_of(const unsigned char *bytes, size_t size, const X509_ALGOR *algorithm,
    const ASN1_BIT_STRING *signature, EVP_PKEY *key);

/* Whether a key that anybody may have sent is none too large to be computed with, an RSA key by this
 * limit: a larger one than anybody has costs milliseconds each time. */
bool signature_key_is_bearable(const EVP_PKEY *key, int rsa_bits_max);

/* The same of an RSA key's exponent; other keys have none. 0; -1 without memory. */
MUST_CHECK int signature_exponent_is_bearable(
    const EVP_PKEY *key, bool *bearable, struct error *err);

/* About how many tenths of a millisecond it takes to verify a signature by the key; an RSA key's bits
 * are the caller's to limit. *cost 0: more than by a key that anybody has. 0; -1 without memory. */
MUST_CHECK int signature_cost(const EVP_PKEY *key, int *cost, struct error *err);

/* Whether a certificate that anybody may have sent can be used to verify others, as far as that. 0; -1
 * without memory. */
MUST_CHECK int signature_is_bearable_by(const X509 *x509, bool *bearable, struct error *err);

/* SHA-256 of a certificate's public key: by it, what a key was found to have signed is remembered. */
#define SIGNATURE_KEY_SIZE 32
bool signature_key_of(const X509 *x509, unsigned char key[SIGNATURE_KEY_SIZE]);

#endif
