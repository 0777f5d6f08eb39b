/*
 * Findings on what the client made, and how a rule weighs them: it refuses the message for one, or
 * only warns of it (the settings client-*, signature-*, signer-*). Pure.
 */
#ifndef SMIME_POLICY_FINDING_H
#define SMIME_POLICY_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"
#include "policy/facts.h"
#include "tables/reason.h"

/* Findings of one recipient: on the cipher, on how it is addressed, and on what is malformed. */
#define FINDINGS_OF_RECIPIENT_MAX 3

/* Findings on signatures kept of one message: what is told, not what is decided by, so that a reason
 * that some rule refuses for is never the one left out. */
#define FINDINGS_OF_REASON_MAX 4
#define FINDINGS_OF_SIGNATURES_MAX 40

struct plan_finding {
	enum reason_id reason;
	bool refuses; /* of a recipient: its rule refuses for it; false: it only warns */
	char *detail; /* in words, naming cipher, certificate …; may hold untrusted text; never
			 NULL */
	const struct digital_id
	    *evidence; /* that it speaks of: the recipient's, the signer's; NULL */
	const struct layer_recipient *in_use;    /* SUPERSEDED_CERTIFICATE: what the client used */
	const struct facts_signature *signature; /* of those on signatures; NULL else */
};

struct findings_list {
	struct plan_finding *items; /* in the order found */
	size_t count;
};

/* What the rule makes of this reason: whether it refuses for it. */
bool finding_refuses(const struct config_policy *policy, enum reason_id reason);

/* Adds one; a copy of detail is made. What is beyond `most` is left out. ERROR_TEMPORARY. */
MUST_CHECK int finding_add(struct findings_list *list, size_t most,
    const struct plan_finding *finding, const char *detail, struct error *err);
void finding_clear(struct findings_list *list);

/* The first that is refused for; a refusal stands above a deferral. NULL: none. */
const struct plan_finding *finding_gravest(const struct findings_list *list);

#endif
