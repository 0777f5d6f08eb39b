/*
 * The members of one mail group as they are gathered, from a file or a server: who is known, which
 * names were followed already, and how much of it is allowed. One thread at a time.
 */
#ifndef SMIME_DIRECTORY_MEMBERS_H
#define SMIME_DIRECTORY_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"
#include "smime/findings.h"

/* group-members-limit, group-depth-limit */
struct members_limits {
	size_t members;
	size_t depth; /* groups within groups */
};

struct members {
	struct members_limits limits;
	struct findings_group *group;
	void *followed; /* dn_key() of each name that was followed */
};

/* 0/-1; then members_clear(). */
MUST_CHECK int members_init(
    struct members *members, const struct members_limits *limits, struct error *err);
void members_clear(struct members *members);

/* Whether as many are known as are allowed, with `more` still to come. */
bool members_full(const struct members *members, size_t more);

/* A member by its address, as an entry gives it; one that is no address is nameless. Where as many
 * are known as are allowed, the group is incomplete instead. 0/-1. */
MUST_CHECK int members_add(struct members *members, const char *address, struct error *err);
MUST_CHECK int members_add_nameless(struct members *members, const char *name, struct error *err);

/* Whether to follow a name. */
enum members_follow {
	MEMBERS_FOLLOW,
	MEMBERS_FOLLOWED,  /* it was already, or is empty: a placeholder */
	MEMBERS_NO_NAME,   /* not a DN */
	MEMBERS_NO_MEMORY, /* err */
};
/* *key (may be NULL): its dn_key(), the set's own, after MEMBERS_FOLLOW. */
enum members_follow members_follow(
    struct members *members, const char *dn, const char **key, struct error *err);

/* Of a group some of whose members nobody lists. */
void members_set_dynamic(struct members *members);

/* Gives the group gathered to the findings. */
void members_give(struct members *members, struct findings *findings);

#endif
