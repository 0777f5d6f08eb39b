/*
 * One multipart that is open in a walker, or one message within a message: its boundary, and what
 * sees its bytes. Owned by the walker; one thread at a time.
 */
#ifndef SMIME_INSPECT_FRAME_H
#define SMIME_INSPECT_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/compiler.h"
#include "base/error.h"
#include "inspect/digests.h"
#include "inspect/pgp_mime.h"
#include "inspect/layout.h"
#include "mail/entity.h"

/* RFC 2046 5.1.1 allows 70; readers take what comes. */
#define FRAME_BOUNDARY_MAX 500

enum frame_delimiter {
	FRAME_NO_DELIMITER,
	FRAME_NEXT,
	FRAME_CLOSE,
};

struct frame {
	char *boundary; /* NULL: a message */
	char *other;    /* another that some reader goes by; NULL: none */
	bool digest;    /* parts without a type are messages (RFC 2046 5.1.5) */
	size_t part;    /* the one in hand, from 1; 0: none has begun */
	bool closed;    /* the closing delimiter has come */
	bool trailing;  /* and something but white space after it */
	size_t layer;   /* clear-signed or PGP/MIME; LAYOUT_NONE */
	bool is_signed;
	bool protocol_known;     /* it says it is S/MIME's */
	bool settled;            /* its signature has come */
	struct digests *digests; /* of part 1; NULL: nobody asks */
	bool is_digesting;
	struct entity_crlf crlf;
	struct buffer pending; /* for the digests, line ends made CRLF */
	struct pgp_mime *pgp;  /* NULL: none, or it has failed */
};

/* For a multipart whose boundary is not NULL and not too long, or a message (type NULL). Adds the
 * layer of those that are one. */
MUST_CHECK int frame_init(struct frame *frame, struct layout *layout,
    const struct layout_spot *spot, const struct entity_type *type, struct error *err);

/* Whether a line, without its end and trailing white space, is one of its delimiters. */
enum frame_delimiter frame_delimiter(const struct frame *frame, const char *line, size_t size);

/* Bytes within it: of its parts (in_part) or of its own lines between them. */
MUST_CHECK int frame_see(struct frame *frame, struct layout *layout, const char *bytes, size_t size,
    bool in_part, struct error *err);

/* The next part begins, or the last one is over. */
MUST_CHECK int frame_next(struct frame *frame, struct layout *layout, struct error *err);
MUST_CHECK int frame_close(struct frame *frame, struct layout *layout, struct error *err);

/* It is over: settles its layer. */
MUST_CHECK int frame_finish(struct frame *frame, struct layout *layout, struct error *err);

void frame_free(struct frame *frame, struct layout *layout);

#endif
