#include "fetch/dns.h"

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
struct dns {
	pthread_mutex_t mutex; /* for all below */
	struct event *wake;    /* NULL once nobody waits */
	bool over;             /* the thread has left */
	char *host;
	char addresses[DNS_ADDRESSES_MAX * (INET6_ADDRSTRLEN + 1)];
	struct error error;
	dns_ready *ready; /* loop thread */
	void *context;
};

/* Of the process, because the threads outlive whoever asked. */
static _Atomic int threads;

static void
destroy(struct dns *dns)
{
	pthread_mutex_destroy(&dns->mutex);
	free(dns->host);
	free(dns);
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
look_up(struct dns *dns)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	const struct addrinfo *next;
	int count = 0;
	int code = getaddrinfo(dns->host, NULL, &hints, &found);

	if (code != 0) {
		set_error(&dns->error, code);
		return;
	}
	for (next = found; next != NULL && count < DNS_ADDRESSES_MAX; next = next->ai_next) {
		append(dns->addresses, next);
		count++;
	}
	freeaddrinfo(found);
	if (dns->addresses[0] == '\0')
		error_set(&dns->error, ERROR_PERMANENT, "the host has no address");
}

static void *
run(void *argument)
{
	struct dns *dns = argument;
	bool wanted;

	look_up(dns);
	threads--;
	pthread_mutex_lock(&dns->mutex);
	dns->over = true;
	wanted = dns->wake != NULL;
	if (wanted)
		event_active(dns->wake, 0, 0);
	pthread_mutex_unlock(&dns->mutex);
	if (!wanted)
		destroy(dns);
	return NULL;
}

static void
on_wake(evutil_socket_t fd UNUSED, short what UNUSED, void *argument)
{
	struct dns *dns = argument;
	bool failed = dns->error.code != ERROR_NONE;

	/* Until the thread has let go of it. */
	pthread_mutex_lock(&dns->mutex);
	event_free(dns->wake);
	pthread_mutex_unlock(&dns->mutex);
	dns->ready(dns->context, failed ? NULL : dns->addresses, &dns->error);
	destroy(dns);
}

static int
start_thread(struct dns *dns, struct error *err)
{
	pthread_t thread;

	if (++threads > DNS_THREADS_MAX) {
		threads--;
		return error_set(
		    err, ERROR_TEMPORARY, "%d host name look-ups hang", DNS_THREADS_MAX);
	}
	if (thread_start(&thread, run, dns, err) != 0) {
		threads--;
		return -1;
	}
	pthread_detach(thread);
	return 0;
}

struct dns *
dns_start(
    struct event_base *base, const char *host, dns_ready *ready, void *context, struct error *err)
{
	struct dns *dns;

	dns = calloc(1, sizeof(*dns));
	if (dns == NULL) {
		error_no_memory(err);
		return NULL;
	}
	pthread_mutex_init(&dns->mutex, NULL);
	dns->ready = ready;
	dns->context = context;
	dns->host = strdup(host);
	dns->wake = event_new(base, -1, 0, on_wake, dns);
	if (dns->host == NULL || dns->wake == NULL) {
		error_no_memory(err);
		goto fail;
	}
	if (start_thread(dns, err) == 0)
		return dns;
fail:
	if (dns->wake != NULL)
		event_free(dns->wake);
	destroy(dns);
	return NULL;
}

void
dns_cancel(struct dns *dns)
{
	bool over;

	if (dns == NULL)
		return;
	pthread_mutex_lock(&dns->mutex);
	event_free(dns->wake);
	dns->wake = NULL;
	over = dns->over;
	pthread_mutex_unlock(&dns->mutex);
	if (over)
		destroy(dns);
}
