/*
 * The loop's side of the resolver: one question for each address that is asked for.
 *
 *   asking the directories responsible, in their order ──▶ judging on a worker ──▶ answered
 *
 * The first directory that holds anything ends the asking. One that can't be asked ends it too, as
 * "unavailable": it might have published something else than those after it. Errors are not kept.
 * A question goes on when nobody waits for it any more, and fills the cache.
 */
#include <event2/event.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "directory/resolver_private.h"

/* A source ends its questions by their deadline; one that doesn't is given up after so much more.
 * Milliseconds. */
#define SOURCE_GRACE 250

struct question {
	char *key; /* first: what the tree compares */
	TAILQ_ENTRY(question) fresh;
	struct resolver *resolver;
	struct address address;
	struct ticket_list waiters; /* the resolver's mutex */
	size_t next;                /* of the resolver's places */
	struct source *asked;       /* by query, NULL while none is asked */
	struct source_query *query;
	struct event *late;
	struct findings *findings;
	bool from_cache;          /* findings were kept already */
	struct recipient *record; /* the judge's */
	struct error error;
};

TAILQ_HEAD(question_list, question);

static int
compare_keys(const void *a, const void *b)
{
	return strcmp(((const struct question *)a)->key, ((const struct question *)b)->key);
}

static struct question *
find_question(struct resolver *resolver, const char *key)
{
	struct question probe;
	struct question **node;

	memset(&probe, 0, sizeof(probe));
	probe.key = (char *)key; /* compared only */
	node = tfind(&probe, &resolver->questions, compare_keys);
	return node != NULL ? *node : NULL;
}

static void
free_question(struct question *question)
{
	struct resolver *resolver = question->resolver;

	if (tdelete(question, &resolver->questions, compare_keys) != NULL)
		resolver->question_count--;
	if (question->late != NULL)
		event_free(question->late);
	findings_unref(question->findings);
	recipient_unref(question->record);
	address_free(&question->address);
	free(question->key);
	free(question);
}

static void on_late(evutil_socket_t fd, short what, void *context);

static struct question *
new_question(struct resolver *resolver, const struct ticket *ticket)
{
	struct question *question;

	question = calloc(1, sizeof(*question));
	if (question == NULL)
		return NULL;
	question->resolver = resolver;
	TAILQ_INIT(&question->waiters);
	question->key = strdup(ticket->key);
	question->late = event_new(resolver->base, -1, 0, on_late, question);
	if (question->key == NULL || question->late == NULL ||
	    address_copy(&ticket->address, &question->address, NULL) != 0)
		goto fail;
	if (tsearch(question, &resolver->questions, compare_keys) == NULL)
		goto fail;
	resolver->question_count++;
	return question;
fail:
	if (question->late != NULL)
		event_free(question->late);
	address_free(&question->address);
	free(question->key);
	free(question);
	return NULL;
}

/* Answers all who wait, and ends the question. */
static void
end_question(struct question *question, struct recipient *record)
{
	struct resolver *resolver = question->resolver;
	struct ticket *ticket;

	pthread_mutex_lock(&resolver->mutex);
	while ((ticket = TAILQ_FIRST(&question->waiters)) != NULL)
		ticket_answer(ticket, record);
	pthread_mutex_unlock(&resolver->mutex);
	free_question(question);
}

static void
end_unavailable(struct question *question, const char *detail)
{
	struct resolver *resolver = question->resolver;
	struct recipient *record;

	pthread_mutex_lock(&resolver->mutex);
	resolver->counts.failures++;
	pthread_mutex_unlock(&resolver->mutex);
	record = recipient_unavailable(&question->address, detail, NULL);
	end_question(question, record);
	recipient_unref(record);
}

/* On a worker. The question is the worker's alone until done_judging(). */
static void
run_judging(void *job)
{
	struct question *question = job;
	struct resolver *resolver = question->resolver;

	question->record = recipient_judge(resolver->trust, question->findings, &question->address,
	    resolver->exact_local, clock_wall(), &question->error);
}

static void
done_judging(void *job, bool ran)
{
	struct question *question = job;
	struct resolver *resolver = question->resolver;

	if (!ran || question->record == NULL) {
		end_unavailable(question, ran ? question->error.text : "stopped");
		return;
	}
	pthread_mutex_lock(&resolver->mutex);
	cache_set_record(resolver->cache, question->key, question->findings, question->record);
	pthread_mutex_unlock(&resolver->mutex);
	end_question(question, question->record);
}

/* Keeps what was found for as long as the configuration says. */
static void
keep_findings(struct question *question)
{
	struct resolver *resolver = question->resolver;
	bool found = question->findings->count > 0 || question->findings->left_out > 0;
	int64_t life = found ? resolver->config->cache_positive : resolver->config->cache_negative;

	if (question->from_cache || life <= 0)
		return;
	pthread_mutex_lock(&resolver->mutex);
	cache_put(resolver->cache, question->key, question->findings, clock_monotonic_ms() + life);
	pthread_mutex_unlock(&resolver->mutex);
}

static void
judge(struct question *question)
{
	struct error err = ERROR_INIT;

	if (question->findings == NULL)
		question->findings = findings_new();
	if (question->findings == NULL) {
		end_unavailable(question, "out of memory");
		return;
	}
	keep_findings(question);
	if (worker_submit(question->resolver->judges, run_judging, done_judging, question, &err) !=
	    0)
		end_unavailable(question, err.text);
}

static bool
is_responsible(const struct config_directory *directory, const struct address *address)
{
	size_t i;

	for (i = 0; i < directory->domains.count; i++) {
		if (address_domain_covers(directory->domains.items[i], address->domain))
			return true;
	}
	return false;
}

static struct place *
next_place(struct question *question)
{
	struct resolver *resolver = question->resolver;

	while (question->next < resolver->place_count) {
		if (is_responsible(resolver->places[question->next].directory, &question->address))
			return &resolver->places[question->next++];
		question->next++;
	}
	return NULL;
}

/* Connecting to each server, and one search. */
static int64_t
time_for(const struct config_directory *directory)
{
	size_t servers = directory->uri.count > 0 ? directory->uri.count : 1;

	return directory->connect_timeout * (int64_t)servers + directory->search_timeout;
}

static void ask_next(struct question *question);

static void
end_failed(struct question *question, const char *title, const char *why)
{
	char detail[sizeof(question->error.text) + 100];

	snprintf(detail, sizeof(detail), "directory \"%s\": %s", title, why);
	end_unavailable(question, detail);
}

static void
on_answer(void *context, struct findings *findings, const struct error *err)
{
	struct question *question = context;
	struct source *asked = question->asked;

	event_del(question->late);
	question->asked = NULL;
	question->query = NULL;
	if (findings == NULL) {
		end_failed(question, asked->title, err->text);
		return;
	}
	findings_unref(question->findings);
	question->findings = findings;
	if (findings->count > 0 || findings->left_out > 0)
		judge(question);
	else
		ask_next(question);
}

static void
on_late(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct question *question = context;
	struct source *asked = question->asked;

	asked->operations->cancel(asked, question->query);
	question->asked = NULL;
	question->query = NULL;
	end_failed(question, asked->title, "no answer in time");
}

static void
ask(struct question *question, struct place *place)
{
	struct resolver *resolver = question->resolver;
	int64_t time_ms = time_for(place->directory);
	struct timeval late;
	struct error err = ERROR_INIT;

	pthread_mutex_lock(&resolver->mutex);
	resolver->counts.searches++;
	pthread_mutex_unlock(&resolver->mutex);
	late.tv_sec = (time_t)((time_ms + SOURCE_GRACE) / 1000);
	late.tv_usec = (suseconds_t)((time_ms + SOURCE_GRACE) % 1000) * 1000;
	if (event_add(question->late, &late) != 0) {
		end_unavailable(question, "out of memory");
		return;
	}
	question->asked = place->source;
	question->query = place->source->operations->start(place->source, &question->address,
	    clock_monotonic_ms() + time_ms, on_answer, question, &err);
	if (question->query != NULL)
		return;
	event_del(question->late);
	question->asked = NULL;
	end_failed(question, place->source->title, err.text);
}

/* The next directory responsible for the address; after the last, nothing is published. */
static void
ask_next(struct question *question)
{
	struct place *place = next_place(question);

	if (place != NULL)
		ask(question, place);
	else
		judge(question);
}

static void
turn_away(struct resolver *resolver, struct ticket *ticket, const char *why)
{
	struct recipient *record = recipient_unavailable(&ticket->address, why, NULL);

	resolver->counts.failures++;
	ticket_answer(ticket, record);
	recipient_unref(record);
}

/* A question for a ticket whose address is not being asked for; NULL if the ticket was answered
 * otherwise. */
static struct question *
open_question(struct resolver *resolver, struct ticket *ticket)
{
	struct question *question;

	/* Whoever asked has given up before we came to it: under such load, less is more. */
	if (clock_monotonic_ms() >= ticket->deadline_ms) {
		turn_away(resolver, ticket, "the look-up could not begin in time");
		return NULL;
	}
	if (resolver->question_count >= (size_t)resolver->config->lookups_limit) {
		turn_away(resolver, ticket, "too many look-ups are under way (lookups-limit)");
		return NULL;
	}
	question = new_question(resolver, ticket);
	if (question == NULL)
		turn_away(resolver, ticket, "out of memory");
	return question;
}

/* One ticket, with the mutex held: answers it, or attaches it to a question, new ones on *fresh. */
static void
take_ticket(struct resolver *resolver, struct ticket *ticket, struct question_list *fresh)
{
	struct question *question = find_question(resolver, ticket->key);
	struct findings *findings = NULL;
	struct recipient *record = NULL;

	if (question != NULL) {
		resolver->counts.joined++;
	} else {
		record = resolver_recall(resolver, ticket->key, &findings);
		resolver->counts.cache_hits += record != NULL || findings != NULL;
		if (record == NULL)
			question = open_question(resolver, ticket);
		if (question != NULL) {
			question->findings = findings;
			question->from_cache = findings != NULL;
			findings = NULL;
			TAILQ_INSERT_TAIL(fresh, question, fresh);
		}
	}
	if (question != NULL) {
		TAILQ_INSERT_TAIL(&question->waiters, ticket, link);
		ticket->list = &question->waiters;
	} else if (record != NULL) {
		ticket_answer(ticket, record);
	}
	findings_unref(findings);
	recipient_unref(record);
}

static void
begin(struct question *question)
{
	if (question->from_cache || address_is_null(&question->address))
		judge(question); /* nothing is published for nobody */
	else
		ask_next(question);
}

void
question_take_inbox(struct resolver *resolver)
{
	struct question_list fresh;
	struct question *question;
	struct ticket *ticket;

	TAILQ_INIT(&fresh);
	pthread_mutex_lock(&resolver->mutex);
	while ((ticket = TAILQ_FIRST(&resolver->inbox)) != NULL) {
		TAILQ_REMOVE(&resolver->inbox, ticket, link);
		ticket->list = NULL;
		take_ticket(resolver, ticket, &fresh);
	}
	pthread_mutex_unlock(&resolver->mutex);
	while ((question = TAILQ_FIRST(&fresh)) != NULL) {
		TAILQ_REMOVE(&fresh, question, fresh);
		begin(question);
	}
}

static void
cancel_one(const void *node, VISIT visit, int depth UNUSED)
{
	struct question *question = *(struct question *const *)node;

	if ((visit != postorder && visit != leaf) || question->query == NULL)
		return;
	question->asked->operations->cancel(question->asked, question->query);
	question->query = NULL;
}

void
question_cancel_all(struct resolver *resolver)
{
	twalk(resolver->questions, cancel_one);
}

void
question_free_all(struct resolver *resolver)
{
	while (resolver->questions != NULL)
		end_unavailable(*(struct question **)resolver->questions, "look-ups have stopped");
}
