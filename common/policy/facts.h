/*
 * What policy decides on: plain facts, gathered elsewhere. No I/O, no time, no threads here.
 *
 * Facts have a place for each recipient of the envelope, or, where that is a mail group, for each
 * of its members: they are judged, sealed to, named and recorded one by one, under the group's
 * rule. So there are more recipients in facts than in the envelope; who stands in the envelope
 * twice, by itself or through groups, stands in facts as often.
 */
#ifndef SMIME_POLICY_FACTS_H
#define SMIME_POLICY_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"
#include "inspect/layer.h"
#include "mail/address.h"
#include "mail/header.h"
#include "smime/recipient.h"
#include "tables/cipher.h"
#include "tables/reason.h"

/* What the body is; proven by its structure, not by what the header says. */
enum facts_content {
	CONTENT_READABLE,  /* sealed like any other: plain, signed, compressed, partly encrypted */
	CONTENT_ENVELOPED, /* one EnvelopedData or AuthEnvelopedData */
	CONTENT_PGP_MIME,
};

struct facts_recipient {
	const struct address *address;  /* a group's member: the member's own, or the group's for
					   one that has none: facts_is_nameless() */
	const struct address *envelope; /* the recipient of the envelope that it stands for: the
					   group's, or address itself */
	bool member;                    /* one of the members of the group `envelope` */
	const struct config_rule *rule; /* the first that matches; NULL: none */
	const struct recipient *record; /* NULL: not asked for, or no answer by the deadline. A
					   group's own only where no member can stand for it: it
					   has none, or not all are known */
	const struct recipient *group;  /* of a member, the group's record; NULL */
	bool asked;                     /* a look-up was made: record NULL then means unavailable */
	bool visible;                   /* named in To or Cc */
	bool *addressed; /* with an envelope: for each digital ID of the record, whether a recipient
			    info is for its certificate; NULL else */
	const struct layer_recipient
	    *superseded; /* where none is addressed: a recipient info for a certificate that nobody
			    publishes, of an issuer of one of its digital IDs; NULL */
};

/* One signature, and its signer, judged. */
struct facts_signature {
	const struct layer *layer;
	const struct layer_signature *signature;
	const struct digital_id *id; /* the signer's certificate, judged as of now; NULL: there is
					none, or it was not judged */
	enum reason_id then;         /* the verdict as of the signing time; REASON_OK where that is
					not said, or id is NULL */
	const struct address *named; /* the address of the message's From or Sender that the
					certificate names, and that it was judged for; NULL: none */
	bool unavailable;            /* the signer could not be judged in time */
};

struct facts {
	const struct config *config;
	enum facts_content content;

	/* What the client made, as inspection found it: all zero where it found nothing. */
	const struct layer *layers; /* all, as they stand in each other */
	size_t layer_count;
	const struct layer *body;     /* CONTENT_ENVELOPED: the one that is all of it; else NULL */
	const struct layer *envelope; /* whose recipients are compared: the whole body, or the only
					 one, among text; NULL */
	const struct layer *weakest;  /* of the encrypted layers that are not forwarded, broken
					 ones among them, the one with the weakest cipher; NULL */
	bool malformed;               /* an S/MIME object is broken, or over a limit */
	const char *malformed_detail; /* then: never NULL */
	bool compared;                /* a recipient was looked up, so that these were: */
	size_t unclaimed;             /* recipient infos of the envelope that are for no certificate
					 published for a recipient or the sender */
	bool sender_addressed;        /* one is for a certificate of the sender */
	const struct facts_signature *signatures;
	size_t signature_count;
	const struct recipient *sender_record; /* NULL: not asked for, or no answer */

	const struct facts_recipient *recipients;
	size_t recipient_count;
};

/* Most recipients of one message, groups counted by their members: what the largest group or the
 * largest envelope that can be configured has. The plan for so many takes some 40 MB. */
#define FACTS_RECIPIENTS_MAX 50000

/* Recipients being gathered. Owns the addresses of members, and `addressed`. */
struct facts_list {
	struct facts_recipient *items;
	size_t count;
};

#define FACTS_LIST_INIT \
	{               \
		NULL, 0 \
	}

/* Adds a recipient of the envelope (its address and envelope are the same, borrowed like the rest),
 * or in its place the members of the group that its record is. ERROR_LIMIT beyond
 * FACTS_RECIPIENTS_MAX, which names the limit; ERROR_TEMPORARY. */
MUST_CHECK int facts_add(
    struct facts_list *list, const struct facts_recipient *who, struct error *err);
void facts_list_free(struct facts_list *list);

/* Whether it is a member for whom the directory has no address. Its record's detail is its DN. */
bool facts_is_nameless(const struct facts_recipient *who);

#endif
