/* smimectl explain: the decision on a message, as the daemon would take it. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/clock.h"
#include "command.h"
#include "explain.h"
#include "explain_made.h"
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

static json_t *
reply_json(const struct reply *reply)
{
	json_t *lines = json_array();
	size_t i;

	if (reply == NULL) {
		json_decref(lines);
		return json_null();
	}
	for (i = 0; i < reply->line_count; i++)
		json_array_append_new(lines, ctl_json_text(reply->lines[i]));
	return json_pack(
	    "{s:s, s:s, s:o}", "code", reply->code, "enhanced", reply->enhanced, "lines", lines);
}

static json_t *
recipient_json(const struct message_result *result, size_t index)
{
	const struct facts_recipient *facts = &result->facts->recipients[index];
	const struct plan_recipient *planned =
	    result->plan != NULL ? &result->plan->recipients[index] : NULL;
	json_t *json = json_object();
	json_t *list = json_array();
	size_t i;

	for (i = 0; facts->record != NULL && i < facts->record->digital_id_count; i++)
		json_array_append_new(list, audit_digital_id_json(&facts->record->digital_ids[i]));
	json_object_set_new(json, "address", ctl_json_text(facts->address->text));
	json_object_set_new(
	    json, "group", ctl_json_text(facts->member ? facts->envelope->text : NULL));
	json_object_set_new(
	    json, "rule", ctl_json_text(facts->rule != NULL ? facts->rule->title : NULL));
	json_object_set_new(
	    json, "action", ctl_json_text(planned != NULL ? action_name(planned->action) : NULL));
	json_object_set_new(json, "reason",
	    ctl_json_text(planned != NULL ? reason_get(planned->reason)->code : NULL));
	json_object_set_new(json, "detail",
	    ctl_json_text(planned != NULL && planned->detail[0] != '\0' ? planned->detail : NULL));
	if (planned != NULL) {
		json_object_set_new(json, "cipher",
		    ctl_json_text(planned->cipher != NULL ? planned->cipher->name : NULL));
		json_object_set_new(json, "capabilities",
		    ctl_json_text(capabilities_source_name(planned->capabilities.from)));
		json_object_set_new(json, "fallback", audit_fallback_json(planned->fallback));
		json_object_set_new(json, "trust_failure", json_boolean(planned->trust_failure));
	}
	explain_made_recipient_json(json, result, index);
	json_object_set_new(json, "digital_ids", list);
	return json;
}

static const char *
sealed_with(const struct message_result *result)
{
	return result->plan != NULL && result->plan->would == ACTION_SEAL
		   ? result->plan->cipher->name
		   : NULL;
}

static void
print_json(const struct message *message, const struct message_result *result)
{
	const struct cipher *content = result->facts != NULL ? result->facts->content_cipher : NULL;
	json_t *json = json_object();
	json_t *made;
	json_t *recipients = json_array();
	size_t i;

	for (i = 0; result->facts != NULL && i < result->facts->recipient_count; i++)
		json_array_append_new(recipients, recipient_json(result, i));
	json_object_set_new(json, "action", json_string(action_name(result->action)));
	if (result->plan != NULL)
		json_object_set_new(json, "would", json_string(action_name(result->plan->would)));
	json_object_set_new(json, "cipher", ctl_json_text(sealed_with(result)));
	json_object_set_new(json, "reply", reply_json(result->reply));
	made = json_pack("{s:s, s:s?}", "kind", message_content(message), "cipher",
	    content != NULL ? content->name : NULL);
	explain_made_json(made, result);
	json_object_set_new(json, "message", made);
	json_object_set_new(json, "recipients", recipients);
	ctl_print_json(json);
}

static void
print_recipient(const struct message_result *result, size_t index)
{
	const struct facts_recipient *facts = &result->facts->recipients[index];
	const struct plan_recipient *planned = &result->plan->recipients[index];
	size_t i;

	putchar('\n');
	ctl_print_text(facts->address->text);
	if (facts->member) {
		fputs(" (member of ", stdout);
		ctl_print_text(facts->envelope->text);
		putchar(')');
	}
	printf(": %s, %s: %s\n  rule: ", action_name(planned->action),
	    reason_get(planned->reason)->code, reason_get(planned->reason)->sentence);
	ctl_print_text(facts->rule != NULL ? facts->rule->title : "none matches");
	putchar('\n');
	if (planned->detail[0] != '\0') {
		fputs("  ", stdout);
		ctl_print_text(planned->detail);
		putchar('\n');
	}
	explain_made_recipient_print(result, index);
	for (i = 0; facts->record != NULL && i < facts->record->digital_id_count; i++)
		ctl_print_digital_id(&facts->record->digital_ids[i], i + 1);
}

static void
print_text(const struct message *message, const struct message_result *result)
{
	size_t i;

	fputs(action_name(result->action), stdout);
	if (result->plan != NULL && result->plan->would != result->action)
		printf(" (only observed; would %s)", action_name(result->plan->would));
	if (sealed_with(result) != NULL)
		printf(" with %s", sealed_with(result));
	printf("; the message is: %s", message_content(message));
	if (result->facts != NULL && result->facts->content_cipher_text != NULL) {
		fputs(", ", stdout);
		ctl_print_text(result->facts->content_cipher_text);
	}
	putchar('\n');
	explain_made_print(result);
	for (i = 0; result->reply != NULL && i < result->reply->line_count; i++) {
		printf("  %s%s%s ", result->reply->code,
		    i + 1 < result->reply->line_count ? "-" : " ", result->reply->enhanced);
		ctl_print_text(result->reply->lines[i]);
		putchar('\n');
	}
	for (i = 0; result->plan != NULL && i < result->plan->recipient_count; i++)
		print_recipient(result, i);
}

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

/* Feeds the message as an MTA would. */
static const struct message_result *
feed(struct message *message, const struct message_file *file)
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

const struct message_result *
explain_feed(struct message *message, const struct message_file *file)
{
	return feed(message, file);
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
	result = feed(message, file);
	if (request->options.json)
		print_json(message, result);
	else
		print_text(message, result);
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
