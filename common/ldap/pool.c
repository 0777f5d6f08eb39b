#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ldap/link.h"
#include "ldap/place.h"
#include "ldap/pool_private.h"
#include "ldap/seek.h"
#include "ldap/server.h"

void
pool_wake(struct pool *pool)
{
	event_active(pool->pump, 0, 0);
}

static bool
all_rest(const struct pool *pool)
{
	size_t i;

	for (i = 0; i < pool->own_count; i++) {
		if (!server_rests(pool->servers[i]))
			return false;
	}
	return true;
}

/* Tells those that have failed; what they start in turn only waits. */
static void
tell_ended(struct pool *pool)
{
	struct pool_search *search;

	while ((search = TAILQ_FIRST(&pool->ended)) != NULL)
		seek_done(search, POOL_FAILED, &search->error);
}

static void
on_pump(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct pool *pool = context;

	place_all(pool);
	tell_ended(pool);
}

static struct server *
find_server(const struct pool *pool, const char *uri)
{
	size_t i;

	for (i = 0; i < pool->server_count; i++) {
		if (strcmp(pool->servers[i]->uri, uri) == 0)
			return pool->servers[i];
	}
	return NULL;
}

/* A server that stands in both lists is one server. */
static int
add_servers(struct pool *pool, const struct strings *uris, bool for_referrals, struct error *err)
{
	struct server *server;
	size_t i;

	for (i = 0; i < uris->count; i++) {
		server = find_server(pool, uris->items[i]);
		if (server == NULL && pool->server_count == POOL_SERVERS_MAX)
			return error_set(err, ERROR_LIMIT,
			    "more than %d servers in uri and referrals", POOL_SERVERS_MAX);
		if (server == NULL) {
			server = server_new(pool, uris->items[i], err);
			if (server == NULL)
				return -1;
			pool->servers[pool->server_count++] = server;
		}
		server->is_listed = server->is_listed || for_referrals;
	}
	return 0;
}

struct pool *
pool_new(const struct config_directory *directory, struct event_base *base,
    struct worker_pool *workers, struct error *err)
{
	struct pool *pool;

	pool = calloc(1, sizeof(*pool));
	if (pool == NULL) {
		error_no_memory(err);
		return NULL;
	}
	TAILQ_INIT(&pool->waiting);
	TAILQ_INIT(&pool->ended);
	pool->directory = directory;
	pool->base = base;
	pool->workers = workers;
	pool->pump = event_new(base, -1, 0, on_pump, pool);
	pool->servers = calloc(POOL_SERVERS_MAX, sizeof(*pool->servers));
	if (pool->pump == NULL || pool->servers == NULL) {
		error_no_memory(err);
		goto fail;
	}
	error_set(&pool->last, ERROR_PERMANENT, "no server is configured");
	if (add_servers(pool, &directory->uri, false, err) != 0)
		goto fail;
	pool->own_count = pool->server_count;
	if (add_servers(pool, &directory->referrals, true, err) != 0)
		goto fail;
	return pool;
fail:
	pool_free(pool);
	return NULL;
}

void
pool_free(struct pool *pool)
{
	if (pool == NULL)
		return;
	while (pool->server_count > 0)
		server_free(pool->servers[--pool->server_count]);
	if (pool->pump != NULL)
		event_free(pool->pump);
	free(pool->servers);
	free(pool);
}

struct pool_search *
pool_search_start(struct pool *pool, const struct pool_question *question,
    const struct pool_events *events, void *context, struct error *err)
{
	struct pool_search *search;

	if (all_rest(pool)) {
		*err = pool->last;
		return NULL;
	}
	if (pool->count >= POOL_SEARCHES_MAX) {
		error_set(err, ERROR_TEMPORARY, "more than %d searches wait for the directory",
		    POOL_SEARCHES_MAX);
		return NULL;
	}
	search = seek_new(pool, question, events, context, err);
	if (search == NULL)
		return NULL;
	seek_arm(search, question->deadline_ms);
	seek_move(search, &pool->waiting, false);
	pool_wake(pool);
	return search;
}

void
pool_search_cancel(struct pool_search *search)
{
	struct pool *pool = search->pool;

	if (search->link != NULL)
		link_abandon(search->link, search);
	seek_free(search);
	pool_wake(pool);
}

size_t
pool_server_count(const struct pool *pool)
{
	return pool->server_count;
}

void
pool_server_state(const struct pool *pool, size_t index, struct pool_server_state *state)
{
	const struct server *server = pool->servers[index];
	int64_t rest = server->rest_until_ms - clock_monotonic_ms();
	const struct link *link;

	state->uri = server->uri;
	state->down = server->down;
	state->rest_ms = rest > 0 ? rest : 0;
	state->links = server->link_count;
	state->searches = 0;
	TAILQ_FOREACH(link, &server->links, entry)
	state->searches += link->count;
	snprintf(state->error, sizeof(state->error), "%.*s", (int)sizeof(state->error) - 1,
	    server->down ? server->last.text : "");
}
