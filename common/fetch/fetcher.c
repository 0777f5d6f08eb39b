#include <event2/event.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/clock.h"
#include "fetch/fetch_private.h"

/* Flights that are looked through for one that may begin. */
struct look {
	struct fetcher *fetcher;
	int64_t now_ms;
	int64_t wait_ms; /* after which it is worth looking again; -1: none */
};

/* Whether a flight may begin; then it is counted with its host. */
static bool
may_begin(void *context, struct turn *turn)
{
	struct look *look = context;
	struct fetcher *fetcher = look->fetcher;
	struct flight *flight =
	    (struct flight *)(void *)((char *)turn - offsetof(struct flight, turn));
	const char *place = flight->url.place;
	size_t most = fetch_is_silent(fetcher, place) ? FETCH_PROBES_MAX : FETCH_HOST_RUNNING_MAX;
	int64_t wait;

	if (!flight->url.numeric && !turns_may_run(fetcher->lookup_turns, turns_owner_name(turn)))
		return false;
	wait = pace_begin(fetcher->pace, place, most, look->now_ms);
	if (wait > 0 && (look->wait_ms < 0 || wait < look->wait_ms))
		look->wait_ms = wait;
	return wait == 0;
}

static void
on_turn(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct fetcher *fetcher = context;
	struct look look = {fetcher, clock_monotonic_ms(), -1};
	struct turn *turn;
	struct timeval time;

	while ((turn = turns_next(fetcher->turns, may_begin, &look)) != NULL)
		flight_begin(
		    (struct flight *)(void *)((char *)turn - offsetof(struct flight, turn)));
	if (look.wait_ms < 0)
		return;
	time = clock_timeval(look.wait_ms);
	event_add(fetcher->turn, &time);
}

struct fetcher *
fetcher_new(struct config *config, struct event_base *base, struct error *err)
{
	static const struct pace_limits limits = {
	    FETCH_HOST_STARTS_MAX, FETCH_HOST_PERIOD, FETCH_HOSTS_MAX};
	static const struct turns_limits flights = {FETCH_RUNNING_MAX, FETCH_FLIGHTS_MAX};
	static const struct turns_limits lookups = {FETCH_LOOKUPS_MAX, 0};
	struct fetcher *fetcher;

	fetcher = calloc(1, sizeof(*fetcher));
	if (fetcher == NULL) {
		error_no_memory(err);
		return NULL;
	}
	TAILQ_INIT(&fetcher->flights);
	TAILQ_INIT(&fetcher->lookups);
	fetcher->config = config_ref(config);
	fetcher->base = base;
	fetcher->turn = event_new(base, -1, 0, on_turn, fetcher);
	if (fetcher->turn == NULL) {
		error_no_memory(err);
		goto fail;
	}
	fetcher->transfers = transfer_loop_new(base, err);
	if (fetcher->transfers == NULL)
		goto fail;
	fetcher->failures = failures_new(FETCH_FAILURES_MAX, config->fetch_retry, err);
	if (fetcher->failures == NULL)
		goto fail;
	fetcher->silent = failures_new(FETCH_SILENT_MAX, config->fetch_retry, err);
	if (fetcher->silent == NULL)
		goto fail;
	fetcher->pace = pace_new(&limits, err);
	if (fetcher->pace == NULL)
		goto fail;
	fetcher->turns = turns_new(&flights, err);
	if (fetcher->turns == NULL)
		goto fail;
	fetcher->lookup_turns = turns_new(&lookups, err);
	if (fetcher->lookup_turns == NULL)
		goto fail;
	return fetcher;
fail:
	fetcher_free(fetcher);
	return NULL;
}

void
fetcher_free(struct fetcher *fetcher)
{
	struct flight *flight;

	if (fetcher == NULL)
		return;
	while ((flight = TAILQ_FIRST(&fetcher->flights)) != NULL) {
		while (!TAILQ_EMPTY(&flight->askers))
			fetch_detach(TAILQ_FIRST(&flight->askers));
		flight_drop(flight);
	}
	host_lookup_free_all(fetcher);
	turns_free(fetcher->turns);
	turns_free(fetcher->lookup_turns);
	transfer_loop_free(fetcher->transfers);
	failures_free(fetcher->failures);
	failures_free(fetcher->silent);
	pace_free(fetcher->pace);
	if (fetcher->turn != NULL)
		event_free(fetcher->turn);
	config_unref(fetcher->config);
	free(fetcher);
}

void
fetcher_statistics(const struct fetcher *fetcher, struct fetch_statistics *statistics)
{
	statistics->running = turns_running(fetcher->turns);
	statistics->waiting = turns_waiting(fetcher->turns);
	statistics->requests = fetcher->requests;
	statistics->failures = failures_count(fetcher->failures);
	statistics->silent = failures_count(fetcher->silent);
	statistics->lookups = turns_running(fetcher->lookup_turns);
}
