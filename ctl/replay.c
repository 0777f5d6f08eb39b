#include "replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/log.h"
#include "explain.h"
#include "interrupt.h"
#include "progress.h"
#include "replay_envelope.h"
#include "replay_maildir.h"
#include "replay_mbox.h"
#include "replay_print.h"
#include "replay_sums.h"

/* Messages that can't be judged and are named; more would hide what matters. */
#define BROKEN_NAMED 20

struct replay {
	const struct replay_request *request;
	bool json;
	struct replay_choice choice;
	struct address_pattern ignore[REPLAY_IGNORE_MAX];
	struct origin origin;
	struct spool_space *spaces[2];
	struct snapshot *after;
	struct snapshot *before; /* NULL: none to compare with */
	struct replay_sums sums;
	struct progress progress;
	bool lacking;     /* what could not be judged may be another time */
	uint64_t total;   /* for the progress; 0: not known */
	struct error err; /* what ended it */
};

static void
name_broken(struct replay *replay, const char *name, const char *problem)
{
	char safe[1024];

	replay->sums.broken++;
	if (replay->json) {
		replay_print_problem(name, problem);
		return;
	}
	if (replay->sums.broken > BROKEN_NAMED)
		return;
	progress_end(&replay->progress);
	fprintf(stderr, "smimectl: %s: ", escape_text(ESCAPE_TERMINAL, name, safe, sizeof(safe)));
	fprintf(stderr, "%s\n", escape_text(ESCAPE_TERMINAL, problem, safe, sizeof(safe)));
	if (replay->sums.broken == BROKEN_NAMED)
		fputs("smimectl: more that can't be judged are only counted (--json names all)\n",
		    stderr);
}

/* As one configuration decides on it; message_free() what *message is then. NULL without memory. */
static const struct message_result *
decide(struct replay *replay, struct snapshot *snapshot, const struct replay_envelope *envelope,
    const struct message_file *file, struct message **message)
{
	size_t i;

	*message = message_new(snapshot, &replay->origin, envelope->sender, &replay->err);
	if (*message == NULL)
		return NULL;
	for (i = 0; i < envelope->count; i++) {
		if (!message_recipient(*message, envelope->recipients[i])) {
			replay->sums.cut += snapshot == replay->after;
			break;
		}
	}
	return explain_feed(*message, file);
}

/* The outcome before; its texts are the configuration's. */
static int
decide_before(struct replay *replay, const struct replay_envelope *envelope,
    const struct message_file *file, struct replay_outcome *before)
{
	struct message *message = NULL;
	const struct message_result *result =
	    decide(replay, replay->before, envelope, file, &message);

	if (result != NULL)
		replay_outcome_of(result, before);
	message_free(message);
	return result != NULL ? 0 : -1;
}

/* 0; -1: it can't go on. What was interrupted does not count. */
static int
judge(struct replay *replay, const char *name, const struct replay_envelope *envelope,
    const struct message_file *file)
{
	struct replay_outcome outcome;
	struct replay_outcome after;
	struct replay_outcome *before = replay->before != NULL ? &outcome : NULL;
	const struct message_result *result;
	struct message *message = NULL;
	int status = -1;

	if (before != NULL && decide_before(replay, envelope, file, before) != 0)
		return -1;
	result = decide(replay, replay->after, envelope, file, &message);
	if (result != NULL)
		status = interrupt_came()
			     ? 0
			     : replay_sums_add(&replay->sums, name, before, result, &replay->err);
	if (status == 0 && !interrupt_came() && replay->json) {
		replay_outcome_of(result, &after);
		if (replay_sums_is_change(before, &after))
			replay_print_change(name, envelope, before, &after);
	}
	message_free(message);
	return status;
}

static int
read_message(struct replay *replay, const struct replay_item *item, struct message_file *file,
    struct replay_envelope *envelope, struct error *err)
{
	file->whole = *item->whole;
	*item->whole = (struct buffer){.limit = item->whole->limit};
	if (message_file_split(file, err) != 0)
		return -1;
	if (file->header.count == 0)
		return error_set(err, ERROR_INPUT, "it has no header");
	return replay_envelope_read(envelope, &file->header, &replay->choice, err);
}

static bool
visit(void *context, const struct replay_item *item)
{
	struct replay *replay = context;
	struct replay_envelope envelope = REPLAY_ENVELOPE_INIT;
	struct message_file file = {.body = NULL};
	struct error err = ERROR_INIT;
	bool goes_on = true;

	if (item->problem != NULL)
		name_broken(replay, item->name, item->problem);
	else if (read_message(replay, item, &file, &envelope, &err) != 0)
		name_broken(replay, item->name, err.text);
	else
		goes_on = judge(replay, item->name, &envelope, &file) == 0;
	if (item->temporary || err.code == ERROR_TEMPORARY)
		replay->lacking = true;
	replay_envelope_free(&envelope);
	message_file_free(&file);
	progress_show(&replay->progress, replay->sums.messages, item->done, replay->total);
	return goes_on && !interrupt_came();
}

static int
go_through_mbox(struct replay *replay)
{
	const char *path = replay->request->mbox;
	bool is_standard = strcmp(path, "-") == 0;
	int in = is_standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct stat about;
	int result;

	if (in < 0) {
		error_errno(&replay->err, errno, "%s", path);
		replay->err.code = ERROR_INPUT;
		return -1;
	}
	if (fstat(in, &about) == 0 && S_ISREG(about.st_mode))
		replay->total = (uint64_t)about.st_size;
	progress_begin(&replay->progress, "messages", !replay->json);
	result = replay_mbox_each(in, is_standard ? "standard input" : path, REPLAY_MESSAGE_MAX,
	    visit, replay, &replay->err);
	if (!is_standard)
		close(in);
	return result;
}

static int
go_through_maildir(struct replay *replay)
{
	const struct replay_request *request = replay->request;

	if (replay_maildir_count(
		request->maildir, request->subfolders, &replay->total, &replay->err) != 0)
		return -1;
	progress_begin(&replay->progress, "messages", !replay->json);
	return replay_maildir_each(
	    request->maildir, request->subfolders, REPLAY_MESSAGE_MAX, visit, replay, &replay->err);
}

static enum ctl_status
status_of(const struct replay *replay, bool ended)
{
	if (interrupt_came())
		return CTL_INTERRUPTED;
	if (ended)
		return replay->err.code == ERROR_TEMPORARY ? CTL_TEMPORARY : CTL_USAGE;
	if (replay->sums.stopped > 0)
		return CTL_FINDING;
	return replay->sums.waiting > 0 || replay->lacking ? CTL_TEMPORARY : CTL_OK;
}

static enum ctl_status
go_through(struct replay *replay)
{
	bool ended;

	interrupt_catch();
	/* What is wrong with a message is told here; the daemon's warnings would hide it. */
	log_set_level(LOG_LEVEL_ERROR);
	ended = (replay->request->mbox != NULL ? go_through_mbox(replay)
					       : go_through_maildir(replay)) != 0 ||
		replay->err.code != ERROR_NONE;
	progress_end(&replay->progress);
	if (interrupt_came())
		error_set(&replay->err, ERROR_TEMPORARY, "interrupted");
	if (replay->err.code != ERROR_NONE)
		ctl_fail(&replay->err);
	if (!ended || interrupt_came() || replay->sums.messages > 0) {
		replay_sums_sort(&replay->sums);
		replay_print_sums(&replay->sums,
		    replay->err.code != ERROR_NONE ? replay->err.text : NULL, replay->json);
	}
	return status_of(replay, ended);
}

static struct snapshot *
load(const struct ctl_options *options, const char *file, struct spool_space **space,
    enum ctl_status *status)
{
	struct ctl_options own = *options;

	if (file != NULL)
		own.config_file = file;
	*space = spool_space_new(0);
	return ctl_snapshot(&own, *space, status);
}

static enum ctl_status
replay_with(struct replay *replay, const struct ctl_options *options)
{
	const struct replay_request *request = replay->request;
	struct error err = ERROR_INIT;
	enum ctl_status status;

	if (replay_request_choose(request, replay->ignore, &replay->choice, &err) != 0 ||
	    replay_sums_init(&replay->sums, request->against != NULL, &err) != 0)
		return ctl_fail(&err);
	origin_set_peer(&replay->origin, NULL);
	replay->origin.user = request->user;
	replay->after = load(options, NULL, &replay->spaces[0], &status);
	if (replay->after == NULL)
		return status;
	if (request->against != NULL) {
		replay->before = load(options, request->against, &replay->spaces[1], &status);
		if (replay->before == NULL)
			return status;
	}
	return go_through(replay);
}

enum ctl_status
replay_run(const struct replay_request *request, const struct ctl_options *options)
{
	struct replay *state = calloc(1, sizeof(*state));
	struct error err = ERROR_INIT;
	enum ctl_status status;
	size_t i;

	if (state == NULL) {
		error_no_memory(&err);
		return ctl_fail(&err);
	}
	state->request = request;
	state->json = options->json;
	status = replay_with(state, options);
	for (i = 0; i < state->choice.ignore_count; i++)
		address_pattern_free(&state->ignore[i]);
	replay_sums_free(&state->sums);
	snapshot_unref(state->after);
	snapshot_unref(state->before);
	for (i = 0; i < ARRAY_LENGTH(state->spaces); i++)
		spool_space_free(state->spaces[i]);
	free(state);
	return status;
}
