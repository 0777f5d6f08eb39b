/*
 * libldap's handle on a connected socket: every option that matters set on itself, TLS, and the
 * bind. Blocks; on the thread that makes the connection. handle_tls.c, handle_bind.c: the last two.
 */
#ifndef SMIME_LDAP_HANDLE_H
#define SMIME_LDAP_HANDLE_H

#include <ldap.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"

/* Longest answer taken, bytes: one entry. Above what an entry within values-limit and
 * value-size-limit can hold, and never more than this. */
#define HANDLE_INCOMING_MAX ((ber_len_t)64 << 20)

/* A handle that owns fd. NULL on error: then fd is still the caller's. */
LDAP *handle_new(int fd, const LDAPURLDesc *url, const char *uri, struct error *err);

/* Sets what must not come from elsewhere. time_ms: for each operation that waits. 0/-1. */
MUST_CHECK int handle_options(
    LDAP *ld, const struct config_directory *directory, int64_t time_ms, struct error *err);

bool handle_needs_tls(const struct config_directory *directory, const LDAPURLDesc *url);

/* The PEM file of the CAs that a server's certificate may come from: tls-ca, or the system's. */
const char *handle_ca_file(const struct config_directory *directory);

/* TLS of at least tls-minimum; the server's certificate, its name and its purpose verified; our own
 * shown where it is configured; and the server seen to take us (one round trip). 0/-1; *unclear: it
 * failed, and libldap does not say why. */
MUST_CHECK int handle_start_tls(LDAP *ld, const struct config_directory *directory,
    const LDAPURLDesc *url, bool *unclear, struct error *err);

/* Where a bind-dn is configured: the simple bind (RFC 4513 section 5.1), whose password goes over TLS,
 * loopback or a local socket only, unless plain-bind says otherwise. bind-method external: SASL
 * EXTERNAL (RFC 4513 section 5.2.3). 0/-1. */
MUST_CHECK int handle_bind(LDAP *ld, const struct config_directory *directory, struct error *err);

#endif
