#include "ldap/tls_probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <lber.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"

/* Most bytes read of a server's answer to StartTLS, and of its handshake. */
#define PROBE_ANSWER_MAX 4096
#define PROBE_HANDSHAKE_MAX ((uint64_t)256 << 10)

/* The extended request for StartTLS as message 1 (RFC 4511 sections 4.12 and 4.14.1). */
static const char start_tls_request[] = "\x30\x1d\x02\x01\x01\x77\x18\x80\x16"
					"1.3.6.1.4.1.1466.20037";

/* What a step came to. */
enum step {
	STEP_DONE,   /* go on */
	STEP_TOLD,   /* the words are found */
	STEP_SILENT, /* there is nothing to tell */
};

/* False: the time is over. */
static bool
wait_for(int fd, short events, int64_t deadline_ms)
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

/* Exactly size bytes: what follows belongs to TLS. False: end, error, no time. */
static bool
read_exactly(int fd, unsigned char *out, size_t size, int64_t deadline_ms)
{
	size_t have = 0;
	ssize_t got;

	while (have < size) {
		if (!wait_for(fd, POLLIN, deadline_ms))
			return false;
		got = recv(fd, out + have, size - have, 0);
		if (got > 0)
			have += (size_t)got;
		else if (got == 0 || (errno != EAGAIN && errno != EINTR))
			return false;
	}
	return true;
}

/* Bytes after the first two of a BER value; in the long form of its length those of the length are
 * read to header + 2 first. 0: too long, or no length. */
static size_t
rest_of_answer(int fd, unsigned char *header, size_t *header_size, int64_t deadline_ms)
{
	size_t octets = header[1] & 0x7f;
	size_t size = 0;
	size_t i;

	*header_size = 2;
	if (header[1] < 0x80)
		return header[1];
	if (octets == 0 || octets > 4 || !read_exactly(fd, header + 2, octets, deadline_ms))
		return 0;
	*header_size += octets;
	for (i = 0; i < octets; i++)
		size = size << 8 | header[2 + i];
	return size <= PROBE_ANSWER_MAX ? size : 0;
}

/* An ExtendedResponse of success. */
static bool
is_success(unsigned char *answer, size_t size)
{
	struct berval value = {size, (char *)answer};
	BerElement *ber = ber_init(&value);
	ber_int_t id = -1;
	ber_int_t code = -1;
	ber_tag_t tag = 0;
	bool success;

	if (ber == NULL)
		return false;
	success = ber_scanf(ber, "{it{e", &id, &tag, &code) != LBER_ERROR && id == 1 &&
		  tag == 0x78 && code == 0;
	ber_free(ber, 1);
	return success;
}

static enum step
start_tls(int fd, int64_t deadline_ms, struct error *why)
{
	unsigned char answer[6 + PROBE_ANSWER_MAX];
	size_t header;
	size_t rest;

	/* It fits into any socket's buffer. */
	if (send(fd, start_tls_request, sizeof(start_tls_request) - 1, MSG_NOSIGNAL) !=
	    (ssize_t)sizeof(start_tls_request) - 1)
		return STEP_SILENT;
	if (!read_exactly(fd, answer, 2, deadline_ms)) {
		if (clock_monotonic_ms() >= deadline_ms)
			return STEP_SILENT;
		error_set(why, ERROR_TEMPORARY,
		    "the server closes the connection when asked for StartTLS: does it speak TLS "
		    "at once on this port (ldaps://)?");
		return STEP_TOLD;
	}
	if (answer[0] == 0x15 && answer[1] == 0x03) { /* a TLS alert */
		error_set(why, ERROR_TEMPORARY,
		    "the server speaks TLS at once on this port: the URI must begin with ldaps://");
		return STEP_TOLD;
	}
	if (answer[0] != 0x30) { /* SEQUENCE */
		error_set(why, ERROR_TEMPORARY, "what the server sends is not LDAP");
		return STEP_TOLD;
	}
	rest = rest_of_answer(fd, answer, &header, deadline_ms);
	if (rest == 0 || !read_exactly(fd, answer + header, rest, deadline_ms) ||
	    !is_success(answer, header + rest))
		return STEP_SILENT;
	return STEP_DONE;
}

static void
tell_alert(int alert, bool asked, struct error *why)
{
	const char *hint = "";

	if (asked)
		hint = ": it asks for a client certificate, which can't be given";
	else if (alert == SSL_AD_HANDSHAKE_FAILURE)
		hint = ": has it a certificate and key, and a cipher in common?";
	error_set(why, ERROR_TEMPORARY, "the server refuses the TLS handshake (alert \"%s\")%s",
	    SSL_alert_desc_string_long(alert), hint);
}

static void
tell_closed(bool at_once, struct error *why)
{
	error_set(why, ERROR_TEMPORARY, "the server closes the connection in the TLS handshake%s",
	    at_once ? ": does it speak TLS at once on this port, or StartTLS (ldap://)?" : "");
}

/* For the error in OpenSSL's queue. */
static void
tell_failure(bool at_once, bool asked, struct error *why)
{
	unsigned long code = ERR_peek_error();
	const char *text = ERR_reason_error_string(code);
	int reason = ERR_GET_REASON(code);

	if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET) {
		tell_alert(reason - SSL_AD_REASON_OFFSET, asked, why);
		return;
	}
	switch (reason) {
	case SSL_R_UNEXPECTED_EOF_WHILE_READING:
		tell_closed(at_once, why);
		break;
	case SSL_R_WRONG_VERSION_NUMBER: /* of the record: that is, no record of TLS */
	case SSL_R_HTTP_REQUEST:
	case SSL_R_HTTPS_PROXY_REQUEST:
	case SSL_R_PACKET_LENGTH_TOO_LONG:
	case SSL_R_RECORD_LENGTH_MISMATCH:
		error_set(why, ERROR_TEMPORARY, "what the server sends is not TLS%s",
		    at_once ? ": for StartTLS the URI must begin with ldap://" : "");
		break;
	case SSL_R_UNSUPPORTED_PROTOCOL:
		error_set(why, ERROR_TEMPORARY,
		    "the server speaks no version of TLS that is still known: TLS 1.2 is the "
		    "least");
		break;
	default:
		error_set(why, ERROR_TEMPORARY, "in the TLS handshake: %s",
		    text != NULL ? text : "no reason is known");
	}
}

/* The server asked for a client certificate; there is none. */
static int
on_asked(SSL *ssl, X509 **x509 UNUSED, EVP_PKEY **key UNUSED)
{
	bool *asked = SSL_get_app_data(ssl);

	*asked = true;
	return 0;
}

static enum step
shake_hands(SSL *ssl, int fd, bool at_once, int64_t deadline_ms, struct error *why)
{
	bool asked = false;
	int result;
	int code;

	SSL_set_app_data(ssl, &asked);
	for (;;) {
		ERR_clear_error();
		result = SSL_connect(ssl);
		if (result == 1)
			return STEP_DONE;
		code = SSL_get_error(ssl, result);
		if (code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE) {
			if (BIO_number_read(SSL_get_rbio(ssl)) > PROBE_HANDSHAKE_MAX ||
			    !wait_for(
				fd, code == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline_ms))
				return STEP_SILENT;
			continue;
		}
		/* Shut down from this side, when the time is over. */
		if (clock_monotonic_ms() >= deadline_ms)
			return STEP_SILENT;
		if (code == SSL_ERROR_SSL)
			tell_failure(at_once, asked, why);
		else
			tell_closed(at_once, why);
		return STEP_TOLD;
	}
}

/* After a handshake: what a client that verifies has against it. */
static enum step
judge(SSL *ssl, const struct tls_expected *expected, struct error *why)
{
	char text[900];
	X509 *certificate = SSL_get0_peer_certificate(ssl);

	if (SSL_version(ssl) < TLS1_2_VERSION)
		error_set(why, ERROR_TEMPORARY, "the server speaks %s: TLS 1.2 is the least",
		    SSL_get_version(ssl));
	else if (certificate == NULL)
		error_set(why, ERROR_TEMPORARY, "the server shows no certificate");
	else if (tls_certificate_faults(
		     certificate, SSL_get_peer_cert_chain(ssl), expected, text, sizeof(text)))
		error_set(why, ERROR_TEMPORARY, "%s", text);
	else
		return STEP_SILENT;
	return STEP_TOLD;
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
	SSL_CTX_set_client_cert_cb(context, on_asked);
	if (!SSL_CTX_set_min_proto_version(context, 0) ||
	    !SSL_CTX_set_max_proto_version(context, 0) ||
	    !SSL_CTX_set_cipher_list(context, "ALL:+aNULL:@SECLEVEL=0")) {
		SSL_CTX_free(context);
		return NULL;
	}
	return context;
}

static enum step
look(const struct tls_probe *probe, int fd, int64_t deadline_ms, struct error *why)
{
	SSL_CTX *context = new_context();
	SSL *ssl = context != NULL ? SSL_new(context) : NULL;
	enum step step = STEP_SILENT;

	if (ssl == NULL || !SSL_set_fd(ssl, fd))
		goto out;
	if (!is_address(probe->expected.host) &&
	    !SSL_set_tlsext_host_name(ssl, probe->expected.host))
		goto out;
	step = shake_hands(ssl, fd, !probe->start_tls, deadline_ms, why);
	if (step == STEP_DONE)
		step = judge(ssl, &probe->expected, why);
out:
	SSL_free(ssl);
	SSL_CTX_free(context);
	ERR_clear_error();
	return step;
}

int
tls_probe(const struct tls_probe *probe, int fd, int64_t deadline_ms, struct error *why)
{
	enum step step = STEP_DONE;

	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0)
		return -1;
	if (probe->start_tls)
		step = start_tls(fd, deadline_ms, why);
	if (step == STEP_DONE)
		step = look(probe, fd, deadline_ms, why);
	return step == STEP_TOLD ? 0 : -1;
}
