/* A census of an LDIF file: record by record, never the whole of it. */
#include "base/log.h"
#include "directory/census_private.h"
#include "directory/record_parse.h"
#include "directory/roster.h"

/* Records between two looks at how far the file was read. */
#define TELL_EACH 100

/* The reading of a file. */
struct reading {
	struct census *census;
	struct roster_file file;
	size_t records;
	size_t broken;
	bool begun; /* the record under way has an entry in the draft */
};

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

/* Tells the file what was read of it. Values that were left out count, unseen. */
static void
look_at_end(struct reading *reading, const struct record *record, enum record_kind kind)
{
	const struct census_page *page = &reading->census->draft.page;
	const struct census_entry *entry;
	const void *value = NULL;
	size_t size = 0;

	if (reading->begun) {
		entry = &page->entries[page->count - 1];
		size = entry->left_out;
		if (entry->value_count > 0) {
			value = entry->values[entry->value_count - 1].value;
			size = entry->values[entry->value_count - 1].size;
		}
	}
	roster_file_look_at(&reading->file, record, kind, value, size);
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
	if (result == 0)
		look_at_end(reading, record, kind);
	if (reading->begun && (result != 0 || kind != RECORD_ENTRY))
		census_entry_drop(draft);
	else if (reading->begun)
		census_entry_end(reading->census);
	return result;
}

static void
tell(struct reading *reading)
{
	off_t at = ftello(reading->file.stream);

	census_tell(reading->census, at > 0 ? (uint64_t)at : 0, (uint64_t)reading->file.stamp.size,
	    reading->broken);
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

	if (roster_file_open(&reading.file, census->directory.ldif, &err) == 0)
		reader = record_reader_new(reading.file.stream, &err);
	if (reader != NULL) {
		do {
			more = read_some(&reading, reader, &err);
		} while (more > 0);
		tell(&reading);
		if (more == 0)
			more = roster_file_check_whole(&reading.file, &err);
	}
	census_hand_over(census, more == 0 ? CENSUS_END : CENSUS_FAILED, &err);
	record_reader_free(reader);
	roster_file_close(&reading.file);
}
