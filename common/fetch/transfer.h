/*
 * One HTTP exchange by libcurl, on libevent's loop: one request, one response, one connection that
 * is closed after it. Nothing is followed, nothing is taken from the environment, no name is looked
 * up, no state is kept from one to the next. Loop thread only. Beside url.c and startup.c the only
 * files of the project that meet libcurl are those named transfer*.c.
 */
#ifndef SMIME_FETCH_TRANSFER_H
#define SMIME_FETCH_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"
#include "fetch/url.h"

struct event_base;
struct transfer;
struct transfer_loop;

/* Bytes of a response's header, trailers and interim responses included. */
#define TRANSFER_HEADER_MAX 16384
/* Bytes a second; a response that is slower for fetch-timeout is given up. */
#define TRANSFER_RATE_MIN 100

/* What all transfers of a loop share. NULL on error. */
struct transfer_loop *transfer_loop_new(struct event_base *base, struct error *err);
/* After its transfers. NULL is legal. */
void transfer_loop_free(struct transfer_loop *loop);

/* All borrowed until the answer or the end. */
struct transfer_request {
	const struct url *url;
	const char *addresses; /* of the host, as dns.h gives them; not looked at where the host is
				* an address */
	const void *post;      /* NULL: GET */
	size_t post_size;
	const char *post_type;
	size_t most;        /* bytes of the body, at least 1 */
	int64_t connect_ms; /* for connecting, at least 1 */
	int64_t slow_ms;    /* for being slower than TRANSFER_RATE_MIN, rounded up to seconds */
	const struct networks *allow; /* fetch-allow */
};

struct transfer_result {
	long status;      /* 0: no response */
	char *redirect;   /* with a status that redirects: where to, absolute, unchecked; or NULL */
	bool unreachable; /* failed before there was a connection */
	bool silent;      /* connected, and not a byte came in time */
	bool ours;        /* failed on our side, which says nothing of the server */
	struct buffer body; /* with status 200 */
	struct error error; /* ERROR_NONE: there is a whole response, whatever its status */
};

/* Once, never inside transfer_start(), never after transfer_cancel(); the handle is gone. result is
 * borrowed; its body may be taken. */
typedef void transfer_done(void *context, struct transfer_result *result);

struct transfer *transfer_start(struct transfer_loop *loop, const struct transfer_request *request,
    transfer_done *done, void *context, struct error *err);

/* Whether a response has begun to come. */
bool transfer_is_heard(const struct transfer *transfer);

/* NULL is legal. */
void transfer_cancel(struct transfer *transfer);

#endif
