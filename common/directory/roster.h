/*
 * The contents of an LDIF file (RFC 2849), indexed by mail address: what of each entry matters, and
 * no more. Immutable once read; made on a worker, used on the loop thread.
 *
 * Unfolding, base64 and the parts of a line are libldap's work. The file is cut into records here,
 * because libldap's own reader follows "include:" wherever it points and does not survive NUL
 * bytes. Values from URLs (":<") are refused, not fetched.
 *
 * A record that can't be read is skipped, said so in the log (with its line and DN), and counted;
 * the rest of the file works. The section's filter and base don't apply to a file.
 */
#ifndef SMIME_DIRECTORY_ROSTER_H
#define SMIME_DIRECTORY_ROSTER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"
#include "directory/members.h"
#include "directory/roster_file.h"
#include "smime/findings.h"

/* Larger files are refused: an index in memory is not meant for them. */
#define ROSTER_FILE_MAX ((off_t)1 << 30)
/* Entries of one file. */
#define ROSTER_ENTRIES_MAX ((size_t)1000000)
/* Broken records told one by one at each reading; the rest only in the sum. */
#define ROSTER_WARNINGS_MAX 20

struct roster;

/* Reads directory->ldif. *stop (may be NULL) set from another thread ends it early, as an error.
 * NULL on error: the file can't be read, is more than the limits allow, was changed meanwhile
 * (ERROR_TEMPORARY), visibly cut off, or holds broken records and no entry with an
 * address. */
struct roster *roster_load(const struct config_directory *directory, bool exact_local,
    const atomic_bool *stop, struct error *err);
void roster_free(struct roster *roster);

/* Reads directory->ldif, if there is one, only to say what is wrong with it. 0/-1. */
MUST_CHECK int roster_check(const struct config_directory *directory, struct error *err);

/* What is asked for: the address, folded (mail/address.h); and, where there is one, its shorter
 * form (directory/subaddress.h) with its own key. */
struct roster_question {
	const char *key;
	const char *shorter;
	const char *shorter_key; /* NULL: there is none */
	struct members_limits limits;
};

/* All that the file holds for it, of a group its members. NULL on error. */
struct findings *roster_find(const struct roster *roster, const struct config_directory *directory,
    const struct roster_question *question, struct error *err);

const struct roster_stamp *roster_stamp(const struct roster *roster);
size_t roster_entries(const struct roster *roster); /* with an address, or members */
size_t roster_broken(const struct roster *roster);  /* records skipped */

#endif
