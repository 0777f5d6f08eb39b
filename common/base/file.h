/*
 * Whole files: read up to a limit, and replaced so that nobody ever sees half of one, not even after
 * a crash. Only regular files are read: a pipe or a device in their place is refused, not waited for.
 *
 * A name is one within an open folder, whose links are not followed, or, where folder is AT_FDCWD, a
 * path, whose links are. Errors don't tell the name: callers put it in front. Any thread.
 */
#ifndef SMIME_BASE_FILE_H
#define SMIME_BASE_FILE_H

#include <stddef.h>
#include <sys/stat.h>

#include "base/compiler.h"
#include "base/error.h"

/* Opens for reading: close() it. about tells of what was opened, not of what may stand there later.
 * -1 on error: errno is as open() sets it, or EINVAL (ERROR_INPUT): no regular file. */
MUST_CHECK int file_open(int folder, const char *name, struct stat *about, struct error *err);

/* All of an open file of at most `most` bytes, a NUL behind them, in *bytes (free()). ERROR_LIMIT
 * beyond, ERROR_TEMPORARY also if it changed meanwhile. */
MUST_CHECK int file_read_open(
    int file, const struct stat *about, size_t most, char **bytes, size_t *size, struct error *err);

/* Both in one. errno is ENOENT only if there is nothing of that name. */
MUST_CHECK int file_read(
    int folder, const char *name, size_t most, char **bytes, size_t *size, struct error *err);

struct file_part {
	const void *bytes;
	size_t size;
};

/* Puts a file of these parts, one after another, with this mode whatever the umask is, in the place
 * of what has the name, once it is on the disk. A link is replaced, not followed. On error what was
 * there stays, unless only the folder could not be synced. Where it ends in a crash, NAME.new-* may
 * be left, which whoever reads the folder must pass over. */
MUST_CHECK int file_replace(int folder, const char *name, mode_t mode,
    const struct file_part *parts, size_t count, struct error *err);

/* Removes it for good. */
MUST_CHECK int file_remove(int folder, const char *name, struct error *err);

#endif
