/*
 * What an EnvelopedData or AuthEnvelopedData is made of, as tables for cms_front. Static and
 * immutable; any thread.
 */
#ifndef SMIME_INSPECT_CMS_GRAMMAR_H
#define SMIME_INSPECT_CMS_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>

#include "inspect/inspect.h"

/* What is done with the value that is being read, and with all within it. */
enum grammar_mode {
	GRAMMAR_WALK,  /* its members are looked at one by one */
	GRAMMAR_KEEP,  /* goes into the front as it is */
	GRAMMAR_SKIP,  /* only its structure matters */
	GRAMMAR_TYPE,  /* the content type, which says what comes next */
	GRAMMAR_COUNT, /* an octet string whose bytes are counted */
};

/* Places in the grammar that are more than values to walk, keep or skip; others have no name. */
enum grammar_step {
	GRAMMAR_STEP_TYPE = 1,
	GRAMMAR_STEP_RECIPIENTS = 6,
	GRAMMAR_STEP_ALGORITHM = 9,
	GRAMMAR_STEP_CONTENT = 10,
	GRAMMAR_STEP_COUNT = 15,
};

struct grammar_place {
	const char *name;
	unsigned int depth; /* values that enclose it */
	unsigned char tag;
	unsigned char mask; /* bits of the tag that count */
	bool optional;
	unsigned char within; /* which of the two objects */
	enum grammar_mode mode;
};

/* The places in the order they stand (RFC 5652 3, 6.1; RFC 5083 2.1); step < GRAMMAR_STEP_COUNT. */
const struct grammar_place *cms_grammar_place(size_t step);

/* Whether a place is in an object of this kind (READABLE: not known yet). */
bool cms_grammar_belongs(const struct grammar_place *place, enum inspect_kind kind);

/* The kind of object that a content type (contents of the identifier) says, and its name; NULL in
 * *name if it is unknown. READABLE for all but the two. */
enum inspect_kind cms_grammar_type(const unsigned char *oid, size_t size, const char **name);

#endif
