/*
 * The resolver: from an address to its recipient record. One event-loop thread of its own talks to
 * the directories; a bounded set of workers parses and judges. Asked from any thread.
 *
 *   ticket = resolver_submit(...)      at RCPT TO: no waiting
 *   ticket_wait(ticket, deadline)      at end of headers
 *   ticket_record(ticket)              borrowed until ticket_free()
 *   ticket_free(ticket)                at any time, from the ticket's own thread: may cancel
 *
 * One question is in flight per address, whoever asks; a waiter that gives up detaches, the
 * question goes on (for connect-timeout of each server and search-timeout, at most, for each
 * look-up it needs) and fills the cache. The directories responsible for the address's domain are
 * asked in the configuration's order until one holds something (when-found). One that can't be asked
 * makes the answer RECIPIENT_UNAVAILABLE, whatever the others might hold: unless what was found
 * before may still serve (stale-if-error). A mail group's answer is RECIPIENT_GROUP, with a record
 * of each member. Records are kept for a minute, or until their valid_until, and then judged again
 * from the findings; findings for cache-positive and cache-negative; failures for cache-error.
 * Findings asked for towards their end are asked for again in the background (cache-refresh).
 */
#ifndef SMIME_DIRECTORY_RESOLVER_H
#define SMIME_DIRECTORY_RESOLVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"
#include "directory/source.h"
#include "mail/address.h"
#include "smime/recipient.h"
#include "smime/signer.h"
#include "smime/trust.h"

struct event_base;
struct evidence;
struct resolver;
struct ticket;

/* Makes the sources of the configuration and starts the loop. Takes references of config, trust and
 * evidence (NULL: nothing is fetched, nor believed that was). With fetch = yes, after fetch_startup().
 * A server that is down is no error; an LDIF file that can't be read is. NULL on error. The first
 * one sets LDAPNOINIT in the environment (ldap/connection.h): before other threads start, or
 * main does that itself. */
struct resolver *resolver_new(
    struct config *config, struct trust *trust, struct evidence *evidence, struct error *err);

/* For tests, and without directories (directory/source_none.h): sources made by the caller (freed
 * with the resolver) in place of the configuration's, one per config->directories entry, in order.
 * `make` is called on the loop's base before it runs. */
typedef struct source *resolver_make_source(void *context, const struct config_directory *directory,
    struct event_base *base, struct error *err);
struct resolver *resolver_new_with(struct config *config, struct trust *trust,
    struct evidence *evidence, resolver_make_source *make, void *context, struct error *err);

/* Stops the loop and frees all. Every ticket must have been freed. NULL is legal. */
void resolver_free(struct resolver *resolver);

/* Asks for an address. Never waits, always gives a ticket (NULL only without memory): over
 * lookups-limit, the ticket is ready at once with RECIPIENT_UNAVAILABLE; and with what the cache
 * holds, where it holds it. deadline_ms by clock_monotonic_ms(): a question that could not begin by
 * then is not begun. */
struct ticket *resolver_submit(
    struct resolver *resolver, const struct address *address, int64_t deadline_ms);

/*
 * Has findings judged that were found elsewhere (directory/census.h; a reference is taken) as if a look-up
 * of the address had brought them, what is missing fetched. No directory is asked for the address;
 * nothing is remembered, nor answered from what is. Else like resolver_submit(): the same tickets, and
 * the same limit on them.
 */
struct ticket *resolver_submit_findings(struct resolver *resolver, const struct address *address,
    struct findings *findings, int64_t deadline_ms);

/* Asks for the judgement of a message's signer, for which no directory is asked; else the same. The
 * question is copied. The record (smime/signer.h) is not kept: only what was fetched for it is. */
struct ticket *resolver_submit_signer(
    struct resolver *resolver, const struct signer_question *question, int64_t deadline_ms);

/* Whether the record is there. */
bool ticket_ready(struct ticket *ticket);

/* Waits until the record is there or the deadline (clock_monotonic_ms) has passed; the same answer.
 */
bool ticket_wait(struct ticket *ticket, int64_t deadline_ms);

/* The record, borrowed until ticket_free(); NULL while it is not ready. NULL for a ticket that is
 * ready means that there was no memory for a record: as RECIPIENT_UNAVAILABLE. */
const struct recipient *ticket_record(const struct ticket *ticket);

/* NULL is legal. */
void ticket_free(struct ticket *ticket);

/* Counters since the start, for logs, tests and metrics. */
struct resolver_statistics {
	uint64_t questions;    /* submitted */
	uint64_t cache_hits;   /* answered from the cache */
	uint64_t joined;       /* attached to a question already in flight */
	uint64_t searches;     /* asked of directories */
	uint64_t failures;     /* answers that were errors */
	uint64_t refreshed;    /* look-ups begun in the background, ahead of an entry's end */
	uint64_t stale_served; /* answers from findings beyond their time (stale-if-error) */
	uint64_t groups;       /* whose members were gone through */
	uint64_t entries;      /* in the cache now */
	uint64_t bytes;        /* of the cache now */
};
void resolver_statistics(struct resolver *resolver, struct resolver_statistics *statistics);

/* The trust in force now, with a reference for the caller: the configured one, with what
 * directories add to it. Any thread. */
struct trust *resolver_trust(struct resolver *resolver);

/*
 * Another configured trust takes the place of the one that the resolver was made with (of the same
 * configuration: only what its folders hold may differ); what directories add is added to it. Gives 0
 * when it is in force: nothing found is forgotten, all is judged again. ERROR_TEMPORARY without memory,
 * or when it did not come about within time_ms: it will yet, and late() is called then on the resolver's
 * thread (once for several that were late), with both trusts, borrowed. It must not ask the resolver.
 * NULL: nobody is told.
 * context must last as long as the resolver. Any thread, but none of the resolver's.
 */
typedef void resolver_late(void *context, const struct trust *before, const struct trust *after);
MUST_CHECK int resolver_rebase_trust(struct resolver *resolver, struct trust *trust,
    int64_t time_ms, resolver_late *late, void *context, struct error *err);

/* One address that is remembered. Borrowed until the visitor returns. */
struct resolver_cached {
	const char *key; /* directory/key.h */
	size_t values;   /* certificates and blobs found; 0: nothing is published */
	size_t members;  /* of a group, as far as they are known */
	bool is_group;
	size_t bytes;
	int64_t age_ms;  /* since it was asked */
	int64_t left_ms; /* until it is asked again; negative: kept for stale-if-error */
	bool is_error;   /* the directory could not be asked */
};
typedef void resolver_cache_visitor(void *context, const struct resolver_cached *cached);

/* Visits what the cache holds, the most recently used first, at most `most` entries. Any thread.
 * Copies before it visits: the visitor may take its time. 0/-1 (memory). */
MUST_CHECK int resolver_cache_each(struct resolver *resolver, size_t most,
    resolver_cache_visitor *visit, void *context, struct error *err);

/* Forgets what matches (pattern NULL: everything) as address patterns do (mail/address.h). The
 * number of entries forgotten. Any thread. */
size_t resolver_cache_flush(struct resolver *resolver, const struct address_pattern *pattern);

/* The state of each server of each directory section, as of a moment ago. Any thread. */
struct resolver_server {
	const char *directory; /* title */
	const char *uri;       /* or the LDIF file */
	bool down;
	int64_t rest_ms;
	size_t links;
	size_t searches;
	char error[256];
};
typedef void resolver_server_visitor(void *context, const struct resolver_server *server);
MUST_CHECK int resolver_servers_each(
    struct resolver *resolver, resolver_server_visitor *visit, void *context, struct error *err);

#endif
