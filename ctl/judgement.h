/*
 * What "smimectl check" finds out about one address: asked of the directories, and judged as if mail
 * to it had to be encrypted. Owned by the command.
 */
#ifndef SMIME_CTL_JUDGEMENT_H
#define SMIME_CTL_JUDGEMENT_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/error.h"
#include "directory/resolver.h"
#include "message/snapshot.h"
#include "policy/plan.h"

/* A sender that no rule names, for addresses asked about without --from. */
#define JUDGEMENT_ANY_SENDER "nobody@sender.invalid"

/* One address, judged as if it had to be encrypted to; a group, as if mail to all its members had
 * to be. */
struct judgement {
	struct address address;
	struct ticket *ticket;
	const struct config_rule *rule; /* that would match; NULL: none */
	struct config_rule as_required;
	struct facts_list list; /* itself, or a group's members */
	struct facts facts;
	struct plan *plan;
};

/* Asks and judges; waits for the answer. 0/-1; then judgement_free(). */
MUST_CHECK int judgement_make(struct snapshot *snapshot, const struct address *sender,
    const char *text, struct judgement *judgement, struct error *err);
/* The same for what a ticket (given to the judgement) has or has not brought so far. */
MUST_CHECK int judgement_of_ticket(struct snapshot *snapshot, const struct address *sender,
    const struct address *address, struct ticket *ticket, struct judgement *judgement,
    struct error *err);
/* For judging one entry, whatever is fetched for it. Milliseconds. */
#define JUDGEMENT_TIME 60000
/* The same for findings, which are judged first: what takes longer than JUDGEMENT_TIME, or until the user
 * has had enough (interrupt.h), counts as unavailable. */
MUST_CHECK int judgement_of_findings(struct snapshot *snapshot, const struct address *sender,
    const struct address *address, struct findings *findings, struct judgement *judgement,
    struct error *err);
void judgement_free(struct judgement *judgement);

bool judgement_is_group(const struct judgement *judgement);

/* The plan for one of list's items as if mail were for it alone; plan_free(). NULL: said on standard
 * error. */
struct plan *judgement_of_member(const struct judgement *judgement, size_t i);

/* A snapshot that judges, but asks no directory: for what is in them comes from a census. It has a
 * reference of config. NULL on error. */
struct snapshot *judgement_snapshot(
    struct config *config, struct spool_space *space, struct error *err);

#endif
