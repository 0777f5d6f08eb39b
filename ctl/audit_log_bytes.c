#include "audit_log_bytes.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_LIBARCHIVE
#include <archive.h>
#include <archive_entry.h>
#endif

#include "interrupt.h"

/* Read at once. */
#define BLOCK ((size_t)256 << 10)

struct audit_log_bytes {
	int file;
	uint64_t position;
#ifdef HAVE_LIBARCHIVE
	struct archive *archive;
	bool at_end;
#endif
	char block[BLOCK];
};

/* 0: the end, or interrupt_came(). -1: errno. */
static ssize_t
read_block(struct audit_log_bytes *bytes)
{
	ssize_t got = interrupt_read(bytes->file, bytes->block, sizeof(bytes->block));

	if (got > 0)
		bytes->position += (uint64_t)got;
	return got;
}

uint64_t
audit_log_bytes_position(const struct audit_log_bytes *bytes)
{
	return bytes->position;
}

#ifdef HAVE_LIBARCHIVE
static la_ssize_t
feed(struct archive *archive, void *context, const void **block)
{
	struct audit_log_bytes *bytes = context;
	ssize_t got = read_block(bytes);

	if (got < 0)
		archive_set_error(archive, errno, "%s", strerror(errno));
	*block = bytes->block;
	return got;
}

static int
fail(struct audit_log_bytes *bytes, struct error *err)
{
	const char *text = archive_error_string(bytes->archive);

	return error_set(err,
	    archive_errno(bytes->archive) == ENOMEM ? ERROR_TEMPORARY : ERROR_INPUT, "%s",
	    text != NULL ? text : "it can't be read");
}

/* Of all that libarchive knows: what log rotation makes. */
static bool
prepare(struct archive *archive)
{
	/* ARCHIVE_WARN: by an external program. */
	return archive_read_support_filter_gzip(archive) >= ARCHIVE_WARN &&
	       archive_read_support_filter_bzip2(archive) >= ARCHIVE_WARN &&
	       archive_read_support_filter_xz(archive) >= ARCHIVE_WARN &&
	       archive_read_support_filter_zstd(archive) >= ARCHIVE_WARN &&
	       archive_read_support_format_raw(archive) == ARCHIVE_OK &&
	       archive_read_support_format_empty(archive) == ARCHIVE_OK;
}

struct audit_log_bytes *
audit_log_bytes_open(int file, struct error *err)
{
	struct audit_log_bytes *bytes = calloc(1, sizeof(*bytes));
	struct archive_entry *entry;
	int state;

	if (bytes == NULL) {
		error_no_memory(err);
		close(file);
		return NULL;
	}
	bytes->file = file;
	bytes->archive = archive_read_new();
	if (bytes->archive == NULL || !prepare(bytes->archive)) {
		error_no_memory(err);
		goto fail;
	}
	if (archive_read_open(bytes->archive, bytes, NULL, feed, NULL) != ARCHIVE_OK) {
		fail(bytes, err);
		goto fail;
	}
	state = archive_read_next_header(bytes->archive, &entry);
	bytes->at_end = state == ARCHIVE_EOF;
	if (!bytes->at_end && state < ARCHIVE_WARN) {
		fail(bytes, err);
		goto fail;
	}
	return bytes;

fail:
	audit_log_bytes_close(bytes);
	return NULL;
}

int
audit_log_bytes_next(
    struct audit_log_bytes *bytes, const char **block, size_t *size, struct error *err)
{
	const void *got = NULL;
	la_int64_t offset;
	int state;

	*size = 0;
	while (!bytes->at_end && *size == 0) {
		state = archive_read_data_block(bytes->archive, &got, size, &offset);
		bytes->at_end = state == ARCHIVE_EOF;
		if (!bytes->at_end && state < ARCHIVE_WARN)
			return fail(bytes, err);
	}
	*block = got;
	return bytes->at_end ? 0 : 1;
}

void
audit_log_bytes_close(struct audit_log_bytes *bytes)
{
	if (bytes == NULL)
		return;
	archive_read_free(bytes->archive);
	close(bytes->file);
	free(bytes);
}

#else

/* What the compressed kinds begin with. */
static bool
is_compressed(const char *block, size_t size)
{
	static const struct {
		const char *bytes;
		size_t size;
	} marks[] = {{"\x1f\x8b", 2}, {"BZh", 3},
	    {"\xfd"
	     "7zXZ",
		5},
	    {"\x28\xb5\x2f\xfd", 4}};
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(marks); i++) {
		if (size >= marks[i].size && memcmp(block, marks[i].bytes, marks[i].size) == 0)
			return true;
	}
	return false;
}

struct audit_log_bytes *
audit_log_bytes_open(int file, struct error *err)
{
	struct audit_log_bytes *bytes = calloc(1, sizeof(*bytes));

	if (bytes == NULL) {
		error_no_memory(err);
		close(file);
		return NULL;
	}
	bytes->file = file;
	return bytes;
}

int
audit_log_bytes_next(
    struct audit_log_bytes *bytes, const char **block, size_t *size, struct error *err)
{
	bool first = bytes->position == 0;
	ssize_t got = read_block(bytes);

	if (got < 0)
		return error_errno(err, errno, "it can't be read");
	*block = bytes->block;
	*size = (size_t)got;
	if (first && is_compressed(*block, *size))
		return error_set(err, ERROR_INPUT,
		    "it is compressed, and this smimectl was built without libarchive: "
		    "decompress it (zcat, bzcat, xzcat, zstdcat) and give the text to \"-\"");
	return got > 0 ? 1 : 0;
}

void
audit_log_bytes_close(struct audit_log_bytes *bytes)
{
	if (bytes == NULL)
		return;
	close(bytes->file);
	free(bytes);
}
#endif
