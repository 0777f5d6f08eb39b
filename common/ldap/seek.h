/*
 * One search of a pool, from start to end: it waits, is sent on a link, begins again elsewhere,
 * goes on with what it was referred to, ends. Loop thread.
 */
#ifndef SMIME_LDAP_SEEK_H
#define SMIME_LDAP_SEEK_H

#include "ldap/pool_private.h"

/* Copies the question, in no list yet. NULL without memory. */
struct pool_search *seek_new(struct pool *pool, const struct pool_question *question,
    const struct pool_events *events, void *context, struct error *err);
void seek_free(struct pool_search *search);

/* Into a list (NULL: none), at its end or its beginning. */
void seek_move(struct pool_search *search, struct search_list *list, bool first);

/* Has its time run until then. */
void seek_arm(struct pool_search *search, int64_t until_ms);

/* Tells the end, and frees the search: at the top of a callback, where nobody holds it. */
void seek_done(struct pool_search *search, enum pool_outcome outcome, const struct error *err);

/* Ends it as failed, but tells so later: where others are in the middle of things. */
void seek_fail(struct pool_search *search, const struct error *why);

/* Begins it again, from its start, or fails it: after server failed it. */
void seek_restart(struct pool_search *search, const struct server *server, const struct error *why);

/* Begins it again at a server that has not failed it yet, if there is one; else false. After its
 * link's server failed it. */
bool seek_elsewhere(struct pool_search *search, const struct error *why);

/* Goes on with the next leg. */
void seek_next_leg(struct pool_search *search);

#endif
