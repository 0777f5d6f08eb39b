/*
 * Fetches what judgements want (smime/want.h) into evidence: over http by the fetcher, from the
 * configured directories for ldap: URLs, by connections of its own so that mail's look-ups don't
 * wait behind a CRL. One errand is under way for a want, whoever wants it; it goes on when nobody
 * waits any more, and the next judgement profits. What came is parsed on a thread of its own. Loop
 * thread.
 *
 * Errands have an owner, the first who wants them, and none has more of them than it leaves free
 * (base/turns.h). What its share has no room for is refused to that owner; evidence knows nothing of
 * it, as others may want the same.
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

/* Errands under way at a time. */
#define SUPPLY_ERRANDS_MAX 2000
/* Bytes of what was fetched and waits to be parsed: four CRLs of the default's limit. What is larger
 * than half of what is left is dropped, unless it would be the only one, and fetched again soon: large
 * CRLs leave room for small ones. */
#define SUPPLY_READER_BYTES ((size_t)256 << 20)
/* The same of what waits to be written to the state folder; what is beyond is not written. */
#define SUPPLY_KEEPER_BYTES ((size_t)128 << 20)

struct event_base;
struct order;
struct supply;

/* References are taken of config and evidence. Nothing is connected to yet. NULL on error. */
struct supply *supply_new(struct config *config, struct evidence *evidence, struct event_base *base,
    struct worker_pool *helpers, struct error *err);

/* Whether anything can be fetched: fetch = yes, or there is an LDAP directory. */
bool supply_can(const struct supply *supply);

enum supply_end {
	SUPPLY_ALL,     /* whatever was ordered is in evidence now, or failed */
	SUPPLY_LATE,    /* the time is over, errands go on */
	SUPPLY_REFUSED, /* something was not begun: the owner has too much under way */
};

/* The end of an order, exactly once, never inside supply_ask(), never after supply_cancel(). */
typedef void supply_done(void *context, enum supply_end end);

/* Orders all that is in wants, which is emptied, and waits for it until until_ms
 * (clock_monotonic_ms()). NULL: nothing was ordered. */
struct order *supply_ask(struct supply *supply, const char *owner, struct wants *wants,
    int64_t until_ms, supply_done *done, void *context, struct error *err);

/* Waits no more; errands go on. NULL is legal. */
void supply_cancel(struct order *order);

/* Begins to fetch all that is in wants, which is emptied; nobody waits. */
void supply_fetch(struct supply *supply, const char *owner, struct wants *wants);

/* After the loop has ended, before the helpers: ends all that is under way, and every order. */
void supply_stop(struct supply *supply);
/* NULL is legal. */
void supply_free(struct supply *supply);

#endif
