/*
 * One S/MIME object as it streams by: its transfer encoding is undone, its structure read, its
 * content, where it is signed, digested and looked at in turn. What it is goes into its layer.
 * Owned by the walker that met it; one thread at a time.
 */
#ifndef SMIME_INSPECT_OBJECT_H
#define SMIME_INSPECT_OBJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"
#include "inspect/digests.h"
#include "inspect/layout.h"

/* Bytes decoded at once: what is held of an object's content. */
#define OBJECT_PIECE ((size_t)16 << 10)

struct object;

/* What an object may be the signature of: the part before it in a multipart/signed. */
struct object_beside {
	size_t layer;            /* LAYOUT_NONE: nothing */
	struct digests *digests; /* borrowed */
};

/* For an object whose layer has been added. level: walkers around it. NULL without memory. */
struct object *object_new(struct layout *layout, size_t layer, enum entity_encoding encoding,
    unsigned int level, const struct object_beside *beside, struct error *err);

/* -1 only without memory; so below. */
MUST_CHECK int object_write(
    struct object *object, const char *bytes, size_t size, struct error *err);

/* Whether it began as a CMS object does. */
bool object_is_cms(const struct object *object);

/* *settled: it was the signature of what is beside it, whose layer is settled; its own is gone. */
MUST_CHECK int object_finish(struct object *object, bool *settled, struct error *err);

void object_free(struct object *object);

#endif
