#include "base/names.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/thread.h"

struct names {
	struct names_room *room;
	char *host; /* the thread's to read, as the two above and below */
	char *port; /* may be NULL */
	names_ready *ready;
	void *context;
	pthread_mutex_t mutex; /* for all below */
	pthread_cond_t ended;
	struct event *wake; /* NULL: no loop waits for it */
	int references;     /* the asker's, the thread's */
	bool done;
	bool abandoned;
	struct addrinfo *found;
	struct error error;
};

struct names *
names_new(struct names_room *room)
{
	struct names *names = calloc(1, sizeof(*names));

	if (names == NULL)
		return NULL;
	pthread_mutex_init(&names->mutex, NULL);
	pthread_cond_init(&names->ended, NULL);
	names->room = room;
	names->references = 1;
	return names;
}

/* Gives one reference back. */
static void
release(struct names *names)
{
	bool is_last;

	pthread_mutex_lock(&names->mutex);
	is_last = --names->references == 0;
	pthread_mutex_unlock(&names->mutex);
	if (!is_last)
		return;
	if (names->found != NULL)
		freeaddrinfo(names->found);
	pthread_cond_destroy(&names->ended);
	pthread_mutex_destroy(&names->mutex);
	free(names->host);
	free(names->port);
	free(names);
}

void
names_free(struct names *names)
{
	if (names == NULL)
		return;
	pthread_mutex_lock(&names->mutex);
	if (names->wake != NULL)
		event_free(names->wake);
	names->wake = NULL;
	pthread_mutex_unlock(&names->mutex);
	release(names);
}

static void
set_error(struct error *err, int code, int number)
{
	if (code == EAI_SYSTEM)
		error_errno(err, number, "the host name can't be looked up");
	else if (code == EAI_MEMORY)
		error_no_memory(err);
	else if (code == EAI_NONAME)
		error_set(err, ERROR_PERMANENT, "there is no such host");
	else
		error_set(err, code == EAI_AGAIN ? ERROR_TEMPORARY : ERROR_PERMANENT,
		    "the host name can't be looked up: %s", gai_strerror(code));
}

static void *
run(void *argument)
{
	struct names *names = argument;
	struct names_room *room = names->room;
	struct addrinfo hints = {.ai_flags = room->flags, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	int code = getaddrinfo(names->host, names->port, &hints, &found);
	int number = errno;

	/* Before anybody hears of it, who may begin another. */
	atomic_fetch_sub(&room->under_way, 1);
	pthread_mutex_lock(&names->mutex);
	if (code == 0)
		names->found = found;
	else
		set_error(&names->error, code, number);
	names->done = true;
	pthread_cond_signal(&names->ended);
	if (names->wake != NULL)
		event_active(names->wake, 0, 0);
	pthread_mutex_unlock(&names->mutex);
	release(names);
	return NULL;
}

static int
start_thread(struct names *names, const char *host, const char *port, struct error *err)
{
	struct names_room *room = names->room;
	pthread_t thread;

	names->host = strdup(host);
	names->port = port != NULL ? strdup(port) : NULL;
	if (names->host == NULL || (port != NULL && names->port == NULL))
		return error_no_memory(err);
	if (atomic_fetch_add(&room->under_way, 1) >= room->most) {
		error_set(err, ERROR_TEMPORARY, "%d host name look-ups hang", room->most);
		goto fail;
	}
	names->references++;
	if (thread_start(&thread, run, names, err) != 0) {
		names->references--;
		goto fail;
	}
	pthread_detach(thread);
	return 0;
fail:
	atomic_fetch_sub(&room->under_way, 1);
	return -1;
}

int
names_find(struct names *names, const char *host, const char *port, struct addrinfo **found,
    struct error *err)
{
	int result = -1;

	if (start_thread(names, host, port, err) != 0)
		return -1;
	pthread_mutex_lock(&names->mutex);
	while (!names->done && !names->abandoned)
		pthread_cond_wait(&names->ended, &names->mutex);
	if (!names->done) {
		error_set(err, ERROR_TEMPORARY, "the host name can't be looked up: given up");
	} else if (names->found == NULL) {
		error_set(err, names->error.code, "%s", names->error.text);
	} else {
		*found = names->found;
		names->found = NULL;
		result = 0;
	}
	pthread_mutex_unlock(&names->mutex);
	return result;
}

void
names_abandon(struct names *names)
{
	pthread_mutex_lock(&names->mutex);
	names->abandoned = true;
	pthread_cond_signal(&names->ended);
	pthread_mutex_unlock(&names->mutex);
}

static void
on_wake(evutil_socket_t fd UNUSED, short what UNUSED, void *argument)
{
	struct names *names = argument;

	/* Until the thread has let go of it. */
	pthread_mutex_lock(&names->mutex);
	event_free(names->wake);
	names->wake = NULL;
	pthread_mutex_unlock(&names->mutex);
	names->ready(names->context, names->found, &names->error);
	release(names);
}

struct names *
names_start(struct names_room *room, struct event_base *base, const char *host, const char *port,
    names_ready *ready, void *context, struct error *err)
{
	struct names *names = names_new(room);

	if (names == NULL) {
		error_no_memory(err);
		return NULL;
	}
	names->ready = ready;
	names->context = context;
	names->wake = event_new(base, -1, 0, on_wake, names);
	if (names->wake == NULL)
		error_no_memory(err);
	else if (start_thread(names, host, port, err) == 0)
		return names;
	names_free(names);
	return NULL;
}
