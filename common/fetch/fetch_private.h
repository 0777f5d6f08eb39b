/*
 * What the parts of a fetcher share, and nobody else: fetcher.c makes and ends it and lets flights
 * take their turns, fetch.c is the askers' side, flight.c a request on its way, whoever asked for
 * it, host_lookup.c its host's name, flight_transfer.c its exchanges. All on the loop's thread.
 */
#ifndef SMIME_FETCH_FETCH_PRIVATE_H
#define SMIME_FETCH_FETCH_PRIVATE_H

#include <event2/event.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "base/buffer.h"
#include "base/turns.h"
#include "fetch/failures.h"
#include "fetch/fetch.h"
#include "fetch/pace.h"
#include "fetch/transfer.h"
#include "fetch/url.h"

struct flight;
struct host_lookup;

TAILQ_HEAD(fetch_list, fetch);
TAILQ_HEAD(flight_list, flight);
TAILQ_HEAD(host_lookup_list, host_lookup);

/* One asker. */
struct fetch {
	TAILQ_ENTRY(fetch) link;
	struct flight *flight;
	fetch_answer *answer;
	void *context;
	struct event *deadline;
};

/*
 *   waiting ──its turn──▶ looking up ──addresses──▶ transferring ──redirect──▶ transferring
 *      └──────────────────────┴────────────────────────┴──▶ ended: its askers are being answered
 *
 * Where the host is an address, nothing is looked up. A flight without askers ends unanswered.
 */
enum flight_state { FLIGHT_WAITING, FLIGHT_LOOKING_UP, FLIGHT_TRANSFERRING, FLIGHT_ENDED };

struct flight {
	TAILQ_ENTRY(flight) link; /* until it has ended */
	struct turn turn;
	struct fetcher *fetcher;
	enum flight_state state;
	struct fetch_list askers;
	struct buffer key; /* what is asked, as bytes */
	struct url url;    /* of the exchange under way; host and port are the same throughout */
	char *asked;       /* the URL that was asked for */
	void *post;        /* NULL: GET */
	size_t post_size;
	char *post_type;
	size_t most;
	int redirects;
	int64_t begun_ms;
	char *addresses;
	struct host_lookup *lookup;
	struct event *late; /* of the look-up, or of a probe's first byte; NULL: not awaited */
	struct transfer *transfer;
};

struct fetcher {
	struct config *config;
	struct event_base *base;
	struct transfer_loop *transfers;
	struct failures *failures;
	struct failures *silent; /* hosts, by "host:port" */
	struct pace *pace;
	struct event *turn;  /* a flight may take its turn */
	struct turns *turns; /* of flights */
	struct flight_list flights;
	struct turns *lookup_turns; /* of look-ups: these only run */
	struct host_lookup_list lookups;
	size_t requests;
};

/* Makes a flight without askers and queues it. Takes over url and key, whatever comes of it. NULL
 * without memory, or where the owner's share is full. */
struct flight *flight_new(struct fetcher *fetcher, const struct fetch_request *request,
    struct url *url, struct buffer *key, struct error *err);

/* Its turn has come: begins, or ends at once, with its askers answered. */
void flight_begin(struct flight *flight);

/* Stops it and frees it, without answers: it has no askers. */
void flight_drop(struct flight *flight);

/* The addresses of its host (given), or NULL and why not. */
void flight_found(struct flight *flight, char *addresses, const struct error *err);

/* Asks the server (flight_transfer.c). */
void flight_transfer(struct flight *flight);

/* Whether the server has begun to answer. */
bool flight_was_heard(const struct flight *flight);

/* Answers all askers, each of whom may cancel others, and frees the flight. body is given; NULL:
 * err says why, without naming the URL. */
void flight_end(
    struct flight *flight, struct fetch_body *body, long status, const struct error *err);

/* Of whom a failure speaks. */
enum blame { BLAME_NOBODY, BLAME_REQUEST, BLAME_HOST, BLAME_SILENCE };

/* Remembers the failure of whom it speaks of, and ends the flight with it. */
void flight_fail(struct flight *flight, enum blame blame, long status, const struct error *err);

/* Sets and stops `late`. 0/-1 */
MUST_CHECK int flight_set_late(struct flight *flight, event_callback_fn on_late, int64_t ms);
void flight_stop_late(struct flight *flight);

/* Looks up the host of a flight. NULL on error. */
struct host_lookup *host_lookup_start(struct flight *flight, struct error *err);
/* Nobody waits for it any more; it counts for its owner until it ends. NULL is legal. */
void host_lookup_leave(struct host_lookup *lookup);
/* Ends them all: their threads are left to themselves. */
void host_lookup_free_all(struct fetcher *fetcher);

/* Takes the asker away and frees it; the flight is left alone. */
void fetch_detach(struct fetch *fetch);

/* Puts the URL in front of a reason. Always returns -1. */
int fetch_explain(struct error *err, const char *url);

/* Whether a failure of what has that key is remembered; then *why says it. */
bool fetch_recall(struct fetcher *fetcher, const void *key, size_t size, struct error *why);

/* Of a request; never NULL. */
const char *fetch_owner(const struct fetch_request *request);

/* Whether the host was silent of late. */
bool fetch_is_silent(struct fetcher *fetcher, const char *place);

#endif
