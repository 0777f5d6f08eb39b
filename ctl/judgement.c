#include "judgement.h"

#include <string.h>

#include "base/clock.h"
#include "command.h"
#include "directory/source_none.h"
#include "interrupt.h"
#include "policy/rules.h"

/* Between two looks at whether the user has had enough, milliseconds. */
#define LOOK_INTERVAL 200

bool
judgement_is_group(const struct judgement *judgement)
{
	const struct recipient *record = ticket_record(judgement->ticket);

	return record != NULL && record->state == RECIPIENT_GROUP;
}

static int
find_facts(struct judgement *judgement, const struct config *config, struct error *err)
{
	struct facts_recipient who = {.address = &judgement->address,
	    .envelope = &judgement->address,
	    .rule = &judgement->as_required,
	    .record = ticket_record(judgement->ticket),
	    .asked = true,
	    .visible = true};

	if (facts_add(&judgement->list, &who, err) != 0)
		return -1;
	judgement->facts = (struct facts){.config = config,
	    .content = CONTENT_READABLE,
	    .recipients = judgement->list.items,
	    .recipient_count = judgement->list.count};
	return 0;
}

/* By the rule that would match, as if it said that mail must be encrypted. */
static int
judge(struct snapshot *snapshot, const struct address *sender, struct judgement *judgement,
    struct error *err)
{
	struct header header = HEADER_INIT;
	struct rule_match match = {sender, NULL, &judgement->address, &header, NULL};
	const struct config *config = snapshot->config;

	judgement->rule = rules_find(config, &match);
	if (judgement->rule != NULL)
		judgement->as_required = *judgement->rule;
	else
		judgement->as_required.policy = config->policy;
	judgement->as_required.encrypt = ENCRYPT_REQUIRED;
	judgement->as_required.policy.mode = MODE_ENFORCE;
	if (find_facts(judgement, config, err) != 0)
		return -1;
	return policy_plan(&judgement->facts, &judgement->plan, err);
}

int
judgement_make(struct snapshot *snapshot, const struct address *sender, const char *text,
    struct judgement *judgement, struct error *err)
{
	int64_t deadline = clock_monotonic_ms() + snapshot->config->deadline;

	memset(judgement, 0, sizeof(*judgement));
	if (address_parse(text, &judgement->address, err) != 0)
		return -1;
	judgement->ticket = resolver_submit(snapshot->resolver, &judgement->address, deadline);
	if (judgement->ticket == NULL)
		return error_no_memory(err);
	ticket_wait(judgement->ticket, deadline);
	return judge(snapshot, sender, judgement, err);
}

int
judgement_of_ticket(struct snapshot *snapshot, const struct address *sender,
    const struct address *address, struct ticket *ticket, struct judgement *judgement,
    struct error *err)
{
	memset(judgement, 0, sizeof(*judgement));
	judgement->ticket = ticket;
	if (address_copy(address, &judgement->address, err) != 0)
		return -1;
	return judge(snapshot, sender, judgement, err);
}

struct snapshot *
judgement_snapshot(struct config *config, struct spool_space *space, struct error *err)
{
	struct evidence *evidence = snapshot_evidence(config, err);
	struct resolver *resolver = NULL;
	struct snapshot *snapshot = NULL;
	struct trust *trust = NULL;

	if (evidence == NULL)
		return NULL;
	evidence_open_folder(evidence, config->state_folder, false);
	trust = trust_load(config, err);
	if (trust != NULL)
		resolver = resolver_new_with(config, trust, evidence, source_none_make, NULL, err);
	if (resolver != NULL)
		snapshot = snapshot_from_parts(config, trust, resolver, NULL, space, err);
	evidence_unref(evidence); /* the resolver has its own */
	if (snapshot != NULL) {
		config_ref(config); /* the snapshot's own */
		return snapshot;
	}
	resolver_free(resolver);
	trust_unref(trust);
	return NULL;
}

int
judgement_of_findings(struct snapshot *snapshot, const struct address *sender,
    const struct address *address, struct findings *findings, struct judgement *judgement,
    struct error *err)
{
	int64_t until = clock_monotonic_ms() + JUDGEMENT_TIME;
	struct ticket *ticket =
	    resolver_submit_findings(snapshot->resolver, address, findings, until);

	memset(judgement, 0, sizeof(*judgement));
	if (ticket == NULL)
		return error_no_memory(err);
	while (!ticket_wait(ticket, clock_monotonic_ms() + LOOK_INTERVAL) &&
	       clock_monotonic_ms() < until && !interrupt_came())
		continue;
	return judgement_of_ticket(snapshot, sender, address, ticket, judgement, err);
}

struct plan *
judgement_of_member(const struct judgement *judgement, size_t i)
{
	struct facts alone = judgement->facts;
	struct error err = ERROR_INIT;
	struct plan *plan = NULL;

	alone.recipients = &judgement->list.items[i];
	alone.recipient_count = 1;
	if (policy_plan(&alone, &plan, &err) != 0)
		ctl_fail(&err);
	return plan;
}

void
judgement_free(struct judgement *judgement)
{
	plan_free(judgement->plan);
	facts_list_free(&judgement->list);
	ticket_free(judgement->ticket);
	address_free(&judgement->address);
}
