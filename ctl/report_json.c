/* The sums, as JSON. */
#include <stdio.h>

#include "audit/audit.h"
#include "audit/json.h"
#include "base/clock.h"
#include "report.h"

static void
put_count(json_t **object, const char *key, uint64_t count)
{
	audit_put(object, key, json_integer((json_int_t)count));
}

static json_t *
time_json(time_t at)
{
	char text[CLOCK_TEXT_SIZE];

	return at != 0 ? json_string(clock_format_rfc3339(at, text)) : json_null();
}

static json_t *
messages_json(const struct report *report)
{
	json_t *json = json_object();
	json_t *observed = json_object();
	int action;

	put_count(&json, "total", report->messages);
	put_count(&json, "seal", report->ends[REPORT_SEALED]);
	put_count(&json, "pass", report->ends[REPORT_PASSED] + report->ends[REPORT_CLIENT]);
	put_count(&json, "pass_encrypted", report->ends[REPORT_CLIENT]);
	put_count(&json, "defer", report->ends[REPORT_DEFERRED]);
	put_count(&json, "refuse", report->ends[REPORT_REFUSED]);
	put_count(&observed, "total", report->observed);
	for (action = ACTION_PASS; action <= ACTION_REFUSE; action++)
		put_count(&observed, action_name((enum action)action), report->would[action]);
	audit_put(&json, "observed", observed);
	return json;
}

static const char *const effects[REPORT_EFFECTS] = {"refuse", "defer", "would", "pass"};

static json_t *
effects_json(const uint64_t counts[REPORT_EFFECTS])
{
	json_t *json = json_object();
	int effect;

	for (effect = 0; effect < REPORT_EFFECTS; effect++)
		put_count(&json, effects[effect], counts[effect]);
	return json;
}

static json_t *
reasons_json(const struct report *report)
{
	size_t order[REPORT_REASONS];
	size_t count = report_reasons(report, order);
	json_t *list = json_array();
	json_t *json;
	size_t i;

	for (i = 0; i < count; i++) {
		json = json_object();
		audit_put(&json, "reason", json_string(report_reason_code(order[i])));
		audit_put(&json, "messages", effects_json(report->by_message[order[i]]));
		audit_put(&json, "recipients", effects_json(report->by_recipient[order[i]]));
		audit_append(&list, json);
	}
	return list;
}

static json_t *
ciphers_json(const struct report *report)
{
	static const char *const sources[REPORT_SOURCES] = {
	    "signed", "extension", "assumed", "not_recorded", "client", "client_not_sent", "would"};
	json_t *list = json_array();
	json_t *json;
	uint64_t sum;
	int cipher;
	int source;

	for (cipher = CIPHER_COUNT - 1; cipher >= 0; cipher--) {
		sum = 0;
		for (source = 0; source < REPORT_SOURCES; source++)
			sum += report->ciphers[cipher][source];
		if (sum == 0)
			continue;
		json = json_object();
		audit_put(&json, "cipher", json_string(cipher_get((enum cipher_id)cipher)->name));
		audit_put(
		    &json, "strength", json_integer(cipher_get((enum cipher_id)cipher)->strength));
		for (source = 0; source < REPORT_SOURCES; source++)
			put_count(&json, sources[source], report->ciphers[cipher][source]);
		audit_append(&list, json);
	}
	return list;
}

static json_t *
fallback_json(const struct report *report)
{
	json_t *json = json_object();
	json_t *client_json;
	int client;
	int cipher;

	for (client = 0; client < CLIENT_COUNT; client++) {
		client_json = json_object();
		for (cipher = 0; cipher < CIPHER_COUNT; cipher++) {
			if (report->fallback[client][cipher] > 0)
				put_count(&client_json, cipher_get((enum cipher_id)cipher)->name,
				    report->fallback[client][cipher]);
		}
		audit_put(&json, capabilities_client_name((enum client)client), client_json);
	}
	return json;
}

static json_t *
counts_json(const uint64_t counts[REPORT_REASONS])
{
	json_t *json = json_object();
	size_t i;

	for (i = 0; i < REPORT_REASONS; i++) {
		if (counts[i] > 0)
			put_count(&json, report_reason_code(i), counts[i]);
	}
	return json;
}

static json_t *
row_json(const struct tally_row *row, const char *name)
{
	json_t *json = json_object();
	json_t *reasons = json_object();
	size_t i;

	for (i = 0; i < REPORT_REASONS; i++) {
		if (row->reasons[i] > 0)
			put_count(&reasons, report_reason_code(i), row->reasons[i]);
	}
	audit_put(&json, name, json_string(row->name));
	put_count(&json, "count", row->count);
	audit_put(&json, "last", time_json(row->last));
	audit_put(&json, "reasons", reasons);
	return json;
}

static json_t *
tally_json(const struct tally *tally, const char *name, const char *names)
{
	json_t *json = json_object();
	json_t *rows = json_array();
	size_t i;

	for (i = 0; i < tally->count; i++)
		audit_append(&rows, row_json(&tally->rows[i], name));
	put_count(&json, "total", tally->total);
	put_count(&json, "others", tally->others);
	put_count(&json, "missed_at_most", tally->missed);
	audit_put(&json, names, rows);
	return json;
}

static json_t *
times_json(const struct report *report)
{
	json_t *json = json_object();

	put_count(&json, "messages", report->timed);
	if (report->timed > 0) {
		put_count(&json, "mean", (uint64_t)(report->time_sum / (double)report->timed));
		put_count(&json, "within_50", (uint64_t)report_time_within(report, 500));
		put_count(&json, "within_90", (uint64_t)report_time_within(report, 900));
		put_count(&json, "within_99", (uint64_t)report_time_within(report, 990));
		put_count(&json, "longest", (uint64_t)report->time_most);
	}
	return json;
}

static json_t *
days_json(const struct report *report)
{
	json_t *list = json_array();
	const struct report_day *day;
	char date[CLOCK_TEXT_SIZE];
	json_t *json;
	size_t i;

	for (i = 0; i < report->day_count; i++) {
		day = &report->days[i];
		json = json_object();
		audit_put(
		    &json, "day", json_string(clock_format_date((time_t)(day->day * 86400), date)));
		put_count(&json, "seal", day->ends[REPORT_SEALED]);
		put_count(&json, "pass", day->ends[REPORT_PASSED] + day->ends[REPORT_CLIENT]);
		put_count(&json, "pass_encrypted", day->ends[REPORT_CLIENT]);
		put_count(&json, "defer", day->ends[REPORT_DEFERRED]);
		put_count(&json, "refuse", day->ends[REPORT_REFUSED]);
		audit_append(&list, json);
	}
	return list;
}

static json_t *
lines_json(const struct report *report)
{
	static const char *const names[AUDIT_LOG_KINDS] = {
	    "records", "other", "broken", "another_schema"};
	json_t *json = json_object();
	int kind;

	put_count(&json, "files", report->files);
	put_count(&json, "files_skipped", report->skipped);
	for (kind = 0; kind < AUDIT_LOG_KINDS; kind++)
		put_count(&json, names[kind], report->kinds[kind]);
	put_count(&json, "outside", report->outside);
	put_count(&json, "brief", report->brief);
	return json;
}

json_t *
report_json(const struct report *report, const char *incomplete)
{
	json_t *json = json_object();

	audit_put(&json, "complete", json_boolean(incomplete == NULL));
	audit_put(&json, "incomplete", audit_text_json(incomplete));
	audit_put(&json, "since", time_json(report->since));
	audit_put(&json, "until", time_json(report->until));
	audit_put(&json, "first", time_json(report->first));
	audit_put(&json, "last", time_json(report->last));
	audit_put(&json, "lines", lines_json(report));
	audit_put(&json, "messages", messages_json(report));
	put_count(&json, "recipients", report->recipients);
	audit_put(&json, "reasons", reasons_json(report));
	audit_put(&json, "ciphers", ciphers_json(report));
	audit_put(&json, "fallback", fallback_json(report));
	audit_put(&json, "trust_failures", tally_json(&report->cas, "issuer", "cas"));
	audit_put(&json, "refused", tally_json(&report->refused, "address", "recipients"));
	audit_put(&json, "warnings", counts_json(report->warnings));
	audit_put(&json, "signatures", counts_json(report->signatures));
	put_count(&json, "stale", report->stale);
	put_count(&json, "stale_if_error", report->stale_if_error);
	audit_put(&json, "duration_ms", times_json(report));
	audit_put(&json, "days", days_json(report));
	put_count(&json, "other_days", report->other_days);
	return json;
}
