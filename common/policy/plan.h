/*
 * The decision on one message: plan = policy_plan(facts). Same facts, same plan.
 *
 * First each recipient is looked at by itself (the table in DESIGN: mode by finding). Then the
 * message as a whole, because one body serves all:
 *
 * - The client encrypted it: nothing is sealed; the gravest of the recipients' decisions holds.
 * - It passes unsealed, and holds something that the client encrypted, or that is malformed: what a
 *   rule refuses of that, it is refused for. Where it is sealed, that is only recorded.
 * - The client signed it: what a rule refuses of its signatures, it is refused for, sealed or not.
 * - Nobody's rule asks for encryption: it passes.
 * - Everybody can be sealed to, in a cipher that all read and every floor allows: it is sealed, for
 *   recipients under `preferred` too.
 * - Somebody can't be sealed to, whatever that one's rule says, and another's rule requires
 *   sealing: it is refused, or deferred if only waiting is needed, naming the one who can't. One
 *   whose rule says never, or who has no rule, is such a one (REASON_CLEARTEXT_RECIPIENT).
 * - Somebody can't, and the others only prefer it: it passes as it is, unless somebody's own rule
 *   refuses or defers (unusable, unavailable). Those who could have been sealed to carry
 *   REASON_OTHER_RECIPIENT.
 * - Ciphers that don't meet: the recipient with the weakest offer is the one who can't
 *   (REASON_WEAK_CIPHER).
 *
 * A rule that only observes has no demands, but its recipient still gets the same body: it is
 * sealed to where the enforcing rules lead to sealing, and one that can't be sealed to stands in
 * the way like one without a rule. What is carried out then is what the enforcing rules ask for;
 * `would` is what all rules together would ask for. With observing rules alone, it passes.
 *
 * A blind-copy recipient is disclosed by sealing unless all recipients of the envelope are that
 * same address. The members of a blind-copied group are disclosed to the others like a person, but
 * not to each other.
 *
 * A mail group is its members here: each is a recipient with an index of its own, under the group's
 * rule (policy/facts.h).
 */
#ifndef SMIME_POLICY_PLAN_H
#define SMIME_POLICY_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"
#include "policy/facts.h"
#include "policy/finding.h"
#include "smime/capabilities.h"
#include "tables/cipher.h"
#include "tables/reason.h"

/* In order of precedence for the message: a refusal stands above a deferral, that above sealing. */
enum action {
	ACTION_PASS,
	ACTION_SEAL,
	ACTION_DEFER,
	ACTION_REFUSE,
};
const char *action_name(enum action action); /* "pass", "seal", "defer", "refuse" */

/* A digital ID that the message is sealed to. */
struct plan_seal {
	size_t recipient;  /* index into facts->recipients */
	size_t digital_id; /* index into its record's digital_ids */
	bool oaep;         /* advertised with SHA-256 or default parameters */
	bool oaep_sha1;    /* only the default parameters are advertised */
};

struct plan_recipient {
	enum action action;    /* what becomes of the message for this recipient: plan->action, or
				  plan->would if observed */
	enum reason_id reason; /* why; in a refused or deferred message OTHER_RECIPIENT for those
				  that it could have been sent to */
	bool concerned;        /* it is refused or deferred because of this one, among others */
	char detail[512]; /* in words, naming cipher, certificate …; may hold untrusted text */
	bool
	    trust_failure; /* a finding of its own, or on a signature, is one, whatever the action and reason */
	bool observed; /* its rule only observes: action is what would have been */
	const struct digital_id *evidence; /* the digital ID that its finding speaks of; of several
					      that can't be used, the one valid longest; NULL */
	const struct cipher *cipher;       /* best for this recipient alone; NULL: none */
	struct capabilities capabilities;  /* that led to it; from ASSUMED where policy assumed */
	const struct cipher *fallback[CLIENT_COUNT]; /* what clients would have used; NULL: no ID */
	bool stale;                              /* a stale digital ID stands beside a better one */
	const struct layer_recipient *in_use;    /* SUPERSEDED_CERTIFICATE: what the client used */
	const struct facts_signature *signature; /* the reason speaks of this one; NULL */
	struct findings_list findings; /* on what the client encrypted, as far as they count */
};

struct plan {
	enum action action;    /* to be carried out: PASS where all that matters only observes */
	enum action would;     /* without observe; equals action otherwise */
	enum reason_id reason; /* of the recipient that decided: on action, or where that is
				  PASS, on would */
	size_t decider;        /* index of that recipient in facts; 0 */
	const struct cipher *cipher; /* ACTION_SEAL (in would): of the message; NULL else */
	struct plan_seal *seals; /* then, too: by recipient, then digital ID; one at least each */
	size_t seal_count;
	bool strip_marker;                 /* ACTION_SEAL (in would): a recipient's rule has a
					      subject marker to remove */
	struct plan_recipient *recipients; /* as many as facts have */
	size_t recipient_count;
	struct findings_list signatures; /* findings on the client's signatures; which of them a
					    rule refuses or looks at, it says */
};

/* ERROR_TEMPORARY (memory) only; the caller then defers. */
MUST_CHECK int policy_plan(const struct facts *facts, struct plan **plan, struct error *err);
void plan_free(struct plan *plan);

/* The nth (from 0) finding that this recipient's rule only warns of: its own, then those on
 * signatures. NULL: there are no more. */
const struct plan_finding *plan_warning(
    const struct facts *facts, const struct plan *plan, size_t recipient, size_t n);

#endif
