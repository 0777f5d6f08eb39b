/* One record of an LDIF file, into the roster. */
#include <stdio.h> /* which <ldif.h> wants before it */

#include <ldap.h>
#include <ldif.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "directory/entry.h"
#include "directory/key.h"
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

void *
roster_grow(void *items, size_t *room, size_t count, size_t size, struct error *err)
{
	size_t more = *room == 0 ? 64 : *room * 2;
	void *grown;

	if (count < *room)
		return items;
	grown = reallocarray(items, more, size);
	if (grown == NULL)
		error_no_memory(err);
	else
		*room = more;
	return grown;
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

	keys = roster_grow(roster->keys, &reading->key_room, roster->key_count, sizeof(*keys), err);
	if (keys == NULL)
		return -1;
	roster->keys = keys;
	key = key_of_address(address, reading->exact_local, err);
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
	values = reallocarray(entry->values, entry->value_count + 1, sizeof(*values));
	if (values == NULL)
		return error_no_memory(err);
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

/* What a line of a record turned out to be. */
enum line_kind {
	LINE_ATTRIBUTE,
	LINE_BROKEN,  /* *why */
	LINE_IGNORED, /* the whole record is none of ours: a search's result, say */
};

/*
 * Splits a line with libldap, which decodes it in place. A value from a URL is refused before
 * libldap sees the line: it would fetch it. The test mirrors its own: the first colon decides.
 */
static enum line_kind
split_line(char *line, struct berval *name, struct berval *value, const char **why)
{
	const char *colon = strchr(line, ':');
	int allocated = 0;

	if (colon != NULL && colon[1] == '<') {
		*why = "a value from a URL is refused";
		return LINE_BROKEN;
	}
	if (ldif_parse_line2(line, name, value, &allocated) == 0) {
		if (allocated) /* never without a URL */
			ber_memfree(value->bv_val);
		else
			return LINE_ATTRIBUTE;
	}
	*why = "a line that is not \"attribute: value\", or broken base64";
	return LINE_BROKEN;
}

/* The line that begins a record: its DN. */
static enum line_kind
first_line(struct roster_reading *reading, const struct berval *name, const struct berval *value,
    const char **why)
{
	if (strcasecmp(name->bv_val, "dn") == 0) {
		reading->entry.dn = strndup(value->bv_val, value->bv_len);
		*why = "out of memory";
		return reading->entry.dn != NULL ? LINE_ATTRIBUTE : LINE_BROKEN;
	}
	if (strcasecmp(name->bv_val, "search") == 0 || strcasecmp(name->bv_val, "ref") == 0)
		return LINE_IGNORED; /* what ldapsearch adds to its entries */
	*why = "it does not begin with a dn";
	if (strcasecmp(name->bv_val, "include") == 0)
		*why = "including another file is refused";
	return LINE_BROKEN;
}

/* One line of a record. LINE_BROKEN with *why; -1 in *result without memory. */
static enum line_kind
read_line(struct roster_reading *reading, unsigned long number, char *line, const char **why,
    int *result, struct error *err)
{
	struct berval name;
	struct berval value;
	enum line_kind kind;

	kind = split_line(line, &name, &value, why);
	if (kind != LINE_ATTRIBUTE)
		return kind;
	if (reading->entry.dn == NULL) {
		if (strcasecmp(name.bv_val, "version") == 0)
			return LINE_ATTRIBUTE;
		return first_line(reading, &name, &value, why);
	}
	if (strcasecmp(name.bv_val, "changetype") == 0 && strcasecmp(value.bv_val, "add") != 0) {
		*why = "it is a change to an entry, not an entry";
		return LINE_BROKEN;
	}
	*result = add_attribute(reading, number, name.bv_val, &value, err);
	return LINE_ATTRIBUTE;
}

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
	entries = roster_grow(
	    roster->entries, &reading->entry_room, roster->entry_count, sizeof(*entries), err);
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

int
roster_read_record(struct roster_reading *reading, struct record *record, struct error *err)
{
	enum line_kind kind = LINE_ATTRIBUTE;
	const char *why = record->fault;
	char *next = record->text;
	char *line;
	int result = 0;

	reading->first_key = reading->roster->key_count;
	if (why != NULL)
		kind = LINE_BROKEN;
	while (kind == LINE_ATTRIBUTE && result == 0 && (line = ldif_getline(&next)) != NULL)
		kind = read_line(reading, record->line, line, &why, &result, err);
	if (result == 0 && kind == LINE_ATTRIBUTE)
		result = keep_entry(reading, err);
	if (kind == LINE_BROKEN) {
		reading->roster->broken++;
		complain(reading, record->line, reading->entry.dn, why);
	}
	if (result != 0 || kind != LINE_ATTRIBUTE)
		undo(reading);
	return result;
}
