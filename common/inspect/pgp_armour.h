/*
 * One ASCII armour of an encrypted OpenPGP message (RFC 4880 section 6), line by line. That it is
 * encrypted its first packet says. Owned by whoever declared it, zero at first; one thread at a
 * time.
 */
#ifndef SMIME_INSPECT_PGP_ARMOUR_H
#define SMIME_INSPECT_PGP_ARMOUR_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/error.h"

enum pgp_armour_place {
	PGP_ARMOUR_BEFORE,
	PGP_ARMOUR_HEADER,
	PGP_ARMOUR_DATA,
	PGP_ARMOUR_SUMMED, /* only its last line may follow */
	PGP_ARMOUR_OVER,
};

struct pgp_armour {
	enum pgp_armour_place place;
	bool data;   /* there is some */
	bool padded; /* there can be no more */
};

/* The next line, without its end and trailing white space. ERROR_INPUT where it does not belong. */
MUST_CHECK int pgp_armour_line(struct pgp_armour *armour, const char *line, struct error *err);

#endif
