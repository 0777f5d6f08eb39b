#include "ldap/server.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/log.h"
#include "ldap/attempt.h"
#include "ldap/link.h"
#include "ldap/referral.h"
#include "ldap/seek.h"

/* A rest is shorter by up to a tenth, by chance: several daemons don't come back as one. */
#define REST_JITTER 10
/* One that refused our password is not given it again sooner, in milliseconds: ten wrong ones within
 * some minutes, say, lock an account in Active Directory, and there are several servers to try. */
#define REFUSED_REST 600000

static void
arm(struct server *server, int64_t ms)
{
	struct timeval time = clock_timeval(ms);

	server->due_ms = clock_monotonic_ms() + ms;
	event_add(server->timer, &time);
}

/* libevent counts from when it came round last, by a coarse clock: whoever looks too early finds that it
 * is not time yet, and nobody would look again. */
static void
on_timer(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct server *server = context;
	int64_t left = server->due_ms - clock_monotonic_ms();

	if (left > 0)
		arm(server, left);
	else
		pool_wake(server->pool);
}

struct server *
server_new(struct pool *pool, const char *uri, struct error *err)
{
	struct server *server;

	server = calloc(1, sizeof(*server));
	if (server == NULL) {
		error_no_memory(err);
		return NULL;
	}
	TAILQ_INIT(&server->links);
	TAILQ_INIT(&server->waiting);
	server->pool = pool;
	server->index = pool->server_count;
	server->uri = uri;
	referral_place(uri, &server->host, &server->port);
	server->timer = event_new(pool->base, -1, 0, on_timer, server);
	if (server->timer == NULL) {
		error_no_memory(err);
		server_free(server);
		return NULL;
	}
	return server;
}

static void
close_links(struct server *server, const struct error *why)
{
	struct link *link;

	while ((link = TAILQ_FIRST(&server->links)) != NULL)
		link_close(link, why);
}

void
server_free(struct server *server)
{
	attempt_cancel(server->attempt);
	close_links(server, NULL);
	if (server->timer != NULL)
		event_free(server->timer);
	free(server->host);
	free(server);
}

bool
server_rests(const struct server *server)
{
	return clock_monotonic_ms() < server->rest_until_ms;
}

/* How long it is left alone after so many failures, the last one included. */
static int64_t
rest_time(const struct server *server, unsigned int failures, const struct error *why)
{
	const struct config_directory *directory = server->pool->directory;
	int64_t time = directory->retry_interval;
	unsigned int chance = 0;
	unsigned int i;

	for (i = 1; i < failures && time < directory->retry_interval_max; i++)
		time *= 2;
	if (time > directory->retry_interval_max && directory->retry_interval_max > 0)
		time = directory->retry_interval_max;
	if (why->code == ERROR_REFUSED && time < REFUSED_REST)
		time = REFUSED_REST;
	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) < 0)
		chance = 0;
	return time - (int64_t)(chance % 1000) * time / (1000 * REST_JITTER);
}

/* Leaves it alone for a while. */
static void
fail(struct server *server, const struct error *why)
{
	struct pool *pool = server->pool;
	int64_t now = clock_monotonic_ms();
	int64_t time;

	if (!server->down && now - server->back_ms >= pool->directory->retry_interval_max)
		server->failures = 0;
	/* Once for each change: the same failure again is not news. */
	if (!server->down || strcmp(server->last.text, why->text) != 0)
		log_warning("%s: %s", pool->name, why->text);
	server->down = true;
	server->refused = why->code == ERROR_REFUSED;
	server->last = *why;
	server->last.code = ERROR_TEMPORARY;
	if (server->index < pool->own_count)
		pool->last = server->last;
	server->failures++;
	time = rest_time(server, server->failures, why);
	server->rest_until_ms = now + time;
	arm(server, time);
	close_links(server, &server->last);
	pool_wake(pool);
}

void
server_heard(struct server *server, bool to_search)
{
	server->heard++;
	if (to_search)
		server->failures = 0;
	if (!server->down)
		return;
	server->down = false;
	server->back_ms = clock_monotonic_ms();
	server->rest_until_ms = 0;
	server->known = true;
	log_info("%s: %s is back", server->pool->name, server->uri);
	pool_wake(server->pool);
}

/* Whether searches can go elsewhere, where they are likely to be answered. */
static bool
has_others(const struct server *server)
{
	const struct pool *pool = server->pool;
	size_t i;

	for (i = 0; i < pool->own_count; i++) {
		if (i != server->index && !pool->servers[i]->down)
			return server->index < pool->own_count;
	}
	return false;
}

/* No connection more than there are, for a while. */
static void
stop_growing(struct server *server, const struct error *why)
{
	int64_t time = rest_time(server, 1, why);

	if (!server->confined)
		log_info("%s: no further connection: %s", server->pool->name, why->text);
	server->confined = true;
	server->grow_ms = clock_monotonic_ms() + time;
	arm(server, time);
}

/* An idle connection's end is nobody's news; what was under way tells whether it was too much (the
 * setting searches). */
static void
log_lost(const struct link *link, const struct error *why)
{
	const char *name = link->server->pool->name;

	if (link->count > 0)
		log_info("%s: %s; searches that begin again: %zu", name, why->text, link->count);
	else
		log_debug("%s: %s", name, why->text);
}

void
server_lost(struct link *link, const struct error *why, bool silent)
{
	struct server *server = link->server;
	bool worked = link_has_worked(link);

	if (silent && worked && !has_others(server)) {
		/* It may only be the connections: a firewall forgets them. */
		log_lost(link, why);
		close_links(server, why);
	} else if (silent) {
		fail(server, why);
	} else if (worked) {
		log_lost(link, why);
		link_close(link, why);
	} else if (server->link_count > 1) {
		stop_growing(server, why);
		link_close(link, why);
	} else {
		fail(server, why);
	}
	pool_wake(server->pool);
}

/* The first time: some servers end each connection soon. One that was down is told of once it has
 * said something: it is back. */
static void
log_connected(struct server *server)
{
	if (server->down)
		return;
	if (server->known)
		log_debug("%s: connected to %s", server->pool->name, server->uri);
	else
		log_info("%s: connected to %s", server->pool->name, server->uri);
	server->known = true;
}

/* The attempt's end, or that it is late. */
static void
on_ready(void *context, LDAP *ld, const struct error *why, bool over)
{
	struct server *server = context;
	struct error err = *why;

	if (over)
		server->attempt = NULL;
	pool_wake(server->pool);
	if (!server->connecting)
		return; /* it was late, and is over now */
	server->connecting = false;
	if (ld != NULL && link_new(server, ld, &err) == 0) {
		log_connected(server);
		return;
	}
	if (ld != NULL)
		ldap_unbind_ext(ld, NULL, NULL);
	if (server->link_count > 0)
		stop_growing(server, &err);
	else
		fail(server, &err);
}

static void
begin_connect(struct server *server)
{
	struct pool *pool = server->pool;
	struct error err = ERROR_INIT;

	if (server->attempt != NULL)
		error_set(&err, ERROR_TEMPORARY, "%s: the last host name look-up has not ended yet",
		    server->uri);
	else
		server->attempt = attempt_start(pool->base, pool->workers, pool->directory,
		    server->uri, on_ready, server, &err);
	if (err.code != ERROR_NONE) {
		if (server->link_count > 0)
			stop_growing(server, &err);
		else
			fail(server, &err);
		return;
	}
	server->connecting = true;
	server->connect_ms = clock_monotonic_ms();
	arm(server, SERVER_HEAD_START);
}

void
server_probe(struct server *server)
{
	/* A wrong password is tried for a search only: nobody's mail is worth a locked account. */
	if (server->refused && server->pool->count == 0)
		return;
	if (server->down && !server_rests(server) && !server->connecting && server->link_count == 0)
		begin_connect(server);
}

static struct link *
find_room(const struct server *server)
{
	struct link *link;
	struct link *best = NULL;

	TAILQ_FOREACH(link, &server->links, entry)
	{
		if (link_has_room(link) && (best == NULL || link->count < best->count))
			best = link;
	}
	return best;
}

enum server_offer
server_offer(struct server *server, struct link **link)
{
	const struct config_directory *directory = server->pool->directory;
	int64_t now = clock_monotonic_ms();

	*link = find_room(server);
	if (*link != NULL)
		return SERVER_ROOM;
	if (server_rests(server))
		return SERVER_RESTS;
	if (!server->connecting && server->link_count < (size_t)directory->connections &&
	    (server->link_count == 0 || now >= server->grow_ms))
		begin_connect(server);
	if (server->link_count > 0)
		return SERVER_FULL;
	if (!server->connecting)
		return server_rests(server) ? SERVER_RESTS : SERVER_FULL;
	return now - server->connect_ms >= SERVER_HEAD_START ? SERVER_SLOW : SERVER_SOON;
}
