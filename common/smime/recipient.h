/*
 * The recipient record: everything known of one address at one time, each digital ID judged.
 * Immutable once made, reference-counted, shared between threads.
 */
#ifndef SMIME_SMIME_RECIPIENT_H
#define SMIME_SMIME_RECIPIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/compiler.h"
#include "base/error.h"
#include "mail/address.h"
#include "smime/capabilities.h"
#include "smime/certificate.h"
#include "smime/findings.h"
#include "tables/reason.h"

struct evidence;
struct trust;
struct wants;

/* One certificate published for an address, where it was found, and what came of judging it. */
struct digital_id {
	struct certificate *certificate; /* NULL where nothing could be parsed */
	char *directory;
	char *dn;
	char *attribute;
	bool from_blob;   /* the blob's certificates stand above bare ones in preference */
	bool blob_signed; /* and the blob's signature verified, by a trusted signer for this address
			   */
	bool preferred;   /* named by the blob's own encryption preference (only if blob_signed) */
	time_t signing_time;              /* of the blob; 0 if unknown */
	struct capabilities capabilities; /* signed, extension or none */
	enum reason_id verdict;           /* REASON_OK, or why it can't be used */
	bool stale;                       /* shadows a better digital ID of the same recipient */
	char *detail;     /* the verdict's evidence in words; NULL if there is nothing to add */
	int failed_depth; /* which link of the chain failed: 0 the certificate itself; -1 none */
	char *failed_subject; /* the certificate at that depth, or NULL */
	char *failed_issuer;
	struct certificate *authority; /* of an issuer that is not trusted: the topmost certificate
					  found above (trust_topmost); NULL */
	time_t failed_from;            /* its validity; 0: none failed */
	time_t failed_until;
	const char *revocation;  /* "off", "good", "unknown", "revoked": static */
	char *revocation_detail; /* who said so and when, or why nobody did; NULL */
};

enum recipient_state {
	RECIPIENT_FOUND,       /* at least one value is published, usable or not */
	RECIPIENT_NONE,        /* the directories answered: nothing */
	RECIPIENT_UNAVAILABLE, /* a directory could not be asked */
	RECIPIENT_GROUP,       /* a mail group: its members' records stand for it */
};

/* Digital IDs judged for one address; what follows is left out, which notes say. */
#define RECIPIENT_DIGITAL_IDS_MAX 100

struct recipient {
	char *address; /* struct address.text */
	enum recipient_state state;
	char *detail;                   /* why unavailable, or a note on the findings; NULL */
	struct digital_id *digital_ids; /* usable ones first, best first */
	size_t digital_id_count;
	struct recipient **members; /* RECIPIENT_GROUP: one reference each. Never groups themselves;
				       a member without an address is RECIPIENT_NONE, with its DN
				       in detail and the group's own address */
	size_t member_count;        /* 0: the group is empty */
	bool members_incomplete;    /* not all members are known: too many, or too deep */
	bool stale_if_error; /* from findings beyond their lifetime, because no server could be
				asked */
	time_t judged_at;    /* wall clock */
	time_t valid_until;  /* judgement holds until then: the next notBefore or notAfter, or the
				end of what CRLs and OCSP answers say */
	int references;
};

/* What is to be judged, for whom. All is borrowed. */
struct recipient_question {
	const struct findings *findings;
	const struct address *address;
	bool exact_local;
	time_t at;
	struct evidence *evidence; /* what was fetched; NULL: nothing */
	struct wants *wants;       /* what would tell more is added; NULL: nobody fetches */
	int *effort; /* what it may cost, and then what is left (trust.h); NULL: TRUST_EFFORT_MAX */
};

/*
 * Judges findings for an address: the whole of DESIGN "Judgement" that concerns one recipient. CPU
 * only, no I/O: what is missing goes to wants (trust.h). A value that can't be parsed becomes a
 * digital ID with verdict REASON_MALFORMED. NULL only for ERROR_TEMPORARY/ERROR_INTERNAL.
 */
struct recipient *recipient_judge(
    const struct trust *trust, const struct recipient_question *question, struct error *err);

/* A record for an address that could not be looked up. detail is copied. NULL without memory. */
struct recipient *recipient_unavailable(const struct address *address, const char *detail);

/* Says of a fresh record that it stands on findings from `since` (wall clock) because no server could
 * be asked (stale_if_error, and in detail). Not once shared. 0/-1. */
MUST_CHECK int recipient_set_stale(struct recipient *recipient, time_t since, struct error *err);

/*
 * A group's record, to be filled before it is shared: no members yet, valid_until `at` and a day.
 * note (may be NULL) is copied to detail. NULL without memory.
 */
struct recipient *recipient_group(
    const struct address *address, const char *note, time_t at, struct error *err);

/* Adds a member's record (a reference of its own); the group holds no longer than it. */
MUST_CHECK int recipient_group_add(
    struct recipient *group, struct recipient *member, struct error *err);

/* Adds a member that is known by its DN alone. */
MUST_CHECK int recipient_group_add_nameless(
    struct recipient *group, const char *dn, struct error *err);

/* The digital ID of the certificate with this SHA-256 (borrowed); NULL: there is none. recipient may be
 * NULL. */
const struct digital_id *recipient_find(const struct recipient *recipient, const char *sha256);

struct recipient *recipient_ref(struct recipient *recipient);
void recipient_unref(struct recipient *recipient);

#endif
