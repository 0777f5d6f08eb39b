#include "replay_sums.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
replay_outcome_of(const struct message_result *result, struct replay_outcome *outcome)
{
	const struct plan *plan = result->plan;
	const struct config_rule *rule = NULL;

	*outcome = (struct replay_outcome){
	    .action = result->action, .would = result->action, .reason = result->trouble};
	if (result->trouble != REASON_OK || plan == NULL)
		return;
	outcome->would = plan->would;
	outcome->reason = plan->reason;
	outcome->cipher = result->action == ACTION_SEAL ? plan->cipher : NULL;
	if (result->facts != NULL && plan->decider < result->facts->recipient_count)
		rule = result->facts->recipients[plan->decider].rule;
	outcome->rule = rule != NULL ? rule->title : NULL;
}

static bool
is_stopped(const struct replay_outcome *outcome)
{
	return outcome->action == ACTION_REFUSE || outcome->action == ACTION_DEFER;
}

bool
replay_sums_is_change(const struct replay_outcome *before, const struct replay_outcome *after)
{
	if (before == NULL)
		return is_stopped(after);
	return before->action != after->action || before->cipher != after->cipher;
}

/* Stopped, and not before. */
static bool
is_stop(const struct replay_outcome *before, const struct replay_outcome *after)
{
	return is_stopped(after) && (before == NULL || !is_stopped(before));
}

int
replay_sums_init(struct replay_sums *sums, bool compares, struct error *err)
{
	memset(sums, 0, sizeof(*sums));
	sums->compares = compares;
	sums->changes = calloc(REPLAY_CHANGES_MAX, sizeof(*sums->changes));
	sums->people = calloc(REPLAY_PEOPLE_MAX, sizeof(*sums->people));
	if (sums->changes == NULL || sums->people == NULL)
		return error_no_memory(err);
	return 0;
}

/* struct replay_person begins with its address: the tree's keys are those. */
static int
compare_addresses(const void *a, const void *b)
{
	const struct replay_person *x = a;
	const struct replay_person *y = b;

	return strcmp(x->address, y->address);
}

void
replay_sums_free(struct replay_sums *sums)
{
	size_t i;

	while (sums->people_tree != NULL)
		tdelete(*(void **)sums->people_tree, &sums->people_tree, compare_addresses);
	for (i = 0; i < sums->people_count; i++)
		free(sums->people[i].address);
	free(sums->people);
	free(sums->changes);
	memset(sums, 0, sizeof(*sums));
}

static bool
is_waiting(const struct replay_outcome *outcome)
{
	return outcome->reason != REASON_OK && reason_is_temporary(outcome->reason);
}

static void
count_side(struct replay_side *side, const struct replay_outcome *outcome)
{
	side->by_action[outcome->action]++;
	side->observed += outcome->would != outcome->action;
}

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
same_outcome(const struct replay_outcome *a, const struct replay_outcome *b)
{
	return a->action == b->action && a->would == b->would && a->cipher == b->cipher &&
	       a->reason == b->reason && same_text(a->rule, b->rule);
}

static void
count_change(struct replay_sums *sums, const char *name, const struct replay_outcome *before,
    const struct replay_outcome *after)
{
	static const struct replay_outcome none = {.cipher = NULL};
	struct replay_change *change = sums->changes;
	struct replay_change *end = sums->changes + sums->change_count;

	before = before != NULL ? before : &none;
	while (change < end &&
	       !(same_outcome(&change->from, before) && same_outcome(&change->to, after)))
		change++;
	if (change == end) {
		if (sums->change_count == REPLAY_CHANGES_MAX) {
			sums->other_changes++;
			return;
		}
		sums->change_count++;
		change->from = *before;
		change->to = *after;
	}
	if (change->count < REPLAY_EXAMPLES)
		snprintf(change->examples[change->count], REPLAY_NAME_SIZE, "%s", name);
	change->count++;
}

static int
count_person(struct replay_sums *sums, const char *address, struct error *err)
{
	struct replay_person *person = &sums->people[sums->people_count];
	struct replay_person sought = {.count = 0};
	struct replay_person **found;

	sought.address = strdup(address);
	if (sought.address == NULL)
		return error_no_memory(err);
	found = tfind(&sought, &sums->people_tree, compare_addresses);
	if (found != NULL || sums->people_count == REPLAY_PEOPLE_MAX) {
		free(sought.address);
		if (found != NULL)
			(*found)->count++;
		else
			sums->other_people++;
		return 0;
	}
	*person = sought;
	if (tsearch(person, &sums->people_tree, compare_addresses) == NULL) {
		free(sought.address);
		return error_no_memory(err);
	}
	sums->people_count++;
	person->count = 1;
	return 0;
}

/* Of a message that is stopped, those because of whom it is; else all. */
static int
count_people(struct replay_sums *sums, const struct message_result *result,
    const struct replay_outcome *after, struct error *err)
{
	size_t i;

	if (result->facts == NULL || result->plan == NULL)
		return 0;
	for (i = 0; i < result->facts->recipient_count; i++) {
		if (is_stopped(after) && !result->plan->recipients[i].concerned)
			continue;
		if (count_person(sums, result->facts->recipients[i].address->text, err) != 0)
			return -1;
	}
	return 0;
}

int
replay_sums_add(struct replay_sums *sums, const char *name, const struct replay_outcome *before,
    const struct message_result *result, struct error *err)
{
	struct replay_outcome after;

	replay_outcome_of(result, &after);
	sums->messages++;
	sums->waiting += is_waiting(&after) || (before != NULL && is_waiting(before));
	count_side(&sums->after, &after);
	if (before != NULL)
		count_side(&sums->before, before);
	if (!replay_sums_is_change(before, &after))
		return 0;
	sums->changed++;
	sums->stopped += is_stop(before, &after);
	count_change(sums, name, before, &after);
	return count_people(sums, result, &after, err);
}

static int
more_changes(const void *a, const void *b)
{
	const struct replay_change *x = a;
	const struct replay_change *y = b;

	return x->count < y->count ? 1 : x->count > y->count ? -1 : 0;
}

static int
more_people(const void *a, const void *b)
{
	const struct replay_person *x = a;
	const struct replay_person *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->address, y->address);
}

void
replay_sums_sort(struct replay_sums *sums)
{
	/* The tree's places are those of the array. */
	while (sums->people_tree != NULL)
		tdelete(*(void **)sums->people_tree, &sums->people_tree, compare_addresses);
	qsort(sums->changes, sums->change_count, sizeof(*sums->changes), more_changes);
	qsort(sums->people, sums->people_count, sizeof(*sums->people), more_people);
}
