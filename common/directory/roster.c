#include "directory/roster.h"

#ifdef HAVE_MALLOC_TRIM
#include <malloc.h>
#endif
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "directory/entry.h"
#include "directory/record.h"
#include "directory/roster_private.h"

void
roster_free(struct roster *roster)
{
	size_t i;

	if (roster == NULL)
		return;
	for (i = 0; i < roster->entry_count; i++)
		roster_clear_entry(&roster->entries[i]);
	for (i = 0; i < roster->key_count; i++)
		free(roster->keys[i].key);
	free(roster->entries);
	for (i = 0; i < roster->name_count; i++)
		free(roster->names[i].key);
	free(roster->keys);
	free(roster->names);
	free(roster);
#ifdef HAVE_MALLOC_TRIM
	/* Of hundreds of thousands of small blocks the C library gives nothing back by itself: each thread
	 * that ever read the file would keep the size of it. */
	malloc_trim(0);
#endif
}

static int
compare_keys(const void *a, const void *b)
{
	const struct roster_key *one = a;
	const struct roster_key *other = b;
	int order = strcmp(one->key, other->key);

	if (order != 0)
		return order;
	return (one->entry > other->entry) - (one->entry < other->entry);
}

static int
read_records(struct roster_reading *reading, const atomic_bool *stop, struct error *err)
{
	struct record_reader *reader;
	struct record record;
	int more;

	reader = record_reader_new(reading->file.stream, err);
	if (reader == NULL)
		return -1;
	while ((more = record_next(reader, &record, err)) > 0) {
		if (stop != NULL && atomic_load(stop))
			more = error_set(err, ERROR_TEMPORARY, "stopped");
		else
			more = roster_read_record(reading, &record, err);
		if (more < 0)
			break;
	}
	record_reader_free(reader);
	return more;
}

/* Whether all of it was there, and is LDIF at all. */
static int
check_whole(const struct roster_reading *reading, struct error *err)
{
	const struct roster *roster = reading->roster;

	if (roster_file_check_whole(&reading->file, err) != 0)
		return -1;
	if (roster->entry_count == 0 && roster->broken > 0)
		return error_set(err, ERROR_INPUT,
		    "%s: no entry with an address can be read, and %zu record(s) are broken",
		    reading->directory->ldif, roster->broken);
	return 0;
}

static int
open_file(struct roster_reading *reading, struct error *err)
{
	const char *path = reading->directory->ldif;

	if (roster_file_open(&reading->file, path, err) != 0)
		return -1;
	reading->roster->stamp = reading->file.stamp;
	if (reading->file.stamp.size > ROSTER_FILE_MAX)
		return error_set(err, ERROR_LIMIT, "%s is larger than %lld bytes", path,
		    (long long)ROSTER_FILE_MAX);
	return 0;
}

struct roster *
roster_load(const struct config_directory *directory, bool exact_local, const atomic_bool *stop,
    struct error *err)
{
	struct roster_reading reading = {.directory = directory, .exact_local = exact_local};
	struct roster *roster;

	roster = calloc(1, sizeof(*roster));
	if (roster == NULL) {
		error_no_memory(err);
		return NULL;
	}
	reading.roster = roster;
	if (open_file(&reading, err) != 0)
		goto fail;
	if (read_records(&reading, stop, err) != 0) {
		error_prefix(err, "%s: ", directory->ldif);
		goto fail;
	}
	if (check_whole(&reading, err) != 0)
		goto fail;
	if (reading.warnings > ROSTER_WARNINGS_MAX)
		log_warning("directory \"%s\": %s: %zu more faults like these", directory->title,
		    directory->ldif, reading.warnings - ROSTER_WARNINGS_MAX);
	if (roster->key_count > 0)
		qsort(roster->keys, roster->key_count, sizeof(*roster->keys), compare_keys);
	roster_sort_names(roster);
	roster_file_close(&reading.file);
	return roster;
fail:
	roster_file_close(&reading.file);
	roster_free(roster);
	return NULL;
}

int
roster_check(const struct config_directory *directory, struct error *err)
{
	struct roster *roster;

	if (directory->ldif[0] == '\0')
		return 0;
	roster = roster_load(directory, false, NULL, err);
	if (roster == NULL)
		return error_prefix(err, "directory \"%s\": ", directory->title);
	roster_free(roster);
	return 0;
}

/* The first of the sorted keys that is not before this one. */
static size_t
lower_bound(const struct roster *roster, const char *key)
{
	size_t low = 0;
	size_t high = roster->key_count;
	size_t middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (strcmp(roster->keys[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int
add_entry(struct findings *findings, const struct config_directory *directory,
    const struct roster_entry *entry, const char *found_by, struct error *err)
{
	struct entry_value value;
	size_t i;

	findings->left_out += entry->left_out;
	for (i = 0; i < entry->value_count; i++) {
		value.dn = entry->dn;
		value.kind = entry->values[i].kind;
		value.attribute = entry->values[i].attribute;
		value.value = entry->values[i].value;
		value.size = entry->values[i].size;
		value.claims = true; /* it was found by its own address */
		value.found_by = found_by;
		if (entry_add(findings, directory, &value, err) != 0)
			return -1;
	}
	return 0;
}

static bool
has_key(const struct roster *roster, size_t entry, const char *key)
{
	size_t i;

	for (i = lower_bound(roster, key);
	     i < roster->key_count && strcmp(roster->keys[i].key, key) == 0; i++) {
		if (roster->keys[i].entry == entry)
			return true;
	}
	return false;
}

/* Adds one of the entries found; of a group its members, too, unless digital IDs are published. */
static int
take_entry(struct findings *findings, struct roster_groups *groups, size_t index,
    const char *found_by, struct error *err)
{
	const struct roster_entry *entry = &groups->roster->entries[index];

	findings->entries++;
	if (findings->entries > (size_t)groups->directory->entries_limit) {
		findings->left_out += entry->value_count + entry->group.is_group;
		return 0;
	}
	if (add_entry(findings, groups->directory, entry, found_by, err) != 0)
		return -1;
	if (!entry->group.is_group || findings_hold_digital_ids(findings))
		return 0;
	groups->any = true;
	return roster_expand(groups, index, 0, err);
}

/* What else has the key of a group counts as one of its members, without an address of its own. */
static int
name_others(struct roster_groups *groups, const char *key, const char *but, struct error *err)
{
	const struct roster *roster = groups->roster;
	const struct roster_entry *entry;
	size_t i;

	for (i = lower_bound(roster, key);
	     i < roster->key_count && strcmp(roster->keys[i].key, key) == 0; i++) {
		entry = &roster->entries[roster->keys[i].entry];
		if (entry->group.is_group ||
		    (but != NULL && has_key(roster, roster->keys[i].entry, but)))
			continue;
		if (members_add_nameless(&groups->members, entry->dn, err) != 0)
			return -1;
	}
	return 0;
}

/* Adds the entries of one key, but for those that have the other key (may be NULL), too. 0/-1. */
static int
add_entries(struct roster_groups *groups, const char *key, const char *but, const char *found_by,
    struct findings *findings, struct error *err)
{
	const struct roster *roster = groups->roster;
	size_t last = SIZE_MAX;
	size_t i;

	for (i = lower_bound(roster, key);
	     i < roster->key_count && strcmp(roster->keys[i].key, key) == 0; i++) {
		if (roster->keys[i].entry == last)
			continue; /* the address stands in the entry twice */
		last = roster->keys[i].entry;
		if (but != NULL && has_key(roster, last, but))
			continue;
		if (take_entry(findings, groups, last, found_by, err) != 0)
			return -1;
	}
	findings->many_entries = findings->entries > 1;
	return groups->any ? name_others(groups, key, but, err) : 0;
}

/* The entries of the address; those of its shorter form, too, unless it is a group by itself. */
static int
add_all(struct roster_groups *groups, const struct roster_question *question,
    struct findings *findings, struct error *err)
{
	if (add_entries(groups, question->key, NULL, NULL, findings, err) != 0)
		return -1;
	if (question->shorter_key != NULL && !groups->any &&
	    add_entries(groups, question->shorter_key, question->key, question->shorter, findings,
		err) != 0)
		return -1;
	if (groups->any && !findings_hold_digital_ids(findings))
		members_give(&groups->members, findings);
	return 0;
}

struct findings *
roster_find(const struct roster *roster, const struct config_directory *directory,
    const struct roster_question *question, struct error *err)
{
	struct roster_groups groups = {.roster = roster, .directory = directory};
	struct findings *findings = findings_new();

	if (findings == NULL || members_init(&groups.members, &question->limits, err) != 0) {
		findings_unref(findings);
		error_no_memory(err);
		return NULL;
	}
	if (add_all(&groups, question, findings, err) != 0) {
		findings_unref(findings);
		findings = NULL;
	}
	members_clear(&groups.members);
	return findings;
}

const struct roster_stamp *
roster_stamp(const struct roster *roster)
{
	return &roster->stamp;
}

size_t
roster_entries(const struct roster *roster)
{
	return roster->entry_count;
}

size_t
roster_broken(const struct roster *roster)
{
	return roster->broken;
}
