#include "ldap/dial.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

/* After so long without traffic the kernel asks whether the other side is still there: firewalls
 * forget connections silently. Seconds. */
#define DIAL_KEEPALIVE_IDLE 60

struct names_room dial_lookups = {.most = DIAL_LOOKUPS_MAX, .flags = AI_ADDRCONFIG};

/* Waits for a connect() under way. 0/-1. */
static int
finish_connect(int fd, int64_t deadline_ms, struct error *err)
{
	struct pollfd wait = {fd, POLLOUT, 0};
	int64_t left;
	int code = 0;
	socklen_t size = sizeof(code);
	int ready;

	do {
		left = deadline_ms - clock_monotonic_ms();
		ready = poll(&wait, 1, left > 0 ? (int)left : 0);
	} while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return error_errno(err, errno, "poll");
	if (ready == 0)
		return error_set(err, ERROR_TEMPORARY, "no connection in time");
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) != 0)
		code = errno;
	if (code != 0)
		return error_errno(err, code, "connecting");
	return 0;
}

static void
show(const struct dial_watch *watch, int fd)
{
	if (watch != NULL)
		watch->show(watch->context, fd);
}

int
dial_address(const struct sockaddr *address, socklen_t size, int64_t deadline_ms,
    const struct dial_watch *watch, struct error *err)
{
	int fd;

	fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return error_errno(err, errno, "making a socket");
	if (connect(fd, address, size) != 0 && errno != EINPROGRESS) {
		error_errno(err, errno, "connecting");
		goto fail;
	}
	/* Not before: what is not being connected can't be shut down. */
	show(watch, fd);
	if (finish_connect(fd, deadline_ms, err) != 0)
		goto fail_shown;
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK) != 0) {
		error_errno(err, errno, "fcntl");
		goto fail_shown;
	}
	return fd;
fail_shown:
	show(watch, -1);
fail:
	close(fd);
	return -1;
}

/* Small requests go out at once; a dead peer is noticed. Best effort. */
static void
tune(int fd)
{
	static const int on = 1;
	static const int idle = DIAL_KEEPALIVE_IDLE;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
}

/* Each address gets an equal share of the time that is left. */
static int
connect_any(const struct addrinfo *first, int64_t deadline_ms, const struct dial_watch *watch,
    struct error *err)
{
	const struct addrinfo *address;
	int64_t now;
	int64_t count = 0;
	int fd = -1;

	for (address = first; address != NULL; address = address->ai_next)
		count++;
	for (address = first; address != NULL && fd < 0; address = address->ai_next) {
		now = clock_monotonic_ms();
		fd = dial_address(address->ai_addr, address->ai_addrlen,
		    now + (deadline_ms - now) / count, watch, err);
		count--;
	}
	if (fd >= 0)
		tune(fd);
	return fd;
}

static int
dial_host(const LDAPURLDesc *url, struct names *names, int64_t deadline_ms,
    const struct dial_watch *watch, struct error *err)
{
	struct addrinfo *found = NULL;
	char port[16];
	int fd;

	if (url->lud_host == NULL || url->lud_host[0] == '\0')
		return error_set(err, ERROR_INPUT, "the URI names no host");
	snprintf(port, sizeof(port), "%d", url->lud_port);
	if (names_find(names, url->lud_host, port, &found, err) != 0) {
		if (err != NULL)
			err->code = ERROR_TEMPORARY; /* a configured host will be known again */
		return -1;
	}
	fd = connect_any(found, deadline_ms, watch, err);
	freeaddrinfo(found);
	return fd;
}

static int
dial_path(const char *path, int64_t deadline_ms, const struct dial_watch *watch, struct error *err)
{
	struct sockaddr_un address;

	if (path == NULL || path[0] != '/')
		return error_set(err, ERROR_INPUT,
		    "the URI must hold the socket's whole path, percent-encoded: "
		    "ldapi://%%2Frun%%2Fslapd%%2Fldapi");
	memset(&address, 0, sizeof(address));
	address.sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(address.sun_path))
		return error_set(err, ERROR_INPUT, "the socket's path is too long");
	strcpy(address.sun_path, path);
	return dial_address(
	    (const struct sockaddr *)&address, sizeof(address), deadline_ms, watch, err);
}

int
dial(const LDAPURLDesc *url, struct names *names, int64_t deadline_ms,
    const struct dial_watch *watch, struct error *err)
{
	if (strcmp(url->lud_scheme, "ldapi") == 0)
		return dial_path(url->lud_host, deadline_ms, watch, err);
	if (strcmp(url->lud_scheme, "ldap") == 0 || strcmp(url->lud_scheme, "ldaps") == 0)
		return dial_host(url, names, deadline_ms, watch, err);
	return error_set(err, ERROR_INPUT, "the URI is neither ldap, ldaps nor ldapi");
}
