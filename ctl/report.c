/* smimectl report: what happened, from the audit logs. */
#include "report.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "audit_log_walk.h"
#include "base/clock.h"
#include "command.h"
#include "interrupt.h"
#include "page.h"

struct request {
	struct ctl_options options;
	time_t since;
	time_t until;
	const char *html;
	char **names;
	int count;
};

static int
take(void *context, const struct audit_log_line *line, struct error *err)
{
	return report_add(context, line, err);
}

/* What was last written before is not read: no record in it can be later. */
static bool
is_too_old(const struct request *request, const struct audit_log_file *file)
{
	return request->since != 0 && file->regular && file->about.st_mtime < request->since;
}

static enum ctl_status
read_all(const struct request *request, struct audit_log_walk *walk, struct report *report)
{
	enum ctl_status status = CTL_OK;
	size_t i;

	progress_begin(&walk->progress, "records", true);
	for (i = 0; i < walk->files.count && status != CTL_INTERRUPTED; i++) {
		if (is_too_old(request, &walk->files.items[i])) {
			report->skipped++;
			audit_log_walk_skip(walk, &walk->files.items[i]);
			continue;
		}
		report->files++;
		status = ctl_worse(
		    status, audit_log_walk_read(walk, &walk->files.items[i], take, report));
	}
	progress_end(&walk->progress);
	return status;
}

static enum ctl_status
show(const struct request *request, const struct report *report, const char *incomplete)
{
	struct error err = ERROR_INIT;
	json_t *json;

	if (request->options.json) {
		json = report_json(report, incomplete);
		if (json == NULL) {
			error_no_memory(&err);
			return ctl_fail(&err);
		}
		ctl_print_json(json);
	} else {
		report_print(report, incomplete);
	}
	if (request->html != NULL &&
	    report_write_page(report, request->html, incomplete, &err) != 0) {
		ctl_fail(&err);
		return CTL_USAGE;
	}
	return report->kinds[AUDIT_LOG_BROKEN] + report->kinds[AUDIT_LOG_SCHEMA] > 0 ? CTL_FINDING
										     : CTL_OK;
}

static enum ctl_status
report_with(const struct request *request, const struct config *config)
{
	struct audit_log_walk walk;
	struct report *report = calloc(1, sizeof(*report));
	struct error err = ERROR_INIT;
	enum ctl_status status;

	if (report == NULL) {
		error_no_memory(&err);
		return ctl_fail(&err);
	}
	if (audit_log_walk_find(&walk, config, request->names, request->count, &err) != 0 ||
	    report_init(report, request->since, request->until, &err) != 0 ||
	    (request->html != NULL && page_try(request->html, &err) != 0)) {
		status = ctl_fail(&err);
	} else {
		status = read_all(request, &walk, report);
		if (report_finish(report, &err) != 0)
			status = ctl_worse(status, ctl_fail(&err));
		status = ctl_worse(status,
		    show(request, report, walk.incomplete[0] != '\0' ? walk.incomplete : NULL));
	}
	audit_log_walk_free(&walk);
	report_free(report);
	free(report);
	return status;
}

/* The configuration is needed only where it must say which files. */
static enum ctl_status
sum_up(const struct request *request)
{
	struct config *config = NULL;
	enum ctl_status status;

	if (request->count == 0) {
		config = ctl_config(&request->options);
		if (config == NULL)
			return CTL_USAGE;
	}
	interrupt_catch();
	status = report_with(request, config);
	config_unref(config);
	return status;
}

/* A moment, or how long ago: "7d", "12h", "30m". */
static int
read_moment(const char *text, time_t *at, struct error *err)
{
	static const struct {
		char unit;
		time_t seconds;
	} units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}};
	char *end;
	long number = strtol(text, &end, 10);
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(units); i++) {
		if (end == text || end[0] != units[i].unit || end[1] != '\0')
			continue;
		if (number < 0 || number > 1000000)
			return error_set(err, ERROR_INPUT, "0 to 1000000 are expected");
		*at = clock_wall() - (time_t)number * units[i].seconds;
		return 0;
	}
	if (clock_parse_rfc3339(text, at, err) == 0)
		return 0;
	return error_set(err, ERROR_INPUT,
	    "a date (2026-11-22), a time (2026-11-22T10:00:00Z), or how long ago (7d, 12h, 30m) "
	    "is expected");
}

/* One option. false: said what is wrong. */
static bool
take_option(struct request *request, int option, const char *value)
{
	struct error err = ERROR_INIT;

	switch (option) {
	case 's':
	case 'u':
		if (read_moment(value, option == 's' ? &request->since : &request->until, &err) ==
		    0)
			return true;
		ctl_usage(&ctl_report, "--%s: %s", option == 's' ? "since" : "until", err.text);
		return false;
	case 'H':
		request->html = value;
		return true;
	default:
		return ctl_common_option(&ctl_report, option, value, &request->options) == 1;
	}
}

static enum ctl_status
run(const struct ctl_options *defaults, int count, char **arguments)
{
	static const struct option known[] = {CTL_LONG_OPTIONS,
	    {"since", required_argument, NULL, 's'}, {"until", required_argument, NULL, 'u'},
	    {"html", required_argument, NULL, 'H'}, {NULL, 0, NULL, 0}};
	struct request request = {.options = *defaults};
	int option;

	while ((option = getopt_long(count, arguments, CTL_SHORT_OPTIONS, known, NULL)) != -1) {
		if (!take_option(&request, option, optarg))
			return CTL_USAGE;
	}
	if (request.options.at != 0)
		return ctl_usage(&ctl_report, "--at has no meaning here: --until has");
	if (request.until != 0 && request.since > request.until)
		return ctl_usage(&ctl_report, "--since is later than --until");
	request.names = arguments + optind;
	request.count = count - optind;
	return sum_up(&request);
}

const struct ctl_command ctl_report = {
    "report",
    "[-c FILE] [--json] [--html FILE] [--since TIME] [--until TIME] [LOG…]",
    "Sums up what happened, from the audit logs",
    "      --since TIME  count what was recorded from then on: a date (midnight UTC), a time,\n"
    "                    or how long ago (7d, 12h, 30m)\n"
    "      --until TIME  count what was recorded before then\n"
    "      --html FILE   write all of it with plots as one page that needs nothing else\n"
    "      LOG           files, folders, or - for standard input; if none is named, audit-file\n"
    "                    and what log rotation made of it (.1, -20261125; .gz, .bz2, .xz, .zst)\n"
    "\n"
    "Messages by what became of them, refusals by reason, ciphers and where they were known\n"
    "from, what old clients would have used, trust failures by CA, the recipients refused most\n"
    "often, and the time to decide. Ctrl-C ends with what was read so far.\n"
    "Exit status: 0 all was read, 1 lines are broken or of another version, 2 a file can't be\n"
    "read, 75 try again, 130 interrupted.\n"
    "\n"
    "Examples:\n"
    "  smimectl report --since 7d\n"
    "  smimectl report --since 2026-11-01 --until 2026-12-01 --html november.html\n"
    "  smimectl report --json /var/log/smime-milter/ | jq .trust_failures\n"
    "  journalctl -t smime-milter -o cat --since today | smimectl report -\n",
    run,
};
