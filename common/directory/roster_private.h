/*
 * What the parts of the roster share, and nobody else: roster.c keeps and finds, roster_record.c
 * reads one record of the file.
 */
#ifndef SMIME_DIRECTORY_ROSTER_PRIVATE_H
#define SMIME_DIRECTORY_ROSTER_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"
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
	size_t left_out; /* beyond values-limit */
};

/* One address of one entry. */
struct roster_key {
	char *key;
	size_t entry;
};

struct roster {
	struct roster_entry *entries;
	size_t entry_count;
	struct roster_key *keys; /* sorted once all is read */
	size_t key_count;
	size_t broken;
	struct roster_stamp stamp;
};

/* What is under way while a file is read. */
struct roster_reading {
	const struct config_directory *directory;
	bool exact_local;
	struct roster *roster;
	size_t entry_room;
	size_t key_room;
	struct roster_entry entry; /* of the record under way */
	size_t first_key;          /* its first in roster->keys */
	size_t warnings;
};

void roster_clear_entry(struct roster_entry *entry);

/* Takes up one record of the file. One that can't be used is logged and counted, which is no error.
 * 0; -1 without memory or beyond ROSTER_ENTRIES_MAX. */
MUST_CHECK int roster_read_record(
    struct roster_reading *reading, struct record *record, struct error *err);

#endif
