/*
 * What one inspection has found so far: layers, what stands beside each, and what all of them
 * together may cost. Owned by the inspection; one thread at a time.
 */
#ifndef SMIME_INSPECT_SURVEY_H
#define SMIME_INSPECT_SURVEY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"
#include "inspect/envelope.h"
#include "inspect/layer.h"
#include "mail/entity.h"

#define SURVEY_NONE ((size_t)-1)

/* Signed contents within each other: each byte of the innermost is digested as many times over, and
 * nobody signs more than twice. */
#define SURVEY_DIGESTING_MAX 4

/* What is in the message, or in the content of one layer. */
struct survey_scope {
	size_t objects; /* layers */
	size_t others;  /* parts that are neither layers nor text */
};

/* Beside each layer. */
struct survey_entry {
	bool dropped;
	bool forwarded; /* in a message that is not all of what encloses it */
	bool sole;      /* nothing stands beside what it signs */
	struct survey_scope inside;
	struct envelope envelope;
};

struct survey {
	struct layer *layers;
	struct survey_entry *entries;
	size_t count;
	struct survey_scope message;
	size_t parts;
	unsigned int digesting; /* signed contents that are open */
	size_t kept;            /* bytes, of all objects */
	bool limited;           /* something was not looked at */
};

/* Where a part stands. */
struct survey_spot {
	size_t parent; /* layer whose content it is in; SURVEY_NONE: the message */
	char path[sizeof(((struct layer *)0)->path)];
	bool forwarded;
};

/* A spot further in: part `number`. */
void survey_spot_enter(struct survey_spot *spot, size_t number);

/* Adds a layer, malformed until it is known to be sound. *index is SURVEY_NONE where there are too
 * many. */
MUST_CHECK int survey_add(struct survey *survey, const struct survey_spot *spot,
    const struct entity_type *type, size_t *index, struct error *err);

/* A part that is no layer. */
void survey_note_part(struct survey *survey, size_t parent, bool text);

/* It was no layer after all: what is in it is in what enclosed it, as part 1. */
void survey_drop(struct survey *survey, size_t index);

/* Makes the layer malformed for this reason; -1, with the error, only for one that is ours. */
MUST_CHECK int survey_malformed(
    struct survey *survey, size_t index, const struct error *why, struct error *err);

/* A signed content begins; ERROR_LIMIT where too many are open. survey_digested() at its end. */
MUST_CHECK int survey_digesting(struct survey *survey, struct error *err);
void survey_digested(struct survey *survey);

/* All is read: places are told, dropped layers go. */
void survey_finish(struct survey *survey);

void survey_free(struct survey *survey);

#endif
