#include "fetch/lookup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/thread.h"

/* Shared by the loop and the thread; whoever leaves last frees it. */
struct lookup {
	pthread_mutex_t mutex; /* for all below */
	struct event *wake;    /* NULL once nobody waits */
	bool over;             /* the thread has left */
	char *host;
	char addresses[LOOKUP_ADDRESSES_MAX * (INET6_ADDRSTRLEN + 1)];
	struct error error;
	lookup_ready *ready; /* loop thread */
	void *context;
};

/* Of the process, because the threads outlive whoever asked. */
static _Atomic int threads;

static void
destroy(struct lookup *lookup)
{
	pthread_mutex_destroy(&lookup->mutex);
	free(lookup->host);
	free(lookup);
}

static void
set_error(struct error *err, int code)
{
	if (code == EAI_SYSTEM)
		error_errno(err, errno, "the host name can't be looked up");
	else if (code == EAI_MEMORY)
		error_no_memory(err);
	else if (code == EAI_NONAME)
		error_set(err, ERROR_PERMANENT, "there is no such host");
	else
		error_set(err, code == EAI_AGAIN ? ERROR_TEMPORARY : ERROR_PERMANENT,
		    "the host name can't be looked up: %s", gai_strerror(code));
}

/* Appends the address to a list that has room for it. */
static void
append(char *list, const struct addrinfo *info)
{
	char text[INET6_ADDRSTRLEN];
	const void *address;

	if (info->ai_family == AF_INET)
		address = &((const struct sockaddr_in *)(const void *)info->ai_addr)->sin_addr;
	else if (info->ai_family == AF_INET6)
		address = &((const struct sockaddr_in6 *)(const void *)info->ai_addr)->sin6_addr;
	else
		return;
	if (inet_ntop(info->ai_family, address, text, sizeof(text)) == NULL)
		return;
	if (list[0] != '\0')
		strcat(list, ",");
	strcat(list, text);
}

/* What blocks; touches only what the loop leaves alone until the thread has left. */
static void
look_up(struct lookup *lookup)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	const struct addrinfo *next;
	int count = 0;
	int code = getaddrinfo(lookup->host, NULL, &hints, &found);

	if (code != 0) {
		set_error(&lookup->error, code);
		return;
	}
	for (next = found; next != NULL && count < LOOKUP_ADDRESSES_MAX; next = next->ai_next) {
		append(lookup->addresses, next);
		count++;
	}
	freeaddrinfo(found);
	if (lookup->addresses[0] == '\0')
		error_set(&lookup->error, ERROR_PERMANENT, "the host has no address");
}

static void *
run(void *argument)
{
	struct lookup *lookup = argument;
	bool wanted;

	look_up(lookup);
	threads--;
	pthread_mutex_lock(&lookup->mutex);
	lookup->over = true;
	wanted = lookup->wake != NULL;
	if (wanted)
		event_active(lookup->wake, 0, 0);
	pthread_mutex_unlock(&lookup->mutex);
	if (!wanted)
		destroy(lookup);
	return NULL;
}

static void
on_wake(evutil_socket_t fd UNUSED, short what UNUSED, void *argument)
{
	struct lookup *lookup = argument;
	bool failed = lookup->error.code != ERROR_NONE;

	/* Until the thread has let go of it. */
	pthread_mutex_lock(&lookup->mutex);
	event_free(lookup->wake);
	pthread_mutex_unlock(&lookup->mutex);
	lookup->ready(lookup->context, failed ? NULL : lookup->addresses, &lookup->error);
	destroy(lookup);
}

static int
start_thread(struct lookup *lookup, struct error *err)
{
	pthread_t thread;

	if (++threads > LOOKUP_THREADS_MAX) {
		threads--;
		return error_set(
		    err, ERROR_TEMPORARY, "%d host name look-ups hang", LOOKUP_THREADS_MAX);
	}
	if (thread_start(&thread, run, lookup, err) != 0) {
		threads--;
		return -1;
	}
	pthread_detach(thread);
	return 0;
}

struct lookup *
lookup_start(struct event_base *base, const char *host, lookup_ready *ready, void *context,
    struct error *err)
{
	struct lookup *lookup;

	lookup = calloc(1, sizeof(*lookup));
	if (lookup == NULL) {
		error_no_memory(err);
		return NULL;
	}
	pthread_mutex_init(&lookup->mutex, NULL);
	lookup->ready = ready;
	lookup->context = context;
	lookup->host = strdup(host);
	lookup->wake = event_new(base, -1, 0, on_wake, lookup);
	if (lookup->host == NULL || lookup->wake == NULL) {
		error_no_memory(err);
		goto fail;
	}
	if (start_thread(lookup, err) == 0)
		return lookup;
fail:
	if (lookup->wake != NULL)
		event_free(lookup->wake);
	destroy(lookup);
	return NULL;
}

void
lookup_cancel(struct lookup *lookup)
{
	bool over;

	if (lookup == NULL)
		return;
	pthread_mutex_lock(&lookup->mutex);
	event_free(lookup->wake);
	lookup->wake = NULL;
	over = lookup->over;
	pthread_mutex_unlock(&lookup->mutex);
	if (over)
		destroy(lookup);
}
