/*
 * The servers of one directory section, and searches of them: the only way from the rest of the
 * program to an LDAP server. All calls and all answers are on the loop thread; nothing here blocks.
 *
 *   pool ── server (one URI: its health) ── link (one connection: its searches)
 *
 * A search is put to a server that is not left alone, on the connection with the least under way;
 * further connections are made as they are needed, up to `connections`. Where none has room the
 * search waits in one bounded queue. A server that fails is left alone for retry-interval, twice as
 * long after each further failure up to retry-interval-max, and then probed by a connection of its
 * own, whether or not anybody searches, before searches are put to it again; its failure and its
 * return are logged once each.
 *
 * A search whose connection is lost, or gave nothing for search-timeout, begins again elsewhere
 * (or on a new connection to the same server), as far as its deadline allows; elsewhere also what a
 * server refuses for a reason of its own. One that is late on a connection that gave something since
 * goes to another server, too; where there is none, it waits until it is known whether the connection
 * has died meanwhile.
 */
#ifndef SMIME_LDAP_POOL_H
#define SMIME_LDAP_POOL_H

#include <ldap.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/worker.h"
#include "config/config.h"

struct event_base;
struct pool;
struct pool_search;

/* Searches held at a time by one pool, waiting or under way; beyond it: ERROR_TEMPORARY. */
#define POOL_SEARCHES_MAX 5000

/* What is asked. Copied by pool_search_start(), but for attributes and controls: borrowed until the
 * end. */
struct pool_question {
	const char *base;
	int scope; /* LDAP_SCOPE_BASE, _ONELEVEL, _SUBTREE */
	const char *filter;
	char *const *attributes; /* NULL-terminated */
	int entries_limit;       /* asked of the server; 0: none */
	/* Of the request (RFC 2696 …); may be NULL. Not sent to where a referral leads. */
	LDAPControl **controls;
	/* 0, or pool_result.connection of an earlier one: only that will do, because the cookie of
	 * a page is a connection's own. Once it is gone the search fails. */
	uint64_t connection;
	int64_t deadline_ms; /* clock_monotonic_ms(): the search is over by then */
	/* What is asked for may be large, such as a CRL: as long as bytes of it come, the search
	 * may go on until its deadline, and search-timeout counts from the last of them. */
	bool large;
};

/* How a search ended. */
enum pool_outcome {
	POOL_COMPLETE, /* every entry was given */
	POOL_LIMITED,  /* sizeLimitExceeded: what was given is not all */
	POOL_NO_SUCH_OBJECT,
	POOL_FAILED, /* error says why */
};

struct pool_result {
	enum pool_outcome outcome;
	/* POOL_FAILED, POOL_NO_SUCH_OBJECT: ERROR_TEMPORARY (unavailable, refused by the server),
	 * ERROR_INPUT (a filter that is none) … */
	const struct error *error;
	int code;               /* POOL_FAILED: the result code by which a server refused the search
				   (RFC 4511 A.1); LDAP_SUCCESS: none did */
	const char *server;     /* URI of the one that answered; NULL if none did */
	uint64_t connection;    /* by which it did; 0 if none did */
	bool authenticated;     /* all of it came by verified TLS or ldapi: it may speak of trust */
	LDAPControl **controls; /* of the answer; NULL or borrowed until done() returns */
};

/* begin() calls nothing of the pool; the others may start searches and cancel other ones. None may
 * free the pool. */
struct pool_events {
	/* The search begins, or begins again elsewhere: what came before doesn't count. */
	void (*begin)(void *context);
	/* An entry, borrowed. -1 ends the search as POOL_FAILED with err. */
	int (*entry)(void *context, LDAP *ld, LDAPMessage *entry, struct error *err);
	/* The end: exactly once, never inside pool_search_start(), never after
	 * pool_search_cancel(). */
	void (*done)(void *context, const struct pool_result *result);
};

/* directory is borrowed. Does not connect before the first search: a server that is down is no
 * error. workers makes the connections. trust: title of the trust section that the log names as the
 * one who asks; NULL: mail does. NULL on error. */
struct pool *pool_new(const struct config_directory *directory, const char *trust,
    struct event_base *base, struct worker_pool *workers, struct error *err);

/* After every search has ended. NULL is legal. */
void pool_free(struct pool *pool);

/* NULL on error: every server is left alone now (ERROR_TEMPORARY, with the last failure), or too
 * many searches are held. events is borrowed until the end. */
struct pool_search *pool_search_start(struct pool *pool, const struct pool_question *question,
    const struct pool_events *events, void *context, struct error *err);
void pool_search_cancel(struct pool_search *search);

/* How the servers are, for people. */
struct pool_server_state {
	const char *uri;
	bool down;       /* the last attempt failed */
	int64_t rest_ms; /* left alone for so much longer; 0: not */
	size_t links;    /* connections */
	size_t searches; /* under way */
	char error[256]; /* of the last failure, if down */
};
size_t pool_server_count(const struct pool *pool);
void pool_server_state(const struct pool *pool, size_t index, struct pool_server_state *state);

#endif
