/* A census of an LDIF file: record by record, never the whole of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "directory/census_private.h"
#include "directory/record_parse.h"
#include "directory/roster.h"

/* Records between two looks at how far the file was read. */
#define TELL_EACH 100

/* The reading of a file. */
struct reading {
	struct census *census;
	FILE *file;
	uint64_t size;
	size_t records;
	size_t broken;
	bool begun; /* the record under way has an entry in the draft */
};

static FILE *
open_file(const char *path, uint64_t *size, struct error *err)
{
	struct stat status;
	FILE *file = NULL;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* not to wait at a pipe */
	if (fd < 0 || fstat(fd, &status) != 0) {
		error_errno(err, errno, "%s", path);
	} else if (!S_ISREG(status.st_mode)) {
		error_set(err, ERROR_INPUT, "%s is not a file", path);
	} else {
		*size = (uint64_t)status.st_size;
		file = fdopen(fd, "r");
		if (file == NULL)
			error_errno(err, errno, "%s", path);
	}
	if (file == NULL && fd >= 0)
		close(fd);
	return file;
}

static int
take_dn(void *context, const struct berval *dn, struct error *err)
{
	struct reading *reading = context;

	if (census_entry_begin(&reading->census->draft, dn->bv_val, dn->bv_len, err) != 0)
		return -1;
	reading->begun = true;
	return 0;
}

static int
take_attribute(void *context, const char *name, const struct berval *value, struct error *err)
{
	struct reading *reading = context;

	return census_entry_attribute(reading->census, name, value, err);
}

static void
complain(const struct reading *reading, const struct record *record, const char *why)
{
	const struct config_directory *directory = &reading->census->directory;

	if (reading->broken <= ROSTER_WARNINGS_MAX)
		log_warning("directory \"%s\": %s, entry at line %lu: %s", directory->title,
		    directory->ldif, record->line, why);
}

static int
take_record(struct reading *reading, struct record *record, struct error *err)
{
	static const struct record_events events = {take_dn, take_attribute};
	struct census_draft *draft = &reading->census->draft;
	enum record_kind kind;
	const char *why;
	int result;

	reading->begun = false;
	result = record_parse(record, &events, reading, &kind, &why, err);
	if (kind == RECORD_BROKEN && result == 0) {
		reading->broken++;
		complain(reading, record, why);
	}
	if (reading->begun && (result != 0 || kind != RECORD_ENTRY))
		census_entry_drop(draft);
	else if (reading->begun)
		census_entry_end(reading->census);
	return result;
}

static void
tell(struct reading *reading)
{
	off_t at = ftello(reading->file);

	census_tell(reading->census, at > 0 ? (uint64_t)at : 0, reading->size, reading->broken);
}

/* Half a page's bytes: nothing of the next entry has to be left out then. */
static bool
is_full(const struct census_draft *draft)
{
	return draft->page.count >= CENSUS_PAGE_ENTRIES || draft->bytes > CENSUS_PAGE_BYTES / 2;
}

/* 1: more; 0: that was all, or it is to end; -1. */
static int
read_some(struct reading *reading, struct record_reader *reader, struct error *err)
{
	struct census *census = reading->census;
	struct record record;
	int more;

	if (atomic_load(&census->stopping))
		return 0;
	more = record_next(reader, &record, err);
	if (more <= 0)
		return more;
	if (take_record(reading, &record, err) != 0)
		return -1;
	if (++reading->records % TELL_EACH == 0)
		tell(reading);
	if (!is_full(&census->draft))
		return 1;
	tell(reading);
	census_hand_over(census, CENSUS_WAIT, NULL);
	return census_wait_for_room(census) ? 1 : 0;
}

void
census_ldif_read(struct census *census)
{
	struct reading reading = {.census = census};
	struct record_reader *reader = NULL;
	struct error err = ERROR_INIT;
	int more = -1;

	reading.file = open_file(census->directory.ldif, &reading.size, &err);
	if (reading.file != NULL)
		reader = record_reader_new(reading.file, &err);
	if (reader != NULL) {
		do {
			more = read_some(&reading, reader, &err);
		} while (more > 0);
		tell(&reading);
	}
	census_hand_over(census, more == 0 ? CENSUS_END : CENSUS_FAILED, &err);
	record_reader_free(reader);
	if (reading.file != NULL)
		fclose(reading.file);
}
