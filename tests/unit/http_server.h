/*
 * A scripted HTTP server on the test's own event loop, on a loopback port of its own: what it has
 * seen when the loop stops is all there was.
 */
#ifndef SMIME_TESTS_HTTP_SERVER_H
#define SMIME_TESTS_HTTP_SERVER_H

#include <stddef.h>

struct event_base;
struct http_server;

enum http_kind {
	HTTP_REPLY,   /* sends the reply and hangs up */
	HTTP_DER,     /* sends status 200 and the DER object that reply is, and hangs up */
	HTTP_SILENT,  /* never answers */
	HTTP_HOLD,    /* sends the reply and keeps the connection */
	HTTP_DRIP,    /* sends the reply, then a byte now and then, for ever */
	HTTP_FLOOD,   /* sends the reply, then bytes without end */
	HTTP_FIELDS,  /* sends the reply, then header fields without end */
	HTTP_REPEAT,  /* sends the reply without end */
	HTTP_HANG_UP, /* reads the request and hangs up */
};

/* Of the request's path; others are answered with 404. */
struct http_route {
	const char *path;
	enum http_kind kind;
	const char *reply;
};

/* What was seen. */
struct http_seen {
	size_t connections;
	size_t open;     /* now */
	size_t requests; /* whole ones */
	char last[8192]; /* the last request */
};

/* routes: ended by one without a path, borrowed. */
struct http_server *http_server_new(struct event_base *base, const struct http_route *routes);
void http_server_free(struct http_server *server);
int http_server_port(const struct http_server *server);
const struct http_seen *http_server_seen(const struct http_server *server);

#endif
