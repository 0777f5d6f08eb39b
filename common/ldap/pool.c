#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ldap/link.h"
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

/* In which order servers are thought of for a search: less is better. */
enum rank {
	RANK_WELL,       /* and has not failed this search */
	RANK_TRY,        /* down, but was left alone for long enough */
	RANK_WELL_AGAIN, /* has failed this search */
	RANK_TRY_AGAIN,
	RANK_COUNT,
	RANK_NONE = RANK_COUNT, /* it is left alone */
};

static enum rank
rank_of(const struct server *server, const struct pool_search *search)
{
	bool tried = (search->tried & (uint64_t)1 << server->index) != 0;

	if (server_rests(server))
		return RANK_NONE;
	if (tried)
		return server->down ? RANK_TRY_AGAIN : RANK_WELL_AGAIN;
	return server->down ? RANK_TRY : RANK_WELL;
}

/*
 * Finds a link for a search; NULL, and *waits says whether to wait for one. Servers that are listed
 * have an order: the search waits for the first while that is worth it. Where the load is spread it
 * waits for one only if no other has room.
 */
static struct link *
choose(struct pool *pool, const struct pool_search *search, bool *waits)
{
	bool spread = pool->directory->server_order == SERVER_ORDER_SPREAD;
	struct server *server;
	struct link *link;
	int rank;
	size_t i;

	*waits = false;
	for (rank = 0; rank < RANK_COUNT; rank++) {
		for (i = 0; i < pool->own_count; i++) {
			server = pool->servers[(i + (spread ? pool->turn : 0)) % pool->own_count];
			if ((int)rank_of(server, search) != rank)
				continue;
			switch (server_offer(server, &link)) {
			case SERVER_ROOM:
				pool->turn++;
				return link;
			case SERVER_SOON:
			case SERVER_FULL:
				*waits = true;
				if (!spread)
					return NULL;
				break;
			case SERVER_SLOW:
				*waits = true;
				break;
			case SERVER_RESTS:
				break;
			}
		}
	}
	return NULL;
}

/* Sends a search, or fails it if nobody is there to ask; false if it waits. */
static bool
place(struct pool *pool, struct pool_search *search)
{
	struct link *link;
	bool waits;

	do {
		link = choose(pool, search, &waits);
	} while (link != NULL && link_send(link, search) == LINK_BUSY);
	if (link == NULL && !waits)
		seek_fail(search, &pool->last);
	return link != NULL || !waits;
}

/* Those that may go to any server. */
static void
place_all(struct pool *pool)
{
	struct pool_search *search;
	struct pool_search *next;

	for (search = TAILQ_FIRST(&pool->waiting); search != NULL; search = next) {
		next = TAILQ_NEXT(search, entry);
		/* The others would wait for the same, unless this one avoids a server. */
		if (!place(pool, search) && search->tried == 0)
			break;
	}
}

/* Those that were referred to one server. */
static void
place_referred(struct server *server)
{
	struct pool_search *search;
	struct link *link;

	while ((search = TAILQ_FIRST(&server->waiting)) != NULL) {
		switch (server_offer(server, &link)) {
		case SERVER_ROOM:
			link_send(link, search);
			break;
		case SERVER_RESTS:
			seek_fail(search, &server->last);
			break;
		case SERVER_SOON:
		case SERVER_SLOW:
		case SERVER_FULL:
			return;
		}
	}
}

/* Tries again what was left alone for long enough, behind the back of searches: where no server is
 * well, they do it themselves. */
static void
probe_all(struct pool *pool)
{
	bool any_well = false;
	size_t i;

	for (i = 0; i < pool->own_count; i++)
		any_well |= !pool->servers[i]->down;
	for (i = 0; any_well && i < pool->own_count; i++)
		server_probe(pool->servers[i]);
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
	size_t i;

	probe_all(pool);
	place_all(pool);
	for (i = 0; i < pool->server_count; i++)
		place_referred(pool->servers[i]);
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
