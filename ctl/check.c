/* smimectl check: what is published for an address, and what would come of it. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "command.h"
#include "judgement.h"

/* One address; a group's member under plan, which is for it alone. */
static json_t *
address_json(
    const struct judgement *judgement, const struct facts_recipient *who, const struct plan *plan)
{
	const struct plan_recipient *planned = &plan->recipients[0];
	json_t *json = json_object();

	json_object_set_new(
	    json, "address", ctl_json_text(facts_is_nameless(who) ? NULL : who->address->text));
	json_object_set_new(json, "usable", json_boolean(plan->would == ACTION_SEAL));
	json_object_set_new(json, "cipher",
	    planned->cipher != NULL ? json_string(planned->cipher->name) : json_null());
	json_object_set_new(json, "fallback", audit_fallback_json(planned->fallback));
	json_object_set_new(
	    json, "rule", ctl_json_text(judgement->rule != NULL ? judgement->rule->title : NULL));
	json_object_set_new(json, "reason", json_string(reason_get(planned->reason)->code));
	json_object_set_new(
	    json, "detail", ctl_json_text(planned->detail[0] != '\0' ? planned->detail : NULL));
	json_object_set_new(json, "capabilities",
	    json_string(capabilities_source_name(planned->capabilities.from)));
	json_object_set_new(json, "digital_ids", audit_digital_ids_json(who->record));
	return json;
}

/* A group: what holds for mail to all its members, and each by itself. */
static json_t *
group_json(const struct judgement *judgement)
{
	const struct plan *plan = judgement->plan;
	const char *detail = plan->recipients[plan->decider].detail;
	json_t *json = json_object();
	json_t *members = json_array();
	struct plan *alone;
	size_t i;

	for (i = 0; i < judgement->list.count && judgement->list.items[i].member; i++) {
		alone = judgement_of_member(judgement, i);
		if (alone != NULL)
			json_array_append_new(
			    members, address_json(judgement, &judgement->list.items[i], alone));
		plan_free(alone);
	}
	json_object_set_new(json, "address", ctl_json_text(judgement->address.text));
	json_object_set_new(json, "usable", json_boolean(plan->would == ACTION_SEAL));
	json_object_set_new(
	    json, "cipher", plan->cipher != NULL ? json_string(plan->cipher->name) : json_null());
	json_object_set_new(
	    json, "rule", ctl_json_text(judgement->rule != NULL ? judgement->rule->title : NULL));
	json_object_set_new(json, "reason", json_string(reason_get(plan->reason)->code));
	json_object_set_new(json, "detail", ctl_json_text(detail[0] != '\0' ? detail : NULL));
	json_object_set_new(json, "members", members);
	return json;
}

static void
print_json(const struct judgement *judgement)
{
	if (judgement_is_group(judgement))
		ctl_print_json(group_json(judgement));
	else
		ctl_print_json(address_json(judgement, &judgement->list.items[0], judgement->plan));
}

static void
print_verdict(const struct plan *plan, const struct plan_recipient *planned)
{
	if (plan->would == ACTION_SEAL)
		printf(": usable, would be sealed with %s (capabilities %s)\n",
		    planned->cipher->name, capabilities_source_name(planned->capabilities.from));
	else
		printf(": not usable: %s: %s\n", reason_get(planned->reason)->code,
		    reason_get(planned->reason)->sentence);
	if (planned->detail[0] != '\0') {
		fputs("  ", stdout);
		ctl_print_text(planned->detail);
		putchar('\n');
	}
}

static void
print_rule(const struct judgement *judgement)
{
	fputs("  rule: ", stdout);
	ctl_print_text(judgement->rule != NULL ? judgement->rule->title : "none matches");
	putchar('\n');
}

/* One address; a group's member under plan, which is for it alone. */
static void
print_address(
    const struct judgement *judgement, const struct facts_recipient *who, const struct plan *plan)
{
	const struct plan_recipient *planned = &plan->recipients[0];
	const struct recipient *record = who->record;
	size_t i;

	ctl_print_text(facts_is_nameless(who) ? record->detail : who->address->text);
	print_verdict(plan, planned);
	if (!who->member)
		print_rule(judgement);
	if (record != NULL && record->digital_id_count > 0)
		ctl_print_fallback(planned->fallback);
	for (i = 0; record != NULL && i < record->digital_id_count; i++)
		ctl_print_digital_id(&record->digital_ids[i], i + 1);
	if (plan->would != ACTION_SEAL && reason_get(planned->reason)->advice[0] != '\0')
		printf("  %s\n", reason_get(planned->reason)->advice);
}

static void
print_group(const struct judgement *judgement)
{
	const struct plan *plan = judgement->plan;
	struct plan *alone;
	size_t i;

	ctl_print_text(judgement->address.text);
	printf(": a mail group of %zu member%s, ", judgement->list.count,
	    judgement->list.count == 1 ? "" : "s");
	if (plan->would == ACTION_SEAL)
		printf("usable, would be sealed with %s\n", plan->cipher->name);
	else
		printf("not usable: %s\n", reason_get(plan->reason)->code);
	print_rule(judgement);
	for (i = 0; i < judgement->list.count; i++) {
		putchar('\n');
		alone = judgement_of_member(judgement, i);
		if (alone != NULL)
			print_address(judgement, &judgement->list.items[i], alone);
		plan_free(alone);
	}
}

static void
print_text(const struct judgement *judgement)
{
	if (judgement->list.items[0].member)
		print_group(judgement);
	else
		print_address(judgement, &judgement->list.items[0], judgement->plan);
}

static enum ctl_status
status_of(const struct judgement *judgement)
{
	if (judgement->plan->would == ACTION_SEAL)
		return CTL_OK;
	return judgement->plan->would == ACTION_DEFER ? CTL_TEMPORARY : CTL_FINDING;
}

static enum ctl_status
check_one(struct snapshot *snapshot, const struct address *sender, const char *text, bool json)
{
	struct judgement judgement;
	struct error err = ERROR_INIT;
	enum ctl_status status;

	if (judgement_make(snapshot, sender, text, &judgement, &err) != 0) {
		error_prefix(&err, "%.200s: ", text);
		status = ctl_fail(&err);
	} else {
		if (json)
			print_json(&judgement);
		else
			print_text(&judgement);
		status = status_of(&judgement);
	}
	judgement_free(&judgement);
	return status;
}

static enum ctl_status
check_all(const struct ctl_options *options, const char *from, int count, char **addresses)
{
	struct spool_space *space = spool_space_new(0);
	struct snapshot *snapshot = NULL;
	struct address sender = ADDRESS_INIT;
	struct error err = ERROR_INIT;
	enum ctl_status status = CTL_USAGE;
	int i;

	if (address_parse(from, &sender, &err) != 0) {
		status = ctl_fail(&err);
		goto done;
	}
	snapshot = ctl_snapshot(options, space, &status);
	if (snapshot == NULL)
		goto done;
	status = CTL_OK;
	for (i = 0; i < count; i++) {
		if (i > 0 && !options->json)
			putchar('\n');
		status =
		    ctl_worse(status, check_one(snapshot, &sender, addresses[i], options->json));
	}
done:
	snapshot_unref(snapshot);
	address_free(&sender);
	spool_space_free(space);
	return status;
}

static enum ctl_status
run(const struct ctl_options *defaults, int count, char **arguments)
{
	static const struct option known[] = {
	    CTL_LONG_OPTIONS, {"from", required_argument, NULL, 'f'}, {NULL, 0, NULL, 0}};
	struct ctl_options options = *defaults;
	const char *from = JUDGEMENT_ANY_SENDER;
	int option;
	int i;

	while ((option = getopt_long(count, arguments, CTL_SHORT_OPTIONS, known, NULL)) != -1) {
		if (option == 'f')
			from = optarg;
		else if (ctl_common_option(&ctl_check, option, optarg, &options) != 1)
			return CTL_USAGE;
	}
	if (optind >= count)
		return ctl_usage(&ctl_check, "an address is expected");
	for (i = optind; i < count; i++) {
		if (strchr(arguments[i], '@') == NULL)
			return ctl_usage(&ctl_check, "\"%s\" is not a mail address", arguments[i]);
	}
	return check_all(&options, from, count - optind, arguments + optind);
}

const struct ctl_command ctl_check = {
    "check",
    "[-c FILE] [--json] [--at TIME] [--from ADDRESS] ADDRESS…",
    "Shows the digital IDs of an address, and what would be used of them",
    "      --from ADDRESS  choose the rule as for mail from this sender\n"
    "\n"
    "The address is judged as if mail to it had to be encrypted. Rules that ask for a\n"
    "header field or an authenticated user do not match here. A mail group is shown with\n"
    "its members, and is usable if all of them are. With --json, one object a line and\n"
    "address.\n"
    "Exit status: 0 all usable, 1 one is not, 75 a directory does not answer.\n"
    "\n"
    "Examples:\n"
    "  smimectl check anna@partner.example\n"
    "  smimectl check --json --at 2027-01-01 anna@partner.example | jq .digital_ids\n",
    run,
};
