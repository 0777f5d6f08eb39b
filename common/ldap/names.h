/*
 * Host name look-ups that need not be waited for: getaddrinfo() can't be ended from outside, so it
 * runs on a thread of its own that has nothing but a copy of the name. Whoever gives up walks away,
 * and the thread frees what comes of it, whenever that is.
 */
#ifndef SMIME_LDAP_NAMES_H
#define SMIME_LDAP_NAMES_H

#include <netdb.h>

#include "base/compiler.h"
#include "base/error.h"

struct names;

/* Look-ups of the whole program at a time, those included that nobody waits for any more: a reload
 * may leave one for each server behind. */
#define NAMES_MAX 256

/* For one look-up. NULL without memory. */
struct names *names_new(void);

/* Looks the host up. Blocks; any thread. 0, and *found (freeaddrinfo()); -1 on error. Once. */
MUST_CHECK int names_find(struct names *names, const char *host, const char *port,
    struct addrinfo **found, struct error *err);

/* From another thread, at any time: names_find() fails now, if it has not ended. */
void names_abandon(struct names *names);

/* NULL is legal. Not while names_find() runs. */
void names_free(struct names *names);

#endif
