/* The tickets that come from other threads, and the questions that they begin or join. Loop thread. */
#include "directory/inbox.h"

#include "base/clock.h"
#include "directory/lookup.h"
#include "directory/question.h"

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
		if (question_drop(question))
			return true;
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
		ticket_turn_away(ticket, "the look-up could not begin in time");
		return NULL;
	}
	if (!make_room(resolver)) {
		ticket_turn_away(ticket, "too many look-ups are under way (lookups-limit)");
		return NULL;
	}
	question = question_new(resolver, ticket);
	if (question == NULL)
		ticket_turn_away(ticket, "out of memory");
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
	struct question *question = question_find(resolver, ticket->key);
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
inbox_take(struct resolver *resolver)
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
		question_begin(question);
	}
	begin_refreshes(resolver);
}
