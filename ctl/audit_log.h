/*
 * Reading audit logs (audit/audit.h): which files there are, in order of time, with what log rotation
 * made of them; their lines, whether compressed or not; and the record in a line. What is no record is
 * told apart and never fatal. Memory is bounded whatever a log's size. One thread.
 *
 * Compression is libarchive's business (gzip, bzip2, xz, zstd). Without it (configure) a compressed
 * file is an error that says so.
 */
#ifndef SMIME_CTL_AUDIT_LOG_H
#define SMIME_CTL_AUDIT_LOG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include "base/compiler.h"
#include "base/error.h"

/* Files read at once: an hourly rotation for a year. */
#define AUDIT_LOG_FILES_MAX 10000
/* A record has some 60 texts of up to AUDIT_TEXT_MAX bytes, up to six times that where each character
 * is escaped. A longer line is none of ours. */
#define AUDIT_LOG_LINE_MAX ((size_t)1 << 20)

struct audit_log_file {
	char *path;        /* "-": standard input */
	bool regular;      /* else a pipe: read once, and last */
	struct stat about; /* of a regular one, as it was found */
	time_t first; /* the time of its first record; where there is none, of its last change */
};

struct audit_log_files {
	struct audit_log_file *items;
	size_t count;
};
#define AUDIT_LOG_FILES_INIT \
	{                    \
		NULL, 0      \
	}

/* Adds what a name stands for: "-", a file (or pipe), or every file of a folder, not below it. What was
 * added before is not added again. */
MUST_CHECK int audit_log_add(struct audit_log_files *files, const char *name, struct error *err);

/* Adds the file, where it is there, and its rotated ones beside it: NAME.1, NAME-20261125, and
 * audit-20261125.json of audit.json, with .gz, .bz2, .xz or .zst. */
MUST_CHECK int audit_log_add_rotated(
    struct audit_log_files *files, const char *path, struct error *err);

/* Whether a name is that of the file's rotated one (both without folder). */
bool audit_log_is_rotated(const char *file, const char *name);

/* Puts them in order of time, by their first records, then by their last changes; pipes last. */
void audit_log_sort(struct audit_log_files *files);

void audit_log_files_free(struct audit_log_files *files);

struct audit_log;

/* Opens one. NULL on error; ERROR_TEMPORARY: it was rotated away since it was found. */
struct audit_log *audit_log_open(const struct audit_log_file *file, struct error *err);

struct audit_log_line {
	const char *text; /* without its end; valid until the next; not NUL-terminated */
	size_t size;
	bool cut; /* it is longer than AUDIT_LOG_LINE_MAX: there is no text */
};

/* The next line: 1; the end: 0; -1 on error, which ends the file. A signal ends it, too, where
 * interrupt_came(). */
MUST_CHECK int audit_log_next(
    struct audit_log *log, struct audit_log_line *line, struct error *err);

/* Bytes read of the file so far. */
uint64_t audit_log_position(const struct audit_log *log);

void audit_log_close(struct audit_log *log);

enum audit_log_kind {
	AUDIT_LOG_RECORD,
	AUDIT_LOG_OTHER, /* a line that is no record: another event, or the daemon's log beside it */
	AUDIT_LOG_BROKEN, /* looks like one, and can't be read */
	AUDIT_LOG_SCHEMA, /* a record of a schema that is not known here */
	AUDIT_LOG_KINDS
};

/* What a line holds; a record in *record (json_decref()), else NULL. In front of it may stand what
 * syslog writes there. 0/-1 without memory. */
MUST_CHECK int audit_log_record(const struct audit_log_line *line, enum audit_log_kind *kind,
    json_t **record, struct error *err);

/* The time of a record. false: it has none. */
bool audit_log_time(const json_t *record, time_t *at);

/* A text of a record, or of an object in it; NULL where it is null or none. */
const char *audit_log_text(const json_t *object, const char *key);

#endif
