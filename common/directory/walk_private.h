/*
 * What the parts of a walk share, and nobody else: walk.c begins, steps and ends it, walk_member.c
 * takes up its members.
 */
#ifndef SMIME_DIRECTORY_WALK_PRIVATE_H
#define SMIME_DIRECTORY_WALK_PRIVATE_H

#include "directory/lookup.h"
#include "directory/walk.h"

TAILQ_HEAD(member_list, member);

struct member {
	char *key; /* first: what the tree compares */
	TAILQ_ENTRY(member) link;
	struct member *next; /* in the order in which they were met */
	struct walk *walk;
	struct address address;
	struct lookup_watch watch;
	struct recipient *record; /* NULL: a group, or not known (yet) */
	bool nameless;
};

struct walk {
	TAILQ_ENTRY(walk) link;
	struct resolver *resolver;
	const struct address *address;
	struct turn turn; /* while it runs, it is on the resolver's walks */
	void *met;        /* members by key (tsearch(3)), the group itself among them */
	size_t met_count; /* of them */
	struct member *first;
	struct member **last;
	struct member_list todo;   /* of this level */
	struct member_list deeper; /* of the next */
	int64_t depth; /* of the groups that this level's members may be; the first group's is 0 */
	size_t busy;   /* members being looked up or judged */
	size_t count;  /* members that stand for the group */
	size_t failures; /* of them, could not be asked */
	time_t stale_since; /* the oldest of a group's findings that are; 0: all are fresh */
	bool lasting;
	bool over;      /* nobody is asked any more */
	char note[128]; /* why it is incomplete; "" */
	walk_done *done;
	void *context;
};

/* Takes up a member under its key (given), unless it was met before: then NULL. NULL as well without
 * memory: the record can't be complete then. */
struct member *walk_meet(struct walk *walk, char *key);

/* Takes up the members of a group at walk->depth. */
void walk_expand(struct walk *walk, const struct findings_group *group);

/* Does the first member that is to be done. false: there is no room for its look-up. */
bool walk_take_first(struct walk *walk);

/* Frees all members. */
void walk_free_members(struct walk *walk);

#endif
