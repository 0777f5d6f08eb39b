/*
 * How one recipient stands by itself: what its record, its rule and the message's content allow,
 * before the other recipients are looked at. Internal to the policy room. Pure.
 */
#ifndef SMIME_POLICY_STANDING_H
#define SMIME_POLICY_STANDING_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/choice.h"
#include "policy/facts.h"
#include "policy/plan.h"

struct standing {
	const struct config_policy *policy; /* its rule's; the top level's where no rule matches */
	enum config_encrypt encrypt;        /* NEVER where no rule matches */
	bool sealable;                      /* readable content, and it can be encrypted to */
	enum action alone;                  /* what becomes of it if there were no others */
	enum action unsealed; /* what its findings bring about if the message passes unsealed */
	struct choice choice;
};

/*
 * Finds the standing of recipient `index`, and begins what is told of it: reason, detail, evidence,
 * trust_failure, observed, cipher, capabilities, fallback, stale, findings. disclosed: sealing would
 * name the recipient to others (it is in neither To nor Cc, and not the only one of the envelope).
 * signatures: what is to be said of the client's, which its rule weighs. ERROR_TEMPORARY.
 */
MUST_CHECK int standing_find(const struct facts *facts, size_t index, bool disclosed,
    const struct findings_list *signatures, struct standing *standing, struct plan_recipient *told,
    struct error *err);

/* Lets a finding be what is told of the recipient: reason, detail, evidence. */
void standing_tell(const struct plan_finding *finding, struct plan_recipient *told);

/* What a reason that bars sealing means for one that must be sealed to: DEFER or REFUSE. */
enum action standing_bar(enum reason_id reason);

/* Bars a recipient that could be sealed to by itself, because the others read other ciphers. */
void standing_lacks_common_cipher(const struct cipher *floor, const char *other,
    struct standing *standing, struct plan_recipient *told);

#endif
