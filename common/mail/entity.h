/*
 * What a message's header says its body is, and the streaming transforms between a body on the wire
 * and its bytes. What the body *is* only its structure proves: that is inspect/inspect's business.
 */
#ifndef SMIME_MAIL_ENTITY_H
#define SMIME_MAIL_ENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"
#include "mail/header.h"

enum entity_claim {
	ENTITY_PLAIN,    /* nothing that could be encrypted as a whole */
	ENTITY_SMIME,    /* application/(x-)pkcs7-*, or any application type named .p7m,
			    .p7z, .p7s or .p7c: may be enveloped */
	ENTITY_SIGNED,   /* multipart/signed: readable */
	ENTITY_PGP_MIME, /* multipart/encrypted; protocol="application/pgp-encrypted" (RFC 3156) */
};

enum entity_encoding {
	ENTITY_IDENTITY, /* 7bit, 8bit, binary, none, or one we don't know */
	ENTITY_BASE64,
	ENTITY_QUOTED_PRINTABLE,
};

struct entity_type {
	enum entity_claim claim;
	enum entity_encoding encoding;
	char
	    *media_type; /* "application/pkcs7-mime", lower case; "text/plain" where none is said */
	char *smime_type; /* the parameter, lower case, or NULL: only a hint */
	char *boundary;   /* of a multipart, or NULL */
	char *other;      /* a second boundary that a reader may go by instead, or NULL */
	char *protocol;   /* of a multipart, lower case, or NULL */
	char *file;       /* its name as a file, or NULL: one that names a CMS object first */
	bool doubtful;    /* another Content-Type, or boundary, says otherwise */
};

/* Reads Content-Type, -Transfer-Encoding and -Disposition of the header. A field given twice with
 * different values, or one that can't be parsed, claims whatever any reading claims: S/MIME before
 * PGP/MIME before signed; the first encoding that is one. mail_startup() must have been called.
 * entity_type_free(). */
MUST_CHECK int entity_type_read(
    const struct header *header, struct entity_type *type, struct error *err);
void entity_type_free(struct entity_type *type);

/* Streaming decoder of a transfer encoding: appends decoded bytes to out. Bytes that don't belong
 * (base64 alphabet, RFC 2045 6.8) are counted in `alien`, white space apart. */
struct entity_decoder {
	enum entity_encoding encoding;
	size_t alien;       /* bytes met that the encoding does not allow */
	bool ended;         /* base64 padding seen; further data is alien */
	unsigned int place; /* characters of the present group: of four (base64), of "=XX" */
	unsigned char held; /* quoted-printable: the byte after "=" */
	int state;          /* GMime's, which differ from version to version */
	unsigned int save;  /* GMime's */
};
void entity_decoder_init(struct entity_decoder *decoder, enum entity_encoding encoding);
MUST_CHECK int entity_decode(struct entity_decoder *decoder, const char *bytes, size_t size,
    struct buffer *out, struct error *err);

/* Streaming normaliser of line ends: every LF not preceded by CR becomes CRLF; all else is kept,
 * bare CR and NUL included. Appends to out. */
struct entity_crlf {
	bool after_cr;
};
#define ENTITY_CRLF_INIT \
	{                \
		false    \
	}
MUST_CHECK int entity_to_crlf(struct entity_crlf *state, const char *bytes, size_t size,
    struct buffer *out, struct error *err);

/* The header block of the inner entity of a sealed message: the Content-* fields in order, CRLF
 * line ends, and the empty line (RFC 8551 3.1). Appends to out. */
MUST_CHECK int entity_inner_header(
    const struct header *header, struct buffer *out, struct error *err);

#endif
