/*
 * Look-ups: from an address key to what the directories responsible for it hold. Private to the
 * resolver; loop thread. One look-up is under way per key, whoever watches it; it fills the cache,
 * and goes on when nobody watches any more, unless its place is needed. It waits for directories
 * only, never for another look-up.
 */
#ifndef SMIME_DIRECTORY_LOOKUP_H
#define SMIME_DIRECTORY_LOOKUP_H

#include <sys/queue.h>
#include <time.h>

#include "base/compiler.h"
#include "directory/resolver_private.h"

struct lookup;

struct lookup_answer {
	struct findings *findings; /* borrowed; NULL: failed */
	time_t stale_since;        /* findings from then serve: nothing can be asked; 0: fresh */
	const char *failure;       /* which directory, and why; borrowed */
};

/* Exactly once, never inside lookup_start(), never after lookup_leave(). */
typedef void lookup_answered(void *context, const struct lookup_answer *answer);

/* One who watches; lives in whatever does. */
struct lookup_watch {
	TAILQ_ENTRY(lookup_watch) link;
	struct lookup *lookup; /* NULL: none is watched */
	lookup_answered *answered;
	void *context;
};

/* Watches the look-up of the key: the one under way, or a new one. 0; -1: it could not begin
 * (lookups-limit, memory). */
MUST_CHECK int lookup_start(struct resolver *resolver, const char *key,
    const struct address *address, struct lookup_watch *watch, struct error *err);
void lookup_leave(struct lookup_watch *watch);

/* Begins one that nobody watches, if there is room for it and none is under way. */
void lookup_refresh(struct resolver *resolver, const char *key, const struct address *address);

/* Whether there is room for a look-up that may wait: they leave half of lookups-limit to those that
 * mail waits for. */
bool lookup_has_room(const struct resolver *resolver);

/* After the loop has ended: takes all queries back from the sources, which may be freed then; and
 * ends all look-ups as failed. */
void lookup_cancel_all(struct resolver *resolver);
void lookup_free_all(struct resolver *resolver);

#endif
