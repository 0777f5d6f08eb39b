/*
 * SignedData for tests, put together byte by byte: also what OpenSSL would refuse to sign. Every
 * failure inside aborts the test. What is returned is freed with buffer_free().
 */
#ifndef SMIME_TESTS_SIGNED_MAKE_H
#define SMIME_TESTS_SIGNED_MAKE_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/* One signer. Zero or NULL means the default in brackets. */
struct signed_signer {
	X509 *certificate;    /* who it says it is */
	EVP_PKEY *key;        /* who signs */
	const EVP_MD *digest; /* [SHA-256] */
	const EVP_MD *says;   /* the digest that the signature's algorithm names [the same] */
	bool pss;
	bool by_key_id;
	bool bare;                 /* without signed attributes */
	bool without_content_type; /* attributes left out */
	bool without_digest;
	bool twice_digest;
	int content_type;                /* what the attribute says, a NID [pkcs7-data] */
	const struct buffer *attributes; /* DER of more of them, in order [none] */
	const struct buffer *unsigned_attributes;
	const unsigned char *algorithm; /* DER of the signature's AlgorithmIdentifier, instead */
	size_t algorithm_size;
	long signing_time; /* seconds since the epoch [no such attribute] */
};

struct signed_what {
	const struct signed_signer *signers;
	size_t signer_count;
	const char *content; /* what is signed */
	const char *inside;  /* what the object holds as its content [none: detached] */
	int content_type;    /* NID [pkcs7-data] */
	X509 *const *certificates;
	size_t certificate_count;
};

struct buffer signed_make(const struct signed_what *what);

/* One attribute: its type by dotted name, and its values as DER, one after the other. */
void signed_make_attribute(
    struct buffer *attributes, const char *oid, const unsigned char *values, size_t size);

#endif
