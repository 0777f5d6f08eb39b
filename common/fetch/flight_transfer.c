/* A flight's exchanges with the server: one, and one more for each redirect. */
#include <stdlib.h>
#include <string.h>

#include "fetch/fetch_private.h"

bool
flight_was_heard(const struct flight *flight)
{
	return flight->redirects > 0 ||
	       (flight->transfer != NULL && transfer_is_heard(flight->transfer));
}

/* RFC 9110 15.4: 307 and 308 repeat the request; the others make a GET of a POST, which is of no
 * use to anybody here. */
static bool
is_redirect(const struct flight *flight, long status)
{
	if (status == 307 || status == 308)
		return true;
	return flight->post == NULL && (status == 301 || status == 302 || status == 303);
}

/* Goes on to another URL of the same host and port. */
static int
redirect(struct flight *flight, const char *target, struct error *err)
{
	struct url url;

	if (flight->redirects >= FETCH_REDIRECTS_MAX)
		return error_set(
		    err, ERROR_PERMANENT, "more than %d redirects", FETCH_REDIRECTS_MAX);
	if (url_parse(target, &flight->fetcher->config->fetch_ports, &url, err) != 0)
		return error_prefix(err, "it redirects to %.200s: ", target);
	if (strcmp(url.place, flight->url.place) != 0) {
		url_free(&url);
		return error_set(err, ERROR_INPUT,
		    "it redirects to another host or port (%.200s), which is not followed", target);
	}
	url_free(&flight->url);
	flight->url = url;
	flight->redirects++;
	return 0;
}

static void
take_body(struct flight *flight, struct transfer_result *result)
{
	struct fetch_body *body = calloc(1, sizeof(*body));
	struct error err = ERROR_INIT;
	size_t size = result->body.size;

	if (body != NULL) {
		body->references = 1;
		body->size = size;
		body->bytes = (unsigned char *)buffer_take(&result->body);
	}
	if (body != NULL && body->bytes != NULL) {
		flight_end(flight, body, result->status, &err);
		return;
	}
	free(body);
	error_no_memory(&err);
	flight_fail(flight, BLAME_NOBODY, result->status, &err);
}

static void
on_transfer(void *context, struct transfer_result *result)
{
	struct flight *flight = context;
	struct fetcher *fetcher = flight->fetcher;
	struct error *err = &result->error;
	enum blame blame = BLAME_REQUEST;

	flight->transfer = NULL;
	flight_stop_late(flight);
	if (result->status != 0)
		failures_forget(fetcher->silent, flight->url.place, strlen(flight->url.place));
	if (err->code == ERROR_NONE && result->status == 200) {
		take_body(flight, result);
		return;
	}
	if (err->code == ERROR_NONE && result->redirect != NULL &&
	    is_redirect(flight, result->status)) {
		if (redirect(flight, result->redirect, err) == 0) {
			flight_transfer(flight);
			return;
		}
	} else if (err->code == ERROR_NONE) {
		error_set(
		    err, ERROR_PERMANENT, "the server answers with status %ld", result->status);
	}
	if (result->ours)
		blame = BLAME_NOBODY;
	else if (result->unreachable)
		blame = BLAME_HOST;
	else if (result->silent && flight->redirects == 0)
		blame = BLAME_SILENCE;
	flight_fail(flight, blame, result->status, err);
}

/* A host that was silent has had its moment. */
static void
on_probe_late(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct flight *flight = context;
	struct error err = ERROR_INIT;

	flight_stop_late(flight);
	if (flight_was_heard(flight))
		return;
	error_set(&err, ERROR_TEMPORARY,
	    "the server was silent before, and does not begin to answer within %d ms",
	    FETCH_PROBE_TIME);
	flight_fail(flight, BLAME_SILENCE, 0, &err);
}

void
flight_transfer(struct flight *flight)
{
	const struct config *config = flight->fetcher->config;
	struct transfer_request request = {
	    .url = &flight->url,
	    .addresses = flight->addresses,
	    .post = flight->post,
	    .post_size = flight->post_size,
	    .post_type = flight->post_type,
	    .most = flight->most,
	    .connect_ms = config->fetch_timeout,
	    .slow_ms = config->fetch_timeout,
	    .allow = &config->fetch_allow,
	};
	struct error err = ERROR_INIT;

	flight->state = FLIGHT_TRANSFERRING;
	if (fetch_is_silent(flight->fetcher, flight->url.place) &&
	    FETCH_PROBE_TIME < config->fetch_timeout && flight->late == NULL &&
	    flight_set_late(flight, on_probe_late, FETCH_PROBE_TIME) != 0) {
		error_no_memory(&err);
		flight_fail(flight, BLAME_NOBODY, 0, &err);
		return;
	}
	flight->transfer =
	    transfer_start(flight->fetcher->transfers, &request, on_transfer, flight, &err);
	if (flight->transfer == NULL)
		flight_fail(flight, BLAME_NOBODY, 0, &err);
}
