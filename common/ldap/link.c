#include "ldap/link.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "ldap/answer.h"
#include "ldap/handle.h"
#include "ldap/seek.h"
#include "ldap/server.h"

/* Messages taken in one turn of the loop, and the time for that, milliseconds; the rest waits for the
 * next. */
#define MESSAGES_MAX 200
#define TURN_MS 20

void
link_lose(struct link *link, const char *why)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_TEMPORARY, "%s: %s", link->server->uri, why);
	server_lost(link, &err, false);
}

static struct pool_search *
find_search(struct link *link, int id)
{
	struct pool_search *search;

	TAILQ_FOREACH(search, &link->searches, entry)
	{
		if (search->id == id)
			return search;
	}
	return NULL; /* abandoned meanwhile, or the greeting */
}

/* Takes one message. false: the connection was lost over it. */
static bool
take_message(struct link *link, int type, LDAPMessage *message)
{
	struct pool_search *search;

	if (type == LDAP_RES_EXTENDED && ldap_msgid(message) == 0) {
		link_lose(link, "the server ended the connection"); /* RFC 4511 section 4.4.1 */
		return false;
	}
	search = find_search(link, ldap_msgid(message));
	link->heard++;
	link->heard_ms = clock_monotonic_ms();
	server_heard(link->server, search != NULL);
	if (search != NULL)
		answer_take(search, type, message);
	return true;
}

/* Takes what has come, and has libldap write what the socket did not take before. */
static void
drain(struct link *link)
{
	struct pool *pool = link->server->pool;
	int64_t until_ms = clock_monotonic_ms() + TURN_MS;
	struct timeval at_once = {0, 0};
	LDAPMessage *message;
	bool more = true;
	int taken;
	int type;

	for (taken = 0; taken < MESSAGES_MAX && more; taken++) {
		message = NULL;
		type = ldap_result(link->ld, LDAP_RES_ANY, LDAP_MSG_ONE, &at_once, &message);
		/* libldap hands out what it doesn't know as well: by a tag that is 0, or below it. */
		if (type < 0 || (type == 0 && message != NULL)) {
			link_lose(link, message != NULL ? "what the server sends is not LDAP"
							: "the connection was lost");
			ldap_msgfree(message);
			return;
		}
		if (type == 0)
			break;
		more = take_message(link, type, message);
		ldap_msgfree(message);
		if (!more)
			return;
		more = clock_monotonic_ms() < until_ms;
	}
	/* A timer, not event_active(): others have their turn between. */
	if (taken == MESSAGES_MAX || !more)
		event_add(link->more, &at_once);
	pool_wake(pool);
}

static void
on_readable(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct link *link = context;

	link->given_ms = clock_monotonic_ms();
	drain(link);
}

static void
on_more(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	drain(context);
}

static void
on_writable(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct link *link = context;

	link->clogged = false;
	drain(link);
}

static void
arm(struct link *link, int64_t left_ms)
{
	struct timeval time = clock_timeval(left_ms);

	event_add(link->timer, &time);
}

/* The greeting was not answered, or the link was idle for long. The time begins anew with each use,
 * but for that the timer is not touched. */
static void
on_timer(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct link *link = context;
	const struct config_directory *directory = link->server->pool->directory;
	int64_t left = link->idle_ms + directory->idle_timeout - clock_monotonic_ms();
	struct error err = ERROR_INIT;

	if (link->server->down) {
		error_set(&err, ERROR_TEMPORARY, "%s: no answer in time", link->server->uri);
		server_lost(link, &err, true);
		return;
	}
	if (directory->idle_timeout <= 0)
		return;
	if (link->count == 0 && left <= 0) {
		log_debug("%s: a connection to %s is not needed any more", link->server->pool->name,
		    link->server->uri);
		link_close(link, NULL);
		return;
	}
	arm(link, link->count == 0 ? left : directory->idle_timeout);
}

/* A server that has failed must give a message before it is well. Any answer will do (RFC 4512
 * section 5.1: the root DSE). */
static void
greet(struct link *link)
{
	static char nothing[] = LDAP_NO_ATTRS;
	char *attributes[] = {nothing, NULL};
	int id;

	/* Where it can't even be sent, no answer comes. */
	(void)ldap_search_ext(link->ld, "", LDAP_SCOPE_BASE, "(objectClass=*)", attributes, 0, NULL,
	    NULL, NULL, 1, &id);
	link->used = true;
	event_add(link->writable, NULL);
	arm(link, link->server->pool->directory->search_timeout);
}

static void
free_link(struct link *link, bool with_handle)
{
	if (link->readable != NULL)
		event_free(link->readable);
	if (link->writable != NULL)
		event_free(link->writable);
	if (link->timer != NULL)
		event_free(link->timer);
	if (link->more != NULL)
		event_free(link->more);
	if (with_handle)
		ldap_unbind_ext(link->ld, NULL, NULL);
	free(link);
}

/* Whether all that comes from there comes from there. */
static bool
is_authenticated(const struct server *server)
{
	LDAPURLDesc *url = NULL;
	bool result;

	if (ldap_url_parse(server->uri, &url) != LDAP_URL_SUCCESS)
		return false;
	result =
	    strcmp(url->lud_scheme, "ldapi") == 0 || handle_needs_tls(server->pool->directory, url);
	ldap_free_urldesc(url);
	return result;
}

int
link_new(struct server *server, LDAP *ld, struct error *err)
{
	struct pool *pool = server->pool;
	ber_socket_t fd = -1;
	struct link *link;

	link = calloc(1, sizeof(*link));
	if (link == NULL)
		return error_no_memory(err);
	TAILQ_INIT(&link->searches);
	link->server = server;
	link->number = ++pool->links;
	link->ld = ld;
	link->authenticated = is_authenticated(server);
	link->made_ms = clock_monotonic_ms();
	link->idle_ms = link->made_ms;
	ldap_get_option(ld, LDAP_OPT_DESC, &fd);
	link->readable = event_new(pool->base, fd, EV_READ | EV_PERSIST, on_readable, link);
	link->writable = event_new(pool->base, fd, EV_WRITE, on_writable, link);
	link->timer = event_new(pool->base, -1, 0, on_timer, link);
	link->more = event_new(pool->base, -1, 0, on_more, link);
	if (link->readable == NULL || link->writable == NULL || link->timer == NULL ||
	    link->more == NULL || event_add(link->readable, NULL) != 0) {
		free_link(link, false);
		return error_no_memory(err);
	}
	TAILQ_INSERT_TAIL(&server->links, link, entry);
	server->link_count++;
	if (server->down)
		greet(link);
	else if (pool->directory->idle_timeout > 0)
		arm(link, pool->directory->idle_timeout);
	return 0;
}

bool
link_has_room(const struct link *link)
{
	return !link->clogged && link->count < (size_t)link->server->pool->directory->searches;
}

bool
link_has_worked(const struct link *link)
{
	/* One that was never used may be closed by a server that ends idle ones. */
	return link->heard > 0 ||
	       (!link->used && clock_monotonic_ms() - link->made_ms >=
				   link->server->pool->directory->retry_interval);
}

void
link_abandon(struct link *link, const struct pool_search *search)
{
	/* Part of a request may wait for the socket: libldap would write into the middle of it, and
	 * the server read nonsense. */
	if (!event_pending(link->writable, EV_WRITE, NULL))
		ldap_abandon_ext(link->ld, search->id, NULL, NULL);
}

void
link_close(struct link *link, const struct error *why)
{
	struct server *server = link->server;
	struct pool_search *search;

	TAILQ_REMOVE(&server->links, link, entry);
	server->link_count--;
	while ((search = TAILQ_FIRST(&link->searches)) != NULL)
		seek_restart(search, server, why);
	free_link(link, true);
}
