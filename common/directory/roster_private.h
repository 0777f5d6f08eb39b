/*
 * What the parts of the roster share, and nobody else: roster.c keeps and finds, roster_record.c
 * reads one record of the file, roster_group.c finds the members of groups.
 */
#ifndef SMIME_DIRECTORY_ROSTER_PRIVATE_H
#define SMIME_DIRECTORY_ROSTER_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"
#include "directory/group_entry.h"
#include "directory/members.h"
#include "directory/record.h"
#include "directory/roster.h"
#include "smime/findings.h"

struct roster_value {
	enum finding_kind kind;
	const char *attribute; /* the configuration's */
	unsigned char *value;
	size_t size;
};

struct roster_entry {
	char *dn;
	struct roster_value *values;
	size_t value_count;
	size_t left_out;          /* beyond values-limit */
	struct group_entry group; /* with groups = expand: its address and members */
};

/* One address of one entry. */
struct roster_key {
	char *key;
	size_t entry;
};

/* The name of one entry, with groups = expand. */
struct roster_name {
	char *key; /* dn_key() */
	size_t entry;
};

struct roster {
	struct roster_entry *entries;
	size_t entry_count;
	struct roster_key *keys; /* sorted once all is read */
	size_t key_count;
	struct roster_name *names; /* the same */
	size_t name_count;
	size_t broken;
	struct roster_stamp stamp;
};

/* What is under way while a file is read. */
struct roster_reading {
	const struct config_directory *directory;
	bool exact_local;
	struct roster *roster;
	struct roster_file file;
	struct roster_entry entry; /* of the record under way */
	size_t first_key;          /* its first in roster->keys */
	size_t warnings;
};

void roster_clear_entry(struct roster_entry *entry);

/* roster_group.c: puts an entry into the index by name; sorts that; and the members of the groups
 * found for an address, into the findings. 0/-1. */
MUST_CHECK int roster_add_name(
    struct roster_reading *reading, const char *dn, size_t entry, struct error *err);
void roster_sort_names(struct roster *roster);
struct roster_groups {
	const struct roster *roster;
	const struct config_directory *directory;
	struct members members;
	bool any; /* one of the entries was a group */
};
MUST_CHECK int roster_expand(
    struct roster_groups *groups, size_t entry, size_t depth, struct error *err);

/* Takes up one record of the file. One that can't be used is logged and counted, which is no error.
 * 0; -1 without memory or beyond ROSTER_ENTRIES_MAX. */
MUST_CHECK int roster_read_record(
    struct roster_reading *reading, struct record *record, struct error *err);

#endif
