/* The resolver, for people: what is remembered, and how the servers are. Any thread. */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "directory/key.h"
#include "directory/resolver_private.h"

/* The loop answers at once unless it is stuck. Milliseconds. */
#define ANSWER_TIME 5000
/* Servers shown; no configuration has as many. */
#define SERVERS_MAX 1000

struct row {
	struct resolver_cached cached;
	char *key;
};

struct listing {
	struct row *rows;
	size_t count;
	size_t most;
	bool no_memory;
};

static size_t
values_of(const struct findings *findings)
{
	size_t count = 0;
	size_t i;

	for (i = 0; findings != NULL && i < findings->count; i++)
		count += findings->items[i].kind != FINDING_CA;
	return count;
}

static bool
take_entry(void *context, const struct cache_view *view)
{
	struct listing *listing = context;
	const struct findings_group *group = view->findings != NULL ? view->findings->group : NULL;
	struct row *row;

	if (listing->count == listing->most)
		return false;
	row = &listing->rows[listing->count];
	row->key = strdup(view->key);
	if (row->key == NULL) {
		listing->no_memory = true;
		return false;
	}
	row->cached.key = row->key;
	row->cached.values = values_of(view->findings);
	row->cached.members = group != NULL ? group->address_count + group->nameless_count : 0;
	row->cached.is_group = group != NULL;
	row->cached.bytes = view->bytes;
	row->cached.age_ms = view->age_ms;
	row->cached.left_ms = view->left_ms;
	row->cached.is_error = view->is_error;
	listing->count++;
	return true;
}

int
resolver_cache_each(struct resolver *resolver, size_t most, resolver_cache_visitor *visit,
    void *context, struct error *err)
{
	struct listing listing = {NULL, 0, 0, false};
	size_t i;

	pthread_mutex_lock(&resolver->mutex);
	listing.most = cache_entries(resolver->cache);
	if (listing.most > most)
		listing.most = most;
	listing.rows = calloc(listing.most + 1, sizeof(*listing.rows));
	if (listing.rows != NULL)
		cache_each(resolver->cache, clock_monotonic_ms(), take_entry, &listing);
	pthread_mutex_unlock(&resolver->mutex);
	for (i = 0; i < listing.count && !listing.no_memory; i++)
		visit(context, &listing.rows[i].cached);
	for (i = 0; i < listing.count; i++)
		free(listing.rows[i].key);
	free(listing.rows);
	return listing.rows != NULL && !listing.no_memory ? 0 : error_no_memory(err);
}

static bool
matches(const void *context, const char *key)
{
	return context == NULL || key_matches(key, context);
}

size_t
resolver_cache_flush(struct resolver *resolver, const struct address_pattern *pattern)
{
	size_t count;

	pthread_mutex_lock(&resolver->mutex);
	resolver->flushes++;
	count = cache_flush(resolver->cache, matches, pattern);
	pthread_mutex_unlock(&resolver->mutex);
	return count;
}

struct server_row {
	const char *directory;
	struct source_server server; /* uri and error are ours */
};

/* One who wants to know. With the mutex held, but for the rows: the loop's until answered. */
struct inspection {
	TAILQ_ENTRY(inspection) link;
	bool queued;
	bool answered;
	bool abandoned; /* the loop frees it */
	pthread_cond_t done;
	const char *directory; /* of the source that is describing */
	struct server_row *rows;
	size_t count;
	bool no_memory;
};

static struct inspection *
new_inspection(void)
{
	struct inspection *inspection = calloc(1, sizeof(*inspection));
	pthread_condattr_t monotonic;

	if (inspection == NULL)
		return NULL;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&inspection->done, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return inspection;
}

static void
free_texts(struct source_server *server)
{
	free((char *)server->uri);
	free((char *)server->error);
}

static void
free_inspection(struct inspection *inspection)
{
	size_t i;

	for (i = 0; i < inspection->count; i++)
		free_texts(&inspection->rows[i].server);
	free(inspection->rows);
	pthread_cond_destroy(&inspection->done);
	free(inspection);
}

static void
take_server(void *context, const struct source_server *server)
{
	struct inspection *inspection = context;
	struct source_server own = *server;
	struct server_row *rows = NULL;

	if (inspection->count == SERVERS_MAX || inspection->no_memory)
		return;
	own.uri = strdup(server->uri);
	own.error = strdup(server->error);
	if (own.uri != NULL && own.error != NULL)
		rows = array_grow(inspection->rows, inspection->count, sizeof(*rows), NULL);
	if (rows == NULL) {
		free_texts(&own);
		inspection->no_memory = true;
		return;
	}
	rows[inspection->count].directory = inspection->directory;
	rows[inspection->count].server = own;
	inspection->rows = rows;
	inspection->count++;
}

static void
describe_all(struct resolver *resolver, struct inspection *inspection)
{
	size_t i;

	for (i = 0; i < resolver->place_count; i++) {
		struct source *source = resolver->places[i].source;

		inspection->directory = source->title;
		if (source->operations->describe != NULL)
			source->operations->describe(source, take_server, inspection);
	}
}

void
inspection_answer_all(struct resolver *resolver)
{
	struct inspection *inspection;

	pthread_mutex_lock(&resolver->mutex);
	while ((inspection = TAILQ_FIRST(&resolver->inspections)) != NULL) {
		TAILQ_REMOVE(&resolver->inspections, inspection, link);
		inspection->queued = false;
		pthread_mutex_unlock(&resolver->mutex);
		describe_all(resolver, inspection);
		pthread_mutex_lock(&resolver->mutex);
		inspection->answered = true;
		if (inspection->abandoned)
			free_inspection(inspection);
		else
			pthread_cond_signal(&inspection->done);
	}
	pthread_mutex_unlock(&resolver->mutex);
}

/* Waits for the loop. With the mutex held. false: it did not come, and keeps the inspection if it
 * is at it. */
static bool
wait_for_loop(struct resolver *resolver, struct inspection *inspection)
{
	struct timespec until;
	int status = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ANSWER_TIME / 1000;
	while (!inspection->answered && status == 0)
		status = pthread_cond_timedwait(&inspection->done, &resolver->mutex, &until);
	if (inspection->answered)
		return true;
	if (!inspection->queued) {
		inspection->abandoned = true;
		return false;
	}
	TAILQ_REMOVE(&resolver->inspections, inspection, link);
	free_inspection(inspection);
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
	struct inspection *inspection = new_inspection();
	bool answered;
	int result = 0;
	size_t i;

	if (inspection == NULL)
		return error_no_memory(err);
	pthread_mutex_lock(&resolver->mutex);
	inspection->queued = true;
	TAILQ_INSERT_TAIL(&resolver->inspections, inspection, link);
	event_active(resolver->wake, 0, 0);
	answered = wait_for_loop(resolver, inspection);
	pthread_mutex_unlock(&resolver->mutex);
	if (!answered)
		return error_set(err, ERROR_TEMPORARY,
		    "the resolver's loop did not answer within %d ms", ANSWER_TIME);
	if (inspection->no_memory)
		result = error_no_memory(err);
	for (i = 0; i < inspection->count && result == 0; i++)
		show_server(&inspection->rows[i], visit, context);
	free_inspection(inspection);
	return result;
}
