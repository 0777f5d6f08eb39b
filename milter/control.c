#define _GNU_SOURCE /* struct ucred */

#include "control.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <event2/thread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/thread.h"
#include "control_request.h"
#include "unix_socket.h"

/* Clients at a time: each may hold an answer of CONTROL_ANSWER_MAX. Others wait in the backlog. */
#define GUESTS_MAX 8
#define BACKLOG 64

/* From the connection to the end of the request; then to the end of the answer. */
static const struct timeval request_limit = {5, 0};
static const struct timeval answer_limit = {30, 0};

/* After accept() failed (no descriptors are left): before it is tried again. */
static const struct timeval retry_interval = {1, 0};

struct guest {
	TAILQ_ENTRY(guest) link;
	struct control *control;
	struct bufferevent *stream;
	struct event *deadline;
	uid_t user;
};

struct control {
	char *path;
	int fd; /* -1: closed */
	bool running;
	pthread_t thread;
	struct event_base *base;
	struct evconnlistener *accepter;
	struct event *retry;
	struct event *stop;
	struct control_subject subject;
	TAILQ_HEAD(guest_list, guest) guests;
	size_t guest_count;
};

static void
guest_free(struct guest *guest)
{
	struct control *control = guest->control;

	TAILQ_REMOVE(&control->guests, guest, link);
	control->guest_count--;
	bufferevent_free(guest->stream);
	event_free(guest->deadline);
	free(guest);
	if (control->guest_count == GUESTS_MAX - 1)
		evconnlistener_enable(control->accepter);
}

static void
on_deadline(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	guest_free(context);
}

static void
on_end(struct bufferevent *stream UNUSED, short what UNUSED, void *context)
{
	guest_free(context);
}

static void
on_written(struct bufferevent *stream UNUSED, void *context)
{
	guest_free(context);
}

static void
free_answer(const void *data, size_t size UNUSED, void *context UNUSED)
{
	free((void *)data);
}

/* Hands the answer over to the stream; the client ends when all of it is sent. */
static void
send_answer(struct guest *guest, struct buffer *answer)
{
	size_t size = answer->size;
	char *data = size > 0 ? buffer_take(answer) : NULL;

	if (data == NULL || evbuffer_add_reference(bufferevent_get_output(guest->stream), data,
				size, free_answer, NULL) != 0) {
		free(data);
		guest_free(guest);
		return;
	}
	event_add(guest->deadline, &answer_limit);
}

static void
on_readable(struct bufferevent *stream, void *context)
{
	struct guest *guest = context;
	struct evbuffer *input = bufferevent_get_input(stream);
	struct buffer answer = {.limit = CONTROL_ANSWER_MAX};
	size_t size;
	char *line = evbuffer_readln(input, &size, EVBUFFER_EOL_LF);

	if (line == NULL && evbuffer_get_length(input) < CONTROL_REQUEST_MAX)
		return;
	bufferevent_disable(stream, EV_READ);
	bufferevent_setcb(stream, NULL, on_written, on_end, guest);
	if (line != NULL)
		control_answer(&guest->control->subject, guest->user, line, size, &answer);
	else
		control_answer_error("the request is too long", &answer);
	free(line);
	send_answer(guest, &answer);
	buffer_free(&answer);
}

static uid_t
user_of(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		return (uid_t)-1;
	return peer.uid;
}

static void
on_accept(struct evconnlistener *accepter, evutil_socket_t fd, struct sockaddr *address UNUSED,
    int address_size UNUSED, void *context)
{
	struct control *control = context;
	struct guest *guest = calloc(1, sizeof(*guest));

	if (guest == NULL)
		goto close_fd;
	guest->control = control;
	guest->user = user_of(fd);
	guest->deadline = event_new(control->base, -1, 0, on_deadline, guest);
	if (guest->deadline == NULL)
		goto free_guest;
	guest->stream = bufferevent_socket_new(control->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (guest->stream == NULL)
		goto free_deadline;
	bufferevent_setcb(guest->stream, on_readable, NULL, on_end, guest);
	bufferevent_setwatermark(guest->stream, EV_READ, 0, CONTROL_REQUEST_MAX);
	TAILQ_INSERT_TAIL(&control->guests, guest, link);
	if (++control->guest_count == GUESTS_MAX)
		evconnlistener_disable(accepter);
	if (event_add(guest->deadline, &request_limit) != 0 ||
	    bufferevent_enable(guest->stream, EV_READ | EV_WRITE) != 0)
		guest_free(guest);
	return;

free_deadline:
	event_free(guest->deadline);
free_guest:
	free(guest);
close_fd:
	close(fd);
}

static void
on_retry(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct control *control = context;

	if (control->guest_count < GUESTS_MAX)
		evconnlistener_enable(control->accepter);
}

static void
on_accept_error(struct evconnlistener *accepter, void *context)
{
	struct control *control = context;

	evconnlistener_disable(accepter);
	event_add(control->retry, &retry_interval);
}

static void
on_stop(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	event_base_loopbreak(((struct control *)context)->base);
}

static void *
run(void *argument)
{
	struct control *control = argument;

	event_base_loop(control->base, EVLOOP_NO_EXIT_ON_EMPTY);
	return NULL;
}

static struct control *
control_new(const char *path)
{
	struct control *control = calloc(1, sizeof(*control));

	if (control == NULL)
		return NULL;
	control->fd = -1;
	TAILQ_INIT(&control->guests);
	control->path = strdup(path);
	if (control->path != NULL)
		return control;
	free(control);
	return NULL;
}

int
control_open(const struct config *config, uid_t owner, struct control **control, struct error *err)
{
	/* The configuration check lets nothing but unix:PATH through. */
	const char *path = strchr(config->control_socket, ':');
	struct unix_socket wanted = {
	    "control-socket", NULL, 0660, "control-group", config->control_group, owner};

	*control = NULL;
	if (path == NULL)
		return 0;
	wanted.path = path + 1;
	*control = control_new(wanted.path);
	if (*control == NULL)
		return error_no_memory(err);
	(*control)->fd = unix_socket_open(&wanted, BACKLOG, err);
	if ((*control)->fd >= 0)
		return 0;
	control_free(*control);
	*control = NULL;
	if (config->control_socket_is_set)
		return -1;
	log_warning("%s; smimectl status and cache will not reach this daemon", err->text);
	*err = (struct error)ERROR_INIT;
	return 0;
}

/* The loop and what hangs on it. */
static int
make_loop(struct control *control, struct error *err)
{
	if (evthread_use_pthreads() != 0)
		return error_set(err, ERROR_INTERNAL, "libevent does without threads");
	control->base = event_base_new();
	if (control->base == NULL)
		return error_set(err, ERROR_TEMPORARY, "no event loop can be made");
	control->stop = event_new(control->base, -1, 0, on_stop, control);
	control->retry = event_new(control->base, -1, 0, on_retry, control);
	evutil_make_socket_nonblocking(control->fd);
	control->accepter = evconnlistener_new(control->base, on_accept, control,
	    LEV_OPT_CLOSE_ON_EXEC, 0 /* it listens already */, control->fd);
	if (control->stop == NULL || control->retry == NULL || control->accepter == NULL)
		return error_no_memory(err);
	evconnlistener_set_error_cb(control->accepter, on_accept_error);
	return 0;
}

int
control_start(struct control *control, const struct control_subject *subject, struct error *err)
{
	if (control == NULL)
		return 0;
	control->subject = *subject;
	if (make_loop(control, err) != 0 || thread_start(&control->thread, run, control, err) != 0)
		return error_prefix(err, "control-socket: ");
	control->running = true;
	return 0;
}

static void
free_loop(struct control *control)
{
	struct guest *guest;

	while ((guest = TAILQ_FIRST(&control->guests)) != NULL)
		guest_free(guest);
	if (control->accepter != NULL)
		evconnlistener_free(control->accepter);
	if (control->retry != NULL)
		event_free(control->retry);
	if (control->stop != NULL)
		event_free(control->stop);
	if (control->base != NULL)
		event_base_free(control->base);
	control->accepter = NULL;
	control->retry = NULL;
	control->stop = NULL;
	control->base = NULL;
}

void
control_stop(struct control *control)
{
	if (control == NULL)
		return;
	if (control->fd >= 0)
		unlink(control->path);
	if (control->running) {
		event_active(control->stop, 0, 0);
		pthread_join(control->thread, NULL);
		control->running = false;
	}
	free_loop(control);
	if (control->fd >= 0)
		close(control->fd);
	control->fd = -1;
}

void
control_free(struct control *control)
{
	if (control == NULL)
		return;
	control_stop(control);
	free(control->path);
	free(control);
}
