#include "ldap/attempt.h"

#include <event2/event.h>
#include <stdlib.h>

#include "base/clock.h"
#include "ldap/connection.h"

/* How often a running attempt is looked at for being late. */
static const struct timeval watch_interval = {0, 50000};

/* Freed when the workers give it back, whoever still wants it. */
struct attempt {
	attempt_ready *ready; /* NULL once it was cancelled */
	bool late;            /* and reported so */
	void *context;
	const char *uri;
	struct connection *connection;
	struct event *watch;
	int64_t deadline_ms;
};

/* The sockets' time is kept by the connection; when it is over, only a name look-up can still be
 * going on, or it never came to its turn. */
static void
on_watch(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct attempt *attempt = context;
	struct error err = ERROR_INIT;

	connection_watch(attempt->connection);
	if (clock_monotonic_ms() < attempt->deadline_ms)
		return;
	connection_stop(attempt->connection);
	event_del(attempt->watch);
	attempt->late = true;
	error_set(&err, ERROR_TEMPORARY, "%s: no connection in time: %s", attempt->uri,
	    connection_has_begun(attempt->connection) ? "the host name look-up hangs"
						      : "all threads that connect are busy");
	attempt->ready(attempt->context, NULL, &err, false);
}

static void
run(void *job)
{
	connection_run(((struct attempt *)job)->connection);
}

static void
free_attempt(struct attempt *attempt)
{
	if (attempt->watch != NULL)
		event_free(attempt->watch);
	connection_free(attempt->connection);
	free(attempt);
}

static void
done(void *job, bool ran UNUSED)
{
	struct attempt *attempt = job;
	struct error err = ERROR_INIT;
	LDAP *ld = NULL;

	if (attempt->ready != NULL) {
		if (!attempt->late)
			ld = connection_take(attempt->connection, &err);
		attempt->ready(attempt->context, ld, &err, true);
	}
	free_attempt(attempt);
}

struct attempt *
attempt_start(struct event_base *base, struct worker_pool *workers,
    const struct config_directory *directory, const char *uri, attempt_ready *ready, void *context,
    struct error *err)
{
	struct attempt *attempt;

	attempt = calloc(1, sizeof(*attempt));
	if (attempt == NULL) {
		error_no_memory(err);
		return NULL;
	}
	attempt->ready = ready;
	attempt->context = context;
	attempt->uri = uri;
	/* The connection's time ends with the watch: a little more for the rest of it. */
	attempt->deadline_ms = clock_monotonic_ms() + directory->connect_timeout * 3 / 2;
	attempt->connection = connection_new(directory, uri, err);
	attempt->watch = event_new(base, -1, EV_PERSIST, on_watch, attempt);
	if (attempt->connection == NULL || attempt->watch == NULL ||
	    event_add(attempt->watch, &watch_interval) != 0) {
		error_no_memory(err);
		goto fail;
	}
	if (worker_submit(workers, run, done, attempt, err) != 0)
		goto fail;
	return attempt;
fail:
	free_attempt(attempt);
	return NULL;
}

void
attempt_cancel(struct attempt *attempt)
{
	if (attempt == NULL)
		return;
	attempt->ready = NULL;
	event_del(attempt->watch);
	connection_abandon(attempt->connection);
}
