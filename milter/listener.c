#include "listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "unix_socket.h"

#define BACKLOG 128

static int
new_socket(int family, struct error *err)
{
	int fd = socket(family, SOCK_STREAM, 0);

	if (fd < 0)
		return error_errno(err, errno, "listen: socket");
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

static int
open_unix(const struct config *config, const char *path, uid_t owner, struct listener *listener,
    struct error *err)
{
	const struct unix_socket wanted = {"listen", path, (mode_t)config->socket_mode,
	    "socket-group", config->socket_group, owner};

	listener->fd = unix_socket_open(&wanted, BACKLOG, err);
	if (listener->fd < 0)
		return -1;
	snprintf(listener->unix_path, sizeof(listener->unix_path), "%s", path);
	return 0;
}

/* "PORT@HOST" or "PORT" (then loopback). */
static int
open_inet(int family, const char *where, struct listener *listener, struct error *err)
{
	struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	const char *at = strchr(where, '@');
	const char *host = at != NULL ? at + 1 : family == AF_INET ? "127.0.0.1" : "::1";
	char port[16];
	int on = 1;
	int failed;

	snprintf(port, sizeof(port), "%.*s", (int)(at != NULL ? at - where : 15), where);
	failed = getaddrinfo(host, port, &hints, &found);
	if (failed != 0)
		return error_set(
		    err, ERROR_PERMANENT, "listen: %s: %s", where, gai_strerror(failed));
	listener->fd = new_socket(family, err);
	if (listener->fd < 0)
		goto free_found;
	setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener->fd, found->ai_addr, found->ai_addrlen) != 0) {
		error_errno(err, errno, "listen: %s", where);
		close(listener->fd);
		listener->fd = -1;
	}
free_found:
	freeaddrinfo(found);
	return listener->fd >= 0 ? 0 : -1;
}

static int
open_descriptor(const char *number, struct listener *listener, struct error *err)
{
	int type = 0;
	socklen_t size = sizeof(type);

	listener->fd = atoi(number);
	if (getsockopt(listener->fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM)
		return error_set(err, ERROR_INPUT,
		    "listen: descriptor %s is no stream socket: was it passed by the service "
		    "manager?",
		    number);
	fcntl(listener->fd, F_SETFD, FD_CLOEXEC);
	return 0;
}

int
listener_open(
    const struct config *config, uid_t owner, struct listener *listener, struct error *err)
{
	const char *spec = config->listen;
	int result;

	memset(listener, 0, sizeof(*listener));
	pthread_mutex_init(&listener->lock, NULL);
	if (strncmp(spec, "unix:", 5) == 0 || strncmp(spec, "local:", 6) == 0)
		result = open_unix(config, strchr(spec, ':') + 1, owner, listener, err);
	else if (strncmp(spec, "inet:", 5) == 0)
		result = open_inet(AF_INET, spec + 5, listener, err);
	else if (strncmp(spec, "inet6:", 6) == 0)
		result = open_inet(AF_INET6, spec + 6, listener, err);
	else if (strncmp(spec, "fd:", 3) == 0)
		result = open_descriptor(spec + 3, listener, err);
	else
		result = error_set(err, ERROR_INPUT, "listen: \"%s\" is not understood", spec);
	if (result != 0)
		return -1;
	/* Connections wait in the backlog until libmilter accepts: the socket is there at once. */
	if (listen(listener->fd, BACKLOG) != 0) {
		close(listener->fd);
		return error_errno(err, errno, "listen: %s", spec);
	}
	listener->address_size = sizeof(listener->address);
	if (getsockname(
		listener->fd, (struct sockaddr *)&listener->address, &listener->address_size) != 0)
		return error_errno(err, errno, "listen: %s", spec);
	return 0;
}

/* A listening socket that nobody else knows of: a family alone gives a name of the kernel's
 * choosing that no file system shows. -1 if there is none to be had. */
static int
private_socket(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd >= 0 && (bind(fd, (struct sockaddr *)&address, sizeof(address.sun_family)) != 0 ||
			   listen(fd, BACKLOG) != 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

void
listener_close_to_others(struct listener *listener)
{
	int private_fd = private_socket();
	int old = dup(listener->fd);

	if (listener->unix_path[0] != '\0')
		unlink(listener->unix_path);
	listener->unix_path[0] = '\0';
	if (private_fd >= 0) {
		pthread_mutex_lock(&listener->lock);
		dup2(private_fd, listener->fd);
		listener->address_size = sizeof(listener->address);
		getsockname(
		    private_fd, (struct sockaddr *)&listener->address, &listener->address_size);
		pthread_mutex_unlock(&listener->lock);
		close(private_fd);
	}
	/* Whoever polls the old socket still waits on that one. Woken, poll() looks at what the
	 * descriptor means by now, but goes on waiting on the old socket if nothing is there: so
	 * there must be a connection on the new one first. */
	listener_poke(listener);
	if (old >= 0) {
		shutdown(old, SHUT_RDWR);
		close(old);
	}
}

void
listener_close(struct listener *listener)
{
	if (listener->unix_path[0] != '\0')
		unlink(listener->unix_path);
	close(listener->fd);
	pthread_mutex_destroy(&listener->lock);
}

void
listener_poke(struct listener *listener)
{
	struct sockaddr_storage address;
	socklen_t size;
	int fd;

	pthread_mutex_lock(&listener->lock);
	address = listener->address;
	size = listener->address_size;
	pthread_mutex_unlock(&listener->lock);
	fd = socket(address.ss_family, SOCK_STREAM, 0);
	if (fd < 0)
		return;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	/* A full backlog wakes the accepter just as well. */
	if (connect(fd, (const struct sockaddr *)&address, size) != 0 && errno != EINPROGRESS &&
	    errno != EAGAIN)
		log_debug("poking the listener: error %d", errno);
	close(fd);
}
