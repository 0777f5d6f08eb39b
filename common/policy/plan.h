/*
 * The decision on one message: plan = policy_plan(facts). Same facts, same plan.
 */
#ifndef SMIME_POLICY_PLAN_H
#define SMIME_POLICY_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"
#include "policy/facts.h"
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
	enum action action;    /* what becomes of the message for this recipient */
	enum reason_id reason; /* why */
	char detail[512];   /* in words, naming cipher, certificate …; may hold untrusted text */
	bool trust_failure; /* recorded as one, whatever the action */
	bool observed;      /* its rule only observes: action is what would have been */
	const struct digital_id *evidence; /* the digital ID that reason speaks of; NULL */
	const struct cipher *cipher;       /* best for this recipient alone; NULL: none */
	struct capabilities capabilities;  /* that led to it; from ASSUMED where policy assumed */
	const struct cipher *fallback[CLIENT_COUNT]; /* what clients would have used; NULL: no ID */
	bool stale; /* a stale digital ID stands beside a better one */
};

struct plan {
	enum action action;    /* to be carried out: PASS where all that matters only observes */
	enum action would;     /* without observe; equals action otherwise */
	enum reason_id reason; /* of the recipient that decided */
	size_t decider;        /* index of that recipient; 0 */
	const struct cipher *cipher; /* ACTION_SEAL (in would): of the message; NULL else */
	struct plan_seal *seals;
	size_t seal_count;
	bool strip_marker;                 /* sealing removes the rules' subject markers */
	struct plan_recipient *recipients; /* as many as facts have */
	size_t recipient_count;
};

/* ERROR_TEMPORARY (memory) only; the caller then defers. */
MUST_CHECK int policy_plan(const struct facts *facts, struct plan **plan, struct error *err);
void plan_free(struct plan *plan);

#endif
