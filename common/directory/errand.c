/* One want: fetched, and taken into evidence. */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "directory/supply_private.h"
#include "smime/ocsp.h"

/* From the beginning to the last byte, milliseconds. A server that drips holds a place so long. */
#define ERRAND_TIME ((int64_t)30 * 1000)
/* A CRL may have 64 MB, and the line be slow. */
#define ERRAND_CRL_TIME ((int64_t)300 * 1000)
/* What failed because too much is under way, or had failed just before, is wanted again soon. */
#define ERRAND_SOON ((int64_t)5 * 1000)

static int
compare_keys(const void *a, const void *b)
{
	return strcmp(((const struct errand *)a)->want.key, ((const struct errand *)b)->want.key);
}

static void
free_errand(struct errand *errand)
{
	want_clear(&errand->want);
	fetch_body_unref(errand->body);
	free(errand->value);
	free(errand);
}

/* It is no longer found; whoever waits goes on. */
static void
release(struct errand *errand)
{
	struct supply *supply = errand->supply;
	struct waiter *waiter;
	time_t until;
	time_t now;

	if (errand->error.code != ERROR_NONE) {
		/* At least to the next second: no judgement wants in vain what it just got. */
		now = clock_wall();
		until = now + 1 + (time_t)((errand->pause_ms + 999) / 1000);
		evidence_failed(supply->evidence, &errand->want, now, until, &errand->error);
	}
	tdelete(errand, &supply->errands, compare_keys);
	turns_leave(supply->turns, &errand->turn);
	while ((waiter = TAILQ_FIRST(&errand->waiters)) != NULL)
		supply_over(waiter);
}

static void
end(struct errand *errand)
{
	release(errand);
	free_errand(errand);
}

void
errand_fail(struct errand *errand, const struct error *why, int64_t pause_ms)
{
	errand->error = *why;
	if (errand->error.code == ERROR_NONE)
		errand->error.code = ERROR_TEMPORARY;
	errand->pause_ms = pause_ms;
	end(errand);
}

static const void *
bytes_of(const struct errand *errand)
{
	return errand->body != NULL ? errand->body->bytes : errand->value;
}

static size_t
size_of(const struct errand *errand)
{
	return errand->body != NULL ? errand->body->size : errand->size;
}

/* On the worker. Nobody waits for it. */
static void
run_keep(void *job)
{
	struct errand *errand = job;

	evidence_keep(errand->supply->evidence, &errand->want, bytes_of(errand), size_of(errand));
}

static void
on_kept(void *job, bool ran UNUSED)
{
	free_errand(job);
}

/* On the worker. The errand is its alone until on_taken(), but for who waits. */
static void
run_take(void *job)
{
	struct errand *errand = job;

	if (evidence_take(errand->supply->evidence, &errand->want, bytes_of(errand),
		size_of(errand), clock_wall(), &errand->error) != 0 &&
	    errand->error.code == ERROR_NONE)
		error_set(&errand->error, ERROR_INPUT, "it can't be used");
}

static void
on_taken(void *job, bool ran)
{
	struct errand *errand = job;
	struct supply *supply = errand->supply;

	if (!ran)
		error_set(&errand->error, ERROR_TEMPORARY, "look-ups have stopped");
	errand->pause_ms = ran ? errand->supply->config->fetch_retry : 0;
	release(errand);
	if (errand->error.code != ERROR_NONE || supply->stopping ||
	    worker_submit_sized(
		supply->keepers, size_of(errand), run_keep, on_kept, errand, NULL) != 0)
		free_errand(errand);
}

void
errand_take(struct errand *errand)
{
	struct error err = ERROR_INIT;

	if (worker_submit_sized(
		errand->supply->readers, size_of(errand), run_take, on_taken, errand, &err) != 0)
		errand_fail(errand, &err, ERRAND_SOON);
}

static void
on_fetched(void *context, struct fetch_body *body, long status UNUSED, const struct error *err)
{
	struct errand *errand = context;

	errand->fetch = NULL;
	if (body == NULL) {
		/* What was not asked may be wanted by others, whose turn comes sooner. What is too
		 * large is remembered by the fetcher. */
		errand_fail(errand, err,
		    err->code == ERROR_LIMIT ? ERRAND_SOON : errand->supply->config->fetch_retry);
		return;
	}
	errand->body = body;
	errand_take(errand);
}

static size_t
most_of(const struct config *config, enum want_kind kind)
{
	switch (kind) {
	case WANT_ISSUER:
		return (size_t)config->fetch_size_limit;
	case WANT_CRL:
		return (size_t)config->crl_size_limit;
	case WANT_OCSP:
		break;
	}
	return OCSP_SIZE_MAX;
}

static int
ask(struct errand *errand, const char *owner)
{
	struct supply *supply = errand->supply;
	const struct want *want = &errand->want;
	const struct fetch_request request = {.url = want->url,
	    .post = want->request,
	    .post_size = want->request_size,
	    .post_type = "application/ocsp-request",
	    .owner = owner,
	    .most = most_of(supply->config, want->kind),
	    .deadline_ms =
		clock_monotonic_ms() + (want->kind == WANT_CRL ? ERRAND_CRL_TIME : ERRAND_TIME)};

	if (want->ldap)
		return errand_ldap_ask(errand);
	if (supply->fetcher == NULL)
		return error_set(
		    &errand->error, ERROR_PERMANENT, "%s is not asked for (fetch = no)", want->url);
	errand->fetch = fetch_start(supply->fetcher, &request, on_fetched, errand, &errand->error);
	return errand->fetch != NULL ? 0 : -1;
}

static struct errand *
find_errand(const struct supply *supply, const struct want *want)
{
	struct errand probe;
	struct errand *const *node;

	memset(&probe, 0, sizeof(probe));
	probe.want.key = want->key;
	node = tfind(&probe, &supply->errands, compare_keys);
	return node != NULL ? *node : NULL;
}

static struct errand *
new_errand(struct supply *supply, const char *owner, struct want *want)
{
	struct errand *errand = calloc(1, sizeof(*errand));

	if (errand == NULL)
		return NULL;
	errand->supply = supply;
	TAILQ_INIT(&errand->waiters);
	errand->want = *want;
	if (turns_run(supply->turns, &errand->turn, owner, NULL) != 0)
		goto fail;
	if (tsearch(errand, &supply->errands, compare_keys) == NULL)
		goto fail;
	memset(want, 0, sizeof(*want)); /* it is the errand's now */
	return errand;
fail:
	turns_leave(supply->turns, &errand->turn);
	free(errand);
	return NULL;
}

/* Whether the owner may have one errand more. */
static bool
has_room(const struct supply *supply, const char *owner, const struct want *want)
{
	return turns_may_run(supply->turns, owner) &&
	       (want->ldap || supply->fetcher == NULL || fetcher_has_room(supply->fetcher, owner));
}

struct errand *
errand_begin(struct supply *supply, const char *owner, struct want *want, bool *refused)
{
	struct errand *errand = find_errand(supply, want);
	struct error err = ERROR_INIT;
	char words[1];

	if (errand != NULL) {
		if (errand->fetch != NULL)
			fetch_share(errand->fetch, owner);
		return errand;
	}
	/* Another errand may have ended since the judgement looked. */
	if (evidence_paused(supply->evidence, want->key, clock_wall(), words, sizeof(words)))
		return NULL;
	if (!has_room(supply, owner, want)) {
		*refused = true;
		return NULL;
	}
	errand = new_errand(supply, owner, want);
	if (errand == NULL) {
		error_set(&err, ERROR_TEMPORARY, "there was no memory to fetch it");
		evidence_failed(
		    supply->evidence, want, clock_wall(), clock_wall() + ERRAND_SOON / 1000, &err);
		return NULL;
	}
	if (ask(errand, owner) == 0)
		return errand;
	if (errand->error.code == ERROR_LIMIT) /* of what is under way */
		errand->error.code = ERROR_TEMPORARY;
	errand->pause_ms = ERRAND_SOON;
	end(errand);
	return NULL;
}

static void
stop_one(const void *node, VISIT visit, int depth UNUSED)
{
	struct errand *errand = *(struct errand *const *)node;

	if (visit != postorder && visit != leaf)
		return;
	fetch_cancel(errand->fetch);
	errand->fetch = NULL;
	if (errand->search != NULL)
		pool_search_cancel(errand->search);
	errand->search = NULL;
}

void
errand_stop_all(struct supply *supply)
{
	twalk(supply->errands, stop_one);
}

void
errand_fail_all(struct supply *supply)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_TEMPORARY, "look-ups have stopped");
	while (supply->errands != NULL)
		errand_fail(*(struct errand **)supply->errands, &err, 0);
}
