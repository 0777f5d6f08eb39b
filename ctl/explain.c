/* smimectl explain: the decision on a message, as the daemon would take it. */
#include <getopt.h>
#include <stdlib.h>

#include "base/clock.h"
#include "command.h"
#include "explain.h"
#include "explain_show.h"
#include "interrupt.h"
#include "message/message.h"
#include "message_file.h"
#include "replay.h"

/* More on a command line than any person gives. */
#define TO_MAX 1000

/* Pieces as libmilter hands them over. */
#define BODY_PIECE 65535

/* Between two looks at whether the user has had enough, milliseconds. */
#define LOOK_INTERVAL 200

struct request {
	struct ctl_options options;
	const char *from;
	const char *to[TO_MAX];
	size_t to_count;
	const char *user;
	const char *client;
	const char *output;
	const char *file;
	struct replay_request replay;
};

static void
wait_for_tickets(struct message *message)
{
	struct ticket *ticket;
	int64_t deadline;
	int64_t look;

	while ((ticket = message_pending(message, &deadline)) != NULL && !interrupt_came()) {
		look = clock_monotonic_ms() + LOOK_INTERVAL;
		ticket_wait(ticket, deadline < look ? deadline : look);
	}
}

const struct message_result *
explain_feed(struct message *message, const struct message_file *file)
{
	size_t i;
	size_t piece;

	for (i = 0; i < file->header.count; i++)
		message_header(message, file->header.fields[i].name, file->header.fields[i].value);
	message_end_of_headers(message);
	wait_for_tickets(message);
	if (message_join(message)) {
		for (i = 0; i < file->body_size; i += piece) {
			piece = file->body_size - i < BODY_PIECE ? file->body_size - i : BODY_PIECE;
			if (!message_body(message, file->body + i, piece))
				break;
		}
	}
	message_end_of_body(message);
	wait_for_tickets(message);
	return message_end(message);
}

static enum ctl_status
status_of(const struct message_result *result)
{
	switch (result->action) {
	case ACTION_REFUSE:
		return CTL_FINDING;
	case ACTION_DEFER:
		return CTL_TEMPORARY;
	case ACTION_PASS:
	case ACTION_SEAL:
		break;
	}
	return CTL_OK;
}

static enum ctl_status
explain_outgoing(const struct request *request, struct snapshot *snapshot,
    const struct origin *origin, const struct message_file *file)
{
	const struct message_result *result;
	struct error err = ERROR_INIT;
	struct message *message = message_new(snapshot, origin, request->from, &err);
	enum ctl_status status;
	size_t i;

	if (message == NULL)
		return ctl_fail(&err);
	for (i = 0; i < request->to_count; i++) {
		if (!message_recipient(message, request->to[i])) {
			fprintf(stderr, "smimectl: more than recipients-limit recipients: the MTA "
					"would be told to send the rest separately\n");
			break;
		}
	}
	result = explain_feed(message, file);
	if (request->options.json)
		explain_show_json(message, result);
	else
		explain_show(message, result);
	status = status_of(result);
	if (request->output != NULL && status != CTL_OK)
		fprintf(stderr,
		    "smimectl: the message would not leave: nothing was written to %s\n",
		    request->output);
	else if (request->output != NULL &&
		 message_file_write(file, result, request->output, &err) != 0)
		status = ctl_fail(&err);
	message_free(message);
	return status;
}

/* Mail that is not outgoing is left alone, without a look at it. */
static enum ctl_status
explain_untouched(const struct request *request, const struct message_file *file)
{
	const struct message_result result = {.action = ACTION_PASS};
	struct error err = ERROR_INIT;

	if (request->options.json)
		ctl_print_json(json_pack("{s:s, s:n, s:n, s:{s:s, s:n}, s:[]}", "action", "pass",
		    "cipher", "reply", "message", "kind", "not-outgoing", "cipher", "recipients"));
	else
		puts("pass; the message is not outgoing and is left alone");
	if (request->output != NULL &&
	    message_file_write(file, &result, request->output, &err) != 0)
		return ctl_fail(&err);
	return CTL_OK;
}

static enum ctl_status
explain(const struct request *request)
{
	struct origin origin = {.user = request->user};
	struct message_file file = {.body = NULL};
	struct spool_space *space = spool_space_new(0);
	struct snapshot *snapshot = NULL;
	struct error err = ERROR_INIT;
	enum ctl_status status = CTL_USAGE;

	origin_set_peer(&origin, NULL);
	if ((request->client != NULL && origin_parse_peer(&origin, request->client, &err) != 0) ||
	    message_file_read(request->file, &file, &err) != 0) {
		status = ctl_fail(&err);
		goto done;
	}
	snapshot = ctl_snapshot(&request->options, space, &status);
	if (snapshot == NULL)
		goto done;
	if (origin_is_outgoing(&origin, snapshot->config))
		status = explain_outgoing(request, snapshot, &origin, &file);
	else
		status = explain_untouched(request, &file);
done:
	snapshot_unref(snapshot);
	message_file_free(&file);
	spool_space_free(space);
	return status;
}

static enum ctl_status
settle_replay(struct request *request, int rest)
{
	struct replay_request *replay = &request->replay;

	if (request->client != NULL || request->output != NULL)
		return ctl_usage(&ctl_explain,
		    "--client and --output do not go with --mbox and --maildir: past mail is taken "
		    "as outgoing, and not changed");
	replay->from = request->from;
	replay->to = request->to;
	replay->to_count = request->to_count;
	replay->user = request->user;
	return replay_request_settle(replay, rest);
}

static enum ctl_status
settle_one(struct request *request, int rest, char **arguments)
{
	const struct replay_request *replay = &request->replay;

	if (replay->against != NULL || replay->subfolders || replay->ignore_count > 0)
		return ctl_usage(&ctl_explain,
		    "--against, --subfolders and --ignore go with --mbox or --maildir");
	if (request->from == NULL)
		return ctl_usage(&ctl_explain, "--from is expected ('' for the null sender)");
	if (request->to_count == 0)
		return ctl_usage(&ctl_explain, "--to is expected, once for each recipient");
	if (rest != 1)
		return ctl_usage(
		    &ctl_explain, "one message file is expected (- for standard input)");
	request->file = arguments[0];
	return CTL_OK;
}

/* Gives a status where the command is to end here, CTL_OK to go on. */
static enum ctl_status
read_request(int count, char **arguments, struct request *request)
{
	static const struct option known[] = {CTL_LONG_OPTIONS,
	    {"from", required_argument, NULL, 'f'}, {"to", required_argument, NULL, 't'},
	    {"user", required_argument, NULL, 'u'}, {"client", required_argument, NULL, 'l'},
	    {"output", required_argument, NULL, 'o'}, REPLAY_OPTIONS, {NULL, 0, NULL, 0}};
	int option;
	int taken;

	while ((option = getopt_long(count, arguments, CTL_SHORT_OPTIONS, known, NULL)) != -1) {
		taken = replay_request_take(&request->replay, option, optarg);
		if (taken < 0)
			return CTL_USAGE;
		if (taken > 0)
			continue;
		if (option == 'f')
			request->from = optarg;
		else if (option == 't' && request->to_count < TO_MAX)
			request->to[request->to_count++] = optarg;
		else if (option == 't')
			return ctl_usage(&ctl_explain, "at most %d recipients", TO_MAX);
		else if (option == 'u')
			request->user = optarg;
		else if (option == 'l')
			request->client = optarg;
		else if (option == 'o')
			request->output = optarg;
		else if (ctl_common_option(&ctl_explain, option, optarg, &request->options) != 1)
			return CTL_USAGE;
	}
	if (replay_request_is_made(&request->replay))
		return settle_replay(request, count - optind);
	return settle_one(request, count - optind, arguments + optind);
}

static enum ctl_status
run(const struct ctl_options *defaults, int count, char **arguments)
{
	struct request *request = calloc(1, sizeof(*request));
	struct error err = ERROR_INIT;
	enum ctl_status status;

	if (request == NULL) {
		error_no_memory(&err);
		return ctl_fail(&err);
	}
	request->options = *defaults;
	status = read_request(count, arguments, request);
	if (status == CTL_OK)
		status = replay_request_is_made(&request->replay)
			     ? replay_run(&request->replay, &request->options)
			     : explain(request);
	free(request);
	return status;
}

const struct ctl_command ctl_explain = {
    "explain",
    "--from ADDRESS --to ADDRESS… [OPTION…] FILE\n"
    "       smimectl explain --mbox FILE | --maildir FOLDER [--against FILE] [OPTION…]",
    "Shows the decision on a message, as the daemon would take it; or on all past mail",
    "      --from ADDRESS    envelope sender ('' for the null sender)\n"
    "      --to ADDRESS      envelope recipient; once for each\n"
    "      --user NAME       as if this user had authenticated\n"
    "      --client ADDRESS  as if it came from this IP address; default: submitted here\n"
    "      --output FILE     write the message as it would leave (- for standard output)\n"
    "      --mbox FILE       decide on all messages of a mailbox (- is standard input)\n"
    "      --maildir FOLDER  on all of a Maildir, in cur and new\n"
    "      --subfolders      and in the folders within it\n"
    "      --against FILE    compare with this configuration, the one in force\n"
    "      --ignore PATTERN  an address (@DOMAIN: a domain) that is none of the recipients,\n"
    "                        such as an archive's own; once for each\n"
    "\n"
    "Past mail is taken as outgoing: from Return-Path or else From, to all of Delivered-To,\n"
    "X-Original-To, To, Cc and Bcc, unless --from and --to say otherwise. What would pass,\n"
    "be sealed, refused and deferred is counted, and what differs, by rule and reason. What\n"
    "can't be judged is named and counted. Ctrl-C ends with what was found so far. With\n"
    "--json, an object for each message that differs (or without --against, would not\n"
    "leave), and at last one with the sums. Nothing is recorded.\n"
    "Exit status: 0 it would leave, 1 it would be refused, 75 it would be deferred. Past mail:\n"
    "0, 1 some would be refused or deferred and was not, 75 a directory does not answer,\n"
    "130 interrupted.\n"
    "\n"
    "Examples:\n"
    "  smimectl explain --from me@corp.example --to anna@partner.example message.eml\n"
    "  smimectl explain --json --from '' --to anna@partner.example - < bounce.eml\n"
    "  smimectl explain -c new.conf --against FILE --mbox sent.mbox\n"
    "  smimectl explain --maildir /srv/archive --subfolders --ignore archive@corp.example\n",
    run,
};
