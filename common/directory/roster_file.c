#include "directory/roster_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "smime/tlv.h"

static void
stamp_of(const struct stat *status, struct roster_stamp *stamp)
{
	memset(stamp, 0, sizeof(*stamp));
	stamp->device = status->st_dev;
	stamp->inode = status->st_ino;
	stamp->size = status->st_size;
	stamp->modified = status->st_mtim;
	stamp->changed = status->st_ctim;
}

int
roster_stat(const char *path, struct roster_stamp *stamp, struct error *err)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return error_errno(err, errno, "%s", path);
	stamp_of(&status, stamp);
	return 0;
}

bool
roster_same(const struct roster_stamp *a, const struct roster_stamp *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->modified.tv_sec == b->modified.tv_sec &&
	       a->modified.tv_nsec == b->modified.tv_nsec &&
	       a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

int
roster_file_open(struct roster_file *file, const char *path, struct error *err)
{
	struct stat status;
	int fd;

	memset(file, 0, sizeof(*file));
	file->path = path;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* not to wait at a pipe */
	if (fd < 0 || fstat(fd, &status) != 0) {
		error_errno(err, errno, "%s", path);
	} else if (!S_ISREG(status.st_mode)) {
		error_set(err, ERROR_INPUT, "%s is not a file", path);
	} else {
		stamp_of(&status, &file->stamp);
		file->stream = fdopen(fd, "r");
		if (file->stream == NULL)
			error_errno(err, errno, "%s", path);
	}
	if (file->stream == NULL && fd >= 0)
		close(fd);
	return file->stream != NULL ? 0 : -1;
}

void
roster_file_close(struct roster_file *file)
{
	if (file->stream != NULL)
		fclose(file->stream);
	file->stream = NULL;
}

/* Whether a DER value is shorter than its own length says (X.690 8.1.3). */
static bool
is_short(const unsigned char *der, size_t size)
{
	size_t octets;
	size_t length;
	size_t i;

	if (der == NULL || size < 2 || der[0] != TLV_SEQUENCE)
		return false;
	octets = der[1] > 0x80 ? der[1] & 0x7f : 0;
	length = der[1] < 0x80 ? der[1] : 0;
	if (octets > sizeof(length))
		return false;
	for (i = 2; i < 2 + octets && i < size; i++)
		length = length << 8 | der[i];
	return i < 2 + octets || length > size - i;
}

/* It was, as by a full disk or by somebody who still writes it, if its last line has no end, and it is
 * broken, publishes nothing, or ends within a value. Who writes a file by hand may leave out that end,
 * but no more. */
void
roster_file_look_at(struct roster_file *file, const struct record *record, enum record_kind kind,
    const void *value, size_t size)
{
	if (!record->is_torn || kind == RECORD_IGNORED)
		return;
	if (kind == RECORD_BROKEN || size == 0 || is_short(value, size))
		file->cut_off = record->line;
}

/* What is missing from half a file would seem to be published no more: mail to half of all would be
 * refused, or leave in the clear. */
int
roster_file_check_whole(const struct roster_file *file, struct error *err)
{
	struct roster_stamp now;
	struct stat status;

	if (fstat(fileno(file->stream), &status) != 0)
		return error_errno(err, errno, "%s", file->path);
	stamp_of(&status, &now);
	/* Another file has taken its name: that is no change of what was read. */
	if (status.st_nlink == 0)
		now.changed = file->stamp.changed;
	if (!roster_same(&now, &file->stamp))
		return error_set(
		    err, ERROR_TEMPORARY, "%s has changed while it was read", file->path);
	if (file->cut_off != 0)
		return error_set(err, ERROR_INPUT,
		    "%s was cut off: it ends within the entry at line %lu (if that is all, end its "
		    "last line)",
		    file->path, file->cut_off);
	return 0;
}
