/* The end of a message: from plan and trouble to records, reply and edits. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "message/internal.h"
#include "message/marks.h"

static void
describe(const struct message *message, struct audit_message *audit)
{
	memset(audit, 0, sizeof(*audit));
	audit->reference = message->reference;
	audit->queue_id = message->queue_id[0] != '\0' ? message->queue_id : NULL;
	audit->message_id = message->message_id;
	audit->sender = message->sender.text;
	audit->user = message->user;
	audit->client = message->origin.client;
	audit->content = message_content(message);
	audit->duration_ms = clock_monotonic_ms() - message->started_ms;
	audit->trouble = message->trouble;
	audit->trouble_detail = message->trouble_detail[0] != '\0' ? message->trouble_detail : NULL;
}

static int
record(struct message *message, struct error *err)
{
	struct audit_message audit;

	if (message->snapshot->audit == NULL)
		return 0;
	describe(message, &audit);
	return audit_write(message->snapshot->audit, &audit,
	    message->facts_complete ? &message->facts : NULL, message->plan, err);
}

/* CAs that are not trusted, for whoever decides about them. */
static void
note_unknown(const struct message *message)
{
	const struct facts *facts = &message->facts;
	time_t now = clock_wall();
	size_t i;

	for (i = 0; message->facts_complete && i < facts->recipient_count; i++) {
		if (facts->recipients[i].record != NULL)
			pending_note(message->snapshot->pending, facts->recipients[i].record, now);
	}
	signers_note_unknown(message, now);
}

/* Whether a recipient of the message must be encrypted to, by a rule that enforces. */
static bool
is_required(const struct message *message)
{
	size_t i;

	if (!message->facts_complete || message->part_lost)
		return decide_enforces(message);
	for (i = 0; i < message->facts.recipient_count; i++) {
		const struct config_rule *rule = message->facts.recipients[i].rule;

		if (rule != NULL && rule->encrypt == ENCRYPT_REQUIRED &&
		    rule->policy.mode == MODE_ENFORCE)
			return true;
	}
	return false;
}

static bool
holds_for_somebody(const struct message *message, const struct config_rule *rule)
{
	size_t i;

	for (i = 0; i < message->facts.recipient_count; i++) {
		if (message->facts.recipients[i].rule == rule)
			return true;
	}
	return false;
}

/* The marker of one rule, off this field; *done where it carried it. */
static int
strip_marker(struct message *message, const struct header_field *field,
    const struct config_rule *rule, bool *done, struct error *err)
{
	char *value = NULL;
	int result;

	if (header_subject_strip(field->value, rule->subject, &value, err) != 0)
		return -1;
	*done = value != NULL;
	if (value == NULL)
		return 0;
	result = edits_add(
	    &message->edits, EDIT_CHANGE_HEADER, field->name, field->occurrence, value, err);
	free(value);
	return result;
}

/* Each subject field that carries a marker of a rule that matched and strips. A rule is looked at
 * once, however many recipients it holds for. */
static int
strip_markers(struct message *message, struct error *err)
{
	const struct config *config = message->snapshot->config;
	bool done[HEADER_FIELDS_MAX] = {false};
	const struct header_field *field;
	const struct config_rule *rule;
	size_t i;
	size_t n;

	for (i = 0; i < config->rule_count; i++) {
		rule = &config->rules[i];
		if (rule->subject[0] == '\0' || !rule->strip_marker ||
		    !holds_for_somebody(message, rule))
			continue;
		for (n = 0; n < message->header.count; n++) {
			field = &message->header.fields[n];
			if (!done[n] && strcasecmp(field->name, "Subject") == 0 &&
			    strip_marker(message, field, rule, &done[n], err) != 0)
				return -1;
		}
	}
	return 0;
}

static void
prepare_seal(struct message *message)
{
	const struct seal_fields *fields = seal_header_fields(message->plan->cipher);
	struct error err = ERROR_INIT;

	content_finish_seal(message);
	if (message->trouble == REASON_OK &&
	    (edits_seal_header(&message->edits, &message->header, fields, &err) != 0 ||
		(message->plan->strip_marker && strip_markers(message, &err) != 0)))
		message_trouble(message, REASON_INTERNAL_ERROR, &err);
}

/* The action for a message that met trouble, or NULL's worth of plan: never plaintext where it
 * matters. */
static enum action
action_in_trouble(const struct message *message)
{
	if (!decide_enforces(message))
		return ACTION_PASS;
	return reason_is_temporary(message->trouble) ? ACTION_DEFER : ACTION_REFUSE;
}

/* Under observe nothing is changed. */
static void
prepare_marks(struct message *message)
{
	struct error err = ERROR_INIT;

	if (message->plan->action <= ACTION_SEAL && decide_enforces(message) &&
	    marks_add(&message->edits, &message->header, &message->facts, message->plan, &err) != 0)
		message_trouble(message, REASON_INTERNAL_ERROR, &err);
}

static enum action
settle_action(struct message *message)
{
	if (message->trouble == REASON_OK && message->plan == NULL)
		message_trouble(message, REASON_INTERNAL_ERROR,
		    &(struct error){ERROR_INTERNAL, "there is no plan"});
	if (message->trouble == REASON_OK && message->plan->action == ACTION_SEAL)
		prepare_seal(message);
	if (message->trouble == REASON_OK)
		prepare_marks(message);
	if (message->trouble != REASON_OK)
		return action_in_trouble(message);
	return message->plan->action;
}

/* Writes the records. Where they can't be written, mail that must be encrypted waits, unless told
 * otherwise; a refusal stands either way. */
static enum action
record_action(struct message *message, enum action action)
{
	struct error err = ERROR_INIT;

	if (record(message, &err) == 0)
		return action;
	log_error("audit record %s not written: %s", message->reference, err.text);
	if (action == ACTION_REFUSE || action == ACTION_DEFER)
		return action;
	if (message->snapshot->config->audit_failure == AUDIT_FAILURE_DELIVER ||
	    !is_required(message))
		return action;
	message_trouble(message, REASON_AUDIT_UNAVAILABLE, &err);
	return ACTION_DEFER;
}

/* What is wrong with the sender's own message is for the sender; what broke in here is for the log.
 */
static const char *
detail_for_sender(const struct message *message)
{
	if (message->trouble == REASON_INVALID_ADDRESS ||
	    message->trouble == REASON_INVALID_SENDER || message->trouble == REASON_TOO_LARGE)
		return message->trouble_detail;
	return NULL;
}

static void
log_outcome(const struct message *message, enum action action)
{
	const struct plan *plan = message->plan;
	const char *reason = message->trouble != REASON_OK ? reason_get(message->trouble)->code
			     : plan != NULL                ? reason_get(plan->reason)->code
							   : "-";

	log_info("%s: from=%s recipients=%zu reason=%s cipher=%s content=%s%s reference=%s",
	    action_name(action), message->sender.text, message->recipient_count, reason,
	    action == ACTION_SEAL ? plan->cipher->name : "-", message_content(message),
	    plan != NULL && plan->would != plan->action ? " (only observed)" : "",
	    message->reference);
}

void
outcome_settle(struct message *message)
{
	struct message_result *result = &message->result;
	enum action action = record_action(message, settle_action(message));

	note_unknown(message);
	result->action = action;
	result->trouble = message->trouble;
	result->reference = message->reference;
	result->facts = message->facts_complete ? &message->facts : NULL;
	result->plan = message->plan;
	if (action <= ACTION_SEAL && message->trouble == REASON_OK && message->edits.count > 0)
		result->edits = &message->edits;
	if (action == ACTION_SEAL)
		result->body = message->spool;
	if (action == ACTION_DEFER || action == ACTION_REFUSE) {
		if (message->trouble != REASON_OK)
			reply_write_trouble(message->snapshot->config, message->trouble,
			    detail_for_sender(message), message->reference, &message->reply);
		else
			reply_write(
			    &message->facts, message->plan, message->reference, &message->reply);
		result->reply = &message->reply;
	}
	log_outcome(message, action);
}

void
message_not_applied(struct message *message, const char *why)
{
	struct error err = {ERROR_TEMPORARY, ""};

	error_prefix(&err, "the MTA did not take the changes: %s", why);
	message_trouble(message, REASON_INTERNAL_ERROR, &err);
	if (record(message, &err) != 0)
		log_error("audit record %s not written: %s", message->reference, err.text);
}
