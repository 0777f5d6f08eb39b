/*
 * What one record of an LDIF file says: its DN and its attributes, decoded by libldap. Values from URLs
 * (":<") and other files ("include:") are refused before libldap, which would fetch them, sees the
 * line. One thread.
 */
#ifndef SMIME_DIRECTORY_RECORD_PARSE_H
#define SMIME_DIRECTORY_RECORD_PARSE_H

#include <ldap.h>

#include "base/compiler.h"
#include "base/error.h"
#include "directory/record.h"

/* Each -1 ends the reading (no memory). What they are given is borrowed. */
struct record_events {
	int (*dn)(void *context, const struct berval *dn, struct error *err); /* first, once */
	int (*attribute)(
	    void *context, const char *name, const struct berval *value, struct error *err);
};

enum record_kind {
	RECORD_ENTRY,
	RECORD_IGNORED, /* none of ours: a search's result, say; or only the version */
	RECORD_BROKEN,  /* *why, static: what came of it does not count */
};

/* Reads a record, whose text is changed. 0, or -1 from an event. */
MUST_CHECK int record_parse(struct record *record, const struct record_events *events,
    void *context, enum record_kind *kind, const char **why, struct error *err);

#endif
