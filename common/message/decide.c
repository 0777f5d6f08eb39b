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
	if (!message->facts_complete || message->recipient_lost) {
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

void
decide_rules(struct message *message)
{
	struct rule_match match = {&message->sender, message->user, NULL, &message->header};
	size_t i;

	for (i = 0; i < message->recipient_count; i++) {
		struct message_recipient *recipient = &message->recipients[i];

		match.recipient = &recipient->address;
		recipient->rule = rules_find(message->snapshot->config, &match);
		if (recipient->rule == NULL || recipient->rule->encrypt == ENCRYPT_NEVER) {
			ticket_free(recipient->ticket);
			recipient->ticket = NULL;
		}
	}
}

/* Whether the recipient is named in To or Cc. */
static bool
is_visible(const struct address *address, char *const *visible, size_t count, bool exact_local)
{
	struct address other;
	bool same;
	size_t i;

	for (i = 0; i < count; i++) {
		if (address_parse(visible[i], &other, NULL) != 0)
			continue;
		same = address_equal(address, &other, exact_local);
		address_free(&other);
		if (same)
			return true;
	}
	return false;
}

static void
gather_recipient(struct message *message, size_t index, char *const *visible, size_t count)
{
	struct message_recipient *recipient = &message->recipients[index];
	struct facts_recipient *facts = &message->facts_recipients[index];
	const struct config *config = message->snapshot->config;

	facts->address = &recipient->address;
	facts->rule = recipient->rule;
	facts->asked = recipient->ticket != NULL;
	facts->record = facts->asked ? ticket_record(recipient->ticket) : NULL;
	facts->visible =
	    is_visible(&recipient->address, visible, count, config->local_part == LOCAL_PART_EXACT);
}

static int
gather(struct message *message, struct error *err)
{
	char **visible = NULL;
	size_t count = 0;
	size_t i;

	if (message->recipient_count == 0)
		return error_set(err, ERROR_INTERNAL, "the message has no recipient");
	message->facts_recipients =
	    calloc(message->recipient_count, sizeof(message->facts_recipients[0]));
	if (message->facts_recipients == NULL)
		return error_no_memory(err);
	if (header_visible_recipients(&message->header, &visible, &count, err) != 0)
		return -1;
	for (i = 0; i < message->recipient_count; i++)
		gather_recipient(message, i, visible, count);
	header_addresses_free(visible, count);
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
