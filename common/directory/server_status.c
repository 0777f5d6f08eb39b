/* How the directories' servers are, for people: the loop is asked, and answers. Any thread. */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "directory/resolver_private.h"

/* The loop answers at once unless it is stuck. Milliseconds. */
#define ANSWER_TIME 5000
/* Servers shown; no configuration has as many. */
#define SERVERS_MAX 1000

struct server_row {
	const char *directory;
	struct source_server server; /* uri and error are ours */
};

/* One who wants to know. With the mutex held, but for the rows: the loop's until answered. */
struct status_request {
	TAILQ_ENTRY(status_request) link;
	bool queued;
	bool answered;
	bool abandoned; /* the loop frees it */
	pthread_cond_t done;
	const char *directory; /* of the source that is describing */
	struct server_row *rows;
	size_t count;
	bool no_memory;
};

static struct status_request *
new_request(void)
{
	struct status_request *request = calloc(1, sizeof(*request));
	pthread_condattr_t monotonic;

	if (request == NULL)
		return NULL;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&request->done, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return request;
}

static void
free_texts(struct source_server *server)
{
	free((char *)server->uri);
	free((char *)server->error);
}

static void
free_request(struct status_request *request)
{
	size_t i;

	for (i = 0; i < request->count; i++)
		free_texts(&request->rows[i].server);
	free(request->rows);
	pthread_cond_destroy(&request->done);
	free(request);
}

static void
take_server(void *context, const struct source_server *server)
{
	struct status_request *request = context;
	struct source_server own = *server;
	struct server_row *rows = NULL;

	if (request->count == SERVERS_MAX || request->no_memory)
		return;
	own.uri = strdup(server->uri);
	own.error = strdup(server->error);
	if (own.uri != NULL && own.error != NULL)
		rows = array_grow(request->rows, request->count, sizeof(*rows), NULL);
	if (rows == NULL) {
		free_texts(&own);
		request->no_memory = true;
		return;
	}
	rows[request->count].directory = request->directory;
	rows[request->count].server = own;
	request->rows = rows;
	request->count++;
}

static void
describe_all(struct resolver *resolver, struct status_request *request)
{
	size_t i;

	for (i = 0; i < resolver->place_count; i++) {
		struct source *source = resolver->places[i].source;

		request->directory = source->title;
		if (source->operations->describe != NULL)
			source->operations->describe(source, take_server, request);
	}
}

void
server_status_answer_all(struct resolver *resolver)
{
	struct status_request *request;

	pthread_mutex_lock(&resolver->mutex);
	while ((request = TAILQ_FIRST(&resolver->status_requests)) != NULL) {
		TAILQ_REMOVE(&resolver->status_requests, request, link);
		request->queued = false;
		pthread_mutex_unlock(&resolver->mutex);
		describe_all(resolver, request);
		pthread_mutex_lock(&resolver->mutex);
		request->answered = true;
		if (request->abandoned)
			free_request(request);
		else
			pthread_cond_signal(&request->done);
	}
	pthread_mutex_unlock(&resolver->mutex);
}

/* Waits for the loop. With the mutex held. false: it did not come, and keeps the request if it is
 * at it. */
static bool
wait_for_loop(struct resolver *resolver, struct status_request *request)
{
	struct timespec until;
	int status = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ANSWER_TIME / 1000;
	while (!request->answered && status == 0)
		status = pthread_cond_timedwait(&request->done, &resolver->mutex, &until);
	if (request->answered)
		return true;
	if (!request->queued) {
		request->abandoned = true;
		return false;
	}
	TAILQ_REMOVE(&resolver->status_requests, request, link);
	free_request(request);
	return false;
}

static void
show_server(const struct server_row *row, resolver_server_visitor *visit, void *context)
{
	struct resolver_server server;

	server.directory = row->directory;
	server.uri = row->server.uri;
	server.down = row->server.down;
	server.rest_ms = row->server.rest_ms;
	server.links = row->server.links;
	server.searches = row->server.searches;
	snprintf(server.error, sizeof(server.error), "%s", row->server.error);
	visit(context, &server);
}

int
resolver_servers_each(
    struct resolver *resolver, resolver_server_visitor *visit, void *context, struct error *err)
{
	struct status_request *request = new_request();
	bool answered;
	int result = 0;
	size_t i;

	if (request == NULL)
		return error_no_memory(err);
	pthread_mutex_lock(&resolver->mutex);
	request->queued = true;
	TAILQ_INSERT_TAIL(&resolver->status_requests, request, link);
	event_active(resolver->wake, 0, 0);
	answered = wait_for_loop(resolver, request);
	pthread_mutex_unlock(&resolver->mutex);
	if (!answered)
		return error_set(err, ERROR_TEMPORARY,
		    "the resolver's loop did not answer within %d ms", ANSWER_TIME);
	if (request->no_memory)
		result = error_no_memory(err);
	for (i = 0; i < request->count && result == 0; i++)
		show_server(&request->rows[i], visit, context);
	free_request(request);
	return result;
}
