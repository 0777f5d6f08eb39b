/*
 * The loop's side of the resolver: one question for each address that is asked for.
 *
 *   looking up ──▶ findings ──▶ judging on a worker ───────▶ record ──▶ all who wait
 *                     └─ a group ──▶ walking its members ──────┘
 *
 * A question goes on when nobody waits for it any more, and fills the cache: as long as its place is
 * not needed for one that somebody waits for. One about findings that were given begins at
 * "findings", and one about a message's signer with judging: each stands by itself, and fills nothing.
 */
#include <event2/event.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "directory/judging.h"
#include "directory/lookup.h"
#include "directory/walk.h"

struct question {
	char *key;                  /* first: what the tree compares */
	TAILQ_ENTRY(question) link; /* of those in flight */
	TAILQ_ENTRY(question) fresh;
	struct resolver *resolver;
	bool is_aside; /* about findings or a signer that were given: not in the tree */
	struct address address;
	struct ticket_list waiters; /* the resolver's mutex */
	struct lookup_watch watch;
	struct signer *signer; /* to be judged; NULL: the address is asked for */
	struct findings *findings;
	time_t stale_since; /* of the findings; 0: fresh */
	struct judging *judging;
	struct walk *walk; /* of a group */
	uint64_t flushes;  /* of the cache and of trust, as the walk began */
	uint64_t generation;
};

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
	lookup_leave(&question->watch);
	walk_free(question->walk);
	findings_unref(question->findings);
	signer_free(question->signer);
	address_free(&question->address);
	free(question->key);
	free(question);
}

static void on_found(void *context, const struct lookup_answer *answer);

/* Takes the ticket's signer over. */
static struct question *
new_question(struct resolver *resolver, struct ticket *ticket)
{
	struct question *question;

	question = calloc(1, sizeof(*question));
	if (question == NULL)
		return NULL;
	question->resolver = resolver;
	question->watch.answered = on_found;
	question->watch.context = question;
	TAILQ_INIT(&question->waiters);
	question->key = strdup(ticket->key);
	if (question->key == NULL || address_copy(&ticket->address, &question->address, NULL) != 0)
		goto fail;
	question->is_aside = ticket->findings != NULL || ticket->signer != NULL;
	if (!question->is_aside && tsearch(question, &resolver->questions, compare_keys) == NULL)
		goto fail;
	resolver->question_count++;
	TAILQ_INSERT_TAIL(&resolver->open, question, link);
	question->signer = ticket->signer;
	ticket->signer = NULL;
	return question;
fail:
	free_question(question);
	return NULL;
}

/* It is found no more. */
static void
remove_question(struct question *question)
{
	struct resolver *resolver = question->resolver;

	if (!question->is_aside)
		tdelete(question, &resolver->questions, compare_keys);
	TAILQ_REMOVE(&resolver->open, question, link);
	resolver->question_count--;
}

/* Answers all who wait, and ends the question. */
static void
end_question(struct question *question, struct recipient *record)
{
	struct resolver *resolver = question->resolver;
	struct ticket *ticket;

	remove_question(question);
	pthread_mutex_lock(&resolver->mutex);
	while ((ticket = TAILQ_FIRST(&question->waiters)) != NULL)
		ticket_answer(ticket, record);
	pthread_mutex_unlock(&resolver->mutex);
	free_question(question);
}

static void
end_unavailable(struct question *question, const char *detail)
{
	struct recipient *record = recipient_unavailable(&question->address, detail);

	end_question(question, record);
	recipient_unref(record);
}

static void
on_judged(void *context, struct recipient *record, bool lasting UNUSED, const char *failure)
{
	struct question *question = context;

	question->judging = NULL;
	if (record != NULL)
		end_question(question, record);
	else
		end_unavailable(question, failure);
}

static void take_findings(struct question *question);

/* Keeps a group's record, if it may be kept. false: the trust that members were judged by is no
 * longer in force. */
static bool
keep_walked(struct question *question, struct recipient *record, bool lasting)
{
	struct resolver *resolver = question->resolver;
	bool in_force;

	pthread_mutex_lock(&resolver->mutex);
	in_force = question->generation == resolver->generation;
	if (in_force && lasting && question->flushes == resolver->flushes)
		cache_set_record(resolver->cache, question->key, question->findings, record,
		    question->generation);
	pthread_mutex_unlock(&resolver->mutex);
	return in_force;
}

/* Where the trust has changed meanwhile, the group is walked again: its members are known by now, and
 * judged anew. */
static void
on_walked(void *context, struct recipient *record, bool lasting)
{
	struct question *question = context;

	question->walk = NULL;
	if (record == NULL) {
		end_unavailable(question, "out of memory");
		return;
	}
	if (keep_walked(question, record, lasting) || question->resolver->stopping)
		end_question(question, record);
	else
		take_findings(question);
}

/* A group is walked; what else was found is judged. */
static void
take_findings(struct question *question)
{
	struct resolver *resolver = question->resolver;
	struct error err = ERROR_INIT;

	if (question->findings->group == NULL) {
		question->judging = judging_start(resolver, question->key, &question->address,
		    question->findings, question->stale_since, on_judged, question, &err);
		if (question->judging == NULL)
			end_unavailable(question, err.text);
		return;
	}
	pthread_mutex_lock(&resolver->mutex);
	question->flushes = resolver->flushes;
	question->generation = resolver->generation;
	pthread_mutex_unlock(&resolver->mutex);
	question->walk = walk_start(resolver, question->key, &question->address,
	    question->findings->group, question->stale_since, on_walked, question, &err);
	if (question->walk == NULL)
		end_unavailable(question, err.text);
}

static void
on_found(void *context, const struct lookup_answer *answer)
{
	struct question *question = context;

	if (answer->findings == NULL) {
		end_unavailable(question, answer->failure);
		return;
	}
	question->findings = findings_ref(answer->findings);
	question->stale_since = answer->stale_since;
	take_findings(question);
}

static void
turn_away(struct ticket *ticket, const char *why)
{
	struct recipient *record = recipient_unavailable(&ticket->address, why);

	ticket_answer(ticket, record);
	recipient_unref(record);
}

/* Stops what is under way for a question that nobody waits for. false: it is being judged right now, or
 * its members asked for. */
static bool
stop_question(struct question *question)
{
	if (question->judging != NULL)
		return judging_leave(question->judging);
	return question->walk != NULL ? walk_waits(question->walk) : true;
}

/* With the mutex held: whether there is a place for one more question, perhaps that of one that nobody
 * waits for any more. What is under way for that goes on without it, and serves the next. */
static bool
make_room(struct resolver *resolver)
{
	struct question *question;
	size_t looks;

	if (resolver->question_count < (size_t)resolver->config->lookups_limit)
		return true;
	for (looks = 0; looks < RESOLVER_DESERTED_LOOK; looks++) {
		question = TAILQ_FIRST(&resolver->open);
		TAILQ_REMOVE(&resolver->open, question, link);
		TAILQ_INSERT_TAIL(&resolver->open, question, link);
		if (TAILQ_EMPTY(&question->waiters) && stop_question(question)) {
			remove_question(question);
			free_question(question);
			return true;
		}
	}
	return false;
}

/* A question for a ticket whose address is not being asked for; NULL if the ticket was answered
 * otherwise. */
static struct question *
open_question(struct resolver *resolver, struct ticket *ticket)
{
	struct question *question;

	/* Whoever asked has given up before we came to it: under such load, less is more. */
	if (clock_monotonic_ms() >= ticket->deadline_ms) {
		turn_away(ticket, "the look-up could not begin in time");
		return NULL;
	}
	if (!make_room(resolver)) {
		turn_away(ticket, "too many look-ups are under way (lookups-limit)");
		return NULL;
	}
	question = new_question(resolver, ticket);
	if (question == NULL)
		turn_away(ticket, "out of memory");
	return question;
}

static void
wait_for(struct question *question, struct ticket *ticket)
{
	TAILQ_INSERT_TAIL(&question->waiters, ticket, link);
	ticket->list = &question->waiters;
}

/* A ticket with findings or a signer, with the mutex held: they are judged for it alone. */
static void
take_given(struct resolver *resolver, struct ticket *ticket, struct question_list *fresh)
{
	struct question *question = open_question(resolver, ticket);

	if (question == NULL)
		return;
	if (ticket->findings != NULL)
		question->findings = findings_ref(ticket->findings);
	TAILQ_INSERT_TAIL(fresh, question, fresh);
	wait_for(question, ticket);
}

/* One ticket, with the mutex held: answers it, or attaches it to a question, new ones on *fresh. */
static void
take_ticket(struct resolver *resolver, struct ticket *ticket, struct question_list *fresh)
{
	struct question *question = find_question(resolver, ticket->key);
	struct cache_found found;

	if (question != NULL) {
		resolver->counts.joined++;
		wait_for(question, ticket);
		return;
	}
	resolver->counts.cache_hits +=
	    resolver_recall(resolver, ticket->key, &ticket->address, &found);
	if (found.record != NULL) {
		ticket_answer(ticket, found.record);
	} else if ((question = open_question(resolver, ticket)) != NULL) {
		question->findings = found.findings;
		question->stale_since = found.stale ? found.asked_at : 0;
		found.findings = NULL;
		TAILQ_INSERT_TAIL(fresh, question, fresh);
		wait_for(question, ticket);
	}
	cache_found_clear(&found);
}

static void
begin(struct question *question)
{
	struct error err = ERROR_INIT;
	int result = 0;

	if (question->signer != NULL) {
		question->judging = judging_start_signer(
		    question->resolver, question->signer, on_judged, question, &err);
		if (question->judging == NULL)
			end_unavailable(question, err.text);
		return;
	}
	if (question->findings == NULL && address_is_null(&question->address)) {
		question->findings = findings_new(); /* nothing is published for nobody */
		result = question->findings != NULL ? 0 : error_no_memory(&err);
	} else if (question->findings == NULL) {
		result = lookup_start(
		    question->resolver, question->key, &question->address, &question->watch, &err);
	}
	if (result != 0)
		end_unavailable(question, err.text);
	else if (question->findings != NULL)
		take_findings(question);
}

static void
begin_refreshes(struct resolver *resolver)
{
	struct refresh *refresh;

	do {
		pthread_mutex_lock(&resolver->mutex);
		refresh = resolver_next_refresh(resolver);
		pthread_mutex_unlock(&resolver->mutex);
		if (refresh != NULL)
			lookup_refresh(resolver, refresh->key, &refresh->address);
		refresh_free(refresh);
	} while (refresh != NULL);
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
		if (ticket->findings != NULL || ticket->signer != NULL)
			take_given(resolver, ticket, &fresh);
		else
			take_ticket(resolver, ticket, &fresh);
	}
	pthread_mutex_unlock(&resolver->mutex);
	while ((question = TAILQ_FIRST(&fresh)) != NULL) {
		TAILQ_REMOVE(&fresh, question, fresh);
		begin(question);
	}
	begin_refreshes(resolver);
}

void
question_free_all(struct resolver *resolver)
{
	while (!TAILQ_EMPTY(&resolver->open))
		end_unavailable(TAILQ_FIRST(&resolver->open), "look-ups have stopped");
}
