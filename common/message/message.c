#include "message/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "message/internal.h"
#include "policy/rules.h"

void
message_trouble(struct message *message, enum reason_id reason, const struct error *err)
{
	if (message->trouble != REASON_OK)
		return;
	message->trouble = reason;
	snprintf(message->trouble_detail, sizeof(message->trouble_detail), "%.500s",
	    err != NULL ? err->text : "");
	if (err != NULL)
		log_warning("%s: %s", reason_get(reason)->code, err->text);
}

static bool
rules_name_senders(const struct config *config)
{
	size_t i;

	for (i = 0; i < config->rule_count; i++) {
		if (config->rules[i].senders.count > 0)
			return true;
	}
	return false;
}

/* What is no address matches no rule, not even the null sender's: where a rule depends on it, the
 * message can't be judged. */
static int
take_sender(struct message *message, const char *sender, struct error *err)
{
	struct error why = ERROR_INIT;

	if (address_parse(sender, &message->sender, &why) == 0)
		return 0;
	if (why.code == ERROR_TEMPORARY)
		return -1;
	if (rules_name_senders(message->snapshot->config)) {
		message->part_lost = true;
		message_trouble(message, REASON_INVALID_SENDER, &why);
	} else {
		log_warning("sender is taken as the null one: %s", why.text);
	}
	return address_parse("<>", &message->sender, err);
}

struct message *
message_new(
    struct snapshot *snapshot, const struct origin *origin, const char *sender, struct error *err)
{
	struct message *message = calloc(1, sizeof(*message));

	if (message == NULL)
		goto no_memory;
	message->snapshot = snapshot_ref(snapshot);
	message->origin = *origin;
	message->started_ms = clock_monotonic_ms();
	message->sender_text = strdup(sender);
	if (origin->user != NULL)
		message->user = strdup(origin->user);
	message->origin.user = message->user;
	if (message->sender_text == NULL || (origin->user != NULL && message->user == NULL))
		goto no_memory;
	if (take_sender(message, sender, err) != 0)
		goto no_memory;
	audit_reference(message->reference);
	return message;

no_memory:
	message_free(message);
	error_no_memory(err);
	return NULL;
}

void
message_set_queue_id(struct message *message, const char *queue_id)
{
	if (queue_id != NULL)
		snprintf(message->queue_id, sizeof(message->queue_id), "%s", queue_id);
}

const char *
message_queue_id(const struct message *message)
{
	return message->queue_id;
}

/* Room for one more recipient, or NULL. */
static struct message_recipient *
next_recipient(struct message *message)
{
	struct message_recipient *recipients =
	    array_grow(message->recipients, message->recipient_count, sizeof(*recipients), NULL);

	if (recipients == NULL)
		return NULL;
	message->recipients = recipients;
	memset(&recipients[message->recipient_count], 0, sizeof(*recipients));
	return &recipients[message->recipient_count];
}

static void
ask(struct message *message, struct message_recipient *recipient)
{
	struct rule_match match = {
	    &message->sender, message->user, &recipient->address, NULL, NULL};

	if (!rules_may_need_lookup(message->snapshot->config, &match))
		return;
	recipient->ticket = resolver_submit(message->snapshot->resolver, &recipient->address,
	    clock_monotonic_ms() + MESSAGE_QUESTION_LIFE_MS);
	if (recipient->ticket == NULL)
		message_trouble(message, REASON_INTERNAL_ERROR,
		    &(struct error){ERROR_TEMPORARY, "out of memory"});
}

bool
message_recipient(struct message *message, const char *text)
{
	struct error err = ERROR_INIT;
	struct message_recipient *recipient;

	if ((int64_t)message->recipient_count >= message->snapshot->config->recipients_limit)
		return false;
	recipient = next_recipient(message);
	if (recipient == NULL) {
		message->part_lost = true;
		message_trouble(message, REASON_INTERNAL_ERROR, NULL);
		return true;
	}
	if (address_parse(text, &recipient->address, &err) != 0) {
		message->part_lost = true;
		error_prefix(&err, "%.200s: ", text);
		message_trouble(message,
		    err.code == ERROR_TEMPORARY ? REASON_INTERNAL_ERROR : REASON_INVALID_ADDRESS,
		    &err);
		return true;
	}
	message->recipient_count++;
	ask(message, recipient);
	return true;
}

void
message_header(struct message *message, const char *name, const char *value)
{
	struct error err = ERROR_INIT;

	message->state = MESSAGE_HEADER;
	if (header_append(&message->header, name, value, &err) != 0) {
		message->part_lost = true;
		message_trouble(message,
		    err.code == ERROR_LIMIT ? REASON_TOO_LARGE : REASON_INTERNAL_ERROR, &err);
	}
}

void
message_end_of_headers(struct message *message)
{
	struct error err = ERROR_INIT;
	const struct header_field *id = header_find(&message->header, "Message-ID", 0);

	message->state = MESSAGE_JOINING;
	message->deadline_ms = clock_monotonic_ms() + message->snapshot->config->deadline;
	if (id != NULL)
		message->message_id = header_decode(id->value);
	if (entity_type_read(&message->header, &message->type, &err) != 0)
		message_trouble(message, REASON_INTERNAL_ERROR, &err);
	decide_rules(message);
	if (message->trouble == REASON_OK)
		signers_ask_sender(message);
}

struct ticket *
message_pending(struct message *message, int64_t *deadline_ms)
{
	size_t i;

	*deadline_ms = message->deadline_ms;
	if (message->trouble != REASON_OK || clock_monotonic_ms() >= message->deadline_ms)
		return NULL;
	if (message->state == MESSAGE_ENDING)
		return signers_pending(message);
	for (i = 0; i < message->recipient_count; i++) {
		if (message->recipients[i].ticket != NULL &&
		    !ticket_ready(message->recipients[i].ticket))
			return message->recipients[i].ticket;
	}
	return NULL;
}

bool
message_join(struct message *message)
{
	message->state = MESSAGE_BODY;
	decide_provisionally(message);
	if (message->trouble == REASON_OK)
		content_start(message);
	return content_wanted(message);
}

bool
message_body(struct message *message, const char *bytes, size_t size)
{
	if (content_wanted(message))
		content_write(message, bytes, size);
	return content_wanted(message);
}

void
message_end_of_body(struct message *message)
{
	if (message->state >= MESSAGE_ENDING)
		return;
	message->state = MESSAGE_ENDING;
	message->deadline_ms = clock_monotonic_ms() + message->snapshot->config->deadline;
	content_inspected(message);
	signers_ask(message);
}

const struct message_result *
message_end(struct message *message)
{
	if (message->state != MESSAGE_ENDED) {
		message_end_of_body(message);
		message->state = MESSAGE_ENDED;
		signers_note(message);
		decide_finally(message);
		outcome_settle(message);
	}
	return &message->result;
}

const char *
message_content(const struct message *message)
{
	static const char *const claims[] = {
	    [ENTITY_PLAIN] = "plain",
	    [ENTITY_SMIME] = "smime",
	    [ENTITY_SIGNED] = "signed",
	    [ENTITY_PGP_MIME] = "pgp-mime",
	};

	if (message->inspection != NULL) {
		switch (message->inspection->kind) {
		case INSPECT_ENVELOPED:
			return "enveloped";
		case INSPECT_AUTH_ENVELOPED:
			return "auth-enveloped";
		case INSPECT_PGP_MIME:
			return "pgp-mime";
		case INSPECT_READABLE:
			break;
		}
		if (message->type.claim == ENTITY_SMIME || message->type.claim == ENTITY_PGP_MIME)
			return "readable";
	}
	return claims[message->type.claim];
}

void
message_free(struct message *message)
{
	size_t i;

	if (message == NULL)
		return;
	signers_free(message);
	content_free(message);
	edits_free(&message->edits);
	plan_free(message->plan);
	facts_list_free(&message->gathered);
	for (i = 0; i < message->recipient_count; i++) {
		ticket_free(message->recipients[i].ticket);
		address_free(&message->recipients[i].address);
	}
	free(message->recipients);
	entity_type_free(&message->type);
	header_free(&message->header);
	free(message->message_id);
	address_free(&message->sender);
	free(message->sender_text);
	free(message->user);
	snapshot_unref(message->snapshot);
	free(message);
}
