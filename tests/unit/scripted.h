/*
 * Scripted directories for the resolver's tests: what an address's local part says is what they do.
 *
 *   none…    nothing is published            error…   the search fails
 *   entry…   an entry without values         refuse…  the search can't begin
 *   never…   no answer                       late…    found, after 50 ms
 *   leaves…  found, until scripted_left is set: then nothing, once the gate is open
 *   gate…    found, once the gate is open    crowdN   a group of found0@ to foundN-1@
 *   group…   a group: scripted_groups        wrecksN  a group of error0@ to errorN-1@
 *   only1…   found in the first directory alone, none elsewhere (only2…: the second)
 *
 * The others are found: one value, the local part and the directory's title, which is no
 * certificate; or with scripted_use_certificate() one that is usable for all addresses.
 */
#ifndef SMIME_TESTS_SCRIPTED_H
#define SMIME_TESTS_SCRIPTED_H

#include <stdatomic.h>
#include <stdbool.h>

#include "directory/resolver.h"
#include "directory_fixture.h"

/* Members of a group, in one text: addresses and DNs with blanks between. */
struct scripted_group {
	const char *local;
	const char *members;
};

extern const struct scripted_group *scripted_groups;         /* ends with local NULL; may be NULL */
extern atomic_int scripted_started[FIXTURE_DIRECTORIES_MAX]; /* searches */
extern atomic_int scripted_open;                             /* under way */
extern atomic_int scripted_most;                             /* under way at a time */
extern atomic_int scripted_cancelled;
extern atomic_int scripted_freed;
extern atomic_bool scripted_down; /* every search fails */
extern atomic_bool scripted_left;
extern atomic_bool scripted_gate; /* open */

/* Starts the resolver of a fixture with them, for as many directories as it has. A directory with
 * bind_dn can't be made. */
void scripted_begin(struct fixture *fixture);
resolver_make_source scripted_make;

/* Before scripted_begin(): what is found is a certificate of a CA that is trusted, which ends after
 * so many days (or, below zero, has ended), and the fixture gets a folder. */
void scripted_use_certificate(struct fixture *fixture, int to_days);

/* Searches begun, of all directories. */
int scripted_searches(void);

#endif
