#include "ldap/tls_probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <poll.h>

#include "base/clock.h"
#include "ldap/tls_probe_private.h"

/* Most bytes read of a server's handshake and its first answer. */
#define PROBE_HANDSHAKE_MAX ((uint64_t)256 << 10)

bool
tls_probe_wait(int fd, short events, int64_t deadline_ms)
{
	struct pollfd wait = {fd, events, 0};
	int64_t left;
	int ready;

	do {
		left = deadline_ms - clock_monotonic_ms();
		ready = left > 0 ? poll(&wait, 1, (int)left) : 0;
	} while (ready < 0 && errno == EINTR);
	return ready > 0;
}

bool
tls_probe_go_on(const struct tls_probe_look *look, int code)
{
	if (code != SSL_ERROR_WANT_READ && code != SSL_ERROR_WANT_WRITE)
		return false;
	return BIO_number_read(SSL_get_rbio(look->ssl)) <= PROBE_HANDSHAKE_MAX &&
	       tls_probe_wait(
		   look->fd, code == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, look->deadline_ms);
}

static enum tls_probe_step
shake_hands(const struct tls_probe_look *look)
{
	int result;
	int code;

	do {
		ERR_clear_error();
		result = SSL_connect(look->ssl);
		if (result == 1)
			return TLS_PROBE_DONE;
		code = SSL_get_error(look->ssl, result);
	} while (tls_probe_go_on(look, code));
	/* Shut down from this side, when the time is over. */
	if (code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE ||
	    clock_monotonic_ms() >= look->deadline_ms)
		return TLS_PROBE_SILENT;
	tls_probe_tell(look, code);
	return TLS_PROBE_TOLD;
}

/* After a handshake: what a client that verifies has against it. */
static enum tls_probe_step
judge(const struct tls_probe_look *look)
{
	int least = look->probe->minimum == TLS_MINIMUM_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
	X509 *certificate = SSL_get0_peer_certificate(look->ssl);
	char text[900];

	if (SSL_version(look->ssl) < least)
		error_set(look->why, ERROR_TEMPORARY, "the server speaks %s: %s",
		    SSL_get_version(look->ssl), tls_probe_least(look->probe));
	else if (certificate == NULL)
		error_set(look->why, ERROR_TEMPORARY, "the server shows no certificate");
	else if (tls_certificate_faults(certificate, SSL_get_peer_cert_chain(look->ssl),
		     &look->probe->expected, text, sizeof(text)))
		error_set(look->why, ERROR_TEMPORARY, "%s", text);
	else
		return TLS_PROBE_DONE;
	return TLS_PROBE_TOLD;
}

static bool
is_address(const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

/* What takes any server as it is: old versions, weak ciphers, no certificate at all. */
static SSL_CTX *
new_context(void)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	if (context == NULL)
		return NULL;
	SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
	if (!SSL_CTX_set_min_proto_version(context, 0) ||
	    !SSL_CTX_set_max_proto_version(context, 0) ||
	    !SSL_CTX_set_cipher_list(context, "ALL:+aNULL:@SECLEVEL=0")) {
		SSL_CTX_free(context);
		return NULL;
	}
	return context;
}

/* TLS on the connection; what comes of it. */
static enum tls_probe_step
look_at(struct tls_probe_look *look)
{
	const char *host = look->probe->expected.host;
	enum tls_probe_step step;

	SSL_set_cert_cb(look->ssl, tls_probe_on_asked, look);
	if (!SSL_set_fd(look->ssl, look->fd) ||
	    (!is_address(host) && !SSL_set_tlsext_host_name(look->ssl, host)))
		return TLS_PROBE_SILENT;
	step = shake_hands(look);
	if (step == TLS_PROBE_DONE)
		step = judge(look);
	if (step == TLS_PROBE_DONE)
		step = look->asked ? tls_probe_confirm(look) : TLS_PROBE_SILENT;
	return step;
}

/* Ours. Without it the server is looked at all the same: should it be bad, that was said before it
 * came to this. */
static void
read_identity(const struct tls_probe *probe, struct tls_identity *identity)
{
	const char *file = probe->certificate_file;

	if (file == NULL || file[0] == '\0' || probe->key_file == NULL ||
	    tls_identity_read(file, probe->key_file, identity, NULL) != 0)
		identity->certificate = NULL;
}

int
tls_probe(const struct tls_probe *probe, int fd, int64_t deadline_ms, struct error *why)
{
	struct tls_probe_look look = {
	    .probe = probe, .fd = fd, .deadline_ms = deadline_ms, .why = why};
	enum tls_probe_step step = TLS_PROBE_DONE;
	SSL_CTX *context;

	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0)
		return -1;
	if (probe->start_tls)
		step = tls_probe_start_tls(fd, deadline_ms, why);
	if (step != TLS_PROBE_DONE)
		return step == TLS_PROBE_TOLD ? 0 : -1;
	read_identity(probe, &look.identity);
	context = new_context();
	look.ssl = context != NULL ? SSL_new(context) : NULL;
	step = look.ssl != NULL ? look_at(&look) : TLS_PROBE_SILENT;
	SSL_free(look.ssl);
	SSL_CTX_free(context);
	tls_identity_clear(&look.identity);
	ERR_clear_error();
	return step == TLS_PROBE_TOLD ? 0 : -1;
}
