/*
 * One question for each address that is asked for. Private to the resolver; loop thread.
 *
 *   looking up ──▶ findings ──▶ judging on a worker ───────▶ record ──▶ all who wait
 *                     └─ a group ──▶ walking its members ──────┘
 *
 * A question goes on when nobody waits for it any more, and fills the cache: as long as its place is
 * not needed for one that somebody waits for. One about findings that were given begins at
 * "findings", and one about a message's signer with judging: each stands by itself, and fills nothing.
 */
#ifndef SMIME_DIRECTORY_QUESTION_H
#define SMIME_DIRECTORY_QUESTION_H

#include <sys/queue.h>
#include <time.h>

#include "base/compiler.h"
#include "directory/lookup.h"
#include "directory/resolver_private.h"

struct question {
	char *key;                  /* first: what the tree compares */
	TAILQ_ENTRY(question) link; /* of those in flight */
	TAILQ_ENTRY(question) fresh;
	struct resolver *resolver;
	bool is_aside; /* about findings or a signer that were given: not in the tree */
	struct address address;
	struct ticket_list waiters; /* the resolver's mutex */
	struct lookup_watch watch;
	struct signer *signer; /* to be judged; NULL: the address is asked for */
	struct findings *findings;
	time_t stale_since; /* of the findings; 0: fresh */
	struct judging *judging;
	struct walk *walk; /* of a group */
	uint64_t flushes;  /* of the cache and of trust, as the walk began */
	uint64_t generation;
};

/* The one that is in flight for a key; NULL: none is. */
struct question *question_find(struct resolver *resolver, const char *key);

/* One for a ticket, whose signer it takes over; it is in flight from now on. NULL without memory. */
struct question *question_new(struct resolver *resolver, struct ticket *ticket);

/* Begins what is to be done for it. Without the mutex, as it may end at once. */
void question_begin(struct question *question);

/* With the mutex held: frees one that nobody waits for; what was begun for it goes on without it. false:
 * somebody does, or it is being judged right now, or its members asked for. */
MUST_CHECK bool question_drop(struct question *question);

/* After the loop has ended, its workers and sources, too. */
void question_free_all(struct resolver *resolver);

#endif
