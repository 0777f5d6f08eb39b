/*
 * Host name look-ups that hold up nobody: getaddrinfo() blocks, for half a minute where name servers
 * are silent, and can't be ended from outside. So each runs on a detached thread of its own that has
 * nothing but a copy of the name; whoever gives up walks away, and the thread frees what comes of
 * it, whenever that is. An event loop is told of the end (names_start()), another thread waits for
 * it (names_find()).
 */
#ifndef SMIME_BASE_NAMES_H
#define SMIME_BASE_NAMES_H

#include <netdb.h>
#include <stdatomic.h>

#include "base/compiler.h"
#include "base/error.h"

struct event_base;
struct names;

/* What one kind of look-ups shares. Static, for the threads outlive whoever asked. */
struct names_room {
	int most;             /* at a time, those included that nobody waits for any more */
	int flags;            /* of getaddrinfo(): AI_ADDRCONFIG */
	atomic_int under_way; /* names.c's */
};

/* Once, on the loop's thread, never inside names_start(), never after names_free(), which the callee
 * need not call: the handle is gone. found: borrowed; NULL: err says why: ERROR_PERMANENT (no such
 * host), ERROR_TEMPORARY. */
typedef void names_ready(void *context, const struct addrinfo *found, const struct error *err);

/* Begins a look-up for the loop. All calls on its thread. port: a number, or NULL. NULL on error: no
 * memory, or the room is full (ERROR_TEMPORARY). */
struct names *names_start(struct names_room *room, struct event_base *base, const char *host,
    const char *port, names_ready *ready, void *context, struct error *err);

/* For a look-up that is waited for. NULL without memory. */
struct names *names_new(struct names_room *room);

/* Looks the host up. Blocks; any thread. 0, and *found (freeaddrinfo()); -1 on error, as for
 * names_ready. Once. */
MUST_CHECK int names_find(struct names *names, const char *host, const char *port,
    struct addrinfo **found, struct error *err);

/* From another thread, at any time: names_find() fails now, if it has not ended. */
void names_abandon(struct names *names);

/* Takes it back; its thread is left to itself. Not while names_find() runs. NULL is legal. */
void names_free(struct names *names);

#endif
