#include "http_server.h"

#include <arpa/inet.h>
#include <check.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <limits.h>
#include <openssl/asn1.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/compiler.h"

struct peer {
	TAILQ_ENTRY(peer) link;
	struct http_server *server;
	struct bufferevent *stream;
	struct event *drip;
	const struct http_route *route; /* once the request is there */
};

TAILQ_HEAD(peer_list, peer);

struct http_server {
	struct event_base *base;
	struct evconnlistener *listener;
	const struct http_route *routes;
	struct peer_list peers;
	struct http_seen seen;
};

static const struct http_route not_found = {
    "", HTTP_REPLY, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"};

static void
drop(struct peer *peer)
{
	TAILQ_REMOVE(&peer->server->peers, peer, link);
	peer->server->seen.open--;
	if (peer->drip != NULL)
		event_free(peer->drip);
	bufferevent_free(peer->stream);
	free(peer);
}

static void
on_drip(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	bufferevent_write(((struct peer *)context)->stream, "x", 1);
}

static void
start_drip(struct peer *peer)
{
	static const struct timeval often = {0, 50000};

	peer->drip = event_new(peer->server->base, -1, EV_PERSIST, on_drip, peer);
	event_add(peer->drip, &often);
}

/* All written. */
static void
on_written(struct bufferevent *stream, void *context)
{
	static const char field[] = "A-field-name: and a value of some length, as they are\r\n";
	struct peer *peer = context;
	char flood[4096];

	memset(flood, 'x', sizeof(flood));

	if (peer->route == NULL)
		return;
	if (peer->route->kind == HTTP_FLOOD)
		bufferevent_write(stream, flood, sizeof(flood));
	else if (peer->route->kind == HTTP_FIELDS)
		bufferevent_write(stream, field, strlen(field));
	else if (peer->route->kind == HTTP_REPEAT)
		bufferevent_write(stream, peer->route->reply, strlen(peer->route->reply));
	else if (peer->route->kind == HTTP_REPLY || peer->route->kind == HTTP_DER)
		drop(peer);
}

/* Takes the whole request, if it is there. */
static int
take_request(struct http_server *server, struct bufferevent *stream)
{
	struct evbuffer *input = bufferevent_get_input(stream);
	size_t size = evbuffer_get_length(input);
	char *text = server->seen.last;
	const char *end;
	const char *length;

	ck_assert_uint_lt(size, sizeof(server->seen.last));
	evbuffer_copyout(input, text, size);
	text[size] = '\0';
	end = strstr(text, "\r\n\r\n");
	if (end == NULL)
		return 0;
	length = strstr(text, "Content-Length: ");
	if (length != NULL && size - (size_t)(end + 4 - text) < strtoul(length + 16, NULL, 10))
		return 0;
	evbuffer_drain(input, size);
	server->seen.requests++;
	return 1;
}

static const struct http_route *
find_route(const struct http_server *server)
{
	const char *path = strchr(server->seen.last, ' ') + 1;
	const struct http_route *route;

	for (route = server->routes; route->path != NULL; route++)
		if (strlen(route->path) == strcspn(path, " ?") &&
		    strncmp(route->path, path, strlen(route->path)) == 0)
			return route;
	return &not_found;
}

/* Its own length says how large it is. */
static void
send_der(struct bufferevent *stream, const char *der)
{
	const unsigned char *content = (const unsigned char *)der;
	char header[80];
	long size;
	int type;
	int class;

	ASN1_get_object(&content, &size, &type, &class, LONG_MAX);
	size += (const char *)content - der;
	snprintf(header, sizeof(header), "HTTP/1.1 200 OK\r\nContent-Length: %ld\r\n\r\n", size);
	bufferevent_write(stream, header, strlen(header));
	bufferevent_write(stream, der, (size_t)size);
}

static void
on_read(struct bufferevent *stream, void *context)
{
	struct peer *peer = context;

	if (peer->route != NULL || !take_request(peer->server, stream))
		return;
	peer->route = find_route(peer->server);
	if (peer->route->kind == HTTP_HANG_UP) {
		drop(peer);
		return;
	}
	if (peer->route->kind == HTTP_SILENT)
		return;
	if (peer->route->kind == HTTP_DER)
		send_der(stream, peer->route->reply);
	else
		bufferevent_write(stream, peer->route->reply, strlen(peer->route->reply));
	if (peer->route->kind == HTTP_DRIP)
		start_drip(peer);
}

static void
on_end(struct bufferevent *stream UNUSED, short what UNUSED, void *context)
{
	drop(context);
}

static void
on_peer(struct evconnlistener *listener UNUSED, evutil_socket_t fd, struct sockaddr *from UNUSED,
    int size UNUSED, void *context)
{
	struct http_server *server = context;
	struct peer *peer = calloc(1, sizeof(*peer));

	peer->server = server;
	peer->stream = bufferevent_socket_new(server->base, fd, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(peer->stream, on_read, on_written, on_end, peer);
	bufferevent_enable(peer->stream, EV_READ | EV_WRITE);
	TAILQ_INSERT_TAIL(&server->peers, peer, link);
	server->seen.connections++;
	server->seen.open++;
}

struct http_server *
http_server_new(struct event_base *base, const struct http_route *routes)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	struct http_server *server = calloc(1, sizeof(*server));

	TAILQ_INIT(&server->peers);
	server->base = base;
	server->routes = routes;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server->listener = evconnlistener_new_bind(base, on_peer, server, LEV_OPT_CLOSE_ON_FREE,
	    100, (const struct sockaddr *)&address, sizeof(address));
	ck_assert_ptr_nonnull(server->listener);
	return server;
}

void
http_server_free(struct http_server *server)
{
	while (!TAILQ_EMPTY(&server->peers))
		drop(TAILQ_FIRST(&server->peers));
	evconnlistener_free(server->listener);
	free(server);
}

int
http_server_port(const struct http_server *server)
{
	struct sockaddr_in address;
	socklen_t size = sizeof(address);

	ck_assert_int_eq(getsockname(evconnlistener_get_fd(server->listener),
			     (struct sockaddr *)&address, &size),
	    0);
	return ntohs(address.sin_port);
}

const struct http_seen *
http_server_seen(const struct http_server *server)
{
	return &server->seen;
}
