#include "ldap/seek.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ldap/link.h"
#include "ldap/server.h"

static void on_late(evutil_socket_t fd, short what, void *context);

static void
free_legs(struct pool_search *search, size_t keep)
{
	while (search->leg_count > keep) {
		search->leg_count--;
		free(search->legs[search->leg_count].base);
		free(search->legs[search->leg_count].filter);
	}
}

struct pool_search *
seek_new(struct pool *pool, const struct pool_question *question, const struct pool_events *events,
    void *context, struct error *err)
{
	struct pool_search *search;

	search = calloc(1, sizeof(*search));
	if (search == NULL) {
		error_no_memory(err);
		return NULL;
	}
	pool->count++;
	search->pool = pool;
	search->question = *question;
	search->events = events;
	search->context = context;
	search->timer = event_new(pool->base, -1, 0, on_late, search);
	search->legs = calloc(1, sizeof(*search->legs));
	if (search->timer == NULL || search->legs == NULL)
		goto fail;
	search->leg_count = 1;
	search->legs[0].base = strdup(question->base != NULL ? question->base : "");
	search->legs[0].filter = strdup(question->filter);
	search->legs[0].scope = question->scope;
	if (search->legs[0].base == NULL || search->legs[0].filter == NULL)
		goto fail;
	return search;
fail:
	error_no_memory(err);
	seek_free(search);
	return NULL;
}

void
seek_free(struct pool_search *search)
{
	seek_move(search, NULL, false);
	search->pool->count--;
	if (search->timer != NULL)
		event_free(search->timer);
	ldap_controls_free(search->answer_controls);
	free_legs(search, 0);
	free(search->legs);
	free(search);
}

void
seek_move(struct pool_search *search, struct search_list *list, bool first)
{
	if (search->link != NULL) {
		search->link->count--;
		search->link->idle_ms = clock_monotonic_ms();
	}
	search->link = NULL;
	if (search->list != NULL)
		TAILQ_REMOVE(search->list, search, entry);
	search->list = list;
	if (list != NULL && first)
		TAILQ_INSERT_HEAD(list, search, entry);
	else if (list != NULL)
		TAILQ_INSERT_TAIL(list, search, entry);
}

void
seek_arm(struct pool_search *search, int64_t until_ms)
{
	struct timeval time = clock_timeval(until_ms - clock_monotonic_ms());

	search->due_ms = until_ms;
	event_add(search->timer, &time);
}

void
seek_done(struct pool_search *search, enum pool_outcome outcome, const struct error *err)
{
	const struct pool_events *events = search->events;
	void *context = search->context;
	struct error why = ERROR_INIT;
	struct pool_result result = {.outcome = outcome, .authenticated = search->authenticated};

	if (err != NULL) {
		why = *err;
		result.error = &why;
	}
	result.code = search->code;
	if (search->answered != 0)
		result.server = search->legs[0].server->uri;
	result.connection = search->answered;
	result.controls = search->answer_controls;
	search->answer_controls = NULL;
	pool_wake(search->pool);
	seek_free(search);
	events->done(context, &result);
	ldap_controls_free(result.controls);
}

void
seek_fail(struct pool_search *search, const struct error *why)
{
	search->error = *why;
	event_del(search->timer);
	seek_move(search, &search->pool->ended, false);
	pool_wake(search->pool);
}

void
seek_restart(struct pool_search *search, const struct server *server, const struct error *why)
{
	search->tried |= (uint64_t)1 << server->index;
	if (search->question.connection != 0 || search->restarts > search->pool->own_count ||
	    search->question.deadline_ms - clock_monotonic_ms() < POOL_RESTART_TIME_MIN) {
		seek_fail(search, why);
		return;
	}
	search->restarts++;
	free_legs(search, 1);
	search->leg = 0;
	search->answered = 0;
	ldap_controls_free(search->answer_controls);
	search->answer_controls = NULL;
	seek_move(search, &search->pool->waiting, true);
	seek_arm(search, search->question.deadline_ms);
	pool_wake(search->pool);
}

/* Whether there is a server that has not failed the search, nor is failing it now. */
static bool
has_elsewhere(const struct pool_search *search)
{
	const struct pool *pool = search->pool;
	uint64_t tried = search->tried | (uint64_t)1 << search->link->server->index;
	size_t i;

	for (i = 0; search->question.connection == 0 && i < pool->own_count; i++) {
		if ((tried & (uint64_t)1 << i) == 0 && !server_rests(pool->servers[i]))
			return true;
	}
	return false;
}

bool
seek_elsewhere(struct pool_search *search, const struct error *why)
{
	if (!has_elsewhere(search))
		return false;
	seek_restart(search, search->link->server, why);
	return true;
}

/* Until when the search's connection must give something, or it is dead. */
static int64_t
alive_until(const struct pool_search *search)
{
	const struct link *link = search->link;
	int64_t since = search->question.large ? link->given_ms : link->heard_ms;

	if (since < search->sent_ms)
		since = search->sent_ms;
	return since + search->pool->directory->search_timeout;
}

/*
 * Whether a search that is late is looked at again, when its connection would be dead. Something came
 * since it was sent: of a large answer that is enough. Else the server is only slow, or the connection
 * died soon after, which a search can be saved from that has time to begin again.
 */
static bool
wait_on(struct pool_search *search)
{
	int64_t deadline_ms = search->question.deadline_ms;
	int64_t until_ms = alive_until(search);

	if (!search->question.large &&
	    (search->waits_on || search->question.connection != 0 || has_elsewhere(search) ||
		until_ms > deadline_ms - POOL_RESTART_TIME_MIN))
		return false;
	search->waits_on = true;
	seek_arm(search, until_ms < deadline_ms ? until_ms : deadline_ms);
	return true;
}

/* Too late for the answer of one server, or altogether. */
static void
on_late(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct pool_search *search = context;
	struct link *link = search->link;
	int64_t now = clock_monotonic_ms();
	struct error err = ERROR_INIT;
	bool is_over = now >= search->question.deadline_ms;
	bool gave;

	if (now < search->due_ms) { /* libevent's clock is a coarse one */
		seek_arm(search, search->due_ms);
		return;
	}
	if (link == NULL) {
		error_set(&err, ERROR_TEMPORARY, "the question could not be put in time");
		seek_done(search, POOL_FAILED, &err);
		return;
	}
	if (now >= alive_until(search)) {
		/* Part of a large answer came: so far the connection worked, and the server was there. */
		gave = search->question.large && link->given_ms > search->sent_ms;
		link->heard += gave;
		error_set(&err, ERROR_TEMPORARY, "%s: no answer in time", link->server->uri);
		server_lost(link, &err, !gave && link->server->heard == search->heard_server);
		return;
	}
	if (!is_over && wait_on(search))
		return;
	error_set(&err, ERROR_TEMPORARY, "%s: the search did not end in time", link->server->uri);
	link_abandon(link, search);
	if (is_over || !seek_elsewhere(search, &err))
		seek_done(search, POOL_FAILED, &err);
}

void
seek_next_leg(struct pool_search *search)
{
	search->leg++;
	seek_move(search, &search->legs[search->leg].server->waiting, false);
	seek_arm(search, search->question.deadline_ms);
	pool_wake(search->pool);
}
