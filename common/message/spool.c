#include "message/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"

struct spool_space {
	_Atomic uint64_t used;
	_Atomic uint64_t limit;
};

struct spool {
	struct spool_space *space;
	char *folder;
	struct buffer memory; /* all of it, or what is not yet written to the file */
	int file;             /* -1: not needed so far */
	uint64_t on_disk;
};

struct spool_space *
spool_space_new(uint64_t limit)
{
	struct spool_space *space = calloc(1, sizeof(*space));

	if (space != NULL)
		atomic_store(&space->limit, limit);
	return space;
}

void
spool_space_set_limit(struct spool_space *space, uint64_t limit)
{
	atomic_store(&space->limit, limit);
}

void
spool_space_free(struct spool_space *space)
{
	free(space);
}

static int
take_space(struct spool_space *space, uint64_t size, struct error *err)
{
	uint64_t used = atomic_load(&space->used);
	uint64_t limit = atomic_load(&space->limit);

	do {
		if (size > limit || used > limit - size)
			return error_set(err, ERROR_LIMIT, "spool-limit of %llu bytes is used up",
			    (unsigned long long)limit);
	} while (!atomic_compare_exchange_weak(&space->used, &used, used + size));
	return 0;
}

struct spool *
spool_new(struct spool_space *space, const char *folder, size_t memory_limit, struct error *err)
{
	struct spool *spool = calloc(1, sizeof(*spool));

	if (spool == NULL || (spool->folder = strdup(folder)) == NULL) {
		free(spool);
		error_no_memory(err);
		return NULL;
	}
	spool->space = space;
	spool->file = -1;
	spool->memory.limit = memory_limit;
	return spool;
}

/* A file that no other process can open and that is gone with its descriptor. */
static int
open_unnamed(const char *folder, struct error *err)
{
	char path[4096];
	int file;

	if (snprintf(path, sizeof(path), "%s/spool-XXXXXX", folder) >= (int)sizeof(path))
		return error_set(err, ERROR_PERMANENT, "cache-folder: the path is too long");
	file = mkstemp(path);
	if (file < 0)
		return error_errno(err, errno, "cache-folder: %s", folder);
	if (unlink(path) != 0 || fcntl(file, F_SETFD, FD_CLOEXEC) != 0) {
		error_errno(err, errno, "cache-folder: %s", path);
		close(file);
		return -1;
	}
	return file;
}

static int
write_whole(int file, const char *bytes, size_t size, struct error *err)
{
	ssize_t done;

	while (size > 0) {
		done = write(file, bytes, size);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return error_errno(err, errno, "writing to the cache folder");
		bytes += done;
		size -= (size_t)done;
	}
	return 0;
}

/* Writes bytes to the file, space taken first; what is counted is given back by spool_free(). */
static int
to_disk(struct spool *spool, const char *bytes, size_t size, struct error *err)
{
	if (size == 0)
		return 0;
	if (spool->file < 0 && (spool->file = open_unnamed(spool->folder, err)) < 0)
		return -1;
	if (take_space(spool->space, size, err) != 0)
		return -1;
	spool->on_disk += size;
	return write_whole(spool->file, bytes, size, err);
}

int
spool_write(void *context, const char *bytes, size_t size, struct error *err)
{
	struct spool *spool = context;

	if (size <= spool->memory.limit - spool->memory.size)
		return buffer_append(&spool->memory, bytes, size, err);
	if (to_disk(spool, spool->memory.data, spool->memory.size, err) != 0)
		return -1;
	buffer_clear(&spool->memory);
	if (size > spool->memory.limit)
		return to_disk(spool, bytes, size, err);
	return buffer_append(&spool->memory, bytes, size, err);
}

static int
read_disk(struct spool *spool, size_t piece, spool_take *take, void *context, struct error *err)
{
	char *bytes = malloc(piece);
	uint64_t offset = 0;
	ssize_t done;
	int result = 0;

	if (bytes == NULL)
		return error_no_memory(err);
	while (result == 0 && offset < spool->on_disk) {
		done = pread(spool->file, bytes, piece, (off_t)offset);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			result = error_errno(err, errno, "reading from the cache folder");
		else if (done == 0)
			result = error_set(err, ERROR_INTERNAL, "the spool file is too short");
		else
			result = take(context, bytes, (size_t)done, err);
		if (done > 0)
			offset += (uint64_t)done;
	}
	free(bytes);
	return result;
}

int
spool_read(struct spool *spool, size_t piece, spool_take *take, void *context, struct error *err)
{
	size_t offset = 0;
	size_t size;

	if (spool->on_disk > 0 && read_disk(spool, piece, take, context, err) != 0)
		return -1;
	while (offset < spool->memory.size) {
		size = spool->memory.size - offset;
		if (size > piece)
			size = piece;
		if (take(context, spool->memory.data + offset, size, err) != 0)
			return -1;
		offset += size;
	}
	return 0;
}

void
spool_free(struct spool *spool)
{
	if (spool == NULL)
		return;
	if (spool->file >= 0)
		close(spool->file);
	atomic_fetch_sub(&spool->space->used, spool->on_disk);
	buffer_free(&spool->memory);
	free(spool->folder);
	free(spool);
}
