/*
 * The message as a whole: from the standings of its recipients to an outcome, once for the rules
 * that enforce and once for all rules. Internal to the policy room. Pure.
 */
#ifndef SMIME_POLICY_OUTCOME_H
#define SMIME_POLICY_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/facts.h"
#include "policy/plan.h"
#include "policy/standing.h"

/* The outcome for the message when certain recipients have a say. */
struct outcome {
	bool everyone; /* or only those whose rules enforce */
	bool required; /* somebody must be sealed to */
	enum action action;
	bool unsealed;  /* nothing else stops or seals it: what the client made counts */
	size_t decider; /* the first of those who bring it about; if nobody does, the hinderer */
};

/* What planning one message works on; the arrays have a place for each recipient. */
struct work {
	const struct facts *facts;
	struct plan *plan;
	struct standing *standings;
	const struct cipher *cipher; /* all recipients can be sealed to, in this; NULL: not all */
	size_t hinderer;             /* where not: the first who can't; else 0 */
	struct outcome enforced;
	struct outcome would;
};

/* Fills all but facts, plan and the array of standings, which the caller made; begins what is told
 * of each recipient. ERROR_TEMPORARY. */
MUST_CHECK int outcome_find(struct work *work, struct error *err);

/* Whether the rule of recipient i counts in this outcome. */
bool outcome_has_say(const struct work *work, const struct outcome *outcome, size_t i);

/* What recipient i brings about for the message: PASS, DEFER or REFUSE. *by_itself: even if nobody
 * else had to be sealed to. */
enum action outcome_contribution(
    const struct work *work, const struct outcome *outcome, size_t i, bool *by_itself);

#endif
