/*
 * What the two parts of a group's walk share, and nobody else: group_walk.c begins and ends it and asks
 * the server, group_walk_step.c says what is to be asked next, and what came of it.
 */
#ifndef SMIME_DIRECTORY_GROUP_WALK_PRIVATE_H
#define SMIME_DIRECTORY_GROUP_WALK_PRIVATE_H

#include <sys/queue.h>

#include "directory/group_entry.h"
#include "directory/group_walk.h"

/* "member;range=1500-*" */
#define RANGE_SIZE 160

/* An entry to read: a member's, or once more a group's for the next part of its members. */
struct step {
	TAILQ_ENTRY(step) link;
	struct group_walk *walk;
	struct pool_search *search; /* NULL: waits */
	char *dn;
	size_t depth;  /* of the group that it is a member of, or is */
	unsigned from; /* of the part; 0: a member */
	char range[RANGE_SIZE];
	char *attributes[2]; /* of the part */
	struct group_entry entry;
	bool found;
	bool counted; /* among the walk's, as one member */
};

TAILQ_HEAD(step_list, step);

/* An entry that was found for the address. */
struct top {
	char *dn;
	bool exact; /* not by its shorter form */
	struct group_entry entry;
};

struct group_walk {
	const struct config_directory *directory;
	struct pool *pool;
	char *const *attributes;
	struct members members;
	struct top *tops;
	size_t top_count;
	struct step_list waiting;
	struct step_list running;
	size_t steps; /* counted ones among both */
	size_t running_count;
	int64_t deadline_ms;
	group_walk_done *done;
	void *context;
};

/* Takes up the members that a group's entry names. depth: the group's own. 0/-1. */
MUST_CHECK int group_walk_expand(struct group_walk *walk, const char *dn,
    const struct group_entry *entry, size_t depth, struct error *err);

/* Takes up what came of a step that has ended. 0/-1. */
MUST_CHECK int group_walk_settle(struct step *step, struct error *err);

#endif
