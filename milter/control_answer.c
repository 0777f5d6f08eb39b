#include "control_answer.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "base/clock.h"
#include "base/escape.h"
#include "base/log.h"
#include "control_request.h"
#include "trust_reload.h"

/* Kept free for the last line. */
#define LAST_LINE_ROOM ((size_t)8 << 10)

/* Rows when a request does not say how many. */
#define CACHE_MOST_DEFAULT 100

/* An answer being made. */
struct answer {
	const struct control_subject *subject;
	struct snapshot *snapshot;
	uid_t user;
	struct buffer *out;
	bool cut;
	bool failed; /* no memory for a row */
};

/* Appends a line, taking over its JSON (NULL: no memory for it). */
static int
put_line(json_t *json, size_t limit, bool *cut, struct buffer *out)
{
	char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
	size_t size = text != NULL ? strlen(text) : 0;
	int result = -1;

	json_decref(json);
	if (text == NULL)
		return -1;
	if (out->size + size + 1 > limit) {
		*cut = true;
		result = 0;
	} else {
		text[size] = '\n';
		result = buffer_append(out, text, size + 1, NULL);
	}
	free(text);
	return result;
}

static void
put_row(struct answer *answer, json_t *json)
{
	if (put_line(json, CONTROL_ANSWER_MAX - LAST_LINE_ROOM, &answer->cut, answer->out) != 0)
		answer->failed = true;
}

static void
put_cached(void *context, const struct resolver_cached *cached)
{
	struct answer *answer = context;

	if (answer->cut || answer->failed)
		return;
	put_row(
	    answer, json_pack("{s:o, s:I, s:b, s:I, s:I, s:I, s:I, s:b}", "address",
			audit_text_json(cached->key), "values", (json_int_t)cached->values, "group",
			cached->is_group, "members", (json_int_t)cached->members, "bytes",
			(json_int_t)cached->bytes, "age_ms", (json_int_t)cached->age_ms, "left_ms",
			(json_int_t)cached->left_ms, "error", cached->is_error));
}

static int
run_cache(struct answer *answer, const struct control_request *request, struct error *err)
{
	int64_t most = CACHE_MOST_DEFAULT;

	if (control_request_number(request, "most", 1, CONTROL_CACHE_MOST, &most, err) != 0)
		return -1;
	return resolver_cache_each(
	    answer->snapshot->resolver, (size_t)most, put_cached, answer, err);
}

static int
run_flush(struct answer *answer, const struct control_request *request, struct error *err)
{
	struct address_pattern pattern;
	const char *text;
	size_t count;

	if (control_request_text(request, "pattern", &text, err) != 0)
		return -1;
	if (text != NULL && address_pattern_parse(text, &pattern, err) != 0)
		return -1;
	count = resolver_cache_flush(answer->snapshot->resolver, text != NULL ? &pattern : NULL);
	if (text != NULL)
		address_pattern_free(&pattern);
	log_info("cache: user %lu flushed %zu address(es)%s%s", (unsigned long)answer->user, count,
	    text != NULL ? " by " : "", text != NULL ? text : "");
	put_row(answer, json_pack("{s:I}", "flushed", (json_int_t)count));
	return 0;
}

static void
put_server(void *context, const struct resolver_server *server)
{
	struct answer *answer = context;
	json_t *json = json_pack("{s:o, s:o, s:b, s:I, s:I, s:I, s:o}", "directory",
	    audit_text_json(server->directory), "uri", audit_text_json(server->uri), "down",
	    server->down, "rest_ms", (json_int_t)server->rest_ms, "links",
	    (json_int_t)server->links, "searches", (json_int_t)server->searches, "error",
	    audit_text_json(server->error[0] != '\0' ? server->error : NULL));

	put_row(answer, json != NULL ? json_pack("{s:o}", "server", json) : NULL);
}

static json_t *
statistics_json(struct resolver *resolver)
{
	struct resolver_statistics counts;

	resolver_statistics(resolver, &counts);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "questions",
	    (json_int_t)counts.questions, "cache_hits", (json_int_t)counts.cache_hits, "joined",
	    (json_int_t)counts.joined, "searches", (json_int_t)counts.searches, "failures",
	    (json_int_t)counts.failures, "refreshed", (json_int_t)counts.refreshed, "stale_served",
	    (json_int_t)counts.stale_served, "groups", (json_int_t)counts.groups, "cache_entries",
	    (json_int_t)counts.entries, "cache_bytes", (json_int_t)counts.bytes);
}

static json_t *
anchors_json(struct resolver *resolver)
{
	struct trust *trust = resolver_trust(resolver);
	json_t *json = json_integer((json_int_t)trust_anchor_count(trust));

	trust_unref(trust);
	return json;
}

static int
run_status(struct answer *answer, const struct control_request *request UNUSED, struct error *err)
{
	const struct control_subject *subject = answer->subject;
	char started[CLOCK_TEXT_SIZE];

	put_row(answer,
	    json_pack("{s:s, s:I, s:s, s:I, s:o, s:i, s:o, s:o}", "version", PACKAGE_VERSION, "pid",
		(json_int_t)getpid(), "started", clock_format_rfc3339(subject->started, started),
		"uptime", (json_int_t)((clock_monotonic_ms() - subject->started_ms) / 1000),
		"configuration", audit_text_json(subject->config_file), "transactions",
		daemon_transactions(subject->daemon), "anchors",
		anchors_json(answer->snapshot->resolver), "resolver",
		statistics_json(answer->snapshot->resolver)));
	return resolver_servers_each(answer->snapshot->resolver, put_server, answer, err);
}

static void
put_anchor(void *context, const struct trust_anchor *anchor)
{
	struct answer *answer = context;

	if (!answer->cut && !answer->failed)
		put_row(answer, audit_anchor_json(anchor));
}

static int
run_anchors(
    struct answer *answer, const struct control_request *request UNUSED, struct error *err UNUSED)
{
	struct trust *trust = resolver_trust(answer->snapshot->resolver);

	trust_anchors_each(trust, put_anchor, answer);
	trust_unref(trust);
	return 0;
}

static int
run_trust_reload(
    struct answer *answer, const struct control_request *request UNUSED, struct error *err)
{
	struct trust_reload_outcome outcome;

	if (trust_reload(answer->subject->daemon, answer->subject->pending, answer->user, &outcome,
		err) != 0)
		return -1;
	put_row(answer, json_pack("{s:I, s:I}", "anchors", (json_int_t)outcome.anchors, "changes",
			    (json_int_t)outcome.changes));
	return 0;
}

static int
run_pending_flush(
    struct answer *answer, const struct control_request *request UNUSED, struct error *err)
{
	return pending_flush(answer->subject->pending, err);
}

static const struct command {
	const char *name;
	int (*run)(struct answer *answer, const struct control_request *request, struct error *err);
} commands[] = {
    {"anchors", run_anchors},
    {"cache", run_cache},
    {"flush", run_flush},
    {"pending-flush", run_pending_flush},
    {"status", run_status},
    {"trust-reload", run_trust_reload},
};

static int
unknown_command(const char *name, struct error *err)
{
	char known[128] = "";
	size_t used = 0;
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(commands) && used < sizeof(known); i++)
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s",
		    i == 0 ? "" : ", ", commands[i].name);
	return error_set(err, ERROR_INPUT,
	    "there is no command \"%.64s\" in version " PACKAGE_VERSION "; the commands are %s",
	    name, known);
}

static int
run_command(struct answer *answer, const struct control_request *request, struct error *err)
{
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(commands); i++) {
		if (strcmp(commands[i].name, request->command) == 0)
			return commands[i].run(answer, request, err);
	}
	return unknown_command(request->command, err);
}

void
control_answer_error(const char *text, struct buffer *out)
{
	bool cut;

	buffer_clear(out);
	if (put_line(json_pack("{s:o}", "error", audit_text_json(text)), SIZE_MAX, &cut, out) != 0)
		buffer_clear(out);
}

static void
finish(struct answer *answer, int result, struct error *err)
{
	json_t *end;
	bool cut;

	if (result == 0 && answer->failed)
		result = error_no_memory(err);
	if (result != 0) {
		control_answer_error(err->text, answer->out);
		return;
	}
	end = answer->cut ? json_pack("{s:b, s:b}", "end", 1, "cut", 1)
			  : json_pack("{s:b}", "end", 1);
	if (put_line(end, SIZE_MAX, &cut, answer->out) != 0)
		buffer_clear(answer->out);
}

void
control_answer(const struct control_subject *subject, uid_t user, const char *line, size_t size,
    struct buffer *out)
{
	struct answer answer = {.subject = subject, .user = user, .out = out};
	struct control_request request;
	struct error err = ERROR_INIT;
	int result;

	if (control_request_parse(line, size, &request, &err) != 0) {
		control_answer_error(err.text, out);
		return;
	}
	answer.snapshot = daemon_snapshot(subject->daemon);
	result = run_command(&answer, &request, &err);
	snapshot_unref(answer.snapshot);
	finish(&answer, result, &err);
	control_request_free(&request);
}
