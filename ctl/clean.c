/* smimectl clean: takes dead digital IDs out of a directory. */
#include "clean.h"

#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "interrupt.h"

static enum ctl_status
walk_all(struct clean_work *work)
{
	const struct config *config = work->snapshot->config;
	enum ctl_status status = CTL_OK;
	size_t i;

	for (i = 0; i < config->directory_count && status != CTL_INTERRUPTED; i++) {
		if (editing_is_asked(&work->request->editing, &work->directories[i]))
			status = ctl_worse(status, clean_walk(work, i));
	}
	return status;
}

/* A name of its own, if none is given. */
static const char *
name_backup(const struct clean_request *request, char *text, size_t size)
{
	char now[CLOCK_TEXT_SIZE];

	if (request->backup != NULL)
		return request->backup;
	clock_format_rfc3339(clock_wall(), now);
	snprintf(text, size, "smimectl-clean-%s-%ld.ldif", now, (long)getpid());
	return text;
}

static bool
is_agreed(const struct clean_work *work)
{
	char question[200];

	if (work->values <= (uint64_t)work->request->ask_above || work->request->yes)
		return true;
	fflush(stdout);
	snprintf(question, sizeof(question), "Remove %llu values of %llu entries?",
	    (unsigned long long)work->values, (unsigned long long)work->dirty);
	return editing_is_confirmed(question);
}

/* A walk that did not see all has seen what it has: that may go. */
static enum ctl_status
clean_with(struct clean_work *work)
{
	const struct clean_request *request = work->request;
	enum ctl_status status;
	char name[100];
	const char *backup = name_backup(request, name, sizeof(name));

	status = walk_all(work);
	if (work->unknown > 0)
		status = ctl_worse(status, CTL_TEMPORARY);
	if (request->editing.apply && work->change_count > 0 && status != CTL_INTERRUPTED)
		status = is_agreed(work) ? ctl_worse(status, clean_apply(work, backup))
					 : ctl_worse(status, CTL_FINDING);
	if (work->full) {
		fputs("smimectl: there is more than is held at a time: run clean again\n", stderr);
		status = ctl_worse(status, CTL_FINDING);
	}
	if (!request->editing.apply && work->values > 0)
		status = ctl_worse(status, CTL_FINDING);
	if (work->spared > 0)
		status = ctl_worse(status, CTL_FINDING);
	clean_show_sums(work, work->written + work->unsure > 0 ? backup : NULL);
	return status;
}

/* Whether all that is to be written to can be. */
static bool
prepare_directories(struct clean_work *work)
{
	const struct clean_request *request = work->request;
	const struct config *config = work->snapshot->config;
	struct error err = ERROR_INIT;
	size_t i;

	if (config->directory_count > CLEAN_DIRECTORIES_MAX) {
		error_set(&err, ERROR_LIMIT, "more than %d directories", CLEAN_DIRECTORIES_MAX);
		ctl_fail(&err);
		return false;
	}
	for (i = 0; i < config->directory_count; i++) {
		work->directories[i] =
		    editing_directory(&request->editing, &config->directories[i]);
		if (request->editing.apply &&
		    editing_is_asked(&request->editing, &work->directories[i]) &&
		    editing_is_file(&work->directories[i])) {
			error_set(&err, ERROR_INPUT,
			    "directory \"%s\" is a file, which clean only looks at: --directory "
			    "names another one",
			    work->directories[i].title);
			ctl_fail(&err);
			return false;
		}
	}
	return true;
}

static void
clear(struct clean_work *work)
{
	size_t i;

	for (i = 0; i < work->change_count; i++)
		change_free(work->changes[i].change);
	free(work->changes);
	for (i = 0; i < CLEAN_DIRECTORIES_MAX; i++)
		writer_free(work->writers[i]);
	snapshot_unref(work->snapshot);
}

static enum ctl_status
clean(const struct clean_request *request)
{
	struct config *config = ctl_config(&request->options);
	struct spool_space *space = spool_space_new(0);
	struct address sender = ADDRESS_INIT;
	struct clean_work work = {.request = request, .sender = &sender};
	struct error err = ERROR_INIT;
	enum ctl_status status = CTL_USAGE;

	if (config == NULL || !editing_has_directory(&request->editing, config))
		goto done;
	if (request->options.at != 0)
		clock_hold_wall(request->options.at);
	interrupt_catch();
	signal(SIGPIPE, SIG_IGN); /* libldap's farewell to a server that is gone */
	if (space == NULL)
		error_no_memory(&err);
	else if (address_parse(JUDGEMENT_ANY_SENDER, &sender, &err) == 0)
		work.snapshot = judgement_snapshot(config, space, &err);
	if (work.snapshot == NULL)
		status = ctl_fail(&err);
	else if (prepare_directories(&work))
		status = clean_with(&work);
done:
	clear(&work);
	address_free(&sender);
	spool_space_free(space);
	config_unref(config);
	return status;
}

static int
read_number(const char *text, long *number)
{
	char *end;

	*number = strtol(text, &end, 10);
	return end != text && *end == '\0' && *number >= 0 ? 0 : -1;
}

/* One option. false: said what is wrong. */
static bool
take_option(struct clean_request *request, bool *given, int option, const char *value)
{
	struct error err = ERROR_INIT;

	switch (option) {
	case 'B':
		request->backup = value;
		return true;
	case 'y':
		request->yes = true;
		return true;
	case 'r':
		if (!*given)
			request->reasons = 0;
		*given = true;
		if (clean_reasons_read(value, &request->reasons, &err) == 0)
			return true;
		ctl_usage(&ctl_clean, "--reasons: %s", err.text);
		return false;
	case 'k':
		if (read_number(value, &request->ask_above) == 0)
			return true;
		ctl_usage(&ctl_clean, "--ask-above: a number of values is expected");
		return false;
	default:
		return editing_option(&request->editing, option, value) ||
		       ctl_common_option(&ctl_clean, option, value, &request->options) == 1;
	}
}

static enum ctl_status
run(const struct ctl_options *defaults, int count, char **arguments)
{
	static const struct option known[] = {CTL_LONG_OPTIONS, EDITING_OPTIONS,
	    {"backup", required_argument, NULL, 'B'}, {"reasons", required_argument, NULL, 'r'},
	    {"ask-above", required_argument, NULL, 'k'}, {"yes", no_argument, NULL, 'y'},
	    {NULL, 0, NULL, 0}};
	struct clean_request request = {.options = *defaults,
	    .reasons = clean_reasons_default(),
	    .ask_above = CLEAN_ASK_DEFAULT};
	bool given = false;
	int option;

	while ((option = getopt_long(count, arguments, CTL_SHORT_OPTIONS, known, NULL)) != -1) {
		if (!take_option(&request, &given, option, optarg))
			return CTL_USAGE;
	}
	if (optind < count)
		return ctl_usage(&ctl_clean, "\"%s\" is not expected", arguments[optind]);
	if (request.editing.apply && request.options.at != 0)
		return ctl_usage(
		    &ctl_clean, "--at and --apply exclude each other: what dies later is not dead");
	if (!editing_is_sound(&request.editing, &ctl_clean))
		return CTL_USAGE;
	return clean(&request);
}

const struct ctl_command ctl_clean = {
    "clean",
    "[-c FILE] [--json] [--at TIME] [--apply] [--backup FILE] [OPTION…]",
    "Removes dead digital IDs from the directory",
    "      --apply              remove them; else only show what would go, and why\n"
    "      --backup FILE        the change records that take it back, written first (a name\n"
    "                           with the time, in the present folder)\n"
    "      --reasons REASON,…   what counts as dead (expired,stale,malformed); also revoked,\n"
    "                           untrusted-issuer, invalid-chain, wrong-usage, weak-key,\n"
    "                           weak-digest, key-unsupported, address-mismatch, superseded\n"
    "      --ask-above N        ask before removing more values than N (10)\n"
    "      --yes                don't ask\n"
    "      --directory TITLE    this directory section only\n"
    "      --bind-dn DN, --bind-password-file FILE\n"
    "                           write as somebody else than the configuration's reader\n"
    "\n"
    "Judges each entry as the daemon would. A value goes only if all digital IDs in it are\n"
    "dead, and nothing that is usable is lost by it; what could not be judged, because\n"
    "something does not answer, stays. An entry that somebody else changed meanwhile is left\n"
    "as it is. superseded: usable, with a newer usable one beside it.\n"
    "Exit status: 0 nothing is dead, or all that was is gone, 1 something is, 2 usage or\n"
    "configuration error, 75 some entries could not be judged or changed, 130 interrupted.\n"
    "\n"
    "Examples:\n"
    "  smimectl clean\n"
    "  smimectl clean --json | jq -r 'select(.values) | .dn'\n"
    "  smimectl clean --apply --backup gone.ldif --bind-dn cn=writer,dc=x \\\n"
    "      --bind-password-file pw\n"
    "  ldapmodify -f gone.ldif -D cn=writer,dc=x -W\n",
    run,
};
