#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "audit/audit.h"
#include "audit/json.h"
#include "audit/sink.h"
#include "base/buffer.h"
#include "base/utf8.h"

/* Most bytes of one string in a brief record: with the few that it holds, escaped as six characters
 * each, it stays below AUDIT_SYSLOG_MAX. */
#define BRIEF_TEXT_MAX 100

/* Records of one batch in memory: 256 of them with every string at its longest. */
#define BATCH_BYTES_MAX ((size_t)256 << 20)

struct audit {
	struct sink sink; /* path NULL: no file */
	bool to_syslog;
	int facility;
	pthread_mutex_t lock; /* of the sink */
};

struct batch {
	json_t *records[AUDIT_BATCH];
	size_t ends[AUDIT_BATCH]; /* where each line ends in lines, after its LF */
	size_t count;
	struct buffer lines;
};

static const struct {
	const char *name;
	int facility;
} facilities[] = {
    {"mail", LOG_MAIL},
    {"daemon", LOG_DAEMON},
    {"local0", LOG_LOCAL0},
    {"local1", LOG_LOCAL1},
    {"local2", LOG_LOCAL2},
    {"local3", LOG_LOCAL3},
    {"local4", LOG_LOCAL4},
    {"local5", LOG_LOCAL5},
    {"local6", LOG_LOCAL6},
    {"local7", LOG_LOCAL7},
};

static int
facility_of(const char *name)
{
	size_t i;

	for (i = 0; name != NULL && i < ARRAY_LENGTH(facilities); i++) {
		if (strcmp(facilities[i].name, name) == 0)
			return facilities[i].facility;
	}
	return LOG_MAIL;
}

struct audit *
audit_open(const struct config *config, struct error *err)
{
	struct audit *audit = calloc(1, sizeof(*audit));

	if (audit == NULL) {
		error_no_memory(err);
		return NULL;
	}
	audit->sink.file = -1;
	audit->to_syslog = config->audit_syslog;
	audit->facility = facility_of(config->log_facility);
	if (pthread_mutex_init(&audit->lock, NULL) != 0) {
		error_no_memory(err);
		goto no_lock;
	}
	if (config->audit_file != NULL && config->audit_file[0] != '\0' &&
	    sink_open(&audit->sink, config->audit_file, err) != 0)
		goto no_file;
	return audit;

no_file:
	sink_close(&audit->sink);
	pthread_mutex_destroy(&audit->lock);
no_lock:
	free(audit);
	return NULL;
}

void
audit_free(struct audit *audit)
{
	if (audit == NULL)
		return;
	sink_close(&audit->sink);
	pthread_mutex_destroy(&audit->lock);
	free(audit);
}

/* JSON escapes beyond ASCII, too: a line of the file can be shown on any terminal. */
static int
append_chunk(const char *chunk, size_t size, void *buffer)
{
	return buffer_append(buffer, chunk, size, NULL);
}

static int
append_json(struct buffer *lines, const json_t *record)
{
	return json_dump_callback(record, append_chunk, lines, JSON_COMPACT | JSON_ENSURE_ASCII);
}

static int
batch_add(struct batch *batch, json_t *record, struct error *err)
{
	if (record == NULL)
		return error_no_memory(err);
	batch->records[batch->count++] = record;
	if (append_json(&batch->lines, record) != 0 ||
	    buffer_append(&batch->lines, "\n", 1, NULL) != 0)
		return error_set(err, ERROR_TEMPORARY, "no memory for the audit record");
	batch->ends[batch->count - 1] = batch->lines.size;
	return 0;
}

static void
batch_clear(struct batch *batch)
{
	size_t i;

	for (i = 0; i < batch->count; i++)
		json_decref(batch->records[i]);
	batch->count = 0;
	buffer_clear(&batch->lines);
}

static json_t *
cut_json(const json_t *value)
{
	const char *text = json_string_value(value);

	if (text == NULL || json_string_length(value) <= BRIEF_TEXT_MAX)
		return json_deep_copy(value);
	return json_stringn(text, utf8_cut(text, BRIEF_TEXT_MAX));
}

/* The record's members that say what was decided, long texts cut. */
static json_t *
brief_of(const json_t *record)
{
	static const char *const kept[] = {"schema", "time", "event", "reference", "queue_id",
	    "sender", "client", "recipient", "group", "rule", "mode", "action", "would", "reason",
	    "trust_failure", "cipher", "file_failed"};
	json_t *brief = json_object();
	const json_t *value;
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(kept); i++) {
		value = json_object_get(record, kept[i]);
		if (value != NULL)
			audit_put(&brief, kept[i], cut_json(value));
	}
	audit_put(&brief, "brief", json_true());
	return brief;
}

/* One line that has to be written anew: too long, or marked. */
static void
send_anew(const struct audit *audit, json_t *record, bool failed)
{
	struct buffer line = BUFFER_INIT;
	json_t *brief = NULL;
	int made;

	if (failed && json_object_set_new(record, "file_failed", json_true()) != 0)
		return;
	made = append_json(&line, record);
	if (made == 0 && line.size > AUDIT_SYSLOG_MAX) {
		buffer_clear(&line);
		brief = brief_of(record);
		made = brief != NULL ? append_json(&line, brief) : -1;
	}
	if (made == 0)
		syslog(audit->facility | LOG_INFO, "%s", line.data);
	json_decref(brief);
	buffer_free(&line);
}

static void
send_to_syslog(const struct audit *audit, struct batch *batch, bool failed)
{
	size_t start = 0;
	size_t size;
	size_t i;

	for (i = 0; audit->to_syslog && i < batch->count; i++) {
		size = batch->ends[i] - start - 1;
		if (failed || size > AUDIT_SYSLOG_MAX)
			send_anew(audit, batch->records[i], failed);
		else
			syslog(audit->facility | LOG_INFO, "%.*s", (int)size,
			    batch->lines.data + start);
		start = batch->ends[i];
	}
}

static int
batch_send(struct audit *audit, struct batch *batch, struct error *err)
{
	int result = 0;

	if (audit->sink.path != NULL) {
		pthread_mutex_lock(&audit->lock);
		result = sink_write(&audit->sink, batch->lines.data, batch->lines.size, err);
		pthread_mutex_unlock(&audit->lock);
	}
	send_to_syslog(audit, batch, result != 0);
	batch_clear(batch);
	return result;
}

int
audit_write(struct audit *audit, const struct audit_message *message, const struct facts *facts,
    const struct plan *plan, struct error *err)
{
	size_t count = facts != NULL && facts->recipient_count > 0 ? facts->recipient_count : 1;
	struct batch *batch;
	int result = 0;
	size_t i;

	if (audit->sink.path == NULL && !audit->to_syslog)
		return 0;
	batch = calloc(1, sizeof(*batch));
	if (batch == NULL)
		return error_no_memory(err);
	batch->lines.limit = BATCH_BYTES_MAX;
	for (i = 0; i < count; i++) {
		if (batch_add(batch, audit_record(message, facts, plan, i), err) != 0) {
			result = -1;
			break;
		}
		/* After a failure the others still go to syslog, marked. */
		if ((batch->count == AUDIT_BATCH || i + 1 == count) &&
		    batch_send(audit, batch, err) != 0)
			result = -1;
	}
	batch_clear(batch);
	buffer_free(&batch->lines);
	free(batch);
	return result;
}
