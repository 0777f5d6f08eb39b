#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fetch/fetch_private.h"

/* Bytes of a media type. */
#define POST_TYPE_MAX 100

struct fetch_body *
fetch_body_ref(struct fetch_body *body)
{
	__atomic_add_fetch(&body->references, 1, __ATOMIC_RELAXED);
	return body;
}

void
fetch_body_unref(struct fetch_body *body)
{
	if (body == NULL || __atomic_sub_fetch(&body->references, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	free(body->bytes);
	free(body);
}

int
fetch_explain(struct error *err, const char *url)
{
	return error_prefix(err, "%.200s: ", url);
}

void
fetch_detach(struct fetch *fetch)
{
	TAILQ_REMOVE(&fetch->flight->askers, fetch, link);
	fetch->flight->fetcher->requests--;
	event_free(fetch->deadline);
	free(fetch);
}

void
fetch_cancel(struct fetch *fetch)
{
	struct flight *flight;

	if (fetch == NULL)
		return;
	flight = fetch->flight;
	fetch_detach(fetch);
	if (TAILQ_EMPTY(&flight->askers) && flight->state != FLIGHT_ENDED)
		flight_drop(flight);
}

/* The asker's time is up; the flight goes on for others. */
static void
on_deadline(evutil_socket_t fd UNUSED, short what UNUSED, void *argument)
{
	struct fetch *fetch = argument;
	fetch_answer *answer = fetch->answer;
	void *context = fetch->context;
	struct error err = ERROR_INIT;

	if (fetch->flight->state == FLIGHT_WAITING)
		error_set(&err, ERROR_LIMIT, "not asked in time: too much is being fetched");
	else
		error_set(&err, ERROR_TEMPORARY, "no whole answer in time");
	fetch_explain(&err, fetch->flight->asked);
	fetch_cancel(fetch);
	answer(context, NULL, 0, &err);
}

static int
check_request(const struct fetcher *fetcher, const struct fetch_request *request, struct error *err)
{
	const char *c;

	if (!fetcher->config->fetch)
		return error_set(err, ERROR_PERMANENT, "not asked: fetch = no");
	if (request->most == 0)
		return error_set(err, ERROR_INTERNAL, "a request for nothing");
	if (request->post == NULL)
		return 0;
	if (request->post_size > FETCH_BODY_MAX)
		return error_set(
		    err, ERROR_LIMIT, "the request is larger than %d bytes", FETCH_BODY_MAX);
	/* It becomes a header field. */
	for (c = request->post_type; *c > ' ' && *c <= '~'; c++)
		;
	if (*c != '\0' || c - request->post_type > POST_TYPE_MAX)
		return error_set(err, ERROR_INTERNAL, "no media type");
	return 0;
}

/* What makes two requests the same. */
static int
make_key(const struct fetch_request *request, const struct url *url, struct buffer *key,
    struct error *err)
{
	if (buffer_append_format(key, err, "%zu %s", request->most, url->text) != 0)
		return -1;
	if (request->post == NULL)
		return 0;
	if (buffer_append_format(key, err, " %s ", request->post_type) != 0)
		return -1;
	return buffer_append(key, request->post, request->post_size, err);
}

bool
fetch_recall(struct fetcher *fetcher, const void *key, size_t size, struct error *why)
{
	if (!failures_get(fetcher->failures, key, size, clock_monotonic_ms(), why))
		return false;
	error_prefix(why, "not asked again within fetch-retry: ");
	return true;
}

bool
fetch_is_silent(struct fetcher *fetcher, const char *place)
{
	struct error why;

	return failures_get(fetcher->silent, place, strlen(place), clock_monotonic_ms(), &why);
}

const char *
fetch_owner(const struct fetch_request *request)
{
	return request->owner != NULL ? request->owner : "";
}

bool
fetcher_has_room(const struct fetcher *fetcher, const char *owner)
{
	return turns_has_room(fetcher->turns, owner);
}

static void
share(struct flight *flight, const char *owner)
{
	turns_share(flight->fetcher->turns, &flight->turn, owner);
	event_active(flight->fetcher->turn, 0, 0);
}

void
fetch_share(struct fetch *fetch, const char *owner)
{
	share(fetch->flight, owner);
}

/* The flight that asks for the same, or a new one. */
static struct flight *
find_flight(struct fetcher *fetcher, const struct fetch_request *request, struct url *url,
    struct buffer *key, struct error *err)
{
	struct flight *flight;

	TAILQ_FOREACH(flight, &fetcher->flights, link)
	{
		if (flight->key.size != key->size ||
		    memcmp(flight->key.data, key->data, key->size) != 0)
			continue;
		share(flight, fetch_owner(request));
		return flight;
	}
	return flight_new(fetcher, request, url, key, err);
}

/* The flight, without the asker yet. */
static struct flight *
board(struct fetcher *fetcher, const struct fetch_request *request, struct error *err)
{
	struct buffer key = BUFFER_INIT;
	struct flight *flight = NULL;
	struct url url;

	if (url_parse(request->url, &fetcher->config->fetch_ports, &url, err) != 0)
		return NULL;
	if (make_key(request, &url, &key, err) == 0 &&
	    !fetch_recall(fetcher, key.data, key.size, err) &&
	    !fetch_recall(fetcher, url.place, strlen(url.place), err))
		flight = find_flight(fetcher, request, &url, &key, err);
	buffer_free(&key);
	url_free(&url);
	return flight;
}

static void
attach(struct fetch *fetch, struct flight *flight)
{
	TAILQ_INSERT_TAIL(&flight->askers, fetch, link);
	flight->fetcher->requests++;
	fetch->flight = flight;
}

static struct fetch *
make_asker(struct fetcher *fetcher, int64_t deadline_ms, struct error *err)
{
	struct fetch *fetch;
	struct timeval time = clock_timeval(deadline_ms - clock_monotonic_ms());

	fetch = calloc(1, sizeof(*fetch));
	if (fetch == NULL) {
		error_no_memory(err);
		return NULL;
	}
	fetch->deadline = event_new(fetcher->base, -1, 0, on_deadline, fetch);
	if (fetch->deadline != NULL && event_add(fetch->deadline, &time) == 0)
		return fetch;
	if (fetch->deadline != NULL)
		event_free(fetch->deadline);
	free(fetch);
	error_no_memory(err);
	return NULL;
}

struct fetch *
fetch_start(struct fetcher *fetcher, const struct fetch_request *request, fetch_answer *answer,
    void *context, struct error *err)
{
	struct fetch *fetch = NULL;
	struct flight *flight;

	if (fetcher->requests >= FETCH_REQUESTS_MAX)
		error_set(err, ERROR_LIMIT, "not asked: too much is being fetched");
	else if (check_request(fetcher, request, err) == 0)
		fetch = make_asker(fetcher, request->deadline_ms, err);
	if (fetch == NULL)
		goto fail;
	fetch->answer = answer;
	fetch->context = context;
	flight = board(fetcher, request, err);
	if (flight == NULL)
		goto free_fetch;
	attach(fetch, flight);
	return fetch;
free_fetch:
	event_free(fetch->deadline);
	free(fetch);
fail:
	fetch_explain(err, request->url);
	return NULL;
}
