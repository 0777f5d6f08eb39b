/* smimectl setup: the lines that an MTA needs, for this machine. */
#include "setup.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Longest line that is printed. */
#define LINE_MAX_SIZE (SETUP_VALUE_MAX * 2)

static void
add(struct setup *setup, const char *kind, const char *text)
{
	json_t *line = json_pack("{s:o}", kind, ctl_json_text(text));

	if (line == NULL || json_array_append_new(setup->lines, line) != 0)
		setup->failed = error_no_memory(&setup->err) != 0;
}

static void
add_format(struct setup *setup, const char *kind, const char *format, va_list args)
{
	char text[LINE_MAX_SIZE];
	int size = vsnprintf(text, sizeof(text), format, args);

	if (size < 0 || (size_t)size >= sizeof(text)) {
		setup->failed = true;
		error_set(&setup->err, ERROR_INPUT, "a line would have more than %d bytes",
		    LINE_MAX_SIZE);
		return;
	}
	add(setup, kind, text);
}

void
setup_comment(struct setup *setup, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_format(setup, "comment", format, args);
	va_end(args);
}

void
setup_command(struct setup *setup, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_format(setup, "command", format, args);
	va_end(args);
}

static const char *
refuse(struct setup *setup, const char *text, char *out)
{
	setup->failed = true;
	error_set(&setup->err, ERROR_INPUT,
	    "\"%.200s…\" can't be put into a command: it is too long, or has other characters than "
	    "printable US-ASCII",
	    text);
	out[0] = '\0';
	return out;
}

const char *
setup_quote(struct setup *setup, const char *text, char *out, size_t size)
{
	size_t used = 0;
	const char *from;

	out[used++] = '\'';
	for (from = text; *from != '\0'; from++) {
		if (used + 6 > size || *from < ' ' || *from > '~')
			return refuse(setup, text, out);
		if (*from == '\'') {
			memcpy(out + used, "'\\''", 4);
			used += 4;
		} else {
			out[used++] = *from;
		}
	}
	out[used++] = '\'';
	out[used] = '\0';
	return out;
}

static void
print(const struct setup *setup, const char *mark)
{
	size_t i;

	for (i = 0; i < json_array_size(setup->lines); i++) {
		const json_t *line = json_array_get(setup->lines, i);
		const char *comment = json_string_value(json_object_get(line, "comment"));

		if (comment != NULL && comment[0] == '\0') {
			putchar('\n');
		} else if (comment != NULL) {
			fputs(mark, stdout);
			ctl_print_text(comment);
			putchar('\n');
		} else {
			/* No control characters: setup_quote() and setup_sendmail() saw to it. */
			puts(json_string_value(json_object_get(line, "command")));
		}
	}
}

static enum ctl_status
tell(struct setup *setup, const char *mta, const char *mark)
{
	json_t *json;

	if (setup->failed)
		return ctl_fail(&setup->err);
	if (!setup->options.json) {
		print(setup, mark);
		return CTL_OK;
	}
	json = json_pack("{s:s, s:O}", "mta", mta, "lines", setup->lines);
	if (json == NULL) {
		error_no_memory(&setup->err);
		return ctl_fail(&setup->err);
	}
	ctl_print_json(json);
	return CTL_OK;
}

static enum ctl_status
for_postfix(struct setup *setup)
{
	struct postfix *postfix = postfix_read(setup->postconf, setup->postfix_config, &setup->err);

	if (postfix == NULL)
		return ctl_fail(&setup->err);
	setup_postfix(setup, postfix);
	postfix_free(postfix);
	return tell(setup, "postfix", "# ");
}

/* One that is not there has no filters yet. */
static enum ctl_status
for_sendmail(struct setup *setup)
{
	const char *path = setup->sendmail_cf != NULL ? setup->sendmail_cf : SENDMAIL_CF_PATH;
	struct sendmail_cf *sendmail = sendmail_cf_read(path, &setup->err);

	if (sendmail == NULL && (errno != ENOENT || setup->sendmail_cf != NULL))
		return ctl_fail(&setup->err);
	setup_sendmail(setup, sendmail);
	free(sendmail);
	return tell(setup, "sendmail", "dnl ");
}

static enum ctl_status
begin(struct setup *setup, const char *mta)
{
	struct config *config = ctl_config(&setup->options);
	enum ctl_status status = CTL_USAGE;

	setup->lines = json_array();
	setup->config = config;
	if (config != NULL && setup->listen == NULL)
		setup->listen = config->listen;
	if (setup->lines == NULL) {
		error_no_memory(&setup->err);
		status = ctl_fail(&setup->err);
	} else if (config != NULL && strncmp(setup->listen, "fd:", 3) == 0) {
		status = ctl_usage(&ctl_setup,
		    "the service manager passes the socket (listen = %s): name it with --listen "
		    "unix:PATH",
		    setup->listen);
	} else if (config != NULL) {
		status = strcmp(mta, "postfix") == 0 ? for_postfix(setup) : for_sendmail(setup);
	}
	json_decref(setup->lines);
	config_unref(config);
	return status;
}

/* "20M": -1 if it is no size. */
static int64_t
size_of(const char *text)
{
	static const char units[] = "kMG";
	char *end;
	long long amount = strtoll(text, &end, 10);
	const char *unit = *end != '\0' ? strchr(units, *end) : NULL;
	int64_t factor = 1;
	const char *step;

	for (step = units; unit != NULL && step <= unit; step++)
		factor *= 1024;
	if (end == text || amount <= 0 || (*end != '\0' && (unit == NULL || end[1] != '\0')) ||
	    amount > ((int64_t)1 << 40) / factor)
		return -1;
	return amount * factor;
}

/* 1: taken; 0: it is none of ours; -1: said what is wrong. */
static int
take_option(struct setup *setup, int option, char *value)
{
	switch (option) {
	case 'l':
		setup->listen = value;
		return 1;
	case 'p':
		setup->postconf = value;
		return 1;
	case 'P':
		setup->postfix_config = value;
		return 1;
	case 'S':
		setup->sendmail_cf = value;
		return 1;
	case 'm':
		setup->plain = true;
		return 1;
	case 's':
		if (setup->service_count == SETUP_SERVICES_MAX || strchr(value, '/') == NULL) {
			ctl_usage(&ctl_setup, "--service: NAME/TYPE as in postconf -M is expected");
			return -1;
		}
		setup->services[setup->service_count++] = value;
		return 1;
	case 'n':
		setup->port = atoi(value);
		if (setup->port > 0 && setup->port < 65536)
			return 1;
		ctl_usage(&ctl_setup, "--port: a number from 1 to 65535 is expected");
		return -1;
	case 'L':
		setup->largest = size_of(value);
		if (setup->largest > 0)
			return 1;
		ctl_usage(&ctl_setup, "--largest: a size such as 20M is expected");
		return -1;
	default:
		return ctl_common_option(&ctl_setup, option, value, &setup->options) == 1 ? 1 : -1;
	}
}

static enum ctl_status
run(const struct ctl_options *defaults, int count, char **arguments)
{
	static const struct option known[] = {CTL_LONG_OPTIONS,
	    {"listen", required_argument, NULL, 'l'}, {"postconf", required_argument, NULL, 'p'},
	    {"postfix-config", required_argument, NULL, 'P'},
	    {"sendmail-cf", required_argument, NULL, 'S'}, {"plain", no_argument, NULL, 'm'},
	    {"service", required_argument, NULL, 's'}, {"largest", required_argument, NULL, 'L'},
	    {"port", required_argument, NULL, 'n'}, {NULL, 0, NULL, 0}};
	struct setup setup = {.options = *defaults, .err = ERROR_INIT};
	int option;

	while ((option = getopt_long(count, arguments, CTL_SHORT_OPTIONS, known, NULL)) != -1) {
		if (take_option(&setup, option, optarg) != 1)
			return CTL_USAGE;
	}
	if (optind == count)
		return ctl_usage(&ctl_setup, "postfix or sendmail is expected");
	if (optind + 1 != count || (strcmp(arguments[optind], "postfix") != 0 &&
				       strcmp(arguments[optind], "sendmail") != 0))
		return ctl_usage(
		    &ctl_setup, "\"%s\": postfix or sendmail is expected", arguments[count - 1]);
	return begin(&setup, arguments[optind]);
}

const struct ctl_command ctl_setup = {
    "setup",
    "postfix | sendmail [-c FILE] [--json] [--plain] [--largest SIZE]",
    "Prints the lines that this machine's MTA needs, and changes nothing",
    "  postfix            commands for a shell: one recipient at a time, by a second smtpd\n"
    "  sendmail           lines for sendmail.mc\n"
    "\n"
    "      --plain                a milter at each service of Postfix instead\n"
    "      --service NAME/TYPE    a service of Postfix where outgoing mail comes in, beside\n"
    "                             submission (as in postconf -M); may be repeated\n"
    "      --port N               of the second smtpd (default: from 10027 on, what is free)\n"
    "      --largest SIZE         what senders may send: message_size_limit is made to fit\n"
    "      --postfix-config DIR   of a Postfix instance (as postconf -c)\n"
    "      --postconf PATH        Postfix's postconf, if it is not in /usr/sbin\n"
    "      --sendmail-cf FILE     Sendmail's configuration (default " SENDMAIL_CF_PATH ")\n"
    "      --listen SOCKET        where the MTA reaches the daemon, instead of what the\n"
    "                             configuration says\n"
    "\n"
    "What is right already is said to be so. Read it, run it, then: smimectl doctor\n"
    "Exit status: 0 printed, 2 wrong usage, or a configuration can't be read, 75 try again.\n"
    "\n"
    "Examples:\n"
    "  smimectl setup postfix\n"
    "  smimectl setup postfix --largest 20M > setup.sh; less setup.sh; sh setup.sh\n"
    "  smimectl setup sendmail --sendmail-cf /etc/mail/sendmail.cf\n",
    run,
};
