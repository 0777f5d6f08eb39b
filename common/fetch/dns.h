/*
 * Host name look-ups that never hold up the loop: getaddrinfo() blocks, for half a minute where name
 * servers are silent, and can't be ended. Each runs on a thread of its own, which is left to itself
 * when nobody wants the answer any more. libcurl would do the same, but without a limit to such
 * threads. All calls and answers on the loop's thread.
 */
#ifndef SMIME_FETCH_DNS_H
#define SMIME_FETCH_DNS_H

#include "base/compiler.h"
#include "base/error.h"

struct event_base;
struct dns;

/* Look-ups of the whole process at a time, those included that nobody waits for any more. */
#define DNS_THREADS_MAX 64
/* Addresses of one host that are tried. */
#define DNS_ADDRESSES_MAX 16

/* Once, never inside dns_start(), never after dns_cancel(); the handle is gone. addresses:
 * "192.0.2.1,2001:db8::1" in the order to try them in, borrowed; or NULL, and err says why. */
typedef void dns_ready(void *context, const char *addresses, const struct error *err);

/* NULL on error: no memory, or too many look-ups hang (ERROR_TEMPORARY). */
struct dns *dns_start(
    struct event_base *base, const char *host, dns_ready *ready, void *context, struct error *err);

/* NULL is legal. */
void dns_cancel(struct dns *dns);

#endif
