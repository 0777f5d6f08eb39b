/* Adding records. */
#include <string.h>

#include "report.h"

int
report_init(struct report *report, time_t since, time_t until, struct error *err)
{
	memset(report, 0, sizeof(*report));
	report->since = since;
	report->until = until;
	if (tally_init(&report->cas, TALLY_MAX, err) != 0 ||
	    tally_init(&report->refused, TALLY_MAX, err) != 0)
		return -1;
	return 0;
}

void
report_free(struct report *report)
{
	tally_free(&report->cas);
	tally_free(&report->refused);
	free(report->days);
	memset(report, 0, sizeof(*report));
}

static bool
is_true(const json_t *record, const char *key)
{
	return json_is_true(json_object_get(record, key));
}

static bool
text_is(const json_t *object, const char *key, const char *text)
{
	const char *found = audit_log_text(object, key);

	return found != NULL && strcmp(found, text) == 0;
}

/* Whether the mail client encrypted it. */
static bool
is_of_client(const json_t *record)
{
	return text_is(record, "content", "enveloped") ||
	       text_is(record, "content", "auth-enveloped");
}

static size_t
reason_of(const json_t *object, const char *key)
{
	const char *code = audit_log_text(object, key);
	const struct reason *reason = code != NULL ? reason_by_code(code) : NULL;

	return reason != NULL ? (size_t)reason->id : REASON_COUNT;
}

/* -1: none, or not known. */
static int
action_of(const json_t *record, const char *key)
{
	int action;

	for (action = ACTION_PASS; action <= ACTION_REFUSE; action++) {
		if (text_is(record, key, action_name((enum action)action)))
			return action;
	}
	return -1;
}

/* -1: sealed, as it should be; or the record does not say. */
static int
effect_of(const json_t *record)
{
	int action = action_of(record, "action");
	int would = action_of(record, "would");

	if (action == ACTION_REFUSE)
		return REPORT_TO_REFUSE;
	if (action == ACTION_DEFER)
		return REPORT_TO_DEFER;
	if (would == ACTION_REFUSE || would == ACTION_DEFER)
		return REPORT_TO_WOULD;
	return action == ACTION_PASS && would != ACTION_SEAL ? REPORT_TO_PASS : -1;
}

static enum report_end
end_of(const json_t *record)
{
	switch (action_of(record, "action")) {
	case ACTION_SEAL:
		return REPORT_SEALED;
	case ACTION_DEFER:
		return REPORT_DEFERRED;
	case ACTION_REFUSE:
		return REPORT_REFUSED;
	default:
		return is_of_client(record) ? REPORT_CLIENT : REPORT_PASSED;
	}
}

static const struct cipher *
cipher_of(const json_t *object, const char *key)
{
	const char *name = audit_log_text(object, key);
	const struct cipher *cipher = name != NULL ? cipher_by_name(name) : NULL;

	return name != NULL && cipher == NULL ? cipher_get(CIPHER_UNKNOWN) : cipher;
}

static enum report_source
source_of(const json_t *record)
{
	const json_t *capabilities = json_object_get(record, "capabilities");
	int action = action_of(record, "action");

	if (is_of_client(record))
		return action == ACTION_REFUSE || action == ACTION_DEFER ? REPORT_BY_CLIENT_REFUSED
									 : REPORT_BY_CLIENT;
	if (action != ACTION_SEAL)
		return REPORT_WOULD_SEAL;
	if (text_is(capabilities, "from", "signed"))
		return REPORT_BY_BLOB;
	if (text_is(capabilities, "from", "extension"))
		return REPORT_BY_EXTENSION;
	return text_is(capabilities, "from", "assumed") ? REPORT_BY_POLICY : REPORT_UNSAID;
}

static void
count_ciphers(struct report *report, const json_t *record)
{
	const json_t *fallback = json_object_get(record, "fallback");
	const struct cipher *cipher = cipher_of(record, "cipher");
	int client;

	if (cipher != NULL)
		report->ciphers[cipher->id][source_of(record)]++;
	for (client = 0; client < CLIENT_COUNT; client++) {
		cipher = cipher_of(fallback, capabilities_client_name((enum client)client));
		if (cipher != NULL)
			report->fallback[client][cipher->id]++;
	}
}

/* The signer that the reason speaks of: a digital ID, or its certificate alone. */
static const json_t *
signer_of(const json_t *record, size_t reason)
{
	const json_t *signature;
	size_t i;

	json_array_foreach(json_object_get(record, "signatures"), i, signature)
	{
		if (reason_of(signature, "worth") == reason)
			return json_object_get(signature, "signer");
	}
	return NULL;
}

/* The CA that a trust failure is about: the issuer at the link that failed, or the certificate's. */
static const char *
ca_of(const json_t *record, size_t reason)
{
	const json_t *id = signer_of(record, reason);
	const char *name;

	if (id == NULL)
		id = json_object_get(record, "digital_id");
	name = audit_log_text(json_object_get(id, "failed"), "issuer");
	if (name == NULL)
		name = audit_log_text(id, "issuer");
	if (name == NULL)
		name = audit_log_text(json_object_get(id, "certificate"), "issuer");
	return name != NULL ? name : "(not recorded)";
}

static int
count_trouble(struct report *report, const json_t *record, size_t reason, int effect, time_t at,
    struct error *err)
{
	const char *recipient = audit_log_text(record, "recipient");
	bool refused = effect == REPORT_TO_REFUSE ||
		       (effect == REPORT_TO_WOULD && text_is(record, "would", "refuse"));

	if (refused && reason != REASON_OTHER_RECIPIENT && recipient != NULL &&
	    tally_add(&report->refused, recipient, reason, at, err) != 0)
		return -1;
	if (!is_true(record, "trust_failure"))
		return 0;
	report->trust_failures++;
	return tally_add(&report->cas, ca_of(record, reason), reason, at, err);
}

static void
count_lists(struct report *report, const json_t *record, bool is_new)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(record, "warnings"), i, item)
	    report->warnings[reason_of(item, "reason")]++;
	if (!is_new)
		return; /* each record of a message has its signatures */
	json_array_foreach(json_object_get(record, "signatures"), i, item)
	    report->signatures[reason_of(item, "worth")]++;
}

static void
note_message(struct report_message *message, const json_t *record, bool is_new, time_t at)
{
	const json_t *duration = json_object_get(record, "duration_ms");
	int would = action_of(record, "would");

	if (is_new) {
		message->at = at;
		message->end = end_of(record);
		message->would = -1;
		message->duration_ms =
		    json_is_integer(duration) ? (int64_t)json_integer_value(duration) : -1;
	}
	if (would > message->would)
		message->would = would;
}

static int
count_record(struct report *report, const json_t *record, time_t at, struct error *err)
{
	size_t reason = reason_of(record, "reason");
	int effect = effect_of(record);
	struct report_message *message;
	bool is_new;

	if (report_message_of(
		report, audit_log_text(record, "reference"), &message, &is_new, err) != 0)
		return -1;
	note_message(message, record, is_new, at);
	report->recipients++;
	report->brief += is_true(record, "brief");
	report->stale += is_true(record, "stale");
	report->stale_if_error += is_true(record, "stale_if_error");
	if (effect >= 0) {
		report->by_recipient[reason][effect]++;
		message->reasons[effect] |= (uint64_t)1 << reason;
	}
	count_ciphers(report, record);
	count_lists(report, record, is_new);
	return count_trouble(report, record, reason, effect, at, err);
}

int
report_add(struct report *report, const struct audit_log_line *line, struct error *err)
{
	enum audit_log_kind kind;
	json_t *record;
	time_t at;
	int result = 0;

	if (audit_log_record(line, &kind, &record, err) != 0)
		return -1;
	if (kind == AUDIT_LOG_RECORD && !audit_log_time(record, &at))
		kind = AUDIT_LOG_BROKEN;
	report->kinds[kind]++;
	if (kind == AUDIT_LOG_RECORD) {
		if ((report->since != 0 && at < report->since) ||
		    (report->until != 0 && at >= report->until)) {
			report->outside++;
		} else {
			if (report->first == 0 || at < report->first)
				report->first = at;
			if (at > report->last)
				report->last = at;
			result = count_record(report, record, at, err);
		}
	}
	json_decref(record);
	return result;
}

int
report_finish(struct report *report, struct error *err)
{
	if (report_message_end(report, err) != 0)
		return -1;
	tally_sort(&report->cas);
	tally_sort(&report->refused);
	return 0;
}
