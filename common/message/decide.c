/* Which rules hold, and from facts to the plan. */
#include <stdlib.h>

#include "message/internal.h"
#include "policy/rules.h"

bool
decide_enforces(const struct message *message)
{
	const struct config *config = message->snapshot->config;
	size_t i;

	/* Where it did not come to facts, any enforcing rule might have matched. */
	if (!message->facts_complete || message->part_lost) {
		for (i = 0; i < config->rule_count; i++) {
			if (config->rules[i].policy.mode == MODE_ENFORCE)
				return true;
		}
		return config->policy.mode == MODE_ENFORCE;
	}
	for (i = 0; i < message->facts.recipient_count; i++) {
		const struct config_rule *rule = message->facts.recipients[i].rule;

		if ((rule != NULL ? rule->policy.mode : config->policy.mode) == MODE_ENFORCE)
			return true;
	}
	return false;
}

/* Addresses within addresses looked at; nobody needs more than one. */
#define ROUTE_MAX 8

static bool
demands_encryption(const struct config_rule *rule)
{
	return rule != NULL && rule->encrypt == ENCRYPT_REQUIRED &&
	       rule->policy.mode == MODE_ENFORCE;
}

/* Whether some rule that can match a recipient by its address must encrypt. */
static bool
any_demands_encryption(const struct config *config)
{
	size_t i;

	for (i = 0; i < config->rule_count; i++) {
		if (demands_encryption(&config->rules[i]))
			return true;
	}
	return false;
}

/* The MTA may send the mail to an address within the address: none for which more would be asked
 * than for the one that is judged. */
static void
check_route(struct message *message, const struct message_recipient *recipient,
    const struct rule_match *match)
{
	const struct config *config = message->snapshot->config;
	struct rule_match inner_match = *match;
	struct address outer = ADDRESS_INIT;
	struct address inner = ADDRESS_INIT;
	struct error err = ERROR_INIT;
	enum address_inner found = address_inner(&recipient->address, &inner, &err);
	int depth;

	for (depth = 0; found == ADDRESS_INNER_FOUND && depth < ROUTE_MAX; depth++) {
		inner_match.recipient = &inner;
		if (demands_encryption(rules_find(config, &inner_match))) {
			error_set(&err, ERROR_INPUT,
			    "it may be delivered to %.200s, and must then be encrypted: use that "
			    "address",
			    inner.text);
			break;
		}
		address_free(&outer);
		outer = inner;
		found = address_inner(&outer, &inner, &err);
	}
	if (found == ADDRESS_INNER_FOUND)
		address_free(&inner);
	address_free(&outer);
	if (found == ADDRESS_INNER_NONE || demands_encryption(recipient->rule) ||
	    !any_demands_encryption(config))
		return;
	if (err.code == ERROR_NONE)
		error_set(&err, ERROR_INPUT, "it holds too many others");
	error_prefix(&err, "%.200s: ", recipient->address.text);
	message->part_lost = true;
	message_trouble(message,
	    err.code == ERROR_TEMPORARY ? REASON_INTERNAL_ERROR : REASON_INVALID_ADDRESS, &err);
}

void
decide_rules(struct message *message)
{
	const struct config *config = message->snapshot->config;
	bool *holds = calloc(config->rule_count + 1, sizeof(*holds));
	struct rule_match match = {&message->sender, message->user, NULL, &message->header, holds};
	struct error err = ERROR_INIT;
	size_t i;

	if (holds == NULL || rules_read_header(config, &message->header, holds, &err) != 0) {
		message->part_lost = true;
		error_no_memory(&err);
		message_trouble(message, REASON_INTERNAL_ERROR, &err);
		free(holds);
		return;
	}
	for (i = 0; i < message->recipient_count; i++) {
		struct message_recipient *recipient = &message->recipients[i];

		match.recipient = &recipient->address;
		recipient->rule = rules_find(config, &match);
		check_route(message, recipient, &match);
		if (recipient->rule == NULL || recipient->rule->encrypt == ENCRYPT_NEVER) {
			ticket_free(recipient->ticket);
			recipient->ticket = NULL;
		}
	}
	free(holds);
}

static void
make_plan(struct message *message)
{
	struct error err = ERROR_INIT;

	plan_free(message->plan);
	message->plan = NULL;
	if (policy_plan(&message->facts, &message->plan, &err) != 0)
		message_trouble(message, REASON_INTERNAL_ERROR, &err);
}

void
decide_provisionally(struct message *message)
{
	struct error err = ERROR_INIT;

	if (message->recipient_count == 0 && message->trouble != REASON_OK)
		return;
	if (gather_facts(message, &err) != 0)
		message_trouble(message,
		    err.code == ERROR_LIMIT ? REASON_TOO_LARGE : REASON_INTERNAL_ERROR, &err);
	else
		make_plan(message);
}

void
decide_finally(struct message *message)
{
	const struct inspection *inspection = message->inspection;
	struct error err = ERROR_INIT;

	if (message->trouble != REASON_OK || inspection == NULL)
		return;
	if (inspection->kind == INSPECT_READABLE && inspection->layer_count == 0 &&
	    !inspection->limited)
		return;
	if (made_note(message, &err) != 0)
		message_trouble(message, REASON_INTERNAL_ERROR, &err);
	else
		make_plan(message);
}
