/*
 * Ends a connection whose server wants another TLS handshake. libldap with GnuTLS makes it at once
 * and does not come back before it is done: a server of TLS 1.2 that asks for one and is silent
 * then would keep the loop for ever. No directory needs that, and TLS 1.3 has abolished it.
 */
#ifndef SMIME_LDAP_TLS_GUARD_H
#define SMIME_LDAP_TLS_GUARD_H

#include <ldap.h>

#include "base/compiler.h"
#include "base/error.h"

/* Watches what comes from here on, below TLS: right after the handshake. */
MUST_CHECK int tls_guard_add(LDAP *ld, struct error *err);

#endif
