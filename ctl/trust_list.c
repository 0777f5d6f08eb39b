/* smimectl trust list, show and remove. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "trust_command.h"

static const char *
text(const json_t *row, const char *name)
{
	return json_string_value(json_object_get(row, name));
}

/* 2026-11-25T… as a date. */
static void
print_dates(const json_t *row)
{
	const char *from = text(row, "not_before");
	const char *to = text(row, "not_after");

	char dates[64];

	if (from == NULL || to == NULL)
		return;
	snprintf(dates, sizeof(dates), "%.10s to %.10s", from, to);
	trust_print_line("valid", dates);
}

static void
print_origin(const json_t *row)
{
	const char *origin = text(row, "origin");

	if (text(row, "file") != NULL)
		trust_print_line("in", text(row, "file"));
	else if (origin != NULL && strcmp(origin, "directory") == 0)
		trust_print_line("in", "the directory of the trust section");
	trust_print_line("section", text(row, "section"));
}

static void
print_row(const json_t *row)
{
	ctl_print_text(text(row, "subject"));
	printf("\n  %-12s ", "SHA-256");
	ctl_print_text(text(row, "sha256"));
	putchar('\n');
	trust_print_line("issued by", text(row, "issuer"));
	print_dates(row);
	trust_print_json_texts("for", json_object_get(row, "domains"));
	print_origin(row);
}

enum ctl_status
trust_list(const struct trust_request *request)
{
	enum ctl_status status;
	json_t *rows = trust_rows(request, &status);
	size_t i;

	for (i = 0; i < json_array_size(rows); i++) {
		json_t *row = json_array_get(rows, i);

		if (request->options.json) {
			ctl_print_json(json_incref(row));
			continue;
		}
		if (i > 0)
			putchar('\n');
		print_row(row);
	}
	json_decref(rows);
	return status;
}

/* What is pending of the fingerprint that was asked for. */
struct showing {
	const struct trust_request *request;
	struct trust_match match;
	json_t *met; /* NULL: it is not pending */
};

static void
match_pending(void *context, const struct pending_authority *authority)
{
	struct showing *showing = context;

	trust_match_try(&showing->match, authority->sha256);
}

static void
take_pending(void *context, const struct pending_authority *authority)
{
	struct showing *showing = context;

	if (authority->sha256 != NULL && strcmp(authority->sha256, showing->match.sha256) == 0)
		showing->met = trust_pending_json(authority);
}

static bool
is_match(const struct showing *showing, const json_t *row)
{
	const char *sha256 = text(row, "sha256");

	return sha256 != NULL && strcmp(sha256, showing->match.sha256) == 0;
}

static void
print_met(const json_t *met)
{
	const json_t *recipients = json_object_get(met, "recipients");
	size_t i;

	printf("  %-12s %" PRId64 " time(s), from ", "met",
	    (int64_t)json_integer_value(json_object_get(met, "count")));
	ctl_print_text(text(met, "first"));
	fputs(" to ", stdout);
	ctl_print_text(text(met, "last"));
	putchar('\n');
	trust_print_json_texts("met for", json_object_get(met, "domains"));
	for (i = 0; i < json_array_size(recipients); i++)
		trust_print_line(
		    i == 0 ? "recipients" : "", text(json_array_get(recipients, i), "address"));
}

static void
print_shown(const struct showing *showing, const json_t *rows)
{
	size_t i;

	if (showing->met != NULL) {
		ctl_print_text(text(showing->met, "subject"));
		puts(": not trusted where it was met");
		trust_print_line("SHA-256", text(showing->met, "sha256"));
		trust_print_line("issued by", text(showing->met, "issuer"));
		trust_print_line("serial", text(showing->met, "serial"));
		print_dates(showing->met);
		trust_print_line("key", text(showing->met, "key"));
		print_met(showing->met);
		trust_print_json_texts("warnings", json_object_get(showing->met, "warnings"));
	}
	for (i = 0; i < json_array_size(rows); i++) {
		if (is_match(showing, json_array_get(rows, i)))
			print_row(json_array_get(rows, i));
	}
}

static void
print_shown_json(const struct showing *showing, const json_t *rows)
{
	json_t *anchors = json_array();
	size_t i;

	for (i = 0; i < json_array_size(rows); i++) {
		if (is_match(showing, json_array_get(rows, i)))
			json_array_append(anchors, json_array_get(rows, i));
	}
	ctl_print_json(json_pack("{s:s, s:o, s:O?}", "sha256", showing->match.sha256, "anchors",
	    anchors, "pending", showing->met));
}

enum ctl_status
trust_show(const struct trust_request *request)
{
	struct showing showing = {.request = request};
	char prefix[TRUST_FINGERPRINT_SIZE];
	struct pending *pending;
	enum ctl_status status;
	json_t *rows;
	size_t i;

	if (!trust_fingerprint_parse(request->argument, prefix))
		return ctl_usage(
		    &ctl_trust, "show: a SHA-256, or 8 hex digits of it or more, is expected");
	showing.match.prefix = prefix;
	pending = trust_pending_read(request, &status);
	if (pending == NULL)
		return status;
	rows = trust_rows(request, &status);
	pending_each(pending, match_pending, &showing);
	for (i = 0; i < json_array_size(rows); i++)
		trust_match_try(&showing.match, text(json_array_get(rows, i), "sha256"));
	if (rows != NULL && trust_match_fails(&showing.match, "trusted or pending")) {
		status = CTL_USAGE;
	} else if (rows != NULL) {
		pending_each(pending, take_pending, &showing);
		if (request->options.json)
			print_shown_json(&showing, rows);
		else
			print_shown(&showing, rows);
	}
	json_decref(showing.met);
	json_decref(rows);
	pending_free(pending);
	return status;
}

/* An anchor that was not added by us: its place is told. */
static enum ctl_status
refuse_removal(const json_t *row)
{
	const char *file = text(row, "file");
	char safe[1024];

	fputs("smimectl: it was not added with smimectl: ", stderr);
	if (file != NULL)
		fprintf(stderr, "remove it from %s, then: smimectl trust reload\n",
		    escape_text(ESCAPE_TERMINAL, file, safe, sizeof(safe)));
	else
		fprintf(stderr, "it comes from the directory of the trust section \"%s\"\n",
		    escape_text(ESCAPE_TERMINAL, text(row, "section"), safe, sizeof(safe)));
	return CTL_USAGE;
}

static enum ctl_status
remove_added(const struct trust_request *request, const struct trust_added *added)
{
	struct error err = ERROR_INIT;
	enum ctl_status status;
	bool in_force;

	if (trust_added_remove(added, &err) != 0)
		return ctl_fail(&err);
	status = trust_tell_daemon(request, &in_force);
	if (request->options.json) {
		ctl_print_json(json_pack(
		    "{s:o, s:b}", "removed", ctl_json_text(added->file), "in_force", in_force));
	} else {
		fputs("removed: ", stdout);
		ctl_print_text(added->file);
		puts(in_force ? "; the daemon trusts it no more" : "");
	}
	return status;
}

static enum ctl_status
remove_match(const struct trust_request *request, const struct trust_match *match,
    const struct trust_added_list *list, json_t *rows)
{
	const struct trust_added *added = trust_added_find(list, match->sha256);
	size_t i;

	if (added != NULL)
		return remove_added(request, added);
	for (i = 0; i < json_array_size(rows); i++) {
		const char *sha256 = text(json_array_get(rows, i), "sha256");

		if (sha256 != NULL && strcmp(sha256, match->sha256) == 0)
			break;
	}
	return refuse_removal(json_array_get(rows, i));
}

enum ctl_status
trust_remove(const struct trust_request *request)
{
	char prefix[TRUST_FINGERPRINT_SIZE];
	struct trust_match match = {.prefix = prefix};
	struct trust_added_list list = {NULL, 0};
	struct error err = ERROR_INIT;
	enum ctl_status status;
	json_t *rows;
	size_t i;

	if (!trust_fingerprint_parse(request->argument, prefix))
		return ctl_usage(
		    &ctl_trust, "remove: a SHA-256, or 8 hex digits of it or more, is expected");
	if (trust_added_read(request->config->added_trust, &list, &err) != 0)
		return ctl_fail(&err);
	rows = trust_rows(request, &status);
	for (i = 0; i < json_array_size(rows); i++)
		trust_match_try(&match, text(json_array_get(rows, i), "sha256"));
	trust_match_try_added(&match, &list); /* the daemon may not know it yet */
	if (rows != NULL)
		status = trust_match_fails(&match, "trusted")
			     ? CTL_USAGE
			     : remove_match(request, &match, &list, rows);
	json_decref(rows);
	trust_added_list_free(&list);
	return status;
}
