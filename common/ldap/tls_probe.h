/*
 * Why TLS with an LDAP server failed, in words for an administrator: libldap with GnuTLS tells
 * little more than that it did. A second connection's handshake is made, with nothing verified, to
 * see what the server shows; then that is judged. Only the words depend on it. Nothing but the
 * handshake is ever sent, before it the request for StartTLS, and after it, where the server asked
 * for a client certificate, a question for nothing of its root entry: it answers only who it takes.
 *
 * Blocks, at most until its deadline or until the socket is shut down: on the thread that makes
 * connections. SIGPIPE must be blocked there.
 */
#ifndef SMIME_LDAP_TLS_PROBE_H
#define SMIME_LDAP_TLS_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"
#include "ldap/tls_certificate.h"

struct tls_probe {
	struct tls_expected expected;
	bool start_tls; /* ldap://; else TLS at once */
	enum config_tls_minimum minimum;
	const char *certificate_file; /* ours, and its key; NULL or empty: none */
	const char *key_file;
};

/* fd: a fresh connection to the server, still the caller's. 0: why is one sentence
 * (ERROR_TEMPORARY). -1: there is nothing to tell, why is untouched. */
MUST_CHECK int tls_probe(
    const struct tls_probe *probe, int fd, int64_t deadline_ms, struct error *why);

#endif
