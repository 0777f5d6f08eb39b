/* Between the store of pending CAs and its file: read once, written by a thread of its own. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/thread.h"
#include "smime/pending_private.h"

/* From the first change to its writing: what comes meanwhile is written with it. Seconds. */
#define WRITE_DELAY 2

static void
file_path(const struct pending *pending, const char *ending, char *out, size_t size)
{
	snprintf(out, size, "%s/" PENDING_FILE "%s", pending->folder, ending);
}

/* It names who gets mail: not for everybody. */
static int
replace_file(const struct pending *pending, const struct buffer *text, struct error *err)
{
	const struct file_part all = {text->data, text->size};
	char path[4096];

	file_path(pending, "", path, sizeof(path));
	if (file_replace(AT_FDCWD, path, 0640, &all, 1, err) == 0)
		return 0;
	return error_prefix(err, "state-folder: %s: ", path);
}

int
pending_flush(struct pending *pending, struct error *err)
{
	struct buffer text = BUFFER_INIT;
	uint64_t changes;
	int status;

	if (pending->folder == NULL)
		return 0;
	pthread_mutex_lock(&pending->file);
	pthread_mutex_lock(&pending->mutex);
	changes = pending->changes;
	status = changes != pending->written ? pending_write_text(pending, &text, err) : 1;
	pthread_mutex_unlock(&pending->mutex);
	if (status == 0)
		status = replace_file(pending, &text, err);
	buffer_free(&text);
	if (status == 0) {
		pthread_mutex_lock(&pending->mutex);
		pending->written = changes;
		pthread_mutex_unlock(&pending->mutex);
	}
	/* The same failure again is not news. */
	if (status < 0 && !pending->failed)
		log_warning("what is met of unknown CAs is not kept: %s", err->text);
	if (status <= 0)
		pending->failed = status < 0;
	pthread_mutex_unlock(&pending->file);
	return status < 0 ? -1 : 0;
}

/* With the mutex held: until there is something to write, and a moment longer. */
static void
wait_for_change(struct pending *pending)
{
	struct timespec until;

	while (pending->changes == pending->written && !pending->stopping)
		pthread_cond_wait(&pending->changed, &pending->mutex);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += WRITE_DELAY;
	while (!pending->stopping &&
	       pthread_cond_timedwait(&pending->changed, &pending->mutex, &until) != ETIMEDOUT)
		continue;
}

static void *
run_writer(void *context)
{
	struct pending *pending = context;
	struct error err = ERROR_INIT;

	pthread_mutex_lock(&pending->mutex);
	while (!pending->stopping) {
		wait_for_change(pending);
		pthread_mutex_unlock(&pending->mutex);
		pending_flush(pending, &err);
		pthread_mutex_lock(&pending->mutex);
	}
	pthread_mutex_unlock(&pending->mutex);
	return NULL;
}

int
pending_read(struct pending *pending, const char *file, struct error *err)
{
	char *text;
	size_t size;
	int status;

	if (file_read(AT_FDCWD, file, PENDING_FILE_MAX, &text, &size, err) != 0) {
		if (errno == ENOENT)
			return 0;
		return error_prefix(err, "%s: ", file);
	}
	status = pending_read_text(pending, text, size, err);
	free(text);
	return status == 0 ? 0 : error_prefix(err, "%s: ", file);
}

/* What can't be understood begins anew; the file is kept for whoever wants to look. */
static void
begin(struct pending *pending)
{
	char path[4096];
	char aside[4096];
	struct error err = ERROR_INIT;

	file_path(pending, "", path, sizeof(path));
	file_path(pending, ".broken", aside, sizeof(aside));
	if (pending_read(pending, path, &err) == 0)
		return;
	while (pending->count > 0)
		pending_drop(pending, pending->count - 1);
	if (err.code != ERROR_INPUT && err.code != ERROR_LIMIT)
		log_error("unknown CAs met earlier are not known any more: %s", err.text);
	else if (rename(path, aside) == 0)
		log_error("unknown CAs met earlier are not known any more: %s; the file is now %s",
		    err.text, aside);
	else
		log_error("unknown CAs met earlier are not known any more: %s; it can't be moved "
			  "aside: %s",
		    err.text, strerror(errno));
}

struct pending *
pending_open(const char *folder, struct error *err)
{
	struct pending *pending = pending_new();

	if (pending == NULL) {
		error_no_memory(err);
		return NULL;
	}
	if (folder[0] == '\0')
		return pending;
	pending->folder = strdup(folder);
	if (pending->folder == NULL) {
		error_no_memory(err);
		goto free_pending;
	}
	if (access(folder, W_OK | X_OK) != 0)
		log_warning("state-folder: %s: %s: unknown CAs that are met are not kept", folder,
		    strerror(errno));
	begin(pending);
	pending->written = pending->changes;
	if (thread_start(&pending->writer, run_writer, pending, err) != 0)
		goto free_pending;
	pending->has_writer = true;
	return pending;
free_pending:
	free(pending->folder);
	pending->folder = NULL;
	pending_free(pending);
	return NULL;
}

void
pending_free(struct pending *pending)
{
	struct error err = ERROR_INIT;

	if (pending == NULL)
		return;
	if (pending->has_writer) {
		pthread_mutex_lock(&pending->mutex);
		pending->stopping = true;
		pthread_cond_signal(&pending->changed);
		pthread_mutex_unlock(&pending->mutex);
		pthread_join(pending->writer, NULL);
		pending_flush(pending, &err);
	}
	while (pending->count > 0)
		pending_drop(pending, pending->count - 1);
	free(pending->folder);
	pthread_cond_destroy(&pending->changed);
	pthread_mutex_destroy(&pending->file);
	pthread_mutex_destroy(&pending->mutex);
	free(pending);
}
