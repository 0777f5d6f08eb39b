#include <event2/event.h>
#include <stdlib.h>

#include "base/clock.h"
#include "fetch/fetch_private.h"

/* The first flight whose turn it is, counted with its host; or NULL, and *wait_ms (-1: none) after
 * which it is worth looking again. */
static struct flight *
next_flight(struct fetcher *fetcher, int64_t *wait_ms)
{
	int64_t now = clock_monotonic_ms();
	struct flight *flight;
	int64_t wait;

	*wait_ms = -1;
	if (fetcher->running >= FETCH_RUNNING_MAX)
		return NULL;
	TAILQ_FOREACH(flight, &fetcher->flights, link)
	{
		if (flight->state != FLIGHT_WAITING)
			continue;
		wait = pace_begin(fetcher->pace, flight->url.place, now);
		if (wait == 0)
			return flight;
		if (wait > 0 && (*wait_ms < 0 || wait < *wait_ms))
			*wait_ms = wait;
	}
	return NULL;
}

static void
on_turn(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct fetcher *fetcher = context;
	struct flight *flight;
	struct timeval time;
	int64_t wait;

	/* Each answer may change the list: from its front again. */
	while ((flight = next_flight(fetcher, &wait)) != NULL)
		flight_begin(flight);
	if (wait < 0)
		return;
	time.tv_sec = (time_t)(wait / 1000);
	time.tv_usec = (suseconds_t)(wait % 1000) * 1000;
	event_add(fetcher->turn, &time);
}

struct fetcher *
fetcher_new(struct config *config, struct event_base *base, struct error *err)
{
	static const struct pace_limits limits = {
	    FETCH_HOST_RUNNING_MAX, FETCH_HOST_STARTS_MAX, FETCH_HOST_PERIOD, FETCH_HOSTS_MAX};
	struct fetcher *fetcher;

	fetcher = calloc(1, sizeof(*fetcher));
	if (fetcher == NULL) {
		error_no_memory(err);
		return NULL;
	}
	TAILQ_INIT(&fetcher->flights);
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
	fetcher->pace = pace_new(&limits, err);
	if (fetcher->pace == NULL)
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
	transfer_loop_free(fetcher->transfers);
	failures_free(fetcher->failures);
	pace_free(fetcher->pace);
	if (fetcher->turn != NULL)
		event_free(fetcher->turn);
	config_unref(fetcher->config);
	free(fetcher);
}

void
fetcher_statistics(const struct fetcher *fetcher, struct fetch_statistics *statistics)
{
	statistics->running = fetcher->running;
	statistics->waiting = fetcher->flight_count - fetcher->running;
	statistics->requests = fetcher->requests;
	statistics->failures = failures_count(fetcher->failures);
}
