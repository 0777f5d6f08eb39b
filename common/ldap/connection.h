/*
 * Making a connection to an LDAP server: host name look-up, TCP, TLS and bind, all of which can
 * block. It runs on a thread of its own; the ready handle is then taken to the loop thread, which
 * alone uses it.
 *
 * The socket is made here, not by libldap, so that every step (the host name look-up: names.h) can be
 * ended from outside: connection_watch() shuts the socket down when the server's time is up, which
 * wakes whoever waits on it inside libldap or the TLS library.
 *
 * Nothing of the system's ldap.conf, .ldaprc or LDAP* environment may count: LDAPNOINIT must be in
 * the environment before libldap's first use (connection_prepare()), and every option that matters
 * is set on the handle.
 */
#ifndef SMIME_LDAP_CONNECTION_H
#define SMIME_LDAP_CONNECTION_H

#include <ldap.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"

struct connection;

/* Sets LDAPNOINIT if it isn't. Before other threads start: it changes the environment. */
void connection_prepare(void);

/* One attempt at one of a directory's servers. directory and uri are borrowed. NULL without memory.
 */
struct connection *connection_new(
    const struct config_directory *directory, const char *uri, struct error *err);

/* Tries the server for connect-timeout. Blocks: on a thread of its own. */
void connection_run(struct connection *connection);

/* Whether it runs, or has run; from another thread. */
bool connection_has_begun(struct connection *connection);

/* While it runs, from another thread: ends it if its time is up. */
void connection_watch(struct connection *connection);

/* While it runs, from another thread: ends it as soon as can be. A host name look-up is waited for. */
void connection_stop(struct connection *connection);

/* The same, and nobody waits for the look-up either. */
void connection_abandon(struct connection *connection);

/* After it ran: the handle, now the caller's (ldap_unbind_ext()), bound, non-blocking; NULL and
 * why (ERROR_REFUSED: bind-dn or its password is wrong). */
LDAP *connection_take(struct connection *connection, struct error *err);

void connection_free(struct connection *connection);

#endif
