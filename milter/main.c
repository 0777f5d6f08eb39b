/* smime-milter: options, start, end. */
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "config/config.h"
#include "control.h"
#include "daemon.h"
#include "directory/roster.h"
#include "listener.h"
#include "fetch/startup.h"
#include "ldap/tls_files.h"
#include "mail/startup.h"
#include "message/snapshot.h"
#include "process.h"
#include "serve.h"
#include "signals.h"
#include "smime/seal.h"

#define PROGRAM "smime-milter"

struct options {
	const char *config_file;
	bool foreground;
	bool check;
};

static void
usage(FILE *out)
{
	fputs("Usage: " PROGRAM " [-c FILE] [-f]\n"
	      "       " PROGRAM " [-c FILE] --check\n"
	      "\n"
	      "Seals outgoing mail for its recipients, or refuses it, as the rules say.\n"
	      "\n"
	      "  -c, --config FILE   configuration (default " CONFIG_DEFAULT_FILE ")\n"
	      "  -f, --foreground    stay in the foreground\n"
	      "      --check         check the configuration and exit: 0 if it is good, 78 if not\n"
	      "  -V, --version       show the version and exit\n"
	      "  -h, --help          show this and exit\n"
	      "\n"
	      "Signals: TERM, INT: finish the messages under way and stop; USR1, HUP: read\n"
	      "the configuration again. Manual: smime-milter(8), smime-milter.conf(5).\n",
	    out);
}

/* Gives an exit status where the program is to end here, else -1. */
static int
read_options(int count, char **arguments, struct options *options)
{
	static const struct option known[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"foreground", no_argument, NULL, 'f'},
	    {"check", no_argument, NULL, 'k'},
	    {"version", no_argument, NULL, 'V'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int option;

	*options = (struct options){CONFIG_DEFAULT_FILE, false, false};
	while ((option = getopt_long(count, arguments, "c:fVh", known, NULL)) != -1) {
		switch (option) {
		case 'c':
			options->config_file = optarg;
			break;
		case 'f':
			options->foreground = true;
			break;
		case 'k':
			options->check = true;
			break;
		case 'V':
			puts(PROGRAM " " PACKAGE_VERSION);
			return EXIT_SUCCESS;
		case 'h':
			usage(stdout);
			return EXIT_SUCCESS;
		default:
			usage(stderr);
			return EX_USAGE;
		}
	}
	if (optind < count) {
		fprintf(
		    stderr, PROGRAM ": \"%s\": no argument is expected here\n", arguments[optind]);
		usage(stderr);
		return EX_USAGE;
	}
	return -1;
}

static struct config *
load_config(const char *file)
{
	struct config_problems problems;
	struct config *config = config_load(file, &problems);
	size_t i;

	for (i = 0; i < problems.count; i++)
		fprintf(stderr, PROGRAM ": %s\n", problems.items[i]);
	config_problems_free(&problems);
	return config;
}

static int
facility_number(const char *name)
{
	if (strcmp(name, "daemon") == 0)
		return LOG_DAEMON;
	if (strncmp(name, "local", 5) == 0 && name[5] >= '0' && name[5] <= '7')
		return LOG_LOCAL0 + ((name[5] - '0') << 3);
	return LOG_MAIL;
}

/* Whether the log goes to standard error, which is closed in the background. */
static bool
open_log(const struct config *config, const struct options *options)
{
	bool terminal = options->foreground &&
			(config->log_to == LOG_CHOICE_STDERR ||
			    (config->log_to == LOG_CHOICE_AUTO && isatty(STDERR_FILENO)));

	log_open(PROGRAM, terminal ? LOG_TO_STDERR : LOG_TO_SYSLOG,
	    facility_number(config->log_facility), (enum log_level)config->log_severity);
	return terminal;
}

/* At once: the threads of transactions that were cut off may still use all that would be freed. */
static void
leave(const struct config *config, struct pending *pending, int result, const struct error *err)
{
	struct error unwritten = ERROR_INIT;

	pending_flush(pending, &unwritten);
	if (config->pid_file[0] != '\0')
		unlink(config->pid_file);
	if (result != 0)
		log_error("%s", err->text);
	else
		log_info(PROGRAM " has stopped");
	_exit(result == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* From the socket on: as the user that the configuration names. */
static int
run(struct config *config, struct listener *listener, struct control *control,
    struct spool_space *space, struct evidence *evidence, int ready, const char *config_file,
    struct error *err)
{
	struct serve serve = {config_file, NULL, listener, control, space, evidence, NULL, ready};
	struct snapshot *snapshot;
	int result;

	evidence_open_folder(evidence, config->state_folder, true);
	snapshot = snapshot_new(config, space, evidence, true, err);
	if (snapshot == NULL)
		return -1;
	serve.pending = pending_open(config->state_folder, err);
	if (serve.pending == NULL) {
		snapshot_unref(snapshot);
		return -1;
	}
	snapshot->pending = serve.pending;
	pending_settle(serve.pending, snapshot->trust);
	log_info(PROGRAM " " PACKAGE_VERSION " starts: %zu rule(s), %zu director%s, %zu trust "
			 "anchor(s), %s",
	    config->rule_count, config->directory_count, config->directory_count == 1 ? "y" : "ies",
	    trust_anchor_count(snapshot->trust), config->listen);
	serve.daemon = daemon_new(snapshot);
	if (serve.daemon == NULL) {
		snapshot_unref(snapshot);
		pending_free(serve.pending);
		return error_no_memory(err);
	}
	result = serve_run(&serve, err);
	if (daemon_drain(serve.daemon, 0) > 0)
		leave(config, serve.pending, result, err);
	daemon_close(serve.daemon);
	pending_free(serve.pending);
	return result;
}

static int
start(struct config *config, const struct options *options, struct error *err)
{
	struct listener listener;
	struct control *control = NULL;
	struct spool_space *space = NULL;
	struct evidence *evidence = NULL;
	char *config_file = realpath(options->config_file, NULL);
	uid_t uid;
	int ready = -1;
	int result = -1;

	if (config_file == NULL ||
	    (space = spool_space_new((uint64_t)config->spool_limit)) == NULL) {
		error_no_memory(err);
		goto free_space;
	}
	evidence = snapshot_evidence(config, err);
	if (evidence == NULL)
		goto free_space;
	if (process_user(config, &uid, err) != 0 || listener_open(config, uid, &listener, err) != 0)
		goto free_space;
	if (control_open(config, uid, &control, err) != 0)
		goto close_listener;
	if ((!options->foreground && process_background(&ready, err) != 0) ||
	    process_write_pid(config->pid_file, uid, err) != 0 ||
	    process_drop_privileges(config, err) != 0)
		goto free_control;
	result = run(config, &listener, control, space, evidence, ready, config_file, err);
	if (config->pid_file[0] != '\0')
		unlink(config->pid_file);
free_control:
	control_free(control);
close_listener:
	listener_close(&listener);
free_space:
	evidence_unref(evidence);
	spool_space_free(space);
	free(config_file);
	return result;
}

/* The files of directories, and those for TLS with them; each that is no good is named. */
static bool
has_good_files(const struct config *config)
{
	bool good = true;

	for (size_t i = 0; i < config->directory_count; i++) {
		struct error err = ERROR_INIT;

		if (tls_files_check(&config->directories[i], &err) == 0 &&
		    roster_check(&config->directories[i], &err) == 0)
			continue;
		fprintf(stderr, PROGRAM ": %s\n", err.text);
		good = false;
	}
	return good;
}

/* The configuration is good by itself: so are the certificates that it names? */
static int
check(const struct config *config, const char *file)
{
	struct error err = ERROR_INIT;
	struct trust *trust = trust_load(config, &err);
	bool good = has_good_files(config);

	if (trust == NULL)
		fprintf(stderr, PROGRAM ": %s\n", err.text);
	if (trust == NULL || !good) {
		trust_unref(trust);
		return EX_CONFIG;
	}
	printf("%s is good: %zu rule(s), %zu directory section(s), %zu trust section(s) with %zu "
	       "anchor(s)\n",
	    file, config->rule_count, config->directory_count, config->trust_count,
	    trust_anchor_count(trust));
	trust_unref(trust);
	return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	struct options options;
	struct config *config;
	struct error err = ERROR_INIT;
	bool on_stderr;
	int status = read_options(argc, argv, &options);

	if (status >= 0)
		return status;
	/* No ldap.conf, .ldaprc or LDAP* variable has a say in what we connect to. */
	setenv("LDAPNOINIT", "1", 1);
	mail_startup();
	config = load_config(options.config_file);
	if (config == NULL)
		return EX_CONFIG;
	if (options.check) {
		status = check(config, options.config_file);
		config_unref(config);
		return status;
	}
	on_stderr = open_log(config, &options);
	signals_block();
	status = EXIT_SUCCESS;
	if (seal_startup(&err) != 0 || fetch_startup(&err) != 0 ||
	    start(config, &options, &err) != 0) {
		log_error("%s", err.text);
		if (!on_stderr)
			fprintf(stderr, PROGRAM ": %s\n", err.text);
		status = EXIT_FAILURE;
	} else {
		log_info(PROGRAM " has stopped");
	}
	config_unref(config);
	fetch_shutdown();
	mail_shutdown();
	return status;
}
