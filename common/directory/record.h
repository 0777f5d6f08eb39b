/*
 * Cuts an LDIF file into its records: runs of lines between empty ones (RFC 2849). One thread.
 */
#ifndef SMIME_DIRECTORY_RECORD_H
#define SMIME_DIRECTORY_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/error.h"

/* One record, as it stands in the file: twice values-limit times value-size-limit at their
 * defaults, in base64. */
#define RECORD_SIZE_MAX ((size_t)35 << 20)

struct record_reader;

/* One record. text is NUL-terminated, its lines end in LF, and it may be changed; it lives until
 * the next call. */
struct record {
	char *text;
	unsigned long line; /* the number of its first line */
	const char *fault;  /* why it can't be used (static): too large, NUL bytes; else NULL */
	bool is_torn;       /* the file ends with it, and its last line has no end */
};

/* Reads from file (borrowed); a record above RECORD_SIZE_MAX is read over. NULL without memory. */
struct record_reader *record_reader_new(FILE *file, struct error *err);
void record_reader_free(struct record_reader *reader);

/* 1 and a record, 0 at the end of the file, -1 on error. */
MUST_CHECK int record_next(struct record_reader *reader, struct record *record, struct error *err);

#endif
