#define _GNU_SOURCE /* memmem() */
#include "audit_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "audit_log_bytes.h"
#include "base/buffer.h"
#include "base/clock.h"

struct audit_log {
	struct audit_log_bytes *bytes;
	const char *block; /* what is left of the one at hand */
	size_t left;
	struct buffer begun; /* a line of several blocks, so far */
	bool cut;            /* it is too long */
};

static int
open_descriptor(const struct audit_log_file *file, struct error *err)
{
	struct stat about;
	int opened;

	if (strcmp(file->path, "-") == 0) {
		opened = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
		return opened >= 0 ? opened : error_errno(err, errno, "standard input");
	}
	opened = open(file->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (opened >= 0 && !file->regular)
		return opened;
	if (opened < 0 && (errno != ENOENT || !file->regular))
		return error_errno(err, errno, "%s", file->path);
	if (opened >= 0 && fstat(opened, &about) == 0 && about.st_dev == file->about.st_dev &&
	    about.st_ino == file->about.st_ino)
		return opened;
	if (opened >= 0)
		close(opened);
	return error_set(err, ERROR_TEMPORARY,
	    "%s: the logs were rotated while they were being read: try again", file->path);
}

struct audit_log *
audit_log_open(const struct audit_log_file *file, struct error *err)
{
	struct audit_log *log = calloc(1, sizeof(*log));
	int opened;

	if (log == NULL) {
		error_no_memory(err);
		return NULL;
	}
	log->begun.limit = AUDIT_LOG_LINE_MAX;
	opened = open_descriptor(file, err);
	if (opened < 0) {
		free(log);
		return NULL;
	}
	log->bytes = audit_log_bytes_open(opened, err);
	if (log->bytes == NULL) {
		error_prefix(err, "%s: ", file->path);
		free(log);
		return NULL;
	}
	return log;
}

void
audit_log_close(struct audit_log *log)
{
	if (log == NULL)
		return;
	audit_log_bytes_close(log->bytes);
	buffer_free(&log->begun);
	free(log);
}

uint64_t
audit_log_position(const struct audit_log *log)
{
	return audit_log_bytes_position(log->bytes);
}

/* Keeps a piece of a line for what follows it in the next block. */
static int
keep(struct audit_log *log, size_t size, struct error *err)
{
	if (log->cut || log->begun.size + size > AUDIT_LOG_LINE_MAX) {
		log->cut = true;
		buffer_clear(&log->begun);
		return 0;
	}
	return buffer_append(&log->begun, log->block, size, err);
}

/* Gives out the line that was kept, whole by now. */
static int
give(struct audit_log *log, struct audit_log_line *line)
{
	*line = (struct audit_log_line){
	    log->begun.data != NULL ? log->begun.data : "", log->begun.size, log->cut};
	log->cut = false;
	log->begun.size = 0; /* what it holds stays until the next line */
	return 1;
}

int
audit_log_next(struct audit_log *log, struct audit_log_line *line, struct error *err)
{
	const char *end;
	size_t size;
	int got;

	for (;;) {
		if (log->left == 0) {
			got = audit_log_bytes_next(log->bytes, &log->block, &log->left, err);
			if (got < 0)
				return -1;
			if (got == 0)
				return log->begun.size > 0 || log->cut ? give(log, line) : 0;
		}
		end = memchr(log->block, '\n', log->left);
		size = end != NULL ? (size_t)(end - log->block) : log->left;
		if (end != NULL && log->begun.size == 0 && !log->cut &&
		    size <= AUDIT_LOG_LINE_MAX) {
			*line = (struct audit_log_line){log->block, size, false};
			log->block += size + 1;
			log->left -= size + 1;
			return 1;
		}
		if (keep(log, size, err) != 0)
			return -1;
		log->block += size + (end != NULL);
		log->left -= size + (end != NULL);
		if (end != NULL)
			return give(log, line);
	}
}

/* Where the record begins: at the line's beginning, or behind what syslog wrote. NULL: there is none. */
static const char *
find_object(const struct audit_log_line *line)
{
	static const char begin[] = "{\"schema\":";

	if (line->size > 0 && line->text[0] == '{')
		return line->text;
	return memmem(line->text, line->size, begin, sizeof(begin) - 1);
}

static enum audit_log_kind
kind_of(const json_t *object)
{
	const json_t *schema = json_object_get(object, "schema");
	const char *event = audit_log_text(object, "event");

	if (!json_is_object(object) || !json_is_integer(schema))
		return AUDIT_LOG_BROKEN;
	if (json_integer_value(schema) != AUDIT_SCHEMA)
		return AUDIT_LOG_SCHEMA;
	return event != NULL && strcmp(event, "decision") == 0 ? AUDIT_LOG_RECORD : AUDIT_LOG_OTHER;
}

/* jansson names every fault of the text; where memory was lacking it may name none. (Or a fault of the
 * text: then the line counts as broken, which is told, too.) */
static bool
lacked_memory(const json_error_t *problem)
{
	return json_error_code(problem) == json_error_out_of_memory ||
	       json_error_code(problem) == json_error_unknown;
}

int
audit_log_record(const struct audit_log_line *line, enum audit_log_kind *kind, json_t **record,
    struct error *err)
{
	const char *begin;
	json_error_t problem;

	*record = NULL;
	*kind = AUDIT_LOG_BROKEN;
	if (line->cut)
		return 0;
	begin = find_object(line);
	if (begin == NULL) {
		*kind = AUDIT_LOG_OTHER;
		return 0;
	}
	*record = json_loadb(begin, line->size - (size_t)(begin - line->text), 0, &problem);
	if (*record == NULL && lacked_memory(&problem))
		return error_no_memory(err);
	*kind = kind_of(*record);
	if (*kind != AUDIT_LOG_RECORD) {
		json_decref(*record);
		*record = NULL;
	}
	return 0;
}

bool
audit_log_time(const json_t *record, time_t *at)
{
	const char *text = audit_log_text(record, "time");

	return text != NULL && clock_parse_rfc3339(text, at, NULL) == 0;
}

const char *
audit_log_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}
