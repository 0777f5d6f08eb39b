#include "ldap/names.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/thread.h"

struct names {
	pthread_mutex_t mutex;
	pthread_cond_t ended;
	int references; /* the asker's, the thread's */
	bool done;
	bool abandoned;
	char *host;
	char *port;
	int code;
	struct addrinfo *found;
};

static atomic_int under_way;

struct names *
names_new(void)
{
	struct names *names = calloc(1, sizeof(*names));

	if (names == NULL)
		return NULL;
	pthread_mutex_init(&names->mutex, NULL);
	pthread_cond_init(&names->ended, NULL);
	names->references = 1;
	return names;
}

void
names_free(struct names *names)
{
	bool is_last;

	if (names == NULL)
		return;
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

static void *
run(void *argument)
{
	struct names *names = argument;
	struct addrinfo hints = {.ai_flags = AI_ADDRCONFIG, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	int code = getaddrinfo(names->host, names->port, &hints, &found);

	pthread_mutex_lock(&names->mutex);
	names->code = code;
	names->found = code == 0 ? found : NULL;
	names->done = true;
	pthread_cond_signal(&names->ended);
	pthread_mutex_unlock(&names->mutex);
	names_free(names);
	atomic_fetch_sub(&under_way, 1);
	return NULL;
}

static int
start(struct names *names, struct error *err)
{
	pthread_t thread;

	if (atomic_fetch_add(&under_way, 1) >= NAMES_MAX) {
		error_set(err, ERROR_TEMPORARY,
		    "host name look-up: more than %d have not ended yet", NAMES_MAX);
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
	atomic_fetch_sub(&under_way, 1);
	return -1;
}

int
names_find(struct names *names, const char *host, const char *port, struct addrinfo **found,
    struct error *err)
{
	int result = -1;

	names->host = strdup(host);
	names->port = strdup(port);
	if (names->host == NULL || names->port == NULL)
		return error_no_memory(err);
	if (start(names, err) != 0)
		return -1;
	pthread_mutex_lock(&names->mutex);
	while (!names->done && !names->abandoned)
		pthread_cond_wait(&names->ended, &names->mutex);
	if (!names->done) {
		error_set(err, ERROR_TEMPORARY, "host name look-up: given up");
	} else if (names->code != 0) {
		error_set(err, ERROR_TEMPORARY, "host name look-up: %s", gai_strerror(names->code));
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
