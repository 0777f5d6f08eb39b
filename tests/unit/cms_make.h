/*
 * CMS objects for tests: made by OpenSSL, taken apart, put together again in other forms. Every
 * failure inside aborts the test. What is returned is freed with buffer_free().
 */
#ifndef SMIME_TESTS_CMS_MAKE_H
#define SMIME_TESTS_CMS_MAKE_H

#include <openssl/cms.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/* A certificate for sealing to; the caller owns it. */
X509 *cms_make_certificate(EVP_PKEY *key);

/* DER of an object for this certificate; flags as CMS_add1_recipient_cert() takes them. */
struct buffer cms_make(const EVP_CIPHER *cipher, X509 *certificate, unsigned int flags);

/* DER of an object. */
struct buffer cms_make_der(CMS_ContentInfo *cms);

/* The same object as it would be streamed: indefinite lengths, ciphertext in pieces. */
struct buffer cms_make_streamed(const EVP_CIPHER *cipher, X509 *certificate);

/* The values of an object, each with its tag and length. content: the ciphertext alone. */
struct cms_parts {
	struct buffer type;
	struct buffer version;
	struct buffer originator; /* empty: none */
	struct buffer recipients;
	struct buffer inner_type;
	struct buffer algorithm;
	struct buffer content;         /* with its tag [0] */
	struct buffer attributes;      /* [1]; empty: none */
	struct buffer mac;             /* empty: none */
	struct buffer unauthenticated; /* [2]; empty: none */
};

struct cms_parts cms_make_parts(const struct buffer *der);
void cms_make_parts_free(struct cms_parts *parts);

/* Puts the parts together. indefinite: whatever encloses them has an indefinite length. */
struct buffer cms_make_whole(const struct cms_parts *parts, bool indefinite);

/* One value: tag, definite length, contents. */
struct buffer cms_make_value(unsigned char tag, const void *bytes, size_t size);

/* Replaces a part by a value. */
void cms_make_replace(struct buffer *part, unsigned char tag, const void *bytes, size_t size);

/* A SignedData over these bytes; flags: CMS_DETACHED, CMS_STREAM (then BER), CMS_USE_KEYID … */
struct buffer cms_make_signed(
    X509 *certificate, EVP_PKEY *key, const void *bytes, size_t size, unsigned int flags);

/* A MIME entity: header lines (each with its end), an empty line, and the object in base64. */
struct buffer cms_make_entity(const char *header, const struct buffer *object);

/* A multipart/signed with its header, over this part (CRLF line ends, without the last). */
struct buffer cms_make_clear_signed(
    X509 *certificate, EVP_PKEY *key, const char *boundary, const char *part);

/* Base64 in lines of 64 characters with CRLF. */
struct buffer cms_make_base64(const void *bytes, size_t size);

#endif
