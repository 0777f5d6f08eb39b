/*
 * What CMS objects are made of, as tables for cms_front: EnvelopedData, AuthEnvelopedData and
 * SignedData; of others only the name is known. Static and immutable; any thread.
 */
#ifndef SMIME_INSPECT_CMS_GRAMMAR_H
#define SMIME_INSPECT_CMS_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>

#include "inspect/layer.h"

/* Which objects a place belongs to. */
enum grammar_object {
	GRAMMAR_ENVELOPED = 1,
	GRAMMAR_AUTH_ENVELOPED = 2,
	GRAMMAR_SIGNED = 4,
	GRAMMAR_OTHER = 8, /* known by name alone */
	GRAMMAR_ANY = 15,  /* not known yet */
};

/* What is done with the value that is being read, and with all within it. */
enum grammar_mode {
	GRAMMAR_WALK,   /* its members are looked at one by one */
	GRAMMAR_LEAVE,  /* so are its members, but it is left out of what is kept */
	GRAMMAR_KEEP,   /* is kept as it is */
	GRAMMAR_SKIP,   /* only its structure matters */
	GRAMMAR_TYPE,   /* the content type, which says what comes next */
	GRAMMAR_COUNT,  /* an octet string whose bytes are counted */
	GRAMMAR_STREAM, /* an octet string whose bytes are handed on */
};

/* Places that are more than values to walk, keep or skip. */
enum grammar_mark {
	GRAMMAR_PLAIN,
	GRAMMAR_RECIPIENTS, /* its members are counted */
	GRAMMAR_ALGORITHM,  /* where it stands in what is kept is noted: the content cipher */
	GRAMMAR_DIGESTS,    /* likewise: the digest algorithms */
	GRAMMAR_INNER_TYPE, /* likewise: the type of the content */
	GRAMMAR_CIPHERTEXT, /* what follows is the tail */
	GRAMMAR_CONTENT,
	GRAMMAR_CRLS, /* its members are counted */
	GRAMMAR_SIGNERS,
};

struct grammar_place {
	const char *name;
	unsigned int depth; /* values that enclose it */
	unsigned char tag;
	unsigned char mask; /* bits of the tag that count */
	bool optional;
	unsigned char within; /* enum grammar_object, or-ed */
	enum grammar_mode mode;
	enum grammar_mark mark;
};

/* The places in the order they stand; NULL beyond the last. */
const struct grammar_place *cms_grammar_place(size_t step);

struct grammar_type {
	const char *oid; /* contents of the identifier */
	const char *name;
	enum grammar_object object;
	enum layer_type layer;
};

/* By content type (contents of the identifier); NULL if it is unknown. */
const struct grammar_type *cms_grammar_type(const unsigned char *oid, size_t size);

#endif
