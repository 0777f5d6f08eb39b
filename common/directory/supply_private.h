/*
 * What the files supply*.c and errand.c share, and nobody else:
 *
 *   supply.c       orders, and who waits for what
 *   errand.c       one want: fetching ──▶ taking, on the worker ──▶ over
 *   errand_ldap.c  fetching by an ldap: URL
 */
#ifndef SMIME_DIRECTORY_SUPPLY_PRIVATE_H
#define SMIME_DIRECTORY_SUPPLY_PRIVATE_H

#include <stddef.h>
#include <sys/queue.h>

#include "base/turns.h"
#include "directory/supply.h"
#include "fetch/fetch.h"
#include "ldap/pool.h"

struct event;

TAILQ_HEAD(waiter_list, waiter);
TAILQ_HEAD(order_list, order);

/* One want under way. */
struct errand {
	struct want want; /* its key is what the tree compares */
	struct supply *supply;
	struct turn turn; /* its owner's */
	struct waiter_list waiters;
	struct fetch *fetch;        /* NULL: not by http, or it has answered */
	struct pool_search *search; /* likewise, by ldap */
	size_t place;               /* of the directory that is asked */
	struct fetch_body *body;    /* what came; the worker's while it is taken */
	unsigned char *value;       /* likewise, by ldap; free() */
	size_t size;
	int64_t pause_ms; /* for which a failure is remembered */
	struct error error;
};

/* One that an order waits for. */
struct waiter {
	TAILQ_ENTRY(waiter) link;
	struct errand *errand; /* NULL: over */
	struct order *order;
};

struct order {
	TAILQ_ENTRY(order) link;
	struct supply *supply;
	struct event *timer;
	size_t left; /* errands that are not over */
	bool refused;
	struct waiter waiters[WANTS_MAX];
	supply_done *done;
	void *context;
};

/* A directory that can be read by URL. */
struct library {
	struct config_directory directory; /* the section's, for a single connection */
	struct pool *pool;
};

struct supply {
	struct config *config;
	struct evidence *evidence;
	struct event_base *base;
	struct fetcher *fetcher;     /* NULL: fetch = no */
	struct worker_pool *readers; /* NULL: stopped */
	struct worker_pool *keepers; /* likewise; of the state folder */
	struct library *libraries;
	size_t library_count;
	void *errands;       /* by key (tsearch(3)) */
	struct turns *turns; /* of errands: these only run */
	struct order_list orders;
	bool stopping;
};

/* errand.c: the errand for a want, which is given to it: a new one, or the one under way. NULL: it
 * could not begin, and evidence knows why, or is over already; or *refused: the owner has too much
 * under way. */
struct errand *errand_begin(
    struct supply *supply, const char *owner, struct want *want, bool *refused);
/* Takes what came (body or value of the errand) on the worker. */
void errand_take(struct errand *errand);
/* Ends it by its error, for pause_ms. */
void errand_fail(struct errand *errand, const struct error *why, int64_t pause_ms);
/* Takes back what is being fetched; then ends it, failed. */
void errand_stop_all(struct supply *supply);
void errand_fail_all(struct supply *supply);

/* errand_ldap.c: the pools; asks the next directory that the want's URL may mean, from place on.
 * -1: none is left, and errand->error says why. */
MUST_CHECK int errand_ldap_init(
    struct supply *supply, struct worker_pool *helpers, struct error *err);
void errand_ldap_end(struct supply *supply);
MUST_CHECK int errand_ldap_ask(struct errand *errand);

/* supply.c: the errand of a waiter is over. */
void supply_over(struct waiter *waiter);

#endif
