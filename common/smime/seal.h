/*
 * Sealing: encrypting an entity into CMS EnvelopedData or AuthEnvelopedData (RFC 5652, RFC 5083,
 * RFC 8551 3.3) chunk by chunk. One seal belongs to one message and one thread at a time.
 * Plaintext is held for one chunk only.
 */
#ifndef SMIME_SMIME_SEAL_H
#define SMIME_SMIME_SEAL_H

#include <stddef.h>
#include <stdbool.h>

#include "base/compiler.h"
#include "base/error.h"
#include "smime/certificate.h"
#include "tables/cipher.h"

struct seal;

struct seal_recipient {
	struct certificate *certificate; /* borrowed during seal_new() */
	bool oaep;                       /* RSA: OAEP with SHA-256 instead of v1.5; EC: ignored */
	bool oaep_sha1; /* with oaep: the default parameters (SHA-1) are all it reads */
};

/* Where the sealed body goes: base64 lines with CRLF. Returns 0, or -1 with err; then sealing
 * fails. */
typedef int seal_sink(void *context, const char *bytes, size_t size, struct error *err);

/* Starts. The cipher must be one that is produced, each key RSA or EC on P-256/384/521 (ECDH with
 * X9.63 KDF SHA-256 or better). NULL on error; a certificate that can't be used is ERROR_INPUT and
 * named. Recipient infos carry issuer and serial. */
struct seal *seal_new(const struct cipher *cipher, const struct seal_recipient *recipients,
    size_t count, seal_sink *sink, void *context, struct error *err);

/* Encrypts the next bytes of the entity (header block, empty line, body; CRLF line ends). */
MUST_CHECK int seal_write(struct seal *seal, const char *bytes, size_t size, struct error *err);

/* Ends the object; all of it has gone to the sink then. An entity is never empty (its header block
 * ends with an empty line): one without a byte is ERROR_INTERNAL. */
MUST_CHECK int seal_finish(struct seal *seal, struct error *err);

/* NULL is legal. */
void seal_free(struct seal *seal);

/* Values of the outer header fields, static, each with a leading space. */
struct seal_fields {
	const char *content_type; /* " application/pkcs7-mime; smime-type=…; name=smime.p7m" */
	const char *transfer_encoding; /* " base64" */
	const char *disposition;       /* " attachment; filename=smime.p7m" */
};
const struct seal_fields *seal_header_fields(const struct cipher *cipher);

/* Loads what sealing needs of OpenSSL once at start: only the default provider, never legacy. */
MUST_CHECK int seal_startup(struct error *err);

#endif
