#include "directory/group_entry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "directory/entry.h"
#include "ldap/attributes.h"

void
group_entry_clear(struct group_entry *entry)
{
	size_t i;

	for (i = 0; i < entry->member_count; i++)
		free(entry->members[i].text);
	free(entry->members);
	free(entry->address);
	free(entry->more);
	*entry = (struct group_entry)GROUP_ENTRY_INIT;
}

static bool
is_listed(const struct strings *list, const char *name)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (entry_is_attribute(list->items[i], name))
			return true;
	}
	return false;
}

/* Whether an attribute holds members, with groups = expand. Options don't matter. */
static bool
is_member(const struct config_directory *directory, const char *name, bool *is_address)
{
	if (directory->groups != GROUPS_EXPAND)
		return false;
	*is_address = is_listed(&directory->member_mail_attributes, name);
	return *is_address || is_listed(&directory->member_attributes, name);
}

static bool
is_dynamic(const struct config_directory *directory, const char *name)
{
	return directory->groups == GROUPS_EXPAND &&
	       is_listed(&directory->dynamic_attributes, name);
}

/* As a string, in which a NUL can't hide what follows it: neither an address nor a name has a control
 * character. */
static char *
copy_text(const struct berval *value, struct error *err)
{
	char *copy = malloc(value->bv_len + 1);
	size_t i;

	if (copy == NULL) {
		error_no_memory(err);
		return NULL;
	}
	for (i = 0; i < value->bv_len; i++)
		copy[i] = value->bv_val[i] != '\0' ? value->bv_val[i] : '\x01';
	copy[i] = '\0';
	return copy;
}

static int
add_member(
    struct group_entry *entry, const struct berval *value, bool is_address, struct error *err)
{
	size_t count = entry->member_count;
	struct group_member *members = array_grow(entry->members, count, sizeof(*members), err);

	if (members == NULL)
		return -1;
	entry->members = members;
	members[count].is_address = is_address;
	members[count].text = copy_text(value, err);
	if (members[count].text == NULL)
		return -1;
	entry->member_count++;
	return 0;
}

/* Keeps the entry's best address. */
static int
take_address(struct group_entry *entry, const struct config_directory *directory, const char *name,
    const struct berval *value, struct error *err)
{
	int rank = entry_address_rank(directory, name, value->bv_val, value->bv_len);
	struct address address;

	if (rank <= entry->rank || entry->looked++ >= ENTRY_ADDRESSES_MAX ||
	    !entry_address(directory, name, value->bv_val, value->bv_len, &address, NULL))
		return 0;
	free(entry->address);
	entry->address = strdup(address.text);
	address_free(&address);
	if (entry->address == NULL)
		return error_no_memory(err);
	entry->rank = rank;
	return 0;
}

int
group_entry_add(struct group_entry *entry, const struct config_directory *directory,
    const char *name, const struct berval *value, size_t most, struct error *err)
{
	bool is_address;

	if (is_dynamic(directory, name)) {
		entry->is_group = true;
		entry->dynamic = true;
		return 0;
	}
	if (!is_member(directory, name, &is_address))
		return take_address(entry, directory, name, value, err);
	entry->is_group = true;
	if (value->bv_len == 0)
		return 0;
	if (entry->member_count < most)
		return add_member(entry, value, is_address, err);
	entry->cut = true;
	return 0;
}

/* What an attribute's name says of its values. */
enum range {
	RANGE_NONE,
	RANGE_PART, /* low to high: there are more */
	RANGE_LAST, /* low to the end */
	RANGE_BROKEN,
};

/* "member;range=0-1499"; "*" in place of the end says that it is the last part. ([MS-ADTS]
 * 3.1.1.3.1.3.3) */
static enum range
read_range(const char *name, unsigned *low, unsigned *high)
{
	static const char option[] = "range=";
	const char *at;
	char rest;

	for (at = strchr(name, ';'); at != NULL; at = strchr(at, ';')) {
		at++;
		if (strncasecmp(at, option, sizeof(option) - 1) != 0)
			continue;
		switch (sscanf(at + sizeof(option) - 1, "%9u-%9u%c", low, high, &rest)) {
		case 1:
			return RANGE_LAST;
		case 2:
			return *low <= *high ? RANGE_PART : RANGE_BROKEN;
		default:
			return RANGE_BROKEN;
		}
	}
	return RANGE_NONE;
}

/* Notes that an attribute came in part, of which more is to be fetched. */
static int
note_range(struct group_entry *entry, const char *name, struct error *err)
{
	unsigned low = 0;
	unsigned high = 0;
	enum range range = read_range(name, &low, &high);

	if (range == RANGE_BROKEN || (range != RANGE_NONE && low != entry->from))
		entry->cut = true;
	if (range != RANGE_PART)
		return 0;
	if (entry->more != NULL) {
		entry->cut = true; /* of two attributes at once */
		return 0;
	}
	entry->more = strndup(name, strcspn(name, ";"));
	entry->more_from = high + 1;
	return entry->more != NULL ? 0 : error_no_memory(err);
}

int
group_entry_note_part(struct group_entry *entry, const struct config_directory *directory,
    const char *name, struct error *err)
{
	unsigned low = 0;
	unsigned high = 0;
	bool is_address;
	enum range range;

	if (!is_member(directory, name, &is_address))
		return 0;
	range = read_range(name, &low, &high);
	if (range == RANGE_NONE)
		return 0;
	if (entry->more == NULL)
		entry->more = strndup(name, strcspn(name, ";"));
	if (entry->more == NULL)
		return error_no_memory(err);
	if (range == RANGE_BROKEN || low > entry->more_from ||
	    !entry_is_attribute(entry->more, name))
		entry->cut = true;
	entry->goes_on = range == RANGE_PART;
	if (range == RANGE_PART && high >= entry->more_from)
		entry->more_from = high + 1;
	return 0;
}

static int
read_attribute(struct group_entry *entry, const struct config_directory *directory,
    struct attributes *all, size_t most, struct error *err)
{
	bool is_address;

	if (is_member(directory, all->name, &is_address)) {
		entry->is_group = true;
		if (note_range(entry, all->name, err) != 0)
			return -1;
	}
	while (attributes_value(all)) {
		if (group_entry_add(entry, directory, all->name, &all->value, most, err) != 0)
			return -1;
	}
	return 0;
}

int
group_entry_read(struct group_entry *entry, const struct config_directory *directory, LDAP *ld,
    LDAPMessage *message, size_t most, struct error *err)
{
	struct attributes all;
	int result = 0;

	attributes_begin(&all, ld, message);
	while (result == 0 && attributes_next(&all))
		result = read_attribute(entry, directory, &all, most, err);
	if (attributes_end(&all, err) != 0)
		result = -1;
	return result;
}
