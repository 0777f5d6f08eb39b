/*
 * Goes through audit logs for smimectl report and why: finds them, as named or as configured, and
 * reads them line by line, with progress and an eye on Ctrl-C. What can't be read is told on standard
 * error and kept, and the rest is read. One thread.
 */
#ifndef SMIME_CTL_AUDIT_LOG_WALK_H
#define SMIME_CTL_AUDIT_LOG_WALK_H

#include <stdint.h>

#include "audit_log.h"
#include "base/compiler.h"
#include "command.h"
#include "progress.h"

struct audit_log_walk {
	struct audit_log_files files; /* in order of time */
	struct progress progress;
	uint64_t lines;
	uint64_t done;         /* bytes of the files that were read */
	uint64_t total;        /* bytes of all files that can be told of */
	char incomplete[1024]; /* why not all was read; "": it was */
};

/* Finds the files named, or, where none is, those of the configuration (NULL then: an error). 0/-1;
 * then audit_log_walk_free(). */
MUST_CHECK int audit_log_walk_find(struct audit_log_walk *walk, const struct config *config,
    char **names, int count, struct error *err);
void audit_log_walk_free(struct audit_log_walk *walk);

/* Reads one of the files. take() gets each line; -1 from it ends all. CTL_OK: all of it was read. */
typedef int audit_log_walk_take(
    void *context, const struct audit_log_line *line, struct error *err);
enum ctl_status audit_log_walk_read(struct audit_log_walk *walk, const struct audit_log_file *file,
    audit_log_walk_take *take, void *context);

/* Passes over one of the files. */
void audit_log_walk_skip(struct audit_log_walk *walk, const struct audit_log_file *file);

#endif
