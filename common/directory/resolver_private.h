/*
 * What the parts of the resolver share, and nobody else:
 *
 *   resolver.c        makes and ends it          ticket.c    the askers' side (any thread)
 *   resolver_make.c   what it is made of         inbox.c     tickets → questions, new or in flight
 *   recall.c          what the cache answers     question.c  an address → the record for its waiters
 *   lookup.c          an address key → findings  walk.c      a group's members → their records
 *   asking.c          the directories, for it    judging.c   findings → a record, on a worker
 *   resolver_cache.c  the cache, for people      supply.c    what judging lacks → evidence
 *   server_status.c   the servers, for people    rebase.c    another configured trust (any thread)
 *
 * One mutex guards what both sides touch: the inbox, every list of tickets, the tickets' answers,
 * the cache, the trust in force and the counters. All else belongs to the loop thread. The mutex is
 * never held while a source, a worker or libevent's loop is called, but for event_active(),
 * event_free() and worker_take_back().
 */
#ifndef SMIME_DIRECTORY_RESOLVER_PRIVATE_H
#define SMIME_DIRECTORY_RESOLVER_PRIVATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/turns.h"
#include "base/worker.h"
#include "directory/cache.h"
#include "directory/resolver.h"

struct authority;
struct event;
struct event_base;
struct judging;
struct lookup;
struct question;
struct refresh;
struct status_request;
struct supply;
struct walk;

/* Where all of lookups-limit is in use, so many questions or look-ups are looked at for one that nobody
 * waits for any more, and whose place is given to a new one: the rest when the next one comes. */
#define RESOLVER_DESERTED_LOOK 100
/* Refreshes that wait for the loop; further ones are not begun: the next who asks is told again. */
#define RESOLVER_REFRESHES_MAX 1000

TAILQ_HEAD(ticket_list, ticket);
TAILQ_HEAD(judging_list, judging);
TAILQ_HEAD(lookup_list, lookup);
TAILQ_HEAD(question_list, question);
TAILQ_HEAD(refresh_list, refresh);
TAILQ_HEAD(status_request_list, status_request);
TAILQ_HEAD(walk_list, walk);

struct ticket {
	TAILQ_ENTRY(ticket) link;
	struct ticket_list *list; /* the inbox, a question's waiters, or NULL: answered */
	struct resolver *resolver;
	struct address address;
	char *key;
	struct signer *signer; /* to be judged, instead of asking for the address; NULL */
	int64_t deadline_ms;
	struct findings *findings; /* to be judged; NULL: they are to be looked up */
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
	bool exact_local; /* of certificates */
	bool exact_keys;  /* of anything that a key may stand for */
	struct event_base *base;
	pthread_t loop;
	struct event *wake; /* something came from other threads */
	struct worker_pool *judges;
	struct worker_pool *helpers; /* what blocks: connecting, reading files */
	struct place *places;
	size_t place_count;
	struct evidence *evidence;   /* NULL: none, and no supply */
	struct supply *supply;       /* of evidence; NULL while ending */
	struct authority *authority; /* CA certificates from directories; NULL while ending */
	bool stopping;   /* loop thread, as the rest of this block: nothing begins any more */
	void *questions; /* those in flight, by key (tsearch(3)) */
	size_t question_count;
	struct question_list open; /* the same, the oldest first, more or less */
	void *lookups;             /* the same of look-ups */
	size_t lookup_count;
	struct lookup_list asked;
	struct judging_list held; /* until the CA certificates have been read once */
	struct walk_list walks;   /* under way */
	struct turns *walk_turns; /* by domain */
	struct event *walk_step;

	pthread_mutex_t mutex; /* for all below */
	struct ticket_list inbox;
	size_t waiting; /* tickets without an answer */
	struct refresh_list refreshes;
	size_t refresh_count;
	struct status_request_list status_requests;
	struct cache *cache;
	uint64_t flushes; /* of the cache: what was asked for before one is not kept */
	struct trust *trust;
	uint64_t generation;  /* of trust */
	struct trust *rebase; /* to take the place of the configured one; NULL: none waits */
	uint64_t rebases_asked;
	uint64_t rebases_done; /* of them, well or not */
	bool rebase_failed;    /* the last of them */
	pthread_cond_t rebased;
	resolver_late *late; /* of one whose caller has given up; NULL: there is none */
	void *late_context;
	uint64_t late_number;
	struct trust *late_before;
	struct resolver_statistics counts;
};

/* Makes all of a new one that does not depend on its thread: of its members, config, trust and evidence
 * are there, and the lists and the mutex ready. 0/-1: what was made is there to be freed. */
MUST_CHECK int resolver_make_parts(
    struct resolver *resolver, resolver_make_source *make, void *context, struct error *err);

/* Another trust is in force from now on (a reference of the resolver's own): what was judged by an
 * earlier one is judged again. Any thread. */
void resolver_replace_trust(struct resolver *resolver, struct trust *trust);

/* With the mutex held: gives a ticket its answer. record: a new reference is taken; NULL without
 * memory. */
void ticket_answer(struct ticket *ticket, struct recipient *record);

/* With the mutex held: the same, with a record that says unavailable, and why. */
void ticket_turn_away(struct ticket *ticket, const char *why);

/* An address to be asked for in the background. */
struct refresh {
	TAILQ_ENTRY(refresh) link;
	struct address address;
	char *key;
};

/*
 * With the mutex held: what answers for a key without asking (cache_get); cache_found_clear() then.
 * The record is there only if it still counts; without one, the findings are to be judged (again).
 * Takes care of what is due to be asked for again. false: nothing answers.
 */
bool resolver_recall(struct resolver *resolver, const char *key, const struct address *address,
    struct cache_found *found);

/* With the mutex held: the next refresh that waits (refresh_free()), or NULL. */
struct refresh *resolver_next_refresh(struct resolver *resolver);
void refresh_free(struct refresh *refresh);

/* Loop thread: answers those who want to know how the servers are. */
void server_status_answer_all(struct resolver *resolver);

/* Loop thread: takes up a configured trust that waits; its end, well or not. */
void rebase_take(struct resolver *resolver);
void rebase_done(struct resolver *resolver, uint64_t number, bool well);

#endif
