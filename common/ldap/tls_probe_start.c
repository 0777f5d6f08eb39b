/* The way to TLS: StartTLS asked for, without libldap. */
#include <errno.h>
#include <lber.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "ldap/tls_probe_private.h"

/* Most bytes read of a server's answer. */
#define PROBE_ANSWER_MAX 4096

/* The extended request for StartTLS as message 1 (RFC 4511 sections 4.12 and 4.14.1). */
static const char start_tls_request[] = "\x30\x1d\x02\x01\x01\x77\x18\x80\x16"
					"1.3.6.1.4.1.1466.20037";

/* Exactly size bytes: what follows belongs to TLS. False: end, error, no time. */
static bool
read_exactly(int fd, unsigned char *out, size_t size, int64_t deadline_ms)
{
	size_t have = 0;
	ssize_t got;

	while (have < size) {
		if (!tls_probe_wait(fd, POLLIN, deadline_ms))
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

enum tls_probe_step
tls_probe_start_tls(int fd, int64_t deadline_ms, struct error *why)
{
	unsigned char answer[6 + PROBE_ANSWER_MAX];
	size_t header;
	size_t rest;

	/* It fits into any socket's buffer. */
	if (send(fd, start_tls_request, sizeof(start_tls_request) - 1, MSG_NOSIGNAL) !=
	    (ssize_t)sizeof(start_tls_request) - 1)
		return TLS_PROBE_SILENT;
	if (!read_exactly(fd, answer, 2, deadline_ms)) {
		if (clock_monotonic_ms() >= deadline_ms)
			return TLS_PROBE_SILENT;
		error_set(why, ERROR_TEMPORARY,
		    "the server closes the connection when asked for StartTLS: does it speak TLS "
		    "at once on this port (ldaps://)?");
		return TLS_PROBE_TOLD;
	}
	if (answer[0] == 0x15 && answer[1] == 0x03) { /* a TLS alert */
		error_set(why, ERROR_TEMPORARY,
		    "the server speaks TLS at once on this port: the URI must begin with ldaps://");
		return TLS_PROBE_TOLD;
	}
	if (answer[0] != 0x30) { /* SEQUENCE */
		error_set(why, ERROR_TEMPORARY, "what the server sends is not LDAP");
		return TLS_PROBE_TOLD;
	}
	rest = rest_of_answer(fd, answer, &header, deadline_ms);
	if (rest == 0 || !read_exactly(fd, answer + header, rest, deadline_ms) ||
	    !is_success(answer, header + rest))
		return TLS_PROBE_SILENT;
	return TLS_PROBE_DONE;
}
