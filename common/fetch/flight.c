/* A request on its way, whoever asked for it: its turn, its host's name, its end. */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fetch/fetch_private.h"

static void
destroy(struct flight *flight)
{
	buffer_free(&flight->key);
	url_free(&flight->url);
	free(flight->asked);
	free(flight->post);
	free(flight->post_type);
	free(flight->addresses);
	free(flight);
}

static int
copy_request(struct flight *flight, const struct fetch_request *request, struct error *err)
{
	flight->most = request->most;
	flight->asked = strdup(flight->url.text);
	if (flight->asked == NULL)
		return error_no_memory(err);
	if (request->post == NULL)
		return 0;
	flight->post = malloc(request->post_size + 1);
	flight->post_type = strdup(request->post_type);
	if (flight->post == NULL || flight->post_type == NULL)
		return error_no_memory(err);
	memcpy(flight->post, request->post, request->post_size);
	flight->post_size = request->post_size;
	return 0;
}

struct flight *
flight_new(struct fetcher *fetcher, const struct fetch_request *request, struct url *url,
    struct buffer *key, struct error *err)
{
	static const struct buffer empty = BUFFER_INIT;
	struct flight *flight;

	flight = calloc(1, sizeof(*flight));
	if (flight == NULL) {
		error_no_memory(err);
		url_free(url);
		buffer_free(key);
		return NULL;
	}
	flight->fetcher = fetcher;
	TAILQ_INIT(&flight->askers);
	flight->url = *url;
	flight->key = *key;
	memset(url, 0, sizeof(*url));
	*key = empty;
	if (copy_request(flight, request, err) != 0)
		goto fail;
	if (turns_wait(fetcher->turns, &flight->turn, fetch_owner(request), err) != 0) {
		error_prefix(err, "not asked: too much is being fetched: ");
		goto fail;
	}
	TAILQ_INSERT_TAIL(&fetcher->flights, flight, link);
	event_active(fetcher->turn, 0, 0);
	return flight;
fail:
	destroy(flight);
	return NULL;
}

int
flight_set_late(struct flight *flight, event_callback_fn on_late, int64_t ms)
{
	struct timeval time = clock_timeval(ms);

	flight->late = event_new(flight->fetcher->base, -1, 0, on_late, flight);
	return flight->late != NULL && event_add(flight->late, &time) == 0 ? 0 : -1;
}

void
flight_stop_late(struct flight *flight)
{
	if (flight->late != NULL)
		event_free(flight->late);
	flight->late = NULL;
}

/* Leaves the fetcher, and its place to another. */
static void
leave(struct flight *flight)
{
	struct fetcher *fetcher = flight->fetcher;

	flight_stop_late(flight);
	host_lookup_leave(flight->lookup);
	flight->lookup = NULL;
	transfer_cancel(flight->transfer);
	flight->transfer = NULL;
	TAILQ_REMOVE(&fetcher->flights, flight, link);
	turns_leave(fetcher->turns, &flight->turn);
	if (flight->state != FLIGHT_WAITING) {
		pace_end(fetcher->pace, flight->url.place);
		event_active(fetcher->turn, 0, 0);
	}
	flight->state = FLIGHT_ENDED;
}

/* Remembers a failure of whom it speaks of. */
static void
blame_for(struct flight *flight, enum blame blame, const struct error *err)
{
	struct fetcher *fetcher = flight->fetcher;
	const char *place = flight->url.place;
	int64_t now = clock_monotonic_ms();

	if (blame == BLAME_HOST)
		failures_put(fetcher->failures, place, strlen(place), now, err);
	if (blame == BLAME_SILENCE)
		failures_put(fetcher->silent, place, strlen(place), now, err);
	/* What is asked may be what it is silent about. */
	if (blame == BLAME_REQUEST || blame == BLAME_SILENCE)
		failures_put(fetcher->failures, flight->key.data, flight->key.size, now, err);
}

void
flight_drop(struct flight *flight)
{
	struct error why = ERROR_INIT;

	/* Nobody waited any longer, but it had its time. */
	if (flight->state != FLIGHT_WAITING &&
	    clock_monotonic_ms() - flight->begun_ms >= flight->fetcher->config->fetch_timeout) {
		error_set(&why, ERROR_TEMPORARY, "no whole answer in time");
		blame_for(flight,
		    flight->state == FLIGHT_TRANSFERRING && !flight_was_heard(flight)
			? BLAME_SILENCE
			: BLAME_REQUEST,
		    &why);
	}
	leave(flight);
	destroy(flight);
}

void
flight_end(struct flight *flight, struct fetch_body *body, long status, const struct error *err)
{
	struct fetch *fetch;
	fetch_answer *answer;
	void *context;
	struct error named = *err;

	if (body == NULL) {
		if (flight->redirects > 0)
			error_prefix(&named, "redirected to %.200s: ", flight->url.text);
		fetch_explain(&named, flight->asked);
	}
	leave(flight);
	while ((fetch = TAILQ_FIRST(&flight->askers)) != NULL) {
		answer = fetch->answer;
		context = fetch->context;
		fetch_detach(fetch);
		answer(context, body != NULL ? fetch_body_ref(body) : NULL, status, &named);
	}
	fetch_body_unref(body);
	destroy(flight);
}

void
flight_fail(struct flight *flight, enum blame blame, long status, const struct error *err)
{
	blame_for(flight, blame, err);
	flight_end(flight, NULL, status, err);
}

void
flight_found(struct flight *flight, char *addresses, const struct error *err)
{
	flight_stop_late(flight);
	flight->addresses = addresses;
	if (addresses != NULL)
		flight_transfer(flight);
	else
		flight_fail(flight, BLAME_HOST, 0, err);
}

static void
on_lookup_late(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct flight *flight = context;
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_TEMPORARY,
	    "the host name can't be looked up: no answer within fetch-timeout");
	flight_fail(flight, BLAME_HOST, 0, &err);
}

static void
start_lookup(struct flight *flight)
{
	struct error err = ERROR_INIT;

	if (flight_set_late(flight, on_lookup_late, flight->fetcher->config->fetch_timeout) != 0)
		error_no_memory(&err);
	else
		flight->lookup = host_lookup_start(flight, &err);
	if (flight->lookup == NULL)
		flight_fail(flight, BLAME_NOBODY, 0, &err);
}

void
flight_begin(struct flight *flight)
{
	struct fetcher *fetcher = flight->fetcher;
	const char *place = flight->url.place;
	struct error err = ERROR_INIT;

	flight->begun_ms = clock_monotonic_ms();
	flight->state = FLIGHT_LOOKING_UP;
	/* Another flight may have found out while this one waited. */
	if (fetch_recall(fetcher, place, strlen(place), &err))
		flight_fail(flight, BLAME_NOBODY, 0, &err);
	else if (flight->url.numeric)
		flight_transfer(flight);
	else
		start_lookup(flight);
}
