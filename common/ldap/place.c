#include "ldap/place.h"

#include "ldap/link.h"
#include "ldap/seek.h"
#include "ldap/server.h"

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
				pool->turn = server->index + 1;
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

/* A search that only one connection will do for; false if it waits. */
static bool
place_bound(struct pool *pool, struct pool_search *search)
{
	struct error err = ERROR_INIT;
	struct link *link;
	size_t i;

	for (i = 0; i < pool->own_count; i++) {
		TAILQ_FOREACH(link, &pool->servers[i]->links, entry)
		{
			if (link->number == search->question.connection)
				return link_has_room(link) && link_send(link, search) != LINK_BUSY;
		}
	}
	error_set(&err, ERROR_TEMPORARY, "the connection that gave the page before is gone");
	seek_fail(search, &err);
	return true;
}

/* Sends a search, or fails it if nobody is there to ask; false if it waits. */
static bool
place(struct pool *pool, struct pool_search *search)
{
	struct link *link;
	bool waits;

	if (search->question.connection != 0)
		return place_bound(pool, search);
	do {
		link = choose(pool, search, &waits);
	} while (link != NULL && link_send(link, search) == LINK_BUSY);
	if (link == NULL && !waits)
		seek_fail(search, &pool->last);
	return link != NULL || !waits;
}

/* Those that may go to any server. */
static void
place_waiting(struct pool *pool)
{
	struct pool_search *search;
	struct pool_search *next;

	for (search = TAILQ_FIRST(&pool->waiting); search != NULL; search = next) {
		next = TAILQ_NEXT(search, entry);
		/* The others would wait for the same, unless this one is particular. */
		if (!place(pool, search) && search->tried == 0 && search->question.connection == 0)
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

/* Tries again what was left alone for long enough, whether or not anybody asks. */
static void
probe_all(struct pool *pool)
{
	size_t i;

	for (i = 0; i < pool->own_count; i++)
		server_probe(pool->servers[i]);
}

void
place_all(struct pool *pool)
{
	size_t i;

	probe_all(pool);
	/* These have waited before: first. */
	for (i = 0; i < pool->server_count; i++)
		place_referred(pool->servers[i]);
	place_waiting(pool);
}
