/* A socket to an LDAP server, connected within a time. Blocks; any thread. */
#ifndef SMIME_LDAP_DIAL_H
#define SMIME_LDAP_DIAL_H

#include <ldap.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/names.h"

/* Of servers' names. Of the whole program at a time, those included that nobody waits for any more: a
 * reload may leave one for each server behind. */
#define DIAL_LOOKUPS_MAX 256
extern struct names_room dial_lookups;

/* Who is shown each socket once it is being connected, and -1 before it is closed again: to shut it
 * down, from any thread, ends the wait for it. */
struct dial_watch {
	void (*show)(void *context, int fd);
	void *context;
};

/*
 * Connects to the host and port of a parsed ldap:// or ldaps:// URL, or to the path of an ldapi://
 * one: each of the host's addresses in turn, until deadline_ms (clock_monotonic_ms()). The name
 * look-up, for which names is, keeps its own time (resolv.conf). The socket is blocking. watch may be
 * NULL. -1 on error.
 */
MUST_CHECK int dial(const LDAPURLDesc *url, struct names *names, int64_t deadline_ms,
    const struct dial_watch *watch, struct error *err);

/* The same for one address. */
MUST_CHECK int dial_address(const struct sockaddr *address, socklen_t size, int64_t deadline_ms,
    const struct dial_watch *watch, struct error *err);

#endif
