/*
 * The CA certificates and CRLs that trust sections take from a directory: read when the resolver
 * starts and every directory-refresh from then on, below the section's anchor-bases,
 * intermediate-bases and crl-bases, by connections of its own (one directory section may serve
 * several trust sections). What is parsed and indexed is so on a worker. All calls are on the loop
 * thread, but for authority_new() and authority_free(), when there is no loop.
 *
 * Fail closed: what did not come whole, and by verified TLS or ldapi (pool_result.authenticated), is
 * dropped, and what was read before stays; a failed reading is tried again soon. Until the first
 * one has succeeded, an issuer that is not trusted may be one that the directory holds:
 * authority_waits() and authority_pending() tell the resolver to wait, or to say "not now".
 */
#ifndef SMIME_DIRECTORY_AUTHORITY_H
#define SMIME_DIRECTORY_AUTHORITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/worker.h"
#include "config/config.h"
#include "mail/address.h"
#include "smime/evidence.h"
#include "smime/trust.h"

struct authority;
struct event_base;

struct authority_events {
	/* What counts is not what it was: the trust to judge by from now on, borrowed. */
	void (*changed)(void *context, struct trust *trust);
	/* A section's first reading has ended, well or not: authority_waits() says less now. */
	void (*settled)(void *context);
	/* A rebase (or those up to this number) has ended; well: `changed` was told before. May be
	 * NULL where there are none. */
	void (*rebased)(void *context, uint64_t number, bool well);
};

/* The sections that trust_takes_from_directory(), of a loaded trust; there may be none. config and
 * events are borrowed, trust is referenced. helpers connect, judges parse.
 * evidence: what gets the CRLs, a reference is taken; NULL: they are passed over. NULL on error. */
struct authority *authority_new(const struct config *config, struct trust *trust,
    struct event_base *base, struct worker_pool *helpers, struct worker_pool *judges,
    struct evidence *evidence, const struct authority_events *events, void *context,
    struct error *err);

/* Whether the first reading of a section whose domains cover the address is still under way. It
 * ends by itself: within connect-timeout where no server answers. */
bool authority_waits(const struct authority *authority, const struct address *address);

/* Whether a section whose domains cover the address was never read; words[size] (NULL: not wanted)
 * say which, and why. */
bool authority_pending(
    const struct authority *authority, const struct address *address, char *words, size_t size);

/* Another loaded trust, of the same configuration, to which what was read is added from now on; a
 * reference is taken. number: what `rebased` tells, growing. */
void authority_rebase(struct authority *authority, struct trust *trust, uint64_t number);

/* Ends all that is under way; before the workers are freed. NULL is legal. */
void authority_stop(struct authority *authority);
/* After the workers. NULL is legal. */
void authority_free(struct authority *authority);

#endif
