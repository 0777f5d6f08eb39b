/* What the files of tls_probe share. Internal to it. */
#ifndef SMIME_LDAP_TLS_PROBE_PRIVATE_H
#define SMIME_LDAP_TLS_PROBE_PRIVATE_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "ldap/tls_identity.h"
#include "ldap/tls_probe.h"

/* What a step came to. */
enum tls_probe_step {
	TLS_PROBE_DONE,   /* go on */
	TLS_PROBE_TOLD,   /* the words are found */
	TLS_PROBE_SILENT, /* there is nothing to tell */
};

/* One look at a server. */
struct tls_probe_look {
	const struct tls_probe *probe;
	SSL *ssl;
	int fd;
	int64_t deadline_ms;
	struct error *why;
	struct tls_identity identity; /* ours; empty: there is none */
	bool asked;                   /* the server wants a client certificate */
	bool shown;                   /* it got ours */
};

/* Waits until poll(2)'s events are there. False: the time is over. */
bool tls_probe_wait(int fd, short events, int64_t deadline_ms);

/* After SSL_get_error(): whether it is to be tried again, having waited. False: another error, no time
 * is left, or the server sends more than makes sense. */
bool tls_probe_go_on(const struct tls_probe_look *look, int code);

/* tls_probe_start.c: asks for StartTLS. */
MUST_CHECK enum tls_probe_step tls_probe_start_tls(int fd, int64_t deadline_ms, struct error *why);

/* tls_probe_words.c: "TLS 1.3 is the least (tls-minimum)", for example. */
const char *tls_probe_least(const struct tls_probe *probe);
/* Tells why the handshake failed. code: SSL_get_error()'s; the reason is in OpenSSL's queue. */
void tls_probe_tell(const struct tls_probe_look *look, int code);

/* tls_probe_client.c: shows our certificate, where the server asks for one, as GnuTLS does: only if
 * it comes from a CA that the server names. For SSL_set_cert_cb(). */
int tls_probe_on_asked(SSL *ssl, void *look);
/* Tells what the server may have against it, or that there is none. how: what the server did. */
void tls_probe_tell_client(const struct tls_probe_look *look, const char *how);
/* After a handshake in which the server asked: whether it takes us. */
MUST_CHECK enum tls_probe_step tls_probe_confirm(const struct tls_probe_look *look);

#endif
