/* From envelope, header and recipient records to facts, and from facts to the plan. */
#include <stdlib.h>
#include <string.h>

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
	for (i = 0; i < message->recipient_count; i++) {
		const struct config_rule *rule = message->facts_recipients[i].rule;

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

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Those whom To and Cc name, folded and sorted in place: there may be thousands, to be compared
 * with thousands of recipients. */
static int
fold_visible(char **visible, size_t count, bool exact_local, struct error *err)
{
	struct error why = ERROR_INIT;
	struct address address;
	char *folded;
	size_t i;

	for (i = 0; i < count; i++) {
		if (address_parse(visible[i], &address, &why) != 0) {
			if (why.code == ERROR_TEMPORARY)
				return error_no_memory(err);
			continue; /* too long when written anew: nobody's */
		}
		folded = address_fold(&address, exact_local, err);
		address_free(&address);
		if (folded == NULL)
			return -1;
		free(visible[i]);
		visible[i] = folded;
	}
	if (count > 0)
		qsort(visible, count, sizeof(*visible), compare_texts);
	return 0;
}

static int
gather_recipient(
    struct message *message, size_t index, char *const *visible, size_t count, struct error *err)
{
	struct message_recipient *recipient = &message->recipients[index];
	struct facts_recipient *facts = &message->facts_recipients[index];
	const struct config *config = message->snapshot->config;
	char *folded =
	    address_fold(&recipient->address, config->local_part == LOCAL_PART_EXACT, err);

	if (folded == NULL)
		return -1;

	facts->address = &recipient->address;
	facts->rule = recipient->rule;
	facts->asked = recipient->ticket != NULL;
	facts->record = facts->asked ? ticket_record(recipient->ticket) : NULL;
	facts->visible =
	    count > 0 && bsearch(&folded, visible, count, sizeof(*visible), compare_texts) != NULL;
	free(folded);
	return 0;
}

static int
gather(struct message *message, struct error *err)
{
	bool exact_local = message->snapshot->config->local_part == LOCAL_PART_EXACT;
	char **visible = NULL;
	size_t count = 0;
	size_t i;
	int result;

	if (message->recipient_count == 0)
		return error_set(err, ERROR_INTERNAL, "the message has no recipient");
	message->facts_recipients =
	    calloc(message->recipient_count, sizeof(message->facts_recipients[0]));
	if (message->facts_recipients == NULL)
		return error_no_memory(err);
	if (header_visible_recipients(&message->header, &visible, &count, err) != 0)
		return -1;
	result = fold_visible(visible, count, exact_local, err);
	for (i = 0; result == 0 && i < message->recipient_count; i++)
		result = gather_recipient(message, i, visible, count, err);
	header_addresses_free(visible, count);
	if (result != 0)
		return -1;
	message->facts.config = message->snapshot->config;
	message->facts.content = CONTENT_READABLE;
	message->facts.recipients = message->facts_recipients;
	message->facts.recipient_count = message->recipient_count;
	message->facts_complete = true;
	return 0;
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
	if (gather(message, &err) != 0)
		message_trouble(message, REASON_INTERNAL_ERROR, &err);
	else
		make_plan(message);
}

/* For each digital ID of the recipient: is a recipient info for its certificate? */
static int
note_addressed(const struct inspect *inspect, struct facts_recipient *facts, struct error *err)
{
	size_t i;

	if (facts->record == NULL || facts->record->digital_id_count == 0)
		return 0;
	facts->addressed = calloc(facts->record->digital_id_count, sizeof(bool));
	if (facts->addressed == NULL)
		return error_no_memory(err);
	for (i = 0; i < facts->record->digital_id_count; i++) {
		const struct certificate *certificate = facts->record->digital_ids[i].certificate;

		facts->addressed[i] =
		    certificate != NULL && inspect_addresses(inspect, certificate);
	}
	return 0;
}

void
decide_finally(struct message *message)
{
	const struct inspection *inspection = message->inspection;
	struct error err = ERROR_INIT;
	size_t i;

	if (message->trouble != REASON_OK || inspection == NULL ||
	    inspection->kind == INSPECT_READABLE)
		return;
	message->facts.content =
	    inspection->kind == INSPECT_PGP_MIME ? CONTENT_PGP_MIME : CONTENT_ENVELOPED;
	message->facts.content_cipher = inspection->cipher;
	message->facts.content_cipher_text = inspection->cipher_text;
	for (i = 0; i < message->recipient_count; i++) {
		if (message->facts.content == CONTENT_ENVELOPED &&
		    note_addressed(message->inspect, &message->facts_recipients[i], &err) != 0)
			message_trouble(message, REASON_INTERNAL_ERROR, &err);
	}
	if (message->trouble == REASON_OK)
		make_plan(message);
}
