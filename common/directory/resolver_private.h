/*
 * What the parts of the resolver share, and nobody else: resolver.c makes and ends it, ticket.c is
 * the askers' side (any thread), question.c the loop's.
 *
 * One mutex guards what both sides touch: the inbox, every list of tickets, the tickets' answers,
 * the cache and the counters. All else belongs to the loop thread. The mutex is never held while a
 * source, a worker or libevent's loop is called, but for event_active().
 */
#ifndef SMIME_DIRECTORY_RESOLVER_PRIVATE_H
#define SMIME_DIRECTORY_RESOLVER_PRIVATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "directory/cache.h"
#include "directory/resolver.h"
#include "base/worker.h"

struct event;
struct event_base;

TAILQ_HEAD(ticket_list, ticket);

struct ticket {
	TAILQ_ENTRY(ticket) link;
	struct ticket_list *list; /* the inbox, a question's waiters, or NULL: answered */
	struct resolver *resolver;
	struct address address;
	char *key;
	int64_t deadline_ms;
	pthread_cond_t answered;
	bool ready;
	struct recipient *record;
};

/* A directory of the configuration, and its source. */
struct place {
	const struct config_directory *directory;
	struct source *source;
};

struct resolver {
	struct config *config;
	struct trust *trust;
	bool exact_local;
	struct event_base *base;
	pthread_t loop;
	struct event *wake; /* the inbox is not empty */
	struct worker_pool *judges;
	struct worker_pool *helpers; /* what blocks: connecting, reading files */
	struct place *places;
	size_t place_count;
	void *questions; /* loop thread: those in flight, by key (tsearch(3)) */
	size_t question_count;

	pthread_mutex_t mutex; /* for all below */
	struct ticket_list inbox;
	size_t waiting; /* tickets without an answer */
	struct cache *cache;
	struct resolver_statistics counts;
};

/* With the mutex held: gives a ticket its answer. record: a new reference is taken; NULL without
 * memory. */
void ticket_answer(struct ticket *ticket, struct recipient *record);

/* With the mutex held: the record kept for a key, if it still counts; a new reference, or NULL.
 * *findings (may be NULL): a new reference to what a stale record can be judged again from. */
struct recipient *resolver_recall(
    struct resolver *resolver, const char *key, struct findings **findings);

/* Loop thread: takes up what is in the inbox. */
void question_take_inbox(struct resolver *resolver);

/* After the loop has ended. question_cancel_all: takes all questions back from their sources.
 * question_free_all: after the workers have ended. */
void question_cancel_all(struct resolver *resolver);
void question_free_all(struct resolver *resolver);

#endif
