/*
 * From a mail group's entry on an LDAP server to the members' addresses: members are named by DN,
 * and each is a search of its own, a few of them side by side. A group within it that has an
 * address is a member by that address; one without is expanded in its place. A member that does not
 * exist, or has no address, is kept by name. What Active Directory hands out in parts is fetched
 * part by part.
 *
 * A walk belongs to one query of a source, and is on the loop thread. Its searches are bounded by
 * group-members-limit, group-depth-limit and the query's deadline, and no entry is read twice.
 */
#ifndef SMIME_DIRECTORY_GROUP_WALK_H
#define SMIME_DIRECTORY_GROUP_WALK_H

#include <ldap.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"
#include "directory/members.h"
#include "ldap/pool.h"
#include "smime/findings.h"

struct group_walk;

/* Searches of one walk under way at a time: enough to hide the way to the server, and no more than
 * leaves room on a connection for other mail's. */
#define GROUP_WALK_SEARCHES_MAX 20

/* The walk is over: every member is known (group_walk_give()), or err says why not. Once, never
 * inside group_walk_start(); the walk may be freed within. */
typedef void group_walk_done(void *context, const struct error *err);

/* directory, pool and attributes are borrowed; attributes: what to ask of a member's entry
 * (search.h). NULL without memory. */
struct group_walk *group_walk_new(const struct config_directory *directory, struct pool *pool,
    char *const *attributes, const struct members_limits *limits, struct error *err);

/* Ends what is under way. NULL is legal. */
void group_walk_free(struct group_walk *walk);

/* Forgets the entries taken: the address's search begins again. */
void group_walk_begin(struct group_walk *walk);

/* Takes an entry that was found for the address: by the address itself (exact), or by its shorter form
 * (directory/subaddress.h). 0/-1. */
MUST_CHECK int group_walk_take(
    struct group_walk *walk, LDAP *ld, LDAPMessage *message, bool exact, struct error *err);

/* Whether one of those is a group; and whether one of those found by the address itself is: then the
 * others don't count. What else was found with a group counts as one of its members, without an
 * address of its own. */
bool group_walk_is_group(const struct group_walk *walk);
bool group_walk_is_exact(const struct group_walk *walk);

/* Looks for the members. 1: nothing is left to be asked, and done is not called; 0: done will be;
 * -1: error. Once. */
MUST_CHECK int group_walk_start(struct group_walk *walk, int64_t deadline_ms, group_walk_done *done,
    void *context, struct error *err);

/* Gives the members to the findings. */
void group_walk_give(struct group_walk *walk, struct findings *findings);

#endif
