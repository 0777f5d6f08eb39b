/*
 * Whether the body of a multipart/encrypted is one PGP/MIME message and nothing else (RFC 3156
 * section 4): two parts, "Version: 1" and one ASCII armour of encrypted data. Read line by line as
 * it streams by; one line and one header field are held. Owned by whoever declared it; one thread
 * at a time.
 */
#ifndef SMIME_INSPECT_PGP_MIME_H
#define SMIME_INSPECT_PGP_MIME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"
#include "inspect/pgp_armour.h"

/* A line (RFC 5322 2.1.1: 998) or an unfolded header field beyond this is malformed. */
#define PGP_MIME_LINE_MAX 998

/* RFC 2046 5.1.1. */
#define PGP_MIME_BOUNDARY_MAX 70

enum pgp_mime_place {
	PGP_MIME_PREAMBLE,
	PGP_MIME_CONTROL_HEADER, /* of the first part */
	PGP_MIME_CONTROL,        /* "Version: 1" */
	PGP_MIME_DATA_HEADER,    /* of the second part */
	PGP_MIME_ARMOUR,
	PGP_MIME_AFTER_ARMOUR,
	PGP_MIME_EPILOGUE,
};

struct pgp_mime {
	char boundary[PGP_MIME_BOUNDARY_MAX + 1];
	enum pgp_mime_place place;
	char line[PGP_MIME_LINE_MAX + 1];
	size_t line_size;
	char field[PGP_MIME_LINE_MAX + 1]; /* unfolded as far as it has come */
	size_t field_size;
	bool typed;   /* this part's Content-Type is the one it must be */
	bool version; /* "Version: 1" has come */
	struct pgp_armour armour;
};

/* ERROR_INPUT without a boundary that can be one. */
MUST_CHECK int pgp_mime_init(struct pgp_mime *pgp, const char *boundary, struct error *err);

/* Reads on. The error says why this is no PGP/MIME message; reading on is then pointless. */
MUST_CHECK int pgp_mime_read(
    struct pgp_mime *pgp, const char *bytes, size_t size, struct error *err);

/* The end: succeeds if the whole body was one PGP/MIME message. */
MUST_CHECK int pgp_mime_finish(struct pgp_mime *pgp, struct error *err);

#endif
