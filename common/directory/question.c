#include "directory/question.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "directory/judging.h"
#include "directory/walk.h"

static int
compare_keys(const void *a, const void *b)
{
	return strcmp(((const struct question *)a)->key, ((const struct question *)b)->key);
}

struct question *
question_find(struct resolver *resolver, const char *key)
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

struct question *
question_new(struct resolver *resolver, struct ticket *ticket)
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

void
question_begin(struct question *question)
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

/* Stops what is under way for a question that nobody waits for. false: it is being judged right now, or
 * its members asked for. */
static bool
stop_question(struct question *question)
{
	if (question->judging != NULL)
		return judging_leave(question->judging);
	return question->walk != NULL ? walk_waits(question->walk) : true;
}

bool
question_drop(struct question *question)
{
	if (!TAILQ_EMPTY(&question->waiters) || !stop_question(question))
		return false;
	remove_question(question);
	free_question(question);
	return true;
}

void
question_free_all(struct resolver *resolver)
{
	while (!TAILQ_EMPTY(&resolver->open))
		end_unavailable(TAILQ_FIRST(&resolver->open), "look-ups have stopped");
}
