/*
 * Fetches what judgements want (smime/want.h) into evidence: over http by the fetcher, from the
 * configured directories for ldap: URLs, by connections of its own so that mail's look-ups don't
 * wait behind a CRL. One errand is under way for a want, whoever wants it; it goes on when nobody
 * waits any more, and the next judgement profits. What came is parsed on a thread of its own. Loop
 * thread.
 */
#ifndef SMIME_DIRECTORY_SUPPLY_H
#define SMIME_DIRECTORY_SUPPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/worker.h"
#include "config/config.h"
#include "smime/evidence.h"
#include "smime/want.h"

/* Errands under way at a time; what is wanted beyond it fails, and is wanted again soon. */
#define SUPPLY_ERRANDS_MAX 2000

struct event_base;
struct supply;

/* References are taken of config and evidence. Nothing is connected to yet. NULL on error. */
struct supply *supply_new(struct config *config, struct evidence *evidence, struct event_base *base,
    struct worker_pool *helpers, struct error *err);

/* Whether anything can be fetched: fetch = yes, or there is an LDAP directory. */
bool supply_can(const struct supply *supply);

/* The end of an order, exactly once, never inside supply_ask(). all: whatever was ordered is in
 * evidence now, or failed; else the time is over. */
typedef void supply_done(void *context, bool all);

/* Orders all that is in wants, which is emptied, and waits for it until until_ms
 * (clock_monotonic_ms()), or to the end (0): each errand has one. -1: nothing was ordered. */
MUST_CHECK int supply_ask(struct supply *supply, struct wants *wants, int64_t until_ms,
    supply_done *done, void *context, struct error *err);

/* Begins to fetch all that is in wants, which is emptied; nobody waits. */
void supply_fetch(struct supply *supply, struct wants *wants);

/* After the loop has ended, before the helpers: ends all that is under way, and every order. */
void supply_stop(struct supply *supply);
/* NULL is legal. */
void supply_free(struct supply *supply);

#endif
