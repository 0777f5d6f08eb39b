#include "replay_print.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "command.h"
#include "page.h"

/* Shown to people, and of people: all that are counted are in JSON. */
#define CHANGES_SHOWN 20
#define PEOPLE_SHOWN 10

static json_t *
outcome_json(const struct replay_outcome *outcome)
{
	json_t *json = json_object();

	json_object_set_new(json, "action", json_string(action_name(outcome->action)));
	json_object_set_new(json, "would", json_string(action_name(outcome->would)));
	json_object_set_new(
	    json, "cipher", ctl_json_text(outcome->cipher != NULL ? outcome->cipher->name : NULL));
	json_object_set_new(json, "rule", ctl_json_text(outcome->rule));
	json_object_set_new(json, "reason", json_string(reason_get(outcome->reason)->code));
	return json;
}

void
replay_print_change(const char *name, const struct replay_envelope *envelope,
    const struct replay_outcome *before, const struct replay_outcome *after)
{
	json_t *json = json_object();
	json_t *recipients = json_array();
	size_t i;

	for (i = 0; i < envelope->count; i++)
		json_array_append_new(recipients, ctl_json_text(envelope->recipients[i]));
	json_object_set_new(json, "message", ctl_json_text(name));
	json_object_set_new(json, "sender", ctl_json_text(envelope->sender));
	json_object_set_new(json, "recipients", recipients);
	json_object_set_new(json, "before", before != NULL ? outcome_json(before) : json_null());
	json_object_set_new(json, "after", outcome_json(after));
	ctl_print_json(json);
}

void
replay_print_problem(const char *name, const char *problem)
{
	json_t *json = json_object();

	json_object_set_new(json, "message", ctl_json_text(name));
	json_object_set_new(json, "problem", ctl_json_text(problem));
	ctl_print_json(json);
}

static json_t *
side_json(const struct replay_side *side)
{
	json_t *json = json_object();
	int action;

	for (action = 0; action < REPLAY_ACTIONS; action++)
		json_object_set_new(json, action_name((enum action)action),
		    json_integer((json_int_t)side->by_action[action]));
	json_object_set_new(json, "observed", json_integer((json_int_t)side->observed));
	return json;
}

static json_t *
changes_json(const struct replay_sums *sums)
{
	json_t *list = json_array();
	json_t *examples;
	json_t *json;
	size_t i;
	size_t n;

	for (i = 0; i < sums->change_count; i++) {
		const struct replay_change *change = &sums->changes[i];

		json = json_object();
		examples = json_array();
		for (n = 0; n < REPLAY_EXAMPLES && n < change->count; n++)
			json_array_append_new(examples, ctl_json_text(change->examples[n]));
		json_object_set_new(json, "count", json_integer((json_int_t)change->count));
		json_object_set_new(
		    json, "before", sums->compares ? outcome_json(&change->from) : json_null());
		json_object_set_new(json, "after", outcome_json(&change->to));
		json_object_set_new(json, "examples", examples);
		json_array_append_new(list, json);
	}
	return list;
}

static json_t *
people_json(const struct replay_sums *sums)
{
	json_t *list = json_array();
	json_t *json;
	size_t i;

	for (i = 0; i < sums->people_count; i++) {
		json = json_object();
		json_object_set_new(json, "address", ctl_json_text(sums->people[i].address));
		json_object_set_new(json, "count", json_integer((json_int_t)sums->people[i].count));
		json_array_append_new(list, json);
	}
	return list;
}

static void
put_number(json_t *json, const char *name, uint64_t number)
{
	json_object_set_new(json, name, json_integer((json_int_t)number));
}

static void
print_json(const struct replay_sums *sums, const char *incomplete)
{
	json_t *summary = json_object();
	json_t *json = json_object();
	char at[CLOCK_TEXT_SIZE];

	json_object_set_new(summary, "complete", json_boolean(incomplete == NULL));
	json_object_set_new(summary, "incomplete", ctl_json_text(incomplete));
	json_object_set_new(summary, "at", json_string(clock_format_rfc3339(clock_wall(), at)));
	put_number(summary, "messages", sums->messages);
	put_number(summary, "broken", sums->broken);
	put_number(summary, "cut", sums->cut);
	put_number(summary, "waiting", sums->waiting);
	json_object_set_new(
	    summary, "before", sums->compares ? side_json(&sums->before) : json_null());
	json_object_set_new(summary, "after", side_json(&sums->after));
	put_number(summary, "changed", sums->changed);
	put_number(summary, "newly_stopped", sums->stopped);
	json_object_set_new(summary, "changes", changes_json(sums));
	put_number(summary, "other_changes", sums->other_changes);
	json_object_set_new(summary, "recipients", people_json(sums));
	put_number(summary, "other_recipients", sums->other_people);
	json_object_set_new(json, "summary", summary);
	ctl_print_json(json);
}

static void
print_number(uint64_t number)
{
	char text[PAGE_NUMBER_SIZE];

	printf("%10s", page_number(number, text));
}

static void
print_count(uint64_t number, enum action action)
{
	static const enum ctl_colour colours[REPLAY_ACTIONS] = {
	    [ACTION_SEAL] = CTL_GOOD, [ACTION_DEFER] = CTL_WARNING, [ACTION_REFUSE] = CTL_BAD};

	ctl_colour(number > 0 ? colours[action] : CTL_PLAIN);
	print_number(number);
	ctl_colour(CTL_PLAIN);
}

static void
print_actions(const struct replay_sums *sums)
{
	static const enum action order[] = {ACTION_PASS, ACTION_SEAL, ACTION_REFUSE, ACTION_DEFER};
	size_t i;

	if (sums->compares)
		puts("\n    before     after");
	else
		putchar('\n');
	for (i = 0; i < ARRAY_LENGTH(order); i++) {
		if (sums->compares)
			print_count(sums->before.by_action[order[i]], order[i]);
		print_count(sums->after.by_action[order[i]], order[i]);
		printf("  %s\n", action_name(order[i]));
	}
	if (sums->before.observed + sums->after.observed == 0)
		return;
	if (sums->compares)
		print_number(sums->before.observed);
	print_number(sums->after.observed);
	puts("  of them only observed: something else would become of them");
}

static void
print_outcome(const struct replay_outcome *outcome)
{
	fputs(action_name(outcome->action), stdout);
	if (outcome->cipher != NULL)
		printf(" with %s", outcome->cipher->name);
	if (outcome->would != outcome->action)
		printf(" (would %s)", action_name(outcome->would));
	fputs(", ", stdout);
	if (outcome->rule != NULL) {
		fputs("rule ", stdout);
		ctl_print_text(outcome->rule);
	} else {
		fputs("no rule", stdout);
	}
	printf(", %s", reason_get(outcome->reason)->code);
}

static void
print_change(const struct replay_change *change, bool compares)
{
	size_t i;

	print_number(change->count);
	fputs("  ", stdout);
	if (compares) {
		print_outcome(&change->from);
		fputs("\n            -> ", stdout);
	}
	print_outcome(&change->to);
	fputs("\n            such as ", stdout);
	for (i = 0; i < REPLAY_EXAMPLES && i < change->count; i++) {
		fputs(i > 0 ? ", " : "", stdout);
		ctl_print_text(change->examples[i]);
	}
	putchar('\n');
}

static void
print_heading(const char *text)
{
	putchar('\n');
	ctl_colour(CTL_STRONG);
	fputs(text, stdout);
	ctl_colour(CTL_PLAIN);
	putchar('\n');
}

static void
print_changes(const struct replay_sums *sums)
{
	uint64_t rest = sums->other_changes;
	size_t i;

	print_heading(sums->compares ? "What would change" : "What would not leave");
	for (i = 0; i < sums->change_count; i++) {
		if (i < CHANGES_SHOWN)
			print_change(&sums->changes[i], sums->compares);
		else
			rest += sums->changes[i].count;
	}
	if (rest > 0) {
		print_number(rest);
		puts("  in other ways");
	}
	print_heading("Recipients concerned, and by how many messages");
	for (i = 0; i < sums->people_count && i < PEOPLE_SHOWN; i++) {
		print_number(sums->people[i].count);
		fputs("  ", stdout);
		ctl_print_text(sums->people[i].address);
		putchar('\n');
	}
	if (sums->people_count > PEOPLE_SHOWN)
		printf("            and %zu%s others\n", sums->people_count - PEOPLE_SHOWN,
		    sums->other_people > 0 ? " and more" : "");
}

static void
print_text(const struct replay_sums *sums, const char *incomplete)
{
	char text[PAGE_NUMBER_SIZE];
	char at[CLOCK_TEXT_SIZE];

	if (incomplete != NULL) {
		ctl_colour(CTL_WARNING);
		fputs("Not all was seen: ", stdout);
		ctl_print_text(incomplete);
		ctl_colour(CTL_PLAIN);
		putchar('\n');
	}
	printf("%s message(s), judged as outgoing and as of %s", page_number(sums->messages, text),
	    clock_format_date(clock_wall(), at));
	if (sums->broken > 0)
		printf("; %s more could not be judged", page_number(sums->broken, text));
	putchar('\n');
	print_actions(sums);
	if (sums->cut > 0)
		printf("\n%s of them have more than recipients-limit recipients: the first were "
		       "judged\n",
		    page_number(sums->cut, text));
	if (sums->waiting > 0)
		printf("\nOf %s something was not known for now: try again when all answers\n",
		    page_number(sums->waiting, text));
	if (sums->changed > 0)
		print_changes(sums);
	if (!sums->compares)
		return;
	printf("\n%s would change", page_number(sums->changed, text));
	printf("; %s would be refused or deferred and are not now\n",
	    page_number(sums->stopped, text));
}

void
replay_print_sums(const struct replay_sums *sums, const char *incomplete, bool json)
{
	if (json)
		print_json(sums, incomplete);
	else
		print_text(sums, incomplete);
}
