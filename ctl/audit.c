/* smimectl audit: a whole directory, judged as the daemon would. */
#include <stdlib.h>
#include <string.h>

#include "audit_request.h"
#include "base/clock.h"
#include "command.h"
#include "interrupt.h"
#include "page.h"
#include "survey.h"
#include "survey_walk.h"

static bool
is_asked(const struct audit_request *request, const struct config_directory *directory)
{
	return request->directory == NULL || strcmp(request->directory, directory->title) == 0;
}

static enum ctl_status
walk_all(const struct audit_request *request, struct survey_walk *walk)
{
	const struct config *config = walk->snapshot->config;
	enum ctl_status status = CTL_OK;
	size_t i;

	progress_begin(&walk->progress, "entries", request->form == SURVEY_SUMMARY);
	survey_print_head(request->form);
	for (i = 0; i < config->directory_count && status != CTL_INTERRUPTED; i++) {
		if (is_asked(request, &config->directories[i]))
			status = ctl_worse(status, survey_walk(walk, &config->directories[i]));
	}
	progress_end(&walk->progress);
	survey_sort(walk->survey);
	return status;
}

/* Whether there is something that --fail-on speaks of. */
static enum ctl_status
judge_findings(const struct audit_request *request, const struct survey *survey)
{
	survey_kinds kinds = request->fail_on_given ? request->fail_on : survey_kinds_default();
	unsigned kind;

	/* What could not be judged may be good or bad. */
	if (survey->found[REASON_DIRECTORY_UNAVAILABLE] > 0)
		return CTL_TEMPORARY;
	for (kind = 0; kind < SURVEY_KIND_COUNT; kind++) {
		if ((kinds & SURVEY_BIT(kind)) != 0 && survey->found[kind] > 0)
			return CTL_FINDING;
	}
	return CTL_OK;
}

static void
name_directories(
    const struct audit_request *request, const struct config *config, char *text, size_t size)
{
	size_t used = 0;
	size_t i;

	text[0] = '\0';
	for (i = 0; i < config->directory_count && used < size; i++) {
		if (is_asked(request, &config->directories[i]))
			used += (size_t)snprintf(text + used, size - used, "%s%s",
			    used > 0 ? ", " : "", config->directories[i].title);
	}
}

static enum ctl_status
show(const struct audit_request *request, const struct survey_walk *walk)
{
	const char *incomplete = walk->incomplete[0] != '\0' ? walk->incomplete : NULL;
	struct error err = ERROR_INIT;
	char directories[200];

	if (request->form == SURVEY_TABLE)
		putchar('\n');
	if (request->form == SURVEY_JSON)
		ctl_print_json(survey_json(walk->survey, incomplete));
	else if (request->form != SURVEY_CSV)
		survey_print_summary(walk->survey, incomplete);
	if (request->html == NULL)
		return CTL_OK;
	name_directories(request, walk->snapshot->config, directories, sizeof(directories));
	if (survey_write_page(walk->survey, request->html, directories, incomplete, &err) == 0)
		return CTL_OK;
	ctl_fail(&err);
	return CTL_USAGE;
}

static enum ctl_status
audit_with(const struct audit_request *request, struct snapshot *snapshot)
{
	const struct config *config = snapshot->config;
	struct survey survey;
	struct address sender = ADDRESS_INIT;
	struct error err = ERROR_INIT;
	struct survey_walk walk = {.snapshot = snapshot,
	    .sender = &sender,
	    .survey = &survey,
	    .form = request->form,
	    .only = request->only};
	enum ctl_status status;

	if (survey_init(&survey, clock_wall(), request->days,
		config->local_part == LOCAL_PART_EXACT, &err) != 0 ||
	    address_parse(request->from, &sender, &err) != 0 ||
	    (request->html != NULL && page_try(request->html, &err) != 0)) {
		status = ctl_fail(&err);
	} else {
		status = walk_all(request, &walk);
		status = ctl_worse(status, judge_findings(request, &survey));
		status = ctl_worse(status, show(request, &walk));
	}
	address_free(&sender);
	survey_free(&survey);
	return status;
}

/* Whether the directory that is named is there. */
static bool
has_directory(const struct audit_request *request, const struct config *config)
{
	struct error err = ERROR_INIT;
	size_t i;

	for (i = 0; i < config->directory_count; i++) {
		if (is_asked(request, &config->directories[i]))
			return true;
	}
	if (request->directory != NULL)
		error_set(&err, ERROR_INPUT, "%s has no directory \"%.200s\"", config->file,
		    request->directory);
	else
		error_set(&err, ERROR_INPUT, "%s has no directory", config->file);
	ctl_fail(&err);
	return false;
}

static enum ctl_status
audit(const struct audit_request *request)
{
	struct config *config = ctl_config(&request->options);
	struct spool_space *space = NULL;
	struct snapshot *snapshot = NULL;
	struct error err = ERROR_INIT;
	enum ctl_status status = CTL_USAGE;

	if (config == NULL || !has_directory(request, config))
		goto done;
	if (request->options.at != 0)
		clock_hold_wall(request->options.at);
	interrupt_catch();
	space = spool_space_new(0);
	if (space == NULL)
		error_no_memory(&err);
	else
		snapshot = judgement_snapshot(config, space, &err);
	status = snapshot != NULL ? audit_with(request, snapshot) : ctl_fail(&err);
done:
	snapshot_unref(snapshot);
	spool_space_free(space);
	config_unref(config);
	return status;
}

static enum ctl_status
run(const struct ctl_options *defaults, int count, char **arguments)
{
	struct audit_request request;

	if (audit_request_read(&request, defaults, count, arguments) != 0)
		return CTL_USAGE;
	return audit(&request);
}

const struct ctl_command ctl_audit = {
    "audit",
    "[-c FILE] [--json | --table | --csv] [--html FILE] [--at TIME]\n"
    "                      [--directory TITLE] [--expiring DAYS] [--only REASON,…]\n"
    "                      [--fail-on REASON,…] [--from ADDRESS]",
    "Judges every digital ID that the directories publish",
    "      --table            a line for each entry, and the sums\n"
    "      --csv              the same as comma-separated values (RFC 4180), without sums\n"
    "      --html FILE        write the sums with plots as one page that needs nothing else\n"
    "      --directory TITLE  this directory section only\n"
    "      --expiring DAYS    count what expires within so many days (30)\n"
    "      --only REASON,…    print only entries where one of these was found\n"
    "      --fail-on REASON,… end with status 1 only where one of these was found (none:\n"
    "                         never); once for each, or with commas\n"
    "      --from ADDRESS     choose the rules as for mail from this sender\n"
    "\n"
    "Each entry is judged for its first address, as if mail to it had to be encrypted, and\n"
    "counted with all that was found, be it usable or not. REASON is a reason's code\n"
    "(smime-milter(8)), or unusable, fallback-40-bit, expiring, attributes-differ,\n"
    "no-capabilities, duplicate, alias-mismatch, no-address or left-out. Ctrl-C ends with\n"
    "what was found so far. With --json, an object for each entry, a line each, and at last\n"
    "one with the sums.\n"
    "Exit status: 0 nothing was found, 1 something was (other than fallback-40-bit,\n"
    "no-capabilities and alias-mismatch, unless --fail-on says so), 2 a limit of the server\n"
    "hides entries, 75 a directory does not answer, 130 interrupted.\n"
    "\n"
    "Examples:\n"
    "  smimectl audit --html /var/www/audit.html\n"
    "  smimectl audit --table --only expired,expiring --expiring 60\n"
    "  smimectl audit --fail-on unusable,expiring >/dev/null || notify\n"
    "  smimectl audit --json | jq -r 'select(.findings|index(\"stale\")).dn'\n",
    run,
};
