/*
 * What one inspection has found so far: layers, what stands beside each, and what all of them
 * together may cost. Owned by the inspection; one thread at a time.
 */
#ifndef SMIME_INSPECT_LAYOUT_H
#define SMIME_INSPECT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"
#include "inspect/layer.h"
#include "mail/entity.h"

#define LAYOUT_NONE ((size_t)-1)

/* Signed contents within each other: each byte of the innermost is digested as many times over, and
 * nobody signs more than twice. */
#define LAYOUT_DIGESTING_MAX 4

/* What is in the message, or in the content of one layer. */
struct layout_scope {
	size_t objects; /* layers */
	size_t others;  /* parts that are neither layers nor text */
};

/* Beside each layer. */
struct layout_entry {
	bool dropped;
	bool forwarded; /* in a message that is not all of what encloses it */
	bool sole;      /* nothing stands beside what it signs */
	bool doubtful;  /* a reader may take it for something else */
	struct layout_scope inside;
};

struct layout {
	struct layer *layers;
	struct layout_entry *entries;
	size_t count;
	struct layout_scope message;
	size_t parts;
	unsigned int digesting; /* signed contents that are open */
	size_t kept;            /* bytes, of all objects */
	bool limited;           /* something was not looked at */
};

/* Where a part stands. */
struct layout_spot {
	size_t parent; /* layer whose content it is in; LAYOUT_NONE: the message */
	char path[sizeof(((struct layer *)0)->path)];
	bool forwarded;
};

/* A spot further in: part `number`. */
void layout_spot_enter(struct layout_spot *spot, size_t number);

/* Adds a layer, malformed until it is known to be sound. *index is LAYOUT_NONE where there are too
 * many. */
MUST_CHECK int layout_add(struct layout *layout, const struct layout_spot *spot,
    const struct entity_type *type, size_t *index, struct error *err);

/* A part that is no layer. */
void layout_note_part(struct layout *layout, size_t parent, bool text);

/* The layer that was added last is a part like others; there is nothing in it. */
void layout_take_back(struct layout *layout);

/* It was no layer after all: what is in it is in what enclosed it, as part 1. */
void layout_drop(struct layout *layout, size_t index);

/* Makes the layer malformed for this reason; -1, with the error, only for one that is ours. */
MUST_CHECK int layout_malformed(
    struct layout *layout, size_t index, const struct error *why, struct error *err);

/* A signed content begins; ERROR_LIMIT where too many are open. layout_digested() at its end. */
MUST_CHECK int layout_digesting(struct layout *layout, struct error *err);
void layout_digested(struct layout *layout);

/* All is read: places are told, dropped layers go. */
void layout_finish(struct layout *layout);

void layout_free(struct layout *layout);

#endif
