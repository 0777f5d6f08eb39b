#include "audit/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Readable by the group, so that administrators need not be root; nobody else: it names people. */
#define FILE_MODE 0640

static int
open_file(struct sink *sink, struct error *err)
{
	/* Not blocking: a pipe without a reader must not hold up mail. */
	sink->file = open(sink->path,
	    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, FILE_MODE);
	if (sink->file < 0)
		return error_errno(err, errno, "audit file %s", sink->path);
	sink->torn = false;
	return 0;
}

int
sink_open(struct sink *sink, const char *path, struct error *err)
{
	sink->file = -1;
	sink->torn = false;
	sink->path = strdup(path);
	if (sink->path == NULL)
		return error_no_memory(err);
	return open_file(sink, err);
}

/* Whether the path still names the file that is open: log rotation moves it away. */
static bool
is_current(const struct sink *sink, struct stat *opened)
{
	struct stat named;

	if (sink->file < 0 || fstat(sink->file, opened) != 0)
		return false;
	return stat(sink->path, &named) == 0 && named.st_dev == opened->st_dev &&
	       named.st_ino == opened->st_ino;
}

static int
make_current(struct sink *sink, struct stat *opened, struct error *err)
{
	if (is_current(sink, opened))
		return 0;
	if (sink->file >= 0)
		close(sink->file);
	sink->file = -1;
	if (open_file(sink, err) != 0)
		return -1;
	if (fstat(sink->file, opened) != 0)
		return error_errno(err, errno, "audit file %s", sink->path);
	return 0;
}

/* Takes back what was written in part, unless another process has appended since. */
static void
take_back(struct sink *sink, const struct stat *before, size_t written)
{
	struct stat now;

	sink->torn = true;
	if (!S_ISREG(before->st_mode) || fstat(sink->file, &now) != 0 ||
	    now.st_size != before->st_size + (off_t)written)
		return;
	if (ftruncate(sink->file, before->st_size) == 0)
		sink->torn = false;
}

static ssize_t
write_once(int file, const char *bytes, size_t size)
{
	ssize_t written;

	do {
		written = write(file, bytes, size);
	} while (written < 0 && errno == EINTR);
	return written;
}

/* Ends a line that was cut and could not be taken back. */
static int
mend(struct sink *sink)
{
	if (sink->torn && write_once(sink->file, "\n", 1) != 1)
		return -1;
	sink->torn = false;
	return 0;
}

int
sink_write(struct sink *sink, const char *lines, size_t size, struct error *err)
{
	struct stat before;
	ssize_t written;

	errno = 0;
	if (make_current(sink, &before, err) != 0)
		goto failed;
	if (mend(sink) != 0 || fstat(sink->file, &before) != 0) {
		error_errno(err, errno, "audit file %s", sink->path);
		goto failed;
	}
	written = write_once(sink->file, lines, size);
	if (written < 0) {
		error_errno(err, errno, "audit file %s", sink->path);
		goto failed;
	}
	if ((size_t)written < size) {
		take_back(sink, &before, (size_t)written);
		error_set(err, ERROR_TEMPORARY, "audit file %s: only %zd of %zu bytes were written",
		    sink->path, written, size);
		goto failed;
	}
	return 0;

failed:
	/* The file may be repaired while the daemon runs: whatever is wrong, waiting can help. */
	if (err != NULL)
		err->code = ERROR_TEMPORARY;
	return -1;
}

void
sink_close(struct sink *sink)
{
	if (sink->file >= 0)
		close(sink->file);
	sink->file = -1;
	free(sink->path);
	sink->path = NULL;
}
