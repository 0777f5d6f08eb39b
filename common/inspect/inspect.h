/*
 * Inspecting what the client made, without keys, as it streams by. For now: whether the body is, by
 * its structure, one EnvelopedData or AuthEnvelopedData from its first byte to its last, under
 * which cipher and for whom; or one PGP/MIME encrypted message. Bounded memory whatever the size:
 * the front is kept (recipient infos and content algorithm stand before the ciphertext), the rest
 * only walked.
 */
#ifndef SMIME_INSPECT_INSPECT_H
#define SMIME_INSPECT_INSPECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"
#include "mail/entity.h"
#include "smime/certificate.h"
#include "tables/cipher.h"

/* The front of a CMS object (all before the ciphertext) beyond this is malformed: room for about
 * 1,000 RSA-4096 recipients. */
#define INSPECT_FRONT_MAX ((size_t)1 << 20)
#define INSPECT_RECIPIENTS_MAX 2000

enum inspect_kind {
	INSPECT_READABLE, /* not encrypted as a whole, or its structure does not prove it */
	INSPECT_ENVELOPED,
	INSPECT_AUTH_ENVELOPED,
	INSPECT_PGP_MIME,
};

struct inspection {
	enum inspect_kind kind;
	const struct cipher
	    *cipher;           /* enveloped: never NULL; CIPHER_UNKNOWN for one we don't know */
	char cipher_text[128]; /* name for people, or the object identifier */
	size_t recipient_infos;
	char detail[256]; /* why it is not what it says it is; "" */
};

struct inspect;

/* For a body of this claimed type (ENTITY_SMIME or ENTITY_PGP_MIME). NULL without memory. */
struct inspect *inspect_new(const struct entity_type *type, struct error *err);

/* The next bytes of the body as on the wire. -1 only without memory: malformed is a finding. */
MUST_CHECK int inspect_write(
    struct inspect *inspect, const char *bytes, size_t size, struct error *err);

/* The end of the body: what it is. Valid until inspect_free(). */
MUST_CHECK int inspect_finish(
    struct inspect *inspect, const struct inspection **inspection, struct error *err);

/* After inspect_finish(): whether a recipient info is for this certificate (issuer and serial, or
 * subject key identifier; RFC 5652 6.2). */
bool inspect_addresses(const struct inspect *inspect, const struct certificate *certificate);

void inspect_free(struct inspect *inspect);

#endif
