/*
 * Inspecting what the client made, without keys, as it streams by: the S/MIME objects in a body, as
 * layers, and whether the body is, by its structure, one EnvelopedData or AuthEnvelopedData from its
 * first byte to its last, under which cipher and for whom; or one PGP/MIME encrypted message. An
 * opaque signature is opened, what is encrypted is the end. Bounded memory whatever the size: of an
 * object all but its content is kept, the rest only walked. Owned by whoever made it; one thread at
 * a time.
 */
#ifndef SMIME_INSPECT_INSPECT_H
#define SMIME_INSPECT_INSPECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"
#include "inspect/layer.h"
#include "mail/entity.h"
#include "smime/certificate.h"
#include "tables/cipher.h"

/* What is kept of a CMS object (all but its content) beyond this is malformed: room for about 1,000
 * RSA-4096 recipients. */
#define INSPECT_FRONT_MAX ((size_t)1 << 20)
#define INSPECT_RECIPIENTS_MAX 2000

/* The same of all objects of a message together. */
#define INSPECT_KEPT_MAX ((size_t)2 << 20)

/* Objects within objects: real ones have three (signed, encrypted, signed again). Recursion. */
#define INSPECT_DEPTH_MAX 8

/* Layers, and MIME parts, of one message; what follows is not looked at. */
#define INSPECT_LAYERS_MAX 64
#define INSPECT_PARTS_MAX 10000

enum inspect_kind {
	INSPECT_READABLE, /* not encrypted as a whole, or its structure does not prove it */
	INSPECT_ENVELOPED,
	INSPECT_AUTH_ENVELOPED,
	INSPECT_PGP_MIME,
};

struct inspection {
	enum inspect_kind kind;
	char detail[256]; /* why it is not what it says it is; "" */
	const struct layer
	    *layers; /* in the order they begin; where it is encrypted as a whole, the
				       first is all of it */
	size_t layer_count;
	bool malformed; /* a layer is */
	bool limited;   /* some of it was not looked at, being over a limit */
};

struct inspect;

/* Whether a body of this type can hold what we look for; any other is not worth reading. */
bool inspect_wanted(const struct entity_type *type);

/* For a body of this type. NULL without memory. */
struct inspect *inspect_new(const struct entity_type *type, struct error *err);

/* For a message with its header in front. NULL without memory. */
struct inspect *inspect_new_message(struct error *err);

/* The next bytes of the body as on the wire. -1 only without memory: malformed is a finding. */
MUST_CHECK int inspect_write(
    struct inspect *inspect, const char *bytes, size_t size, struct error *err);

/* The end of the body: what it is. Valid until inspect_free(). */
MUST_CHECK int inspect_finish(
    struct inspect *inspect, const struct inspection **inspection, struct error *err);

void inspect_free(struct inspect *inspect);

#endif
