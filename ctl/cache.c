/* smimectl cache: what the running daemon remembers of addresses, and forgetting it. */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "control_client.h"

#define MOST_DEFAULT 100
#define MOST_LIMIT 20000 /* the daemon's own: milter/control.h */

static json_int_t
number(const json_t *row, const char *name)
{
	return json_integer_value(json_object_get(row, name));
}

static void
print_found(const json_t *row)
{
	char text[32];

	if (json_is_true(json_object_get(row, "error")))
		snprintf(text, sizeof(text), "error");
	else if (number(row, "members") > 0)
		snprintf(
		    text, sizeof(text), "%" PRId64 " members", (int64_t)number(row, "members"));
	else if (number(row, "values") > 0)
		snprintf(text, sizeof(text), "%" PRId64 " value%s", (int64_t)number(row, "values"),
		    number(row, "values") == 1 ? "" : "s");
	else
		snprintf(text, sizeof(text), "%s",
		    json_is_true(json_object_get(row, "group")) ? "group" : "nothing");
	printf("%-13s", text);
}

static void
print_row(const json_t *row)
{
	char age[CTL_AMOUNT_SIZE];
	char left[CTL_AMOUNT_SIZE] = "stale";
	char size[CTL_AMOUNT_SIZE];

	print_found(row);
	if (number(row, "left_ms") >= 0)
		ctl_format_duration(number(row, "left_ms"), left);
	printf(" %5s  %5s  %8s  ", ctl_format_duration(number(row, "age_ms"), age), left,
	    ctl_format_size(number(row, "bytes"), size));
	ctl_print_text(json_string_value(json_object_get(row, "address")));
	putchar('\n');
}

static enum ctl_status
show(const struct ctl_options *options, const char *socket, long most)
{
	enum ctl_status status;
	struct control_client *client = control_client_begin(options, socket,
	    json_pack("{s:s, s:I}", "command", "cache", "most", (json_int_t)most), &status);
	struct error err = ERROR_INIT;
	json_t *row;
	long rows = 0;
	int more;

	if (client == NULL)
		return status;
	if (!options->json)
		puts("FOUND           AGE   LEFT      SIZE  ADDRESS");
	while ((more = control_client_next(client, &row, &err)) > 0) {
		rows++;
		if (options->json) {
			ctl_print_json(row);
			continue;
		}
		print_row(row);
		json_decref(row);
	}
	status = more == 0 ? CTL_OK : ctl_fail(&err);
	if (more == 0 && control_client_was_cut(client))
		fputs("smimectl: there are more than one answer holds\n", stderr);
	else if (rows == most && most < MOST_LIMIT)
		fprintf(stderr, "smimectl: the %ld used last; --most shows more\n", most);
	control_client_free(client);
	return status;
}

static enum ctl_status
flush(const struct ctl_options *options, const char *socket, const char *pattern)
{
	enum ctl_status status;
	struct control_client *client;
	struct error err = ERROR_INIT;
	json_t *row;
	int more;

	client = control_client_begin(options, socket,
	    json_pack("{s:s, s:o}", "command", "flush", "pattern",
		strcmp(pattern, "*") == 0 ? json_null() : json_string(pattern)),
	    &status);
	if (client == NULL)
		return status;
	more = control_client_next(client, &row, &err);
	if (more == 1) {
		if (options->json)
			ctl_print_json(json_incref(row));
		else
			printf(
			    "%" PRId64 " address(es) forgotten\n", (int64_t)number(row, "flushed"));
		json_decref(row);
		more = control_client_next(client, &row, &err);
		json_decref(row);
	}
	status = more >= 0 ? CTL_OK : ctl_fail(&err);
	control_client_free(client);
	return status;
}

static enum ctl_status
run_flush(const struct ctl_options *options, const char *socket, int count, char **arguments)
{
	struct address_pattern pattern;
	struct error err = ERROR_INIT;

	if (count == 0)
		return ctl_usage(
		    &ctl_cache, "flush what? An address, @DOMAIN, or '*' for everything");
	if (count > 1)
		return ctl_usage(&ctl_cache, "one address, @DOMAIN or '*' at a time");
	if (address_pattern_parse(arguments[0], &pattern, &err) != 0)
		return ctl_usage(
		    &ctl_cache, "\"%s\" is no address, no @DOMAIN and not '*'", arguments[0]);
	address_pattern_free(&pattern);
	return flush(options, socket, arguments[0]);
}

static bool
read_most(const char *text, long *most)
{
	char *end;

	*most = strtol(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == '\0' && *most >= 1 && *most <= MOST_LIMIT;
}

static enum ctl_status
run(const struct ctl_options *defaults, int count, char **arguments)
{
	static const struct option known[] = {CTL_LONG_OPTIONS,
	    {"most", required_argument, NULL, 'm'}, {"socket", required_argument, NULL, 's'},
	    {NULL, 0, NULL, 0}};
	struct ctl_options options = *defaults;
	const char *socket = NULL;
	long most = MOST_DEFAULT;
	int option;

	while ((option = getopt_long(count, arguments, CTL_SHORT_OPTIONS, known, NULL)) != -1) {
		if (option == 's')
			socket = optarg;
		else if (option == 'm' && !read_most(optarg, &most))
			return ctl_usage(&ctl_cache, "--most: a number from 1 to %d", MOST_LIMIT);
		else if (option != 'm' &&
			 ctl_common_option(&ctl_cache, option, optarg, &options) != 1)
			return CTL_USAGE;
	}
	count -= optind;
	arguments += optind;
	if (count == 0 || (count == 1 && strcmp(arguments[0], "show") == 0))
		return show(&options, socket, most);
	if (strcmp(arguments[0], "flush") == 0)
		return run_flush(&options, socket, count - 1, arguments + 1);
	return ctl_usage(&ctl_cache, "\"%s\" is neither show nor flush", arguments[count - 1]);
}

const struct ctl_command ctl_cache = {
    "cache",
    "[show | flush ADDRESS|@DOMAIN|'*'] [-c FILE] [--json] [--most N] [--socket PATH]",
    "Shows what the running daemon remembers of addresses, or makes it forget",
    "      --most N       show the N addresses used last (default 100)\n"
    "      --socket PATH  where the daemon is, instead of what the configuration says\n"
    "\n"
    "A row tells what was found (values: certificates and blobs), how long ago, how long\n"
    "until it is asked again (stale: kept only while the directory can't be asked), and\n"
    "the memory it takes. What is flushed is asked anew with the next mail. The daemon's\n"
    "socket is for root and its control-group.\n"
    "Exit status: 0 done, 2 wrong usage, 75 the daemon can't be reached.\n"
    "\n"
    "Examples:\n"
    "  smimectl cache\n"
    "  smimectl cache show --json --most 1000 | jq -r .address\n"
    "  smimectl cache flush anna@partner.example\n"
    "  smimectl cache flush @partner.example\n"
    "  smimectl cache flush '*'\n",
    run,
};
