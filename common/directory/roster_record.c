/* One record of an LDIF file, into the roster. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/log.h"
#include "directory/entry.h"
#include "directory/record_parse.h"
#include "directory/roster_private.h"

void
roster_clear_entry(struct roster_entry *entry)
{
	size_t i;

	for (i = 0; i < entry->value_count; i++)
		free(entry->values[i].value);
	free(entry->values);
	free(entry->dn);
	group_entry_clear(&entry->group);
	memset(entry, 0, sizeof(*entry));
}

/* Forgets what the record under way has added. */
static void
undo(struct roster_reading *reading)
{
	struct roster *roster = reading->roster;

	roster_clear_entry(&reading->entry);
	while (roster->key_count > reading->first_key)
		free(roster->keys[--roster->key_count].key);
}

static void
complain(struct roster_reading *reading, unsigned long line, const char *dn, const char *why)
{
	reading->warnings++;
	if (reading->warnings > ROSTER_WARNINGS_MAX)
		return;
	log_warning("directory \"%s\": %s, entry at line %lu%s%s: %s", reading->directory->title,
	    reading->directory->ldif, line, dn != NULL ? ", " : "", dn != NULL ? dn : "", why);
}

static int
add_key(struct roster_reading *reading, const struct address *address, struct error *err)
{
	struct roster *roster = reading->roster;
	struct roster_key *keys;
	char *key;

	keys = array_grow(roster->keys, roster->key_count, sizeof(*keys), err);
	if (keys == NULL)
		return -1;
	roster->keys = keys;
	key = address_fold(address, reading->exact_local, err);
	if (key == NULL)
		return -1;
	roster->keys[roster->key_count].key = key;
	roster->keys[roster->key_count].entry = roster->entry_count;
	roster->key_count++;
	return 0;
}

/* Keeps a value; of one above value-size-limit only how large it is. */
static int
add_value(struct roster_reading *reading, enum finding_kind kind, const char *attribute,
    const struct berval *value, struct error *err)
{
	struct roster_entry *entry = &reading->entry;
	struct roster_value *values;
	unsigned char *copy = NULL;

	if (value->bv_len == 0)
		return 0;
	if (entry->value_count >= (size_t)reading->directory->values_limit) {
		entry->left_out++;
		return 0;
	}
	values = array_grow(entry->values, entry->value_count, sizeof(*values), err);
	if (values == NULL)
		return -1;
	entry->values = values;
	if (value->bv_len <= (size_t)reading->directory->value_size_limit) {
		copy = malloc(value->bv_len);
		if (copy == NULL)
			return error_no_memory(err);
		memcpy(copy, value->bv_val, value->bv_len);
	}
	values[entry->value_count].kind = kind;
	values[entry->value_count].attribute = attribute;
	values[entry->value_count].value = copy;
	values[entry->value_count].size = value->bv_len;
	entry->value_count++;
	return 0;
}

/* One attribute of an entry. 0, or -1 only without memory. */
static int
add_attribute(struct roster_reading *reading, unsigned long line, const char *name,
    const struct berval *value, struct error *err)
{
	struct address address;
	enum finding_kind kind;
	const char *attribute;
	bool broken = false;
	int result;

	if (group_entry_note_part(&reading->entry.group, reading->directory, name, err) != 0)
		return -1;
	if (reading->directory->groups == GROUPS_EXPAND &&
	    group_entry_add(
		&reading->entry.group, reading->directory, name, value, SIZE_MAX, err) != 0)
		return -1;
	if (entry_attribute(reading->directory, name, &kind, &attribute))
		return add_value(reading, kind, attribute, value, err);
	if (entry_address(
		reading->directory, name, value->bv_val, value->bv_len, &address, &broken)) {
		result = add_key(reading, &address, err);
		address_free(&address);
		return result;
	}
	if (broken)
		complain(reading, line, reading->entry.dn, "a mail value is no address");
	return 0;
}

/* What the events of a record are for. */
struct reading_record {
	struct roster_reading *reading;
	unsigned long line;
};

/* Puts the entry into the roster if anyone can ask for it, or it may be a group within another. */
static int
keep_entry(struct roster_reading *reading, struct error *err)
{
	struct roster *roster = reading->roster;
	struct roster_entry *entries;

	if (roster->key_count == reading->first_key && !reading->entry.group.is_group) {
		roster_clear_entry(&reading->entry);
		return 0;
	}
	if (roster->entry_count >= ROSTER_ENTRIES_MAX)
		return error_set(err, ERROR_LIMIT, "more than %zu entries", ROSTER_ENTRIES_MAX);
	entries = array_grow(roster->entries, roster->entry_count, sizeof(*entries), err);
	if (entries == NULL)
		return -1;
	roster->entries = entries;
	if (reading->directory->groups == GROUPS_EXPAND &&
	    roster_add_name(reading, reading->entry.dn, roster->entry_count, err) != 0)
		return -1;
	roster->entries[roster->entry_count++] = reading->entry;
	memset(&reading->entry, 0, sizeof(reading->entry));
	return 0;
}

static int
take_dn(void *context, const struct berval *dn, struct error *err)
{
	struct reading_record *record = context;
	struct roster_entry *entry = &record->reading->entry;

	entry->dn = strndup(dn->bv_val, dn->bv_len);
	return entry->dn != NULL ? 0 : error_no_memory(err);
}

static int
take_attribute(void *context, const char *name, const struct berval *value, struct error *err)
{
	struct reading_record *record = context;

	return add_attribute(record->reading, record->line, name, value, err);
}

/* Tells the file what was read of it. */
static void
look_at_end(struct roster_reading *reading, const struct record *record, enum record_kind kind)
{
	const struct roster_entry *entry = &reading->entry;
	const struct roster_value *last = NULL;

	if (entry->value_count > 0)
		last = &entry->values[entry->value_count - 1];
	roster_file_look_at(&reading->file, record, kind, last != NULL ? last->value : NULL,
	    last != NULL ? last->size : 0);
}

int
roster_read_record(struct roster_reading *reading, struct record *record, struct error *err)
{
	static const struct record_events events = {take_dn, take_attribute};
	struct reading_record context = {reading, record->line};
	enum record_kind kind;
	const char *why;
	int result;

	reading->first_key = reading->roster->key_count;
	result = record_parse(record, &events, &context, &kind, &why, err);
	if (result == 0)
		look_at_end(reading, record, kind);
	if (result == 0 && kind == RECORD_ENTRY &&
	    (reading->entry.group.cut || reading->entry.group.goes_on))
		complain(reading, record->line, reading->entry.dn,
		    "only a part of its members is there (range=)");
	if (result == 0 && kind == RECORD_ENTRY)
		result = keep_entry(reading, err);
	if (kind == RECORD_BROKEN) {
		reading->roster->broken++;
		complain(reading, record->line, reading->entry.dn, why);
	}
	if (result != 0 || kind != RECORD_ENTRY)
		undo(reading);
	return result;
}
