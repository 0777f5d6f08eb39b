#include "policy/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "policy/evidence.h"
#include "policy/outcome.h"

/* An address within a sentence. */
#define ADDRESS_MOST 200

const char *
action_name(enum action action)
{
	static const char *const names[] = {"pass", "seal", "defer", "refuse"};

	return names[(size_t)action < ARRAY_LENGTH(names) ? action : ACTION_DEFER];
}

/* "because of ADDRESS: reason". */
static void
blame(const struct work *work, size_t whom, struct plan_recipient *told)
{
	const char *address = work->facts->recipients[whom].address->text;

	snprintf(told->detail, sizeof(told->detail), "because of %.*s: %s",
	    (int)utf8_cut(address, ADDRESS_MOST), address,
	    reason_get(work->plan->recipients[whom].reason)->code);
}

/* Somebody must be sealed to, and this one, who need not be, can't. */
static void
tell_hindrance(const struct work *work, const struct outcome *outcome, struct plan_recipient *told)
{
	const char *address;
	size_t i;

	if (told->reason == REASON_NEVER || told->reason == REASON_NO_RULE)
		told->reason = REASON_CLEARTEXT_RECIPIENT;
	if (told->detail[0] != '\0')
		return;
	for (i = 0; i < work->facts->recipient_count; i++) {
		if (outcome_has_say(work, outcome, i) &&
		    work->standings[i].encrypt == ENCRYPT_REQUIRED)
			break;
	}
	address = work->facts->recipients[i].address->text;
	snprintf(told->detail, sizeof(told->detail), "the message must be encrypted for %.*s",
	    (int)utf8_cut(address, ADDRESS_MOST), address);
}

/* What stays of a recipient's own finding when the message is refused or deferred. */
static void
tell_stopped(struct work *work, const struct outcome *outcome, size_t i)
{
	struct plan_recipient *told = &work->plan->recipients[i];
	bool by_itself;

	if (outcome_contribution(work, outcome, i, &by_itself) < ACTION_DEFER)
		told->reason = REASON_OTHER_RECIPIENT;
	else if (outcome->unsealed)
		standing_tell(finding_gravest(&told->findings), told);
	else if (!by_itself)
		tell_hindrance(work, outcome, told);
}

static void
tell_sealed(const struct work *work, size_t i)
{
	struct plan_recipient *told = &work->plan->recipients[i];
	const struct capabilities *capabilities = &work->standings[i].choice.capabilities;

	told->reason = REASON_SEALED;
	finding_clear(&told->findings);
	snprintf(told->detail, sizeof(told->detail), "%s (capabilities: %s)", work->cipher->title,
	    capabilities_source_name(capabilities->from));
}

static const struct outcome *
outcome_of(const struct work *work, size_t i)
{
	return work->plan->recipients[i].observed ? &work->would : &work->enforced;
}

/* Reasons first, then who is to blame: blame names the final reason. */
static void
tell_recipients(struct work *work)
{
	const struct outcome *outcome;
	struct plan_recipient *told;
	size_t i;

	for (i = 0; i < work->facts->recipient_count; i++) {
		outcome = outcome_of(work, i);
		told = &work->plan->recipients[i];
		told->action = outcome->action;
		if (outcome->action >= ACTION_DEFER)
			tell_stopped(work, outcome, i);
		else if (outcome->action == ACTION_SEAL)
			tell_sealed(work, i);
		else if (work->standings[i].sealable)
			told->reason = REASON_OTHER_RECIPIENT;
	}
	for (i = 0; i < work->facts->recipient_count; i++) {
		told = &work->plan->recipients[i];
		if (told->reason == REASON_OTHER_RECIPIENT)
			blame(work, outcome_of(work, i)->decider, told);
	}
}

/* The message as a whole: what is done, and what is said of it. */
static void
tell_message(struct work *work)
{
	const struct outcome *outcome =
	    work->enforced.action != ACTION_PASS ? &work->enforced : &work->would;
	struct plan *plan = work->plan;
	bool by_itself;
	size_t i;

	plan->action = work->enforced.action;
	plan->would = work->would.action;
	plan->decider = outcome->decider;
	plan->reason =
	    plan->recipient_count > 0 ? plan->recipients[plan->decider].reason : REASON_NO_RULE;
	/* An enforcing `never` that only an observing `required` would have stumbled over. */
	if (outcome->action >= ACTION_DEFER && reason_get(plan->reason)->smtp == 0)
		plan->reason = REASON_CLEARTEXT_RECIPIENT;
	for (i = 0; i < plan->recipient_count; i++)
		plan->recipients[i].concerned =
		    outcome_contribution(work, outcome, i, &by_itself) >= ACTION_DEFER;
}

/* Which form of OAEP the digital ID itself advertises; what is assumed never brings OAEP. */
static void
add_seal(
    struct plan *plan, size_t recipient, size_t digital_id, const struct capabilities *capabilities)
{
	struct plan_seal *seal = &plan->seals[plan->seal_count];
	bool advertised = capabilities->from == CAPABILITIES_SIGNED ||
			  capabilities->from == CAPABILITIES_EXTENSION;

	seal->recipient = recipient;
	seal->digital_id = digital_id;
	seal->oaep = advertised && (capabilities->oaep || capabilities->oaep_sha256);
	seal->oaep_sha1 = seal->oaep && !capabilities->oaep_sha256;
	plan->seal_count++;
}

/* Whether a seal of this recipient is listed already; they are listed recipient by recipient. */
static bool
is_listed(const struct plan *plan, size_t recipient)
{
	return plan->seal_count > 0 && plan->seals[plan->seal_count - 1].recipient == recipient;
}

/* Counts the digital IDs that the message is sealed to, and lists them once there is room. */
static size_t
list_seals(struct work *work, bool room)
{
	const struct recipient *record;
	size_t count = 0;
	size_t i;
	size_t k;

	for (i = 0; i < work->facts->recipient_count; i++) {
		record = work->facts->recipients[i].record;
		for (k = 0; k < record->digital_id_count; k++) {
			if (!choice_takes(&work->standings[i].choice, record, k,
				work->standings[i].policy, work->cipher))
				continue;
			count++;
			if (!room)
				continue;
			if (!is_listed(work->plan, i))
				work->plan->recipients[i].evidence = &record->digital_ids[k];
			add_seal(work->plan, i, k, &record->digital_ids[k].capabilities);
		}
	}
	return count;
}

static bool
has_marker_to_strip(const struct facts *facts)
{
	const struct config_rule *rule;
	size_t i;

	for (i = 0; i < facts->recipient_count; i++) {
		rule = facts->recipients[i].rule;
		if (rule != NULL && rule->strip_marker && rule->subject != NULL &&
		    rule->subject[0] != '\0')
			return true;
	}
	return false;
}

/* An outcome of sealing by some rules is one by all: nobody hinders, and demands only grow. */
static int
plan_sealing(struct work *work, struct error *err)
{
	struct plan *plan = work->plan;

	if (work->would.action != ACTION_SEAL)
		return 0;
	plan->seals = calloc(list_seals(work, false) + 1, sizeof(*plan->seals));
	if (plan->seals == NULL)
		return error_no_memory(err);
	list_seals(work, true);
	plan->cipher = work->cipher;
	plan->strip_marker = has_marker_to_strip(work->facts);
	return 0;
}

static struct plan *
plan_new(size_t recipient_count)
{
	struct plan *plan = calloc(1, sizeof(*plan));

	if (plan == NULL)
		return NULL;
	plan->recipient_count = recipient_count;
	plan->recipients = calloc(recipient_count + 1, sizeof(*plan->recipients));
	if (plan->recipients == NULL) {
		free(plan);
		return NULL;
	}
	return plan;
}

int
policy_plan(const struct facts *facts, struct plan **plan, struct error *err)
{
	struct work work = {.facts = facts};
	int result = -1;

	*plan = NULL;
	work.plan = plan_new(facts->recipient_count);
	work.standings = calloc(facts->recipient_count + 1, sizeof(*work.standings));
	if (work.plan == NULL || work.standings == NULL) {
		error_no_memory(err);
		goto done;
	}
	if (outcome_find(&work, err) != 0)
		goto done;
	tell_recipients(&work);
	tell_message(&work);
	if (plan_sealing(&work, err) != 0)
		goto done;
	*plan = work.plan;
	work.plan = NULL;
	result = 0;

done:
	free(work.standings);
	plan_free(work.plan);
	return result;
}

const struct plan_finding *
plan_warning(const struct facts *facts, const struct plan *plan, size_t recipient, size_t n)
{
	const struct config_rule *rule = facts->recipients[recipient].rule;
	const struct config_policy *policy = rule != NULL ? &rule->policy : &facts->config->policy;
	const struct findings_list *own = &plan->recipients[recipient].findings;
	size_t i;

	for (i = 0; i < own->count; i++) {
		if (!own->items[i].refuses && n-- == 0)
			return &own->items[i];
	}
	if (policy->client_signed == CLIENT_SIGNED_ACCEPT)
		return NULL;
	for (i = 0; i < plan->signatures.count; i++) {
		if (!finding_refuses(policy, plan->signatures.items[i].reason) && n-- == 0)
			return &plan->signatures.items[i];
	}
	return NULL;
}

void
plan_free(struct plan *plan)
{
	size_t i;

	if (plan == NULL)
		return;
	for (i = 0; i < plan->recipient_count; i++)
		finding_clear(&plan->recipients[i].findings);
	finding_clear(&plan->signatures);
	free(plan->recipients);
	free(plan->seals);
	free(plan);
}
