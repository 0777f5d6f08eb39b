#include "replay_json.h"

#include "base/clock.h"
#include "command.h"

json_t *
replay_json_outcome(const struct replay_outcome *outcome)
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
		json_object_set_new(json, "before",
		    sums->compares ? replay_json_outcome(&change->from) : json_null());
		json_object_set_new(json, "after", replay_json_outcome(&change->to));
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

json_t *
replay_json_sums(const struct replay_sums *sums, const char *incomplete)
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
	return json;
}
