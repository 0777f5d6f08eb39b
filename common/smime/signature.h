/*
 * Signatures over bytes as they came, for what is too large, or too odd, for OpenSSL's own types.
 * Any thread.
 */
#ifndef SMIME_SMIME_SIGNATURE_H
#define SMIME_SMIME_SIGNATURE_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

/* Bits of work to break the digest of a signature, by OpenSSL's count: SHA-224 has 112, SHA-1 63,
 * MD5 39; 0 for an algorithm that isn't known. *name (static) says which digest. Schemes that bring
 * their own digest (EdDSA) have 256. */
int signature_strength(const X509_ALGOR *algorithm, const char **name);

/* The same of a digest (its NID): 0 for one that isn't known. */
int signature_digest_strength(int digest);

/* Whether the key made the signature over the bytes; at most INT_MAX of them. */
bool signature_is_of(const unsigned char *bytes, size_t size, const X509_ALGOR *algorithm,
    const ASN1_BIT_STRING *signature, EVP_PKEY *key);

/* About how many tenths of a millisecond it takes to verify a signature by the key. 0: too many for a
 * key that anybody has: by the size of an RSA key's exponent, verifying costs as much as signing. */
int signature_cost(const EVP_PKEY *key);

/* Whether a certificate that anybody may have sent can be used to verify others. */
bool signature_is_bearable_by(const X509 *x509);

/* SHA-256 of a certificate's public key: by it, what a key was found to have signed is remembered. */
#define SIGNATURE_KEY_SIZE 32
bool signature_key_of(const X509 *x509, unsigned char key[SIGNATURE_KEY_SIZE]);

#endif
