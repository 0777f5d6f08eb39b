/* A connection for a command that may wait: made on a thread of its own, and watched. */
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "base/thread.h"
#include "ldap/connection.h"
#include "ldap/writer_private.h"

/* How often a connection being made is looked at for being late. Nanoseconds. */
#define WATCH_INTERVAL 50000000
/* A connection being made by a thread of its own. */
struct attempt_state {
	struct connection *connection;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool done;
};

static void *
run(void *argument)
{
	struct attempt_state *state = argument;

	connection_run(state->connection);
	pthread_mutex_lock(&state->mutex);
	state->done = true;
	pthread_cond_signal(&state->changed);
	pthread_mutex_unlock(&state->mutex);
	return NULL;
}

/* The thread ends by itself once the time is up: only the look-up of a name is not ours to end. */
static void
watch(struct attempt_state *state)
{
	struct timespec until;

	pthread_mutex_lock(&state->mutex);
	while (!state->done) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += WATCH_INTERVAL;
		if (until.tv_nsec >= 1000000000) {
			until.tv_nsec -= 1000000000;
			until.tv_sec++;
		}
		pthread_cond_timedwait(&state->changed, &state->mutex, &until);
		connection_watch(state->connection);
	}
	pthread_mutex_unlock(&state->mutex);
}

/* Back to blocking, within the section's time. */
static int
make_blocking(LDAP *ld, const struct config_directory *directory, struct error *err)
{
	struct timeval time = clock_timeval(directory->search_timeout);
	int fd = -1;

	if (ldap_get_option(ld, LDAP_OPT_DESC, &fd) != LDAP_OPT_SUCCESS || fd < 0 ||
	    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time)) != 0 ||
	    ldap_set_option(ld, LDAP_OPT_TIMEOUT, &time) != LDAP_OPT_SUCCESS ||
	    ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &time) != LDAP_OPT_SUCCESS)
		return error_set(err, ERROR_INTERNAL, "a connection can't be made to wait");
	return 0;
}

LDAP *
writer_connect(const struct config_directory *directory, const char *uri, struct error *err)
{
	struct attempt_state state = {.connection = connection_new(directory, uri, err)};
	pthread_t thread;
	LDAP *ld = NULL;

	if (state.connection == NULL)
		return NULL;
	pthread_mutex_init(&state.mutex, NULL);
	pthread_cond_init(&state.changed, NULL);
	if (thread_start(&thread, run, &state, err) == 0) {
		watch(&state);
		pthread_join(thread, NULL);
		ld = connection_take(state.connection, err);
	}
	pthread_cond_destroy(&state.changed);
	pthread_mutex_destroy(&state.mutex);
	connection_free(state.connection);
	if (ld != NULL && make_blocking(ld, directory, err) != 0) {
		ldap_unbind_ext(ld, NULL, NULL);
		ld = NULL;
	}
	return ld;
}
