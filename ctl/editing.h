/*
 * What publish and clean have in common: as whom they write, whether they do, and finding an entry.
 */
#ifndef SMIME_CTL_EDITING_H
#define SMIME_CTL_EDITING_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/compiler.h"
#include "base/error.h"
#include "command.h"
#include "directory/census.h"
#include "directory/change.h"

struct editing {
	const char *directory; /* title; NULL: all */
	const char *bind_dn;
	const char *bind_password_file;
	bool apply;
};

/* For getopt_long(). */
#define EDITING_OPTIONS                                                                         \
	{"directory", required_argument, NULL, 'd'}, {"bind-dn", required_argument, NULL, 'b'}, \
	    {"bind-password-file", required_argument, NULL, 'w'},                               \
	{                                                                                       \
		"apply", no_argument, NULL, 'a'                                                 \
	}
/* Takes one of them; false: it is another. */
bool editing_option(struct editing *editing, int option, const char *value);
/* Whether they fit together; else said. */
bool editing_is_sound(const struct editing *editing, const struct ctl_command *command);

bool editing_is_asked(const struct editing *editing, const struct config_directory *directory);
/* Whether some directory is asked for; else said. */
bool editing_has_directory(const struct editing *editing, const struct config *config);

/* A directory section as it is written to: bound to as --bind-dn says. Borrows from both. */
struct config_directory editing_directory(
    const struct editing *editing, const struct config_directory *directory);
bool editing_is_file(const struct config_directory *directory);

/*
 * Finds the entries that a look-up of an address would, with their entryCSN: the one that is to be
 * changed is *entry, which lives as long as *census (census_free()). dn: which of several; NULL: there
 * must be one. 1; 0: the directory has none; -1: ERROR_INPUT where there are several (they are named), or
 * none of this DN.
 */
MUST_CHECK int editing_find(const struct config_directory *directory, const struct address *address,
    bool exact_local, const char *dn, struct census **census, const struct census_entry **entry,
    struct error *err);

/* Asks on the terminal. false: no, or there is none (said). */
bool editing_is_confirmed(const char *question);

/* A file for change records that does not exist yet. On error: said, NULL. */
FILE *editing_create(const char *path);
/* Takes back what was written from there on. 0/-1. */
MUST_CHECK int editing_take_back(FILE *file, const char *path, off_t from, struct error *err);
/* Appends a change's record, and sees to it that it is on the disk. 0/-1. */
MUST_CHECK int editing_write(
    FILE *file, const char *path, const struct change *change, bool undo, struct error *err);

#endif
