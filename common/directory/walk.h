/*
 * A mail group's members, and theirs: each address once, whichever of the groups name it, looked
 * up and judged; what comes of them is the group's record. Private to the resolver; loop thread.
 *
 * One level of groups after the other, so that how deep a group lies does not depend on who answers
 * first. Members of a level are looked up side by side. A walk holds no look-up while it waits for
 * one. Nobody is asked any more once the record is known to be incomplete.
 */
#ifndef SMIME_DIRECTORY_WALK_H
#define SMIME_DIRECTORY_WALK_H

#include "base/compiler.h"
#include "directory/resolver_private.h"

struct walk;

/* Groups that are walked at a time; others wait for their turn. Bounds what members' records take
 * before anybody gets them. Domains take turns, and none has more than it leaves free
 * (base/turns.h): slow groups of one keep no other's waiting. */
#define WALK_MAX 16
/* Members of one group that are looked up or judged at a time: what two connections of 50 searches
 * carry. */
#define WALK_ASIDE_MAX 100

/*
 * The end of a walk, once, never inside walk_start(); the walk is gone. record is borrowed; NULL:
 * no memory. lasting: it may be kept; else a member could not be asked, only old findings serve, or
 * what was to be fetched did not come in time.
 */
typedef void walk_done(void *context, struct recipient *record, bool lasting);

/* Begins one. stale_since: of the group's findings; 0: they are fresh. The record says so where they, or
 * those of a group within, are not. All is borrowed to the end. NULL on error. */
struct walk *walk_start(struct resolver *resolver, const char *key, const struct address *address,
    const struct findings_group *group, time_t stale_since, walk_done *done, void *context,
    struct error *err);

/* Whether it waits for its turn: nothing is under way for it. */
bool walk_waits(const struct walk *walk);

/* Frees one that waits; or, after the loop and its workers have ended, one that will not end by
 * itself. NULL is legal. */
void walk_free(struct walk *walk);

/* There may be room for more look-ups. */
void walk_wake(struct resolver *resolver);

/* What the event resolver->walk_step runs. */
void walk_step_all(struct resolver *resolver);

#endif
