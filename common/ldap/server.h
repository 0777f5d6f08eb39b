/*
 * One server of a pool: whether it is well, rests after a failure or is to be tried again, and its
 * connections. Loop thread.
 *
 *   well ──fails──▶ down, resting ──rest over──▶ down, may be tried ──gives a message──▶ well
 *                         ▲────────────fails────────────┘
 *
 * A server that rests has no connections. To connect is not yet to be well: one that has failed
 * must give a message first, and is asked something small for that. Nor does that end the doubling
 * of its rests: some answer that and no search. It ends with a search's answer, or once the server
 * was well for retry-interval-max.
 */
#ifndef SMIME_LDAP_SERVER_H
#define SMIME_LDAP_SERVER_H

#include "ldap/pool_private.h"

/* So long a search waits for the connection to a server before it goes to the next one.
 * Milliseconds: more than a TLS handshake over a long way takes, and less than a sender notices. */
#define SERVER_HEAD_START 500

enum server_offer {
	SERVER_ROOM,  /* *link takes a search */
	SERVER_SOON,  /* it is being connected to */
	SERVER_SLOW,  /* the same, for longer than SERVER_HEAD_START */
	SERVER_FULL,  /* every connection it may have is full */
	SERVER_RESTS, /* it is left alone */
};

/* Does not connect. uri is borrowed. NULL without memory. */
struct server *server_new(struct pool *pool, const char *uri, struct error *err);
void server_free(struct server *server);

/* What the server has for a search; begins to connect where that is needed. */
enum server_offer server_offer(struct server *server, struct link **link);

bool server_rests(const struct server *server);

/* Tries one that was left alone for long enough. */
void server_probe(struct server *server);

/* It gave a message: it is well. to_search: one that a search waited for. */
void server_heard(struct server *server, bool to_search);

/* link is lost, for this reason. silent: nothing came on it. */
void server_lost(struct link *link, const struct error *why, bool silent);

#endif
