/*
 * What is to be changed in a message, as a list that any front can carry out: libmilter's at the
 * end of message, `smimectl explain --output` on a file. In order. Owned by the message.
 */
#ifndef SMIME_MESSAGE_EDITS_H
#define SMIME_MESSAGE_EDITS_H

#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"
#include "mail/header.h"
#include "smime/seal.h"

enum edit_kind {
	EDIT_CHANGE_HEADER, /* the occurrence of name gets value */
	EDIT_DELETE_HEADER, /* the occurrence of name goes; later ones of a name come first */
	EDIT_ADD_HEADER,    /* at the end of the header */
	EDIT_INSERT_HEADER, /* at its beginning: a trace field (RFC 8601 4.1) */
};

struct edit {
	enum edit_kind kind;
	char *name;
	int occurrence; /* from 1, as libmilter counts */
	char *value;    /* with its leading space; NULL for EDIT_DELETE_HEADER */
};

struct edits {
	struct edit *items;
	size_t count;
};

#define EDITS_INIT      \
	{               \
		NULL, 0 \
	}

/* value may be NULL for EDIT_DELETE_HEADER. Copies. */
MUST_CHECK int edits_add(struct edits *edits, enum edit_kind kind, const char *name, int occurrence,
    const char *value, struct error *err);

/* What sealing does to the header (RFC 8551 3.1, 3.3): one Content-Type, -Transfer-Encoding and
 * -Disposition of the sealed body, all other Content-* fields gone, a MIME-Version. */
MUST_CHECK int edits_seal_header(struct edits *edits, const struct header *header,
    const struct seal_fields *fields, struct error *err);

void edits_free(struct edits *edits);

#endif
