/*
 * What policy decides on: plain facts, gathered elsewhere. No I/O, no time, no threads here.
 */
#ifndef SMIME_POLICY_FACTS_H
#define SMIME_POLICY_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "mail/address.h"
#include "mail/header.h"
#include "smime/recipient.h"
#include "tables/cipher.h"

/* What the body is; proven by its structure, not by what the header says. */
enum facts_content {
	CONTENT_READABLE,  /* sealed like any other: plain, signed, compressed, partly encrypted */
	CONTENT_ENVELOPED, /* one EnvelopedData or AuthEnvelopedData */
	CONTENT_PGP_MIME,
};

struct facts_recipient {
	const struct address *address;  /* a group's member: the member's own */
	const struct address *envelope; /* the recipient of the envelope that it stands for: the
					   group's, or address itself */
	const struct config_rule *rule; /* the first that matches; NULL: none */
	const struct recipient *record; /* NULL: not asked for, or no answer by the deadline */
	bool asked;                     /* a look-up was made: record NULL then means unavailable */
	bool visible;                   /* named in To or Cc */
	bool *addressed; /* CONTENT_ENVELOPED: for each digital ID of the record, whether a
			    recipient info is for its certificate; NULL else */
};

struct facts {
	const struct config *config;
	enum facts_content content;
	const struct cipher *content_cipher; /* CONTENT_ENVELOPED: never NULL */
	const char *content_cipher_text;
	const struct facts_recipient *recipients;
	size_t recipient_count;
};

#endif
