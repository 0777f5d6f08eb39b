#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* Of a path, and of a name with what makes it a temporary one. */
#define PATH_SIZE 4096
/* Names tried for a temporary file: one is taken by chance, not several. */
#define TRIES 10

int
file_open(int folder, const char *name, struct stat *about, struct error *err)
{
	int links = folder == AT_FDCWD ? 0 : O_NOFOLLOW;
	/* Opening a FIFO must not wait for its writer. */
	int file = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | links);
	int why = errno;

	if (file < 0) {
		error_errno(err, why, "opening the file");
	} else if (fstat(file, about) != 0) {
		why = errno;
		error_errno(err, why, "opening the file");
		close(file);
		file = -1;
	} else if (!S_ISREG(about->st_mode)) {
		why = EINVAL;
		error_set(err, ERROR_INPUT, "not a regular file");
		close(file);
		file = -1;
	}
	errno = why;
	return file;
}

/* Until the end of the file or of the room. */
static int
read_all(int file, char *bytes, size_t room, size_t *size, struct error *err)
{
	ssize_t got = 1;

	*size = 0;
	while (*size < room && got != 0) {
		got = read(file, bytes + *size, room - *size);
		if (got < 0 && errno != EINTR)
			return error_errno(err, errno, "reading the file");
		if (got > 0)
			*size += (size_t)got;
	}
	return 0;
}

int
file_read_open(
    int file, const struct stat *about, size_t most, char **bytes, size_t *size, struct error *err)
{
	size_t expected = (size_t)about->st_size;
	char *room;

	if (about->st_size < 0 || (uintmax_t)about->st_size > most)
		return error_set(err, ERROR_LIMIT, "the file is larger than %zu bytes", most);
	/* One byte more than there should be shows that it has grown. */
	room = malloc(expected + 1);
	if (room == NULL)
		return error_no_memory(err);
	if (read_all(file, room, expected + 1, size, err) != 0)
		goto fail;
	if (*size != expected) {
		error_set(err, ERROR_TEMPORARY, "the file was changed while it was read");
		goto fail;
	}
	room[expected] = '\0';
	*bytes = room;
	return 0;
fail:
	free(room);
	return -1;
}

int
file_read(int folder, const char *name, size_t most, char **bytes, size_t *size, struct error *err)
{
	struct stat about;
	int file = file_open(folder, name, &about, err);
	int status;

	if (file < 0)
		return -1;
	status = file_read_open(file, &about, most, bytes, size, err);
	close(file);
	errno = 0;
	return status;
}

/* Opens the folder that the name is in, and moves the name on to what it is there; -1: errno. */
static int
open_folder(int folder, const char **name)
{
	char path[PATH_SIZE];
	const char *slash = strrchr(*name, '/');
	size_t size = slash != NULL ? (size_t)(slash - *name) : 0;

	if (size + 1 >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(path, *name, size);
	path[size] = '\0';
	if (slash != NULL)
		*name = slash + 1;
	if (size == 0)
		strcpy(path, slash != NULL ? "/" : ".");
	return openat(folder, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Not every file system can: then there is nothing to wait for. */
static int
sync_folder(int folder, struct error *err)
{
	if (fsync(folder) == 0 || errno == EINVAL)
		return 0;
	return error_errno(err, errno, "syncing the folder");
}

/* A new file beside the name; -1: errno. */
static int
open_temporary(int folder, const char *name, char *temporary)
{
	uint32_t chance;
	int file = -1;
	int i;

	errno = EEXIST;
	for (i = 0; i < TRIES && file < 0 && errno == EEXIST; i++) {
		if (getrandom(&chance, sizeof(chance), 0) != (ssize_t)sizeof(chance))
			return -1;
		if (snprintf(temporary, PATH_SIZE, "%s.new-%08x", name, chance) >= PATH_SIZE) {
			errno = ENAMETOOLONG;
			return -1;
		}
		file = openat(
		    folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	}
	return file;
}

static bool
write_all(int file, const char *bytes, size_t size)
{
	ssize_t put;

	while (size > 0) {
		put = write(file, bytes, size);
		if (put < 0 && errno != EINTR)
			return false;
		if (put > 0) {
			bytes += put;
			size -= (size_t)put;
		}
	}
	return true;
}

static int
fill(int file, mode_t mode, const struct file_part *parts, size_t count, struct error *err)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (!write_all(file, parts[i].bytes, parts[i].size))
			return error_errno(err, errno, "writing the file");
	}
	if (fchmod(file, mode) != 0 || fsync(file) != 0)
		return error_errno(err, errno, "writing the file");
	return 0;
}

static int
replace_in(int folder, const char *name, mode_t mode, const struct file_part *parts, size_t count,
    struct error *err)
{
	char temporary[PATH_SIZE];
	int file = open_temporary(folder, name, temporary);
	int status;

	if (file < 0)
		return error_errno(err, errno, "making a file");
	status = fill(file, mode, parts, count, err);
	/* NFS tells of a full disk only here. */
	if (close(file) != 0 && status == 0)
		status = error_errno(err, errno, "writing the file");
	if (status == 0 && renameat(folder, temporary, folder, name) != 0)
		status = error_errno(err, errno, "putting the file in its place");
	if (status == 0)
		return sync_folder(folder, err);
	unlinkat(folder, temporary, 0);
	return -1;
}

int
file_replace(int folder, const char *name, mode_t mode, const struct file_part *parts, size_t count,
    struct error *err)
{
	int own = open_folder(folder, &name);
	int status;

	if (own < 0)
		return error_errno(err, errno, "opening the folder");
	status = replace_in(own, name, mode, parts, count, err);
	close(own);
	return status;
}

int
file_remove(int folder, const char *name, struct error *err)
{
	int own = open_folder(folder, &name);
	int status;

	if (own < 0)
		return error_errno(err, errno, "opening the folder");
	if (unlinkat(own, name, 0) != 0)
		status = error_errno(err, errno, "removing the file");
	else
		status = sync_folder(own, err);
	close(own);
	return status;
}
