/*
 * What the parts of a census share, and nobody else: census.c has the caller's side and the thread;
 * census_page.c gathers a page; census_ldap.c reads from servers, census_ldif.c from a file.
 */
#ifndef SMIME_DIRECTORY_CENSUS_PRIVATE_H
#define SMIME_DIRECTORY_CENSUS_PRIVATE_H

#include <event2/event.h>
#include <ldap.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/worker.h"
#include "directory/census.h"
#include "directory/paging.h"
#include "directory/search.h"

/* A page being gathered. The entries it grows by are the last one's until it is complete. */
struct census_draft {
	struct census_page page;
	size_t counted; /* entries, where they are only counted */
	size_t bytes;
	size_t entry_bytes;              /* of the last entry's values */
	int ranks[CENSUS_ADDRESSES_MAX]; /* of the last entry's addresses */
};

/* Reading from servers. The thread's own, but for its making. */
struct census_ldap {
	struct worker_pool *workers;
	struct pool *pool;
	struct search search;
	struct paging paging;
	char *filter;
	char **attributes;
	struct pool_search *asked; /* under way; NULL: none */
};

struct census {
	struct config_directory directory; /* the caller's, with a census's own time limits */
	struct census_options options;
	struct event_base *base;
	struct event *wake; /* there is room, or it is to end */
	pthread_t thread;
	bool started;
	struct census_page *taken; /* the caller's */
	atomic_bool stopping;

	/* The thread's own. */
	struct census_ldap ldap;
	struct census_draft draft;

	pthread_mutex_t mutex; /* for all below */
	pthread_cond_t changed;
	struct census_page *ready; /* waits for the caller; NULL: there is room */
	enum census_state over;    /* CENSUS_WAIT: not yet */
	struct error error;        /* then */
	struct census_progress progress;
};

/* census_page.c: an entry begins, gets its attributes, and is kept if it publishes something. 0/-1. */
MUST_CHECK int census_entry_begin(
    struct census_draft *draft, const char *dn, size_t size, struct error *err);
MUST_CHECK int census_entry_attribute(
    struct census *census, const char *name, const struct berval *value, struct error *err);
/* The last entry has more than was taken. */
void census_entry_cut(struct census_draft *draft);
void census_entry_end(struct census *census);
/* The last entry does not count after all. */
void census_entry_drop(struct census_draft *draft);
/* All that was gathered does not. */
void census_draft_clear(struct census_draft *draft);
void census_page_free(struct census_page *page);

/* census.c, for the thread: hands over the draft, in any case as the last page if `over` is not
 * CENSUS_WAIT, whose error is err. */
void census_hand_over(struct census *census, enum census_state over, const struct error *err);
/* Whether there is room for another page; else it is told by wake. */
bool census_has_room(struct census *census);
void census_tell(struct census *census, uint64_t done, uint64_t total, size_t broken);

/* census_ldap.c: made by the caller, the rest on the thread. */
MUST_CHECK int census_ldap_init(struct census *census, struct error *err);
void census_ldap_begin(struct census *census);
void census_ldap_go_on(struct census *census);
void census_ldap_end(struct census *census);

/* census_ldif.c: on the thread, to the end. */
void census_ldif_read(struct census *census);
/* Waits for room; false: it is to end. */
bool census_wait_for_room(struct census *census);

#endif
