/*
 * The LDIF file that the records of a roster (directory/roster.h) or a census are read from: which state
 * of it is read, and whether all of it was there. One thread.
 */
#ifndef SMIME_DIRECTORY_ROSTER_FILE_H
#define SMIME_DIRECTORY_ROSTER_FILE_H

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>
#include <time.h>

#include "base/compiler.h"
#include "base/error.h"
#include "directory/record_parse.h"

/* Which state of a file was read: any change of the file changes one of these. */
struct roster_stamp {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified;
	struct timespec changed;
};

/* The stamp of the file as it is now. 0/-1. */
MUST_CHECK int roster_stat(const char *path, struct roster_stamp *stamp, struct error *err);
bool roster_same(const struct roster_stamp *a, const struct roster_stamp *b);

struct roster_file {
	FILE *stream;
	const char *path; /* borrowed */
	struct roster_stamp stamp;
	unsigned long cut_off; /* line of the record that the file ends within; 0: none */
};

/* Opens it; a pipe is refused, not waited for. 0/-1; roster_file_close() is legal after either. */
MUST_CHECK int roster_file_open(struct roster_file *file, const char *path, struct error *err);
void roster_file_close(struct roster_file *file);

/* Notes whether the file was cut off within this record. value: the last one that it publishes, NULL
 * if that wasn't kept; size 0: it publishes none. */
void roster_file_look_at(struct roster_file *file, const struct record *record,
    enum record_kind kind, const void *value, size_t size);

/* Once all of it was read: whether all of it was there. -1: it was changed meanwhile (ERROR_TEMPORARY),
 * or is visibly cut off (ERROR_INPUT). */
MUST_CHECK int roster_file_check_whole(const struct roster_file *file, struct error *err);

#endif
