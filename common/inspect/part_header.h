/*
 * The header of a MIME part as it streams by: only the fields that say what the part is are kept.
 * Owned by whoever declared it, zero at first; one thread at a time.
 */
#ifndef SMIME_INSPECT_PART_HEADER_H
#define SMIME_INSPECT_PART_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/compiler.h"
#include "base/error.h"
#include "mail/header.h"

/* Bytes of a line that are looked at. entity_type_read() looks at as many of a field. */
#define PART_HEADER_LINE_MAX ((size_t)16 << 10)

/* A line of this size that is no field yet is none: RFC 5322 2.1.1 allows 998. */
#define PART_HEADER_NAME_MAX ((size_t)1000)

/* Fields of one part that are read, and their bytes: real ones have three, of some 200. */
#define PART_HEADER_FIELDS_MAX 16
#define PART_HEADER_BYTES_MAX ((size_t)32 << 10)

struct part_header {
	struct header fields;
	struct buffer field; /* the one in hand, with its name */
	struct buffer line;  /* as it came. After the end: what turned out to be body already */
	size_t bytes;
	size_t lines;
	bool limited; /* some of it was not looked at */
	bool cut;     /* `line` is too long for a field, and has not ended yet */
	bool plain;   /* so many fields make it a part that is not looked into */
	size_t plain_fields;
};

/* Reads on; *used says how many bytes belong to the header, and to `line`; *ended that it is over.
 */
MUST_CHECK int part_header_read(struct part_header *header, const char *bytes, size_t size,
    size_t *used, bool *ended, struct error *err);

/* Nothing more comes. */
MUST_CHECK int part_header_finish(struct part_header *header, struct error *err);

void part_header_free(struct part_header *header);

#endif
