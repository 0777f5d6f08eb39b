#include <event2/event.h>
#include <stdlib.h>

#include "base/clock.h"
#include "fetch/transfer_private.h"

struct transfer_loop {
	struct event_base *base;
	CURLM *multi;
	struct event *timer;
};

/* Hands what has ended to its owner, who may start and cancel others. */
static void
take_ended(struct transfer_loop *loop)
{
	struct transfer *transfer;
	CURLMsg *message;
	CURLcode code;
	int left;

	while ((message = curl_multi_info_read(loop->multi, &left)) != NULL) {
		if (message->msg != CURLMSG_DONE)
			continue;
		code = message->data.result; /* gone with the handle */
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
		transfer_ended(transfer, code);
	}
}

static void
on_timer(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct transfer_loop *loop = context;
	int running;

	curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	take_ended(loop);
}

static void
on_socket(evutil_socket_t fd, short what, void *context)
{
	struct transfer_loop *loop = context;
	int running;

	curl_multi_socket_action(loop->multi, fd,
	    ((what & EV_READ) != 0 ? CURL_CSELECT_IN : 0) |
		((what & EV_WRITE) != 0 ? CURL_CSELECT_OUT : 0),
	    &running);
	take_ended(loop);
}

/* libcurl wants a timer: milliseconds from now, or none. */
static int
want_timer(CURLM *multi UNUSED, long ms, void *context)
{
	struct transfer_loop *loop = context;
	struct timeval time = clock_timeval(ms);

	if (ms < 0)
		return event_del(loop->timer);
	return event_add(loop->timer, &time);
}

/* libcurl wants to know of a socket. The event is kept with the socket. */
static int
want_socket(CURL *easy UNUSED, curl_socket_t fd, int what, void *context, void *socket_context)
{
	struct transfer_loop *loop = context;
	struct event *event = socket_context;
	short kind = EV_PERSIST;

	if (event != NULL)
		event_free(event);
	event = NULL;
	if (what != CURL_POLL_REMOVE) {
		if ((what & CURL_POLL_IN) != 0)
			kind |= EV_READ;
		if ((what & CURL_POLL_OUT) != 0)
			kind |= EV_WRITE;
		event = event_new(loop->base, fd, kind, on_socket, loop);
		/* Without memory the transfer ends by its time. */
		if (event != NULL && event_add(event, NULL) != 0) {
			event_free(event);
			event = NULL;
		}
	}
	curl_multi_assign(loop->multi, fd, event);
	return 0;
}

struct transfer_loop *
transfer_loop_new(struct event_base *base, struct error *err)
{
	struct transfer_loop *loop;

	loop = calloc(1, sizeof(*loop));
	if (loop == NULL)
		goto no_memory;
	loop->base = base;
	loop->multi = curl_multi_init();
	loop->timer = event_new(base, -1, 0, on_timer, loop);
	if (loop->multi == NULL || loop->timer == NULL)
		goto no_memory;
	curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl_multi_setopt(loop->multi, CURLMOPT_SOCKETDATA, loop);
	curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, want_timer);
	curl_multi_setopt(loop->multi, CURLMOPT_TIMERDATA, loop);
	curl_multi_setopt(loop->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	return loop;
no_memory:
	error_no_memory(err);
	transfer_loop_free(loop);
	return NULL;
}

void
transfer_loop_free(struct transfer_loop *loop)
{
	if (loop == NULL)
		return;
	/* Waits for nothing: no connection is kept and libcurl looks up no names. */
	if (loop->multi != NULL)
		curl_multi_cleanup(loop->multi);
	if (loop->timer != NULL)
		event_free(loop->timer);
	free(loop);
}

int
transfer_loop_add(struct transfer_loop *loop, CURL *easy, struct error *err)
{
	CURLMcode code = curl_multi_add_handle(loop->multi, easy);

	if (code == CURLM_OK)
		return 0;
	return error_set(err, code == CURLM_OUT_OF_MEMORY ? ERROR_TEMPORARY : ERROR_INTERNAL,
	    "libcurl: %s", curl_multi_strerror(code));
}

void
transfer_loop_remove(struct transfer_loop *loop, CURL *easy)
{
	curl_multi_remove_handle(loop->multi, easy);
}
