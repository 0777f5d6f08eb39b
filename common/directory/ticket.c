/* The askers' side of the resolver. Any thread; a ticket belongs to the thread that holds it. */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "directory/key.h"
#include "directory/resolver_private.h"

void
ticket_answer(struct ticket *ticket, struct recipient *record)
{
	struct resolver_statistics *counts = &ticket->resolver->counts;

	counts->failures += record == NULL || record->state == RECIPIENT_UNAVAILABLE;
	counts->stale_served += record != NULL && record->stale_if_error;
	if (ticket->list != NULL)
		TAILQ_REMOVE(ticket->list, ticket, link);
	ticket->list = NULL;
	ticket->record = record != NULL ? recipient_ref(record) : NULL;
	ticket->ready = true;
	ticket->resolver->waiting--;
	pthread_cond_signal(&ticket->answered);
}

void
ticket_turn_away(struct ticket *ticket, const char *why)
{
	struct recipient *record = recipient_unavailable(&ticket->address, why);

	ticket_answer(ticket, record);
	recipient_unref(record);
}

static struct ticket *
ticket_new(struct resolver *resolver, const struct address *address, int64_t deadline_ms)
{
	char *key = key_of_address(address, resolver->exact_keys, NULL);
	pthread_condattr_t monotonic;
	struct ticket *ticket;

	ticket = key != NULL ? calloc(1, sizeof(*ticket)) : NULL;
	if (ticket == NULL || address_copy(address, &ticket->address, NULL) != 0) {
		free(key);
		free(ticket);
		return NULL;
	}
	ticket->resolver = resolver;
	ticket->deadline_ms = deadline_ms;
	ticket->key = key;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&ticket->answered, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return ticket;
}

/* With the mutex held: whether the cache answers. */
static bool
recall(struct resolver *resolver, struct ticket *ticket)
{
	struct cache_found found;
	bool answered;

	resolver_recall(resolver, ticket->key, &ticket->address, &found);
	answered = found.record != NULL;
	if (answered) {
		resolver->counts.cache_hits++;
		ticket_answer(ticket, found.record);
	}
	cache_found_clear(&found);
	return answered;
}

/* A signer is taken over with the ticket. */
static struct ticket *
submit(struct resolver *resolver, const struct address *address, struct findings *findings,
    struct signer *signer, int64_t deadline_ms)
{
	struct ticket *ticket;

	ticket = ticket_new(resolver, address, deadline_ms);
	if (ticket == NULL)
		return NULL;
	if (findings != NULL)
		ticket->findings = findings_ref(findings);
	ticket->signer = signer;
	pthread_mutex_lock(&resolver->mutex);
	resolver->counts.questions++;
	resolver->waiting++;
	if (findings == NULL && signer == NULL && recall(resolver, ticket)) {
		/* answered */
	} else if (resolver->waiting > (size_t)resolver->config->lookups_limit) {
		ticket_turn_away(ticket, "too many look-ups are under way (lookups-limit)");
	} else {
		TAILQ_INSERT_TAIL(&resolver->inbox, ticket, link);
		ticket->list = &resolver->inbox;
		event_active(resolver->wake, 0, 0);
	}
	pthread_mutex_unlock(&resolver->mutex);
	return ticket;
}

struct ticket *
resolver_submit(struct resolver *resolver, const struct address *address, int64_t deadline_ms)
{
	return submit(resolver, address, NULL, NULL, deadline_ms);
}

struct ticket *
resolver_submit_findings(struct resolver *resolver, const struct address *address,
    struct findings *findings, int64_t deadline_ms)
{
	return submit(resolver, address, findings, NULL, deadline_ms);
}

struct ticket *
resolver_submit_signer(
    struct resolver *resolver, const struct signer_question *question, int64_t deadline_ms)
{
	struct signer *signer = signer_new(question, resolver->exact_local, NULL);
	struct ticket *ticket = NULL;

	if (signer != NULL)
		ticket = submit(resolver, signer_address(signer), NULL, signer, deadline_ms);
	if (ticket == NULL)
		signer_free(signer);
	return ticket;
}

bool
ticket_ready(struct ticket *ticket)
{
	bool ready;

	pthread_mutex_lock(&ticket->resolver->mutex);
	ready = ticket->ready;
	pthread_mutex_unlock(&ticket->resolver->mutex);
	return ready;
}

/* Waits once, for at most ms. With the mutex held. */
static void
wait_some(struct ticket *ticket, int64_t ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(ms / 1000);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_cond_timedwait(&ticket->answered, &ticket->resolver->mutex, &until);
}

bool
ticket_wait(struct ticket *ticket, int64_t deadline_ms)
{
	int64_t left;
	bool ready;

	pthread_mutex_lock(&ticket->resolver->mutex);
	while (!ticket->ready && (left = deadline_ms - clock_monotonic_ms()) > 0)
		wait_some(ticket, left);
	ready = ticket->ready;
	pthread_mutex_unlock(&ticket->resolver->mutex);
	return ready;
}

const struct recipient *
ticket_record(const struct ticket *ticket)
{
	const struct recipient *record;

	pthread_mutex_lock(&ticket->resolver->mutex);
	record = ticket->record;
	pthread_mutex_unlock(&ticket->resolver->mutex);
	return record;
}

void
ticket_free(struct ticket *ticket)
{
	struct resolver *resolver;

	if (ticket == NULL)
		return;
	resolver = ticket->resolver;
	pthread_mutex_lock(&resolver->mutex);
	if (ticket->list != NULL) {
		TAILQ_REMOVE(ticket->list, ticket, link);
		resolver->waiting--;
	}
	pthread_mutex_unlock(&resolver->mutex);
	pthread_cond_destroy(&ticket->answered);
	recipient_unref(ticket->record);
	findings_unref(ticket->findings);
	address_free(&ticket->address);
	signer_free(ticket->signer);
	free(ticket->key);
	free(ticket);
}
