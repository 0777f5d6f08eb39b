/*
 * Bounded HTTP requests for what certificates point to: issuers' certificates (AIA), CRLs and OCSP
 * answers. URLs come from certificates that anybody may have published, so nothing here trusts
 * them: see url.h for which are asked, guard.h for which addresses are connected to. A fetcher
 * belongs to one event loop: all calls and all answers are on the loop's thread.
 *
 * Requests for the same share one transfer. What failed is remembered for fetch-retry and fails at
 * once meanwhile: a request by its URL, limit and body, so that nobody's odd request speaks for
 * another's; a host that can't be found or connected to for all requests to it. A host that was
 * connected to and sent nothing in time is asked one thing at a time, and must begin to answer soon.
 *
 * Each request has an owner, who is why it is made. Owners take turns (base/turns.h), and none
 * holds more of what is bounded here than it leaves free.
 */
#ifndef SMIME_FETCH_FETCH_H
#define SMIME_FETCH_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"

struct event_base;
struct fetcher;
struct fetch;

/* Transfers under way at a time: enough for a burst of mail, few enough for a small machine. One
 * owner that is alone gets half. */
#define FETCH_RUNNING_MAX 32
/* Of these, to one host and port: no CA's server is to be pressed on our behalf. */
#define FETCH_HOST_RUNNING_MAX 8
/* Transfers begun to one host and port in FETCH_HOST_PERIOD milliseconds; further ones wait. */
#define FETCH_HOST_STARTS_MAX 100
#define FETCH_HOST_PERIOD 10000
/* Hosts whose transfers are counted at a time; transfers to further ones wait. */
#define FETCH_HOSTS_MAX 500
/* Transfers under way or waiting, a kilobyte each; half for one owner that is alone: as many
 * recipients of one domain at a time. What is beyond an owner's share is refused (ERROR_LIMIT), to
 * that owner alone. */
#define FETCH_FLIGHTS_MAX 1000
/* Host names being looked up in the whole process, a thread each, those included that nobody waits
 * for any more: of these an owner has its share as well. */
#define FETCH_LOOKUPS_MAX 64
/* Hosts remembered as silent: as many as can become so in fetch-retry's default of five minutes. */
#define FETCH_SILENT_MAX 2000
/* Requests at a time to a host that was silent, and milliseconds it has to begin to answer each: what
 * is well does so many times faster, and what isn't holds no place for long. */
#define FETCH_PROBES_MAX 1
#define FETCH_PROBE_TIME 1000
/* Requests without an answer, those that share a transfer included; beyond it refused likewise. */
#define FETCH_REQUESTS_MAX 10000
/* Redirects of one request, all within its host. */
#define FETCH_REDIRECTS_MAX 3
/* Bytes of a body to post: an OCSP request has a few hundred. */
#define FETCH_BODY_MAX 4096
/* Failures remembered: the oldest goes first. */
#define FETCH_FAILURES_MAX 1000

/* What came, shared by all who asked for it. Immutable; any thread. */
struct fetch_body {
	int references; /* fetch_body_ref/fetch_body_unref only */
	size_t size;
	unsigned char *bytes; /* a NUL follows them */
};

/* Atomic; fetch_body_unref(NULL) is legal. */
struct fetch_body *fetch_body_ref(struct fetch_body *body);
void fetch_body_unref(struct fetch_body *body);

/* All is copied. */
struct fetch_request {
	const char *url;
	const void *post;      /* the body to POST; NULL: GET */
	size_t post_size;      /* at most FETCH_BODY_MAX */
	const char *post_type; /* its media type: "application/ocsp-request" */
	size_t most;           /* bytes of the answer's body, at least 1; more is ERROR_LIMIT */
	int64_t deadline_ms;   /* clock_monotonic_ms() by which an answer is of use */
	const char *owner;     /* who is why it is asked (base/turns.h); NULL: "" */
};

/*
 * The answer to one request, exactly once, never inside fetch_start(), never after fetch_cancel();
 * the handle is gone. It may start and cancel requests, but not free the fetcher.
 *
 * body: what a server sent with status 200, perhaps nothing or what its end cut off; given to the
 * callee (unref). Or NULL, and err says which URL and why: ERROR_TEMPORARY (waiting can help: no
 * answer, 5xx), ERROR_LIMIT (larger than we take, or not asked in time), ERROR_INPUT (a redirect to
 * what we don't ask), ERROR_PERMANENT (all else). status: of HTTP, 0 if it didn't come to one.
 */
typedef void fetch_answer(
    void *context, struct fetch_body *body, long status, const struct error *err);

/* config: a reference is taken; its fetch-* settings count. fetch_startup() must have been called
 * and libevent told of threads (evthread_use_pthreads()). NULL on error. */
struct fetcher *fetcher_new(struct config *config, struct event_base *base, struct error *err);

/* Ends what is under way without answers; their handles are gone. Never waits. After the loop has
 * ended or on its thread; before its base is freed. NULL is legal. */
void fetcher_free(struct fetcher *fetcher);

/* Asks. NULL, with no answer to come, where it is known at once: fetch = no (ERROR_PERMANENT), a
 * URL that we don't ask (ERROR_INPUT), a failure remembered (its code), too much under way for its
 * owner (ERROR_LIMIT), no memory (ERROR_TEMPORARY). */
struct fetch *fetch_start(struct fetcher *fetcher, const struct fetch_request *request,
    fetch_answer *answer, void *context, struct error *err);

/* Another owner waits for the request's answer: it needn't wait behind all that the first one asks. */
void fetch_share(struct fetch *fetch, const char *owner);

/* Whether the owner's share has room for one more transfer. */
bool fetcher_has_room(const struct fetcher *fetcher, const char *owner);

/* Takes a request back. Its transfer ends with its last asker. NULL is legal. */
void fetch_cancel(struct fetch *fetch);

struct fetch_statistics {
	size_t running;  /* transfers, their host name look-ups included */
	size_t waiting;  /* transfers that wait for their turn */
	size_t requests; /* without an answer */
	size_t failures; /* remembered, requests and hosts */
	size_t silent;   /* hosts remembered as silent */
	size_t lookups;  /* of host names, those included that nobody waits for */
};

void fetcher_statistics(const struct fetcher *fetcher, struct fetch_statistics *statistics);

#endif
