/* smimectl status: is the daemon up, and the servers it asks? */
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "command.h"
#include "control_client.h"

static int64_t
number(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static const char *
text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static void
print_daemon(const json_t *daemon)
{
	const json_t *resolver = json_object_get(daemon, "resolver");
	char amount[CTL_AMOUNT_SIZE];

	fputs("smime-milter ", stdout);
	ctl_print_text(text(daemon, "version"));
	printf(" has been up for %s, since ",
	    ctl_format_duration(number(daemon, "uptime") * 1000, amount));
	ctl_print_text(text(daemon, "started"));
	printf(" (pid %" PRId64 ")\n  configuration  ", number(daemon, "pid"));
	ctl_print_text(text(daemon, "configuration"));
	printf("\n  transactions   %" PRId64 " under way\n", number(daemon, "transactions"));
	printf("  trust          %" PRId64 " anchor(s)\n", number(daemon, "anchors"));
	printf("  look-ups       %" PRId64 ": %" PRId64 " from the cache, %" PRId64
	       " joined others, %" PRId64 " failed\n",
	    number(resolver, "questions"), number(resolver, "cache_hits"),
	    number(resolver, "joined"), number(resolver, "failures"));
	printf("  searches       %" PRId64 ": %" PRId64 " of them ahead of an entry's end\n",
	    number(resolver, "searches"), number(resolver, "refreshed"));
	printf("  served stale   %" PRId64 "\n", number(resolver, "stale_served"));
	printf("  cache          %" PRId64 " address(es), %s\n", number(resolver, "cache_entries"),
	    ctl_format_size(number(resolver, "cache_bytes"), amount));
}

/* An error begins with the URI, which stands before it already. */
static const char *
without_uri(const char *error, const char *uri)
{
	size_t length = uri != NULL ? strlen(uri) : 0;

	if (error == NULL || length == 0 || strncmp(error, uri, length) != 0 ||
	    strncmp(error + length, ": ", 2) != 0)
		return error;
	return error + length + 2;
}

static bool
is_file(const json_t *server)
{
	const char *uri = text(server, "uri");

	return uri != NULL && uri[0] == '/';
}

/* A server to which there is no connection is only not known to be down. */
static void
print_well(const json_t *server)
{
	if (is_file(server))
		fputs(": up\n", stdout);
	else if (number(server, "links") == 0)
		fputs(": not connected, no failure\n", stdout);
	else
		printf(": up, %" PRId64 " connection(s), %" PRId64 " search(es) under way\n",
		    number(server, "links"), number(server, "searches"));
}

static void
print_server(const json_t *server)
{
	char rest[CTL_AMOUNT_SIZE];

	fputs("  directory ", stdout);
	ctl_print_text(text(server, "directory"));
	fputs(": ", stdout);
	ctl_print_text(text(server, "uri"));
	if (!json_is_true(json_object_get(server, "down"))) {
		print_well(server);
		return;
	}
	if (is_file(server))
		fputs(": DOWN, what was read before stays in force: ", stdout);
	else if (number(server, "rest_ms") > 0)
		printf(": DOWN, left alone for %s: ",
		    ctl_format_duration(number(server, "rest_ms"), rest));
	else
		fputs(": DOWN, to be tried with the next search: ", stdout);
	ctl_print_text(without_uri(text(server, "error"), text(server, "uri")));
	putchar('\n');
}

/* Takes in a row: of a server, or of the daemon itself. */
static void
take(json_t *row, json_t **daemon, json_t *servers)
{
	json_t *server = json_object_get(row, "server");

	if (server != NULL)
		json_array_append(servers, server);
	else if (*daemon == NULL)
		*daemon = json_incref(row);
	json_decref(row);
}

static bool
any_down(const json_t *servers)
{
	size_t i;

	for (i = 0; i < json_array_size(servers); i++) {
		if (json_is_true(json_object_get(json_array_get(servers, i), "down")))
			return true;
	}
	return false;
}

static void
print(json_t *daemon, json_t *servers, bool as_json)
{
	size_t i;

	if (as_json) {
		json_object_set(daemon, "servers", servers);
		ctl_print_json(json_incref(daemon));
		return;
	}
	print_daemon(daemon);
	for (i = 0; i < json_array_size(servers); i++)
		print_server(json_array_get(servers, i));
}

static enum ctl_status
ask(const struct ctl_options *options, const char *socket)
{
	enum ctl_status status;
	struct control_client *client =
	    control_client_begin(options, socket, json_pack("{s:s}", "command", "status"), &status);
	struct error err = ERROR_INIT;
	json_t *servers;
	json_t *daemon = NULL;
	json_t *row;
	int more;

	if (client == NULL)
		return status;
	servers = json_array();
	while ((more = control_client_next(client, &row, &err)) > 0)
		take(row, &daemon, servers);
	if (more == 0 && daemon == NULL)
		more = error_set(&err, ERROR_INPUT, "the daemon's answer is empty");
	if (more == 0) {
		print(daemon, servers, options->json);
		status = any_down(servers) ? CTL_FINDING : CTL_OK;
	} else {
		status = ctl_fail(&err);
	}
	json_decref(daemon);
	json_decref(servers);
	control_client_free(client);
	return status;
}

static enum ctl_status
run(const struct ctl_options *defaults, int count, char **arguments)
{
	static const struct option known[] = {
	    CTL_LONG_OPTIONS, {"socket", required_argument, NULL, 's'}, {NULL, 0, NULL, 0}};
	struct ctl_options options = *defaults;
	const char *socket = NULL;
	int option;

	while ((option = getopt_long(count, arguments, CTL_SHORT_OPTIONS, known, NULL)) != -1) {
		if (option == 's')
			socket = optarg;
		else if (ctl_common_option(&ctl_status, option, optarg, &options) != 1)
			return CTL_USAGE;
	}
	if (optind < count)
		return ctl_usage(
		    &ctl_status, "\"%s\": no argument is expected here", arguments[optind]);
	return ask(&options, socket);
}

const struct ctl_command ctl_status = {
    "status",
    "[-c FILE] [--json] [--socket PATH]",
    "Shows how the running daemon and the servers it asks are",
    "      --socket PATH  where the daemon is, instead of what the configuration says\n"
    "\n"
    "Counters run from the daemon's start or its last reload. The daemon's socket is for\n"
    "root and its control-group.\n"
    "Exit status: 0 all is up, 1 a directory's server is down, 75 the daemon can't be\n"
    "reached.\n"
    "\n"
    "Examples:\n"
    "  smimectl status\n"
    "  smimectl status --json | jq '.servers[] | select(.down)'\n",
    run,
};
