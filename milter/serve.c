#include "serve.h"

#include <libmilter/mfapi.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "callbacks.h"
#include "process.h"
#include "signals.h"
#include "waker.h"

/* libmilter closes a session in which the MTA says nothing for so long, seconds. Longer than any
 * MTA's own time-out between commands. */
#define MTA_SILENCE_LIMIT 7210

struct milter_thread {
	pthread_t thread;
	pthread_t main_thread;
	atomic_bool stopping;
	bool failed; /* by itself; one that is stopped as it begins may say so, too */
};

static void *
run_milter(void *argument)
{
	struct milter_thread *milter = argument;
	int result = smfi_main();

	if (!atomic_load(&milter->stopping)) {
		milter->failed = result != MI_SUCCESS;
		pthread_kill(milter->main_thread, SIGTERM);
	}
	return NULL;
}

/* Names a setting that has changed, and that only a start takes up. */
static void
note_change(struct buffer *names, const char *name, bool changed)
{
	if (changed &&
	    buffer_append_format(names, NULL, "%s%s", names->size > 0 ? ", " : "", name) != 0)
		log_warning("changed, and in force only after a restart: %s", name);
}

static void
note_text(struct buffer *names, const char *name, const char *before, const char *after)
{
	note_change(names, name, strcmp(before, after) != 0);
}

static void
warn_of_restart(const struct config *before, const struct config *after)
{
	struct buffer names = BUFFER_INIT;

	note_text(&names, "listen", before->listen, after->listen);
	note_change(&names, "socket-mode", before->socket_mode != after->socket_mode);
	note_text(&names, "socket-group", before->socket_group, after->socket_group);
	note_text(&names, "control-socket", before->control_socket, after->control_socket);
	note_text(&names, "control-group", before->control_group, after->control_group);
	note_text(&names, "user", before->user, after->user);
	note_text(&names, "group", before->group, after->group);
	note_text(&names, "pid-file", before->pid_file, after->pid_file);
	note_change(&names, "log-to", before->log_to != after->log_to);
	note_text(&names, "log-facility", before->log_facility, after->log_facility);
	note_text(&names, "state-folder", before->state_folder, after->state_folder);
	note_change(&names, "crl-memory", before->crl_memory != after->crl_memory);
	note_change(&names, "crl-size-limit", before->crl_size_limit != after->crl_size_limit);
	if (names.size > 0)
		log_warning("changed, and in force only after a restart: %.*s", (int)names.size,
		    names.data);
	buffer_free(&names);
}

static void
reload(const struct serve *serve)
{
	struct config_problems problems;
	struct config *config = config_load(serve->config_file, &problems);
	struct snapshot *before;
	struct snapshot *snapshot;
	struct error err = ERROR_INIT;
	size_t i;

	for (i = 0; i < problems.count; i++)
		log_error("%s", problems.items[i]);
	config_problems_free(&problems);
	snapshot =
	    config != NULL ? snapshot_new(config, serve->space, serve->evidence, true, &err) : NULL;
	if (snapshot == NULL) {
		log_error("configuration not taken up, the old one stays in force%s%s",
		    err.code != ERROR_NONE ? ": " : "", err.text);
	} else {
		before = daemon_snapshot(serve->daemon);
		warn_of_restart(before->config, config);
		snapshot_unref(before);
		spool_space_set_limit(serve->space, (uint64_t)config->spool_limit);
		log_set_level((enum log_level)config->log_severity);
		snapshot->pending = serve->pending;
		pending_settle(serve->pending, snapshot->trust);
		daemon_replace_snapshot(serve->daemon, snapshot);
		log_info("configuration taken up from %s", serve->config_file);
	}
	config_unref(config);
}

/* Reloads, in a thread of its own: TERM is read meanwhile. Whatever is asked for during one is one
 * more after it. */
struct reloading {
	const struct serve *serve;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool wanted;
	bool ended;
	pthread_t thread;
};

/* Waits for the next. false: there will be none. */
static bool
take_wanted(struct reloading *reloading)
{
	bool wanted;

	pthread_mutex_lock(&reloading->mutex);
	while (!reloading->wanted && !reloading->ended)
		pthread_cond_wait(&reloading->changed, &reloading->mutex);
	wanted = !reloading->ended;
	reloading->wanted = false;
	pthread_mutex_unlock(&reloading->mutex);
	return wanted;
}

static void *
run_reloads(void *argument)
{
	struct reloading *reloading = argument;

	while (take_wanted(reloading)) {
		daemon_lock_reading(reloading->serve->daemon);
		process_notify("RELOADING=1");
		reload(reloading->serve);
		process_notify("READY=1");
		daemon_unlock_reading(reloading->serve->daemon);
	}
	return NULL;
}

static void
end_reloads(struct reloading *reloading)
{
	pthread_mutex_lock(&reloading->mutex);
	reloading->ended = true;
	pthread_cond_signal(&reloading->changed);
	pthread_mutex_unlock(&reloading->mutex);
	pthread_join(reloading->thread, NULL);
}

static void
want_reload(struct reloading *reloading)
{
	pthread_mutex_lock(&reloading->mutex);
	reloading->wanted = true;
	pthread_cond_signal(&reloading->changed);
	pthread_mutex_unlock(&reloading->mutex);
}

/* Until TERM or INT. */
static void
answer_signals(struct reloading *reloading)
{
	int number;

	while ((number = signals_next()) != SIGTERM && number != SIGINT)
		want_reload(reloading);
	log_info("stopping: %s", number == SIGTERM ? "terminated" : "interrupted");
}

/* libmilter notices that it is to stop when a connection comes, or seconds later: it polls with a
 * lock held that smfi_stop() needs. */
static void
stop_milter(struct milter_thread *milter, struct waker *waker)
{
	waker_begin(waker);
	smfi_stop();
	pthread_join(milter->thread, NULL);
	waker_end(waker);
}

static void
stop(const struct serve *serve, struct milter_thread *milter, struct waker *waker)
{
	struct snapshot *snapshot = daemon_snapshot(serve->daemon);
	int64_t limit = snapshot->config->stop_limit;
	int left;

	snapshot_unref(snapshot);
	process_notify("STOPPING=1");
	atomic_store(&milter->stopping, true);
	listener_close_to_others(serve->listener);
	left = daemon_drain(serve->daemon, clock_monotonic_ms() + limit);
	if (left > 0)
		log_warning("%d transaction(s) did not finish within stop-limit and are cut off: "
			    "the MTA defers them",
		    left);
	stop_milter(milter, waker);
}

static int
start_milter(const struct serve *serve, struct milter_thread *milter, struct error *err)
{
	char spec[32];

	snprintf(spec, sizeof(spec), "fd:%d", serve->listener->fd);
	if (smfi_setconn(spec) != MI_SUCCESS || smfi_settimeout(MTA_SILENCE_LIMIT) != MI_SUCCESS)
		return error_set(err, ERROR_INTERNAL, "libmilter refused the socket");
	milter->main_thread = pthread_self();
	atomic_init(&milter->stopping, false);
	milter->failed = false;
	return thread_start(&milter->thread, run_milter, milter, err);
}

int
serve_run(const struct serve *serve, struct error *err)
{
	const struct control_subject subject = {
	    serve->daemon, serve->config_file, serve->pending, clock_wall(), clock_monotonic_ms()};
	struct reloading reloading = {.serve = serve,
	    .mutex = PTHREAD_MUTEX_INITIALIZER,
	    .changed = PTHREAD_COND_INITIALIZER};
	struct milter_thread milter;
	struct waker *waker = waker_new(serve->listener, err);
	int result = -1;

	if (waker == NULL)
		return -1;
	if (thread_start(&reloading.thread, run_reloads, &reloading, err) != 0) {
		waker_free(waker);
		return -1;
	}
	if (callbacks_register(serve->daemon, waker, err) != 0 || signals_receive(err) != 0 ||
	    control_start(serve->control, &subject, err) != 0 ||
	    start_milter(serve, &milter, err) != 0)
		goto end_reloads;
	process_notify("READY=1");
	if (serve->ready >= 0)
		process_ready(serve->ready);
	answer_signals(&reloading);
	end_reloads(&reloading);
	control_stop(serve->control); /* a new daemon may make its own */
	stop(serve, &milter, waker);
	result =
	    milter.failed ? error_set(err, ERROR_INTERNAL, "libmilter ended with a failure") : 0;
	goto free_waker;
end_reloads:
	end_reloads(&reloading);
free_waker:
	control_stop(serve->control);
	waker_free(waker);
	return result;
}
