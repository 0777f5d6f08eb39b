/*
 * The audit file: opened for appending, opened again where it was moved away, and never left with
 * half a line in front of the next. Internal to the audit room; the caller serialises calls.
 */
#ifndef SMIME_AUDIT_SINK_H
#define SMIME_AUDIT_SINK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"

struct sink {
	char *path;
	int file;  /* -1: not open */
	bool torn; /* the last write was cut and could not be taken back */
};

/* path is copied. -1 if the file can't be opened; sink_close() then is legal, too. */
MUST_CHECK int sink_open(struct sink *sink, const char *path, struct error *err);

/* Appends whole lines by one write(). On error (always ERROR_TEMPORARY) none of them counts. */
MUST_CHECK int sink_write(struct sink *sink, const char *lines, size_t size, struct error *err);

void sink_close(struct sink *sink);

#endif
