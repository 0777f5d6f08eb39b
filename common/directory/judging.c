#include "directory/judging.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/turns.h"
#include "base/worker.h"
#include "directory/authority.h"
#include "directory/supply.h"

/* Times that one judging fetches, or looks at what others had fetched meanwhile: each may find one
 * more issuer, and the last two what CRLs and OCSP say. What lacks more is found by the next judging,
 * as what was fetched stays. */
#define ROUNDS_MAX 5

/* What a judgement may cost at first: more than nearly all do. No signature costs half of it (an RSA key
 * of 16,384 bits nearly does, and OpenSSL takes none beyond): what has that left was not cut short. */
#define EFFORT_FIRST (TRUST_EFFORT_MAX / 12)
/* So large are findings of which to parse them takes as long. */
#define FINDINGS_SLOW ((size_t)32 << 10)

struct judging {
	TAILQ_ENTRY(judging) link; /* of those held */
	struct resolver *resolver;
	const char *key;
	const struct address *address;
	struct findings *findings;
	const struct signer *signer; /* instead of findings; NULL */
	time_t stale_since;
	struct trust *trust; /* from when a worker has begun, as is generation */
	uint64_t generation;
	struct recipient *record;
	struct wants wants;
	bool asks;  /* what it lacks may be had: it says what that is */
	int rounds; /* so far */
	bool slow;  /* it takes more than EFFORT_FIRST, or may */
	int effort; /* left of what it may cost */
	int64_t begun_ms;
	int64_t usable_till; /* a usable record waits so long for what is fetched; 0: not known */
	struct order *order; /* what it waits for */
	struct worker_job *job;   /* waits for its turn, or is with a worker */
	bool held;                /* until the CA certificates have been read */
	bool was_usable;          /* before what it lacked was ordered */
	enum supply_end supplied; /* how that ended; but for SUPPLY_ALL, nothing more is ordered */
	struct error error;
	judging_done *done;
	void *context;
};

static void
free_judging(struct judging *judging)
{
	findings_unref(judging->findings);
	recipient_unref(judging->record);
	trust_unref(judging->trust);
	wants_clear(&judging->wants);
	free(judging);
}

static void
judge_signer(struct judging *judging)
{
	const struct signer_means means = {.at = clock_wall(),
	    .evidence = judging->resolver->evidence,
	    .wants = judging->asks ? &judging->wants : NULL,
	    .effort = &judging->effort};

	judging->record = signer_judge(judging->trust, judging->signer, &means, &judging->error);
}

static void
judge_findings(struct judging *judging)
{
	const struct recipient_question question = {.findings = judging->findings,
	    .address = judging->address,
	    .exact_local = judging->resolver->exact_local,
	    .at = clock_wall(),
	    .evidence = judging->resolver->evidence,
	    .wants = judging->asks ? &judging->wants : NULL,
	    .effort = &judging->effort};

	judging->record = recipient_judge(judging->trust, &question, &judging->error);
	if (judging->record != NULL && judging->stale_since != 0 &&
	    recipient_set_stale(judging->record, judging->stale_since, &judging->error) != 0) {
		recipient_unref(judging->record);
		judging->record = NULL;
	}
}

/* The one in force as it begins, however long it has waited for its turn. */
static void
take_trust(struct judging *judging)
{
	struct resolver *resolver = judging->resolver;

	pthread_mutex_lock(&resolver->mutex);
	judging->trust = trust_ref(resolver->trust);
	judging->generation = resolver->generation;
	pthread_mutex_unlock(&resolver->mutex);
}

/* On a worker. The judging is the worker's alone until on_judged(). */
static void
run_judging(void *job)
{
	struct judging *judging = job;

	take_trust(judging);
	judging->effort = judging->slow ? TRUST_EFFORT_MAX : EFFORT_FIRST;
	if (judging->resolver->evidence != NULL)
		judging->wants.since = evidence_told(judging->resolver->evidence);
	if (judging->signer != NULL)
		judge_signer(judging);
	else
		judge_findings(judging);
}

static int submit(struct judging *judging, struct error *err);

/* Keeps the record. false: the trust that it was judged by is no longer in force. */
static bool
keep(struct judging *judging)
{
	struct resolver *resolver = judging->resolver;
	bool in_force;

	pthread_mutex_lock(&resolver->mutex);
	in_force = judging->generation == resolver->generation;
	/* What is late will soon be known better. */
	if (in_force && judging->supplied == SUPPLY_ALL && judging->signer == NULL)
		cache_set_record(resolver->cache, judging->key, judging->findings, judging->record,
		    judging->generation);
	pthread_mutex_unlock(&resolver->mutex);
	return in_force;
}

static void
drop_record(struct judging *judging)
{
	recipient_unref(judging->record);
	judging->record = NULL;
}

static void
end(struct judging *judging)
{
	judging->done(judging->context, judging->record, judging->supplied == SUPPLY_ALL,
	    judging->error.text);
	free_judging(judging);
}

/* Whether the best digital ID can be used, as far as is known: they come first in a record. */
static bool
is_usable(const struct recipient *record)
{
	return record->digital_id_count > 0 && record->digital_ids[0].verdict == REASON_OK;
}

/* Whether CA certificates that could not be read yet may be what is missing; says so in error. */
static bool
may_lack_authority(struct judging *judging)
{
	const struct recipient *record = judging->record;
	char words[sizeof(judging->error.text)];

	if (record->digital_id_count == 0 || is_usable(record) ||
	    !authority_pending(
		judging->resolver->authority, judging->address, words, sizeof(words)))
		return false;
	error_set(&judging->error, ERROR_TEMPORARY, "%s", words);
	return true;
}

/* Whether what was not fetched may be what is missing; says so in error. What was usable before and no
 * longer is has been found out to be bad. */
static bool
may_lack_supply(struct judging *judging)
{
	if (judging->supplied == SUPPLY_ALL || judging->was_usable || is_usable(judging->record))
		return false;
	if (judging->supplied == SUPPLY_REFUSED)
		error_set(&judging->error, ERROR_TEMPORARY, "too much is being fetched for \"%s\"",
		    judging->address->domain);
	else
		error_set(&judging->error, ERROR_TEMPORARY,
		    "what is lacking was not fetched within %d s", (int)(JUDGING_TIME / 1000));
	return true;
}

static void
on_supplied(void *context, enum supply_end end_of_order)
{
	struct judging *judging = context;

	judging->order = NULL;
	judging->supplied = end_of_order;
	if (submit(judging, &judging->error) != 0)
		end(judging);
}

static bool
all_ahead(const struct wants *wants)
{
	size_t i;

	for (i = 0; i < wants->count; i++) {
		if (!wants->items[i].ahead)
			return false;
	}
	return true;
}

static void
judge_again(struct judging *judging)
{
	judging->rounds++;
	drop_record(judging);
	if (submit(judging, &judging->error) != 0)
		end(judging);
}

static const char *
directory_of(const struct judging *judging)
{
	const struct findings *findings = judging->findings;

	return findings != NULL && findings->count > 0 ? findings->items[0].directory : "";
}

/* On whose behalf is judged and fetched: the domain's, and the directory's that publishes for it. */
static void
name_owner(const struct judging *judging, char owner[TURNS_OWNER_MAX])
{
	snprintf(owner, TURNS_OWNER_MAX, "%s %s", judging->address->domain, directory_of(judging));
}

/* Fetches what is lacking, and judges again then. false: nothing is, or can be waited for. */
static bool
fetch_lacking(struct judging *judging)
{
	struct resolver *resolver = judging->resolver;
	int64_t until = judging->begun_ms + JUDGING_TIME;
	bool came = judging->wants.came;
	char owner[TURNS_OWNER_MAX];

	if ((judging->wants.count == 0 && !came) || resolver->stopping)
		return false;
	name_owner(judging, owner);
	if (judging->supplied != SUPPLY_ALL || judging->rounds >= ROUNDS_MAX) {
		supply_fetch(resolver->supply, owner, &judging->wants);
		return false;
	}
	if (all_ahead(&judging->wants)) {
		supply_fetch(resolver->supply, owner, &judging->wants);
		if (came)
			judge_again(judging);
		return came;
	}
	judging->was_usable = is_usable(judging->record);
	if (judging->was_usable && judging->usable_till == 0)
		judging->usable_till = clock_monotonic_ms() + resolver->config->revocation_timeout;
	if (judging->was_usable)
		until = judging->usable_till;
	judging->rounds++;
	judging->order =
	    supply_ask(resolver->supply, owner, &judging->wants, until, on_supplied, judging, NULL);
	if (judging->order == NULL)
		return false;
	drop_record(judging);
	return true;
}

/* Whether of what was found earlier nothing can be used by now (expired, revoked): what its directory
 * has in its place can't be asked for. Says so in error. */
static bool
may_lack_findings(struct judging *judging)
{
	const struct recipient *record = judging->record;

	if (judging->stale_since == 0 || is_usable(record))
		return false;
	error_set(&judging->error, ERROR_TEMPORARY, "%s; nothing of it can be used now (%s)",
	    record->detail,
	    record->digital_id_count > 0 ? reason_get(record->digital_ids[0].verdict)->code
					 : "no digital ID");
	return true;
}

/* Whether it was the first effort, and too little. */
static bool
is_cut_short(struct judging *judging)
{
	if (judging->slow || judging->effort >= EFFORT_FIRST / 2)
		return false;
	judging->slow = true;
	return true;
}

static void
on_judged(void *job, bool ran)
{
	struct judging *judging = job;
	struct error err = ERROR_INIT;

	judging->job = NULL;
	if (!ran)
		error_set(&judging->error, ERROR_TEMPORARY, "look-ups have stopped");
	if (judging->record != NULL && is_cut_short(judging)) {
		drop_record(judging);
		if (submit(judging, &judging->error) == 0)
			return;
	}
	if (judging->record != NULL && (may_lack_authority(judging) || may_lack_supply(judging))) {
		drop_record(judging);
	} else if (judging->record != NULL && fetch_lacking(judging)) {
		return;
	} else if (judging->record != NULL && may_lack_findings(judging)) {
		drop_record(judging);
	} else if (judging->record != NULL && !keep(judging)) {
		drop_record(judging);
		if (submit(judging, &err) == 0)
			return;
		judging->error = err;
	}
	end(judging);
}

/* What is slow is the directory's, whatever the domain: a turn of each, if they are many, would be too
 * much of what there is. */
static struct worker_job *
wait_for_turn(struct judging *judging, struct error *err)
{
	struct worker_pool *judges = judging->resolver->judges;
	char owner[TURNS_OWNER_MAX];

	if (judging->slow) {
		snprintf(owner, sizeof(owner), " %s", directory_of(judging));
		return worker_submit_slow(judges, owner, run_judging, on_judged, judging, err);
	}
	name_owner(judging, owner);
	return worker_submit_for(judges, owner, run_judging, on_judged, judging, err);
}

static int
submit(struct judging *judging, struct error *err)
{
	struct resolver *resolver = judging->resolver;

	if (resolver->stopping)
		return error_set(err, ERROR_TEMPORARY, "look-ups have stopped");
	if (authority_waits(resolver->authority, judging->address)) {
		TAILQ_INSERT_TAIL(&resolver->held, judging, link);
		judging->held = true;
		return 0;
	}
	wants_clear(&judging->wants);
	judging->asks = resolver->supply != NULL && supply_can(resolver->supply);
	trust_unref(judging->trust);
	judging->trust = NULL;
	judging->job = wait_for_turn(judging, err);
	return judging->job != NULL ? 0 : -1;
}

/* Begins a copy of what is to be judged, with a reference of its findings. */
static struct judging *
start(const struct judging *what, struct error *err)
{
	struct judging *judging;

	judging = calloc(1, sizeof(*judging));
	if (judging == NULL) {
		error_no_memory(err);
		return NULL;
	}
	*judging = *what;
	judging->begun_ms = clock_monotonic_ms();
	judging->slow = judging->findings != NULL && judging->findings->bytes > FINDINGS_SLOW;
	if (judging->findings != NULL)
		findings_ref(judging->findings);
	if (submit(judging, err) != 0) {
		free_judging(judging);
		return NULL;
	}
	return judging;
}

bool
judging_leave(struct judging *judging)
{
	if (judging->job != NULL && !worker_take_back(judging->resolver->judges, judging->job))
		return false;
	if (judging->held)
		TAILQ_REMOVE(&judging->resolver->held, judging, link);
	supply_cancel(judging->order);
	free_judging(judging);
	return true;
}

struct judging *
judging_start(struct resolver *resolver, const char *key, const struct address *address,
    struct findings *findings, time_t stale_since, judging_done *done, void *context,
    struct error *err)
{
	const struct judging what = {.resolver = resolver,
	    .key = key,
	    .address = address,
	    .findings = findings,
	    .stale_since = stale_since,
	    .done = done,
	    .context = context};

	return start(&what, err);
}

struct judging *
judging_start_signer(struct resolver *resolver, const struct signer *signer, judging_done *done,
    void *context, struct error *err)
{
	const struct judging what = {.resolver = resolver,
	    .address = signer_address(signer),
	    .signer = signer,
	    .done = done,
	    .context = context};

	return start(&what, err);
}

void
judging_release_held(struct resolver *resolver)
{
	struct judging_list held;
	struct judging *judging;

	TAILQ_INIT(&held);
	TAILQ_CONCAT(&held, &resolver->held, link);
	while ((judging = TAILQ_FIRST(&held)) != NULL) {
		TAILQ_REMOVE(&held, judging, link);
		judging->held = false;
		if (submit(judging, &judging->error) != 0)
			end(judging);
	}
}

void
judging_end_held(struct resolver *resolver)
{
	struct judging *judging;

	while ((judging = TAILQ_FIRST(&resolver->held)) != NULL) {
		TAILQ_REMOVE(&resolver->held, judging, link);
		error_set(&judging->error, ERROR_TEMPORARY, "look-ups have stopped");
		end(judging);
	}
}
