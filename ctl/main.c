/* smimectl: finds the command and runs it. */
#include <getopt.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/log.h"
#include "command.h"
#include "fetch/startup.h"
#include "mail/startup.h"
#include "smime/seal.h"
#include "streams.h"

#define PROGRAM "smimectl"
/* Longest usage error: the list of all reasons, and what was given instead. */
#define USAGE_TEXT 2000

static const struct ctl_command *const commands[] = {&ctl_check, &ctl_explain, &ctl_inspect,
    &ctl_audit, &ctl_publish, &ctl_clean, &ctl_report, &ctl_why, &ctl_setup, &ctl_doctor,
    &ctl_check_config, &ctl_status, &ctl_cache, &ctl_trust};

static void
usage(FILE *out)
{
	size_t i;

	fputs("Usage: " PROGRAM " COMMAND [OPTION…] [ARGUMENT…]\n\n"
	      "Asks what smime-milter would decide, by the daemon's own judgement.\n\nCommands:\n",
	    out);
	for (i = 0; i < ARRAY_LENGTH(commands); i++)
		fprintf(out, "  %-13s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\nOptions of every command:\n"
	      "  -c, --config FILE  configuration (default " CONFIG_DEFAULT_FILE ")\n"
	      "      --json         print JSON\n"
	      "      --at TIME      judge as of then (RFC 3339: 2026-11-22T10:00:00Z)\n"
	      "  -h, --help         explain the command\n"
	      "\n" PROGRAM " help COMMAND explains it, too; " PROGRAM
	      " --version shows the version.\n"
	      "Exit status: 0 fine, 1 a finding or refusal, 2 usage or configuration error,\n"
	      "75 temporary failure, 130 interrupted. Manual: smimectl(1).\n",
	    out);
}

static void
command_usage(const struct ctl_command *command, FILE *out)
{
	fprintf(out, "Usage: " PROGRAM " %s %s\n\n%s.\n\n%s", command->name, command->arguments,
	    command->summary, command->help);
	fputs("\nOptions of every command: -c FILE, --json, --at TIME, --help (see smimectl "
	      "--help).\n",
	    out);
}

enum ctl_status
ctl_usage(const struct ctl_command *command, const char *format, ...)
{
	char text[USAGE_TEXT];
	char safe[2 * USAGE_TEXT];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stderr, PROGRAM " %s: %s\nTry: " PROGRAM " %s --help\n", command->name,
	    escape_text(ESCAPE_TERMINAL, text, safe, sizeof(safe)), command->name);
	return CTL_USAGE;
}

enum ctl_status
ctl_fail(const struct error *err)
{
	char text[sizeof(err->text) * 2];

	fprintf(
	    stderr, PROGRAM ": %s\n", escape_text(ESCAPE_TERMINAL, err->text, text, sizeof(text)));
	return err->code == ERROR_TEMPORARY ? CTL_TEMPORARY : CTL_USAGE;
}

int
ctl_common_option(
    const struct ctl_command *command, int option, const char *value, struct ctl_options *options)
{
	struct error err = ERROR_INIT;

	switch (option) {
	case 'c':
		options->config_file = value;
		return 1;
	case 'J':
		options->json = true;
		return 1;
	case 'A':
		if (clock_parse_rfc3339(value, &options->at, &err) == 0)
			return 1;
		ctl_usage(command, "--at: %s", err.text);
		return -1;
	default: /* getopt_long() has said what is wrong, in the command's name */
		fprintf(stderr, "Try: " PROGRAM " %s --help\n", command->name);
		return 0;
	}
}

struct config *
ctl_config(const struct ctl_options *options)
{
	struct config_problems problems;
	struct config *config = config_load(options->config_file, &problems);
	size_t i;

	for (i = 0; i < problems.count; i++)
		fprintf(stderr, PROGRAM ": %s\n", problems.items[i]);
	config_problems_free(&problems);
	return config;
}

struct snapshot *
ctl_snapshot(const struct ctl_options *options, struct spool_space *space, enum ctl_status *status)
{
	struct config *config = ctl_config(options);
	struct snapshot *snapshot = NULL;
	struct evidence *evidence;
	struct error err = ERROR_INIT;

	*status = CTL_USAGE;
	if (config == NULL)
		return NULL;
	if (options->at != 0)
		clock_hold_wall(options->at);
	evidence = space != NULL ? snapshot_evidence(config, &err) : NULL;
	if (space == NULL)
		error_no_memory(&err);
	if (evidence != NULL) {
		evidence_open_folder(evidence, config->state_folder, false);
		snapshot = snapshot_new(config, space, evidence, false, &err);
	}
	evidence_unref(evidence); /* the snapshot has its own */
	if (snapshot == NULL)
		*status = ctl_fail(&err);
	else
		spool_space_set_limit(space, (uint64_t)config->spool_limit);
	config_unref(config);
	return snapshot;
}

/* Something that there was no memory for: what was printed is not all. jansson leaves out of an object
 * what could not be made. */
static atomic_bool json_was_lost;

static void *
allocate_json(size_t size)
{
	void *memory = malloc(size);

	if (memory == NULL)
		atomic_store(&json_was_lost, true);
	return memory;
}

void
ctl_print_json(json_t *json)
{
	size_t flags = JSON_COMPACT | JSON_PRESERVE_ORDER;

	/* Programs get text as it is; a terminal nothing that it would obey. */
	if (isatty(STDOUT_FILENO))
		flags |= JSON_ENSURE_ASCII;
	if (json == NULL || (json_dumpf(json, stdout, flags) != 0 && !ferror(stdout)))
		json_was_lost = true;
	putchar('\n');
	json_decref(json);
}

static const struct ctl_command *
find_command(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(commands); i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	}
	return NULL;
}

static int
unknown_command(const char *name)
{
	char text[256];
	size_t i;

	fprintf(stderr, PROGRAM ": there is no command \"%s\"; the commands are",
	    escape_text(ESCAPE_TERMINAL, name, text, sizeof(text)));
	for (i = 0; i < ARRAY_LENGTH(commands); i++)
		fprintf(stderr, "%s %s", i == 0 ? "" : ",", commands[i]->name);
	fputs("\nTry: " PROGRAM " --help\n", stderr);
	return CTL_USAGE;
}

static bool
asks_for_help(int count, char **arguments)
{
	int i;

	for (i = 1; i < count && strcmp(arguments[i], "--") != 0; i++) {
		if (strcmp(arguments[i], "--help") == 0 || strcmp(arguments[i], "-h") == 0)
			return true;
	}
	return false;
}

/* Whoever reads what was printed relies on it: it is all, or the status tells. */
static int
finish(int status)
{
	if (json_was_lost) {
		fputs(PROGRAM ": out of memory: not all was printed\n", stderr);
		status = CTL_TEMPORARY;
	}
	return streams_close(status);
}

static int
run_command(const struct ctl_command *command, int count, char **arguments)
{
	struct ctl_options options = {CONFIG_DEFAULT_FILE, false, 0};
	struct error err = ERROR_INIT;
	enum ctl_status status;
	char name[64]; /* what getopt_long() names in its messages */

	snprintf(name, sizeof(name), PROGRAM " %s", command->name);
	arguments[0] = name;
	if (asks_for_help(count, arguments)) {
		command_usage(command, stdout);
		return finish(CTL_OK);
	}

	/* No ldap.conf, .ldaprc or LDAP* variable has a say in what we connect to. */
	setenv("LDAPNOINIT", "1", 1);
	log_open(PROGRAM, LOG_TO_STDERR, 0, LOG_LEVEL_WARNING);
	mail_startup();
	if (seal_startup(&err) != 0 || fetch_startup(&err) != 0)
		return (int)ctl_fail(&err);
	streams_watch();
	status = command->run(&options, count, arguments);
	fetch_shutdown();
	mail_shutdown();
	return finish((int)status);
}

int
main(int argc, char **argv)
{
	const struct ctl_command *command;

	streams_open();
	streams_watch();
	json_set_alloc_funcs(allocate_json, free);
	if (argc < 2) {
		usage(stderr);
		return CTL_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		command = argc > 2 ? find_command(argv[2]) : NULL;
		if (argc > 2 && command == NULL)
			return unknown_command(argv[2]);
		if (command != NULL)
			command_usage(command, stdout);
		else
			usage(stdout);
		return finish(CTL_OK);
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		puts(PROGRAM " " PACKAGE_VERSION);
		return finish(CTL_OK);
	}
	command = find_command(argv[1]);
	if (command == NULL) {
		return unknown_command(argv[1]);
	}
	return run_command(command, argc - 1, argv + 1);
}
