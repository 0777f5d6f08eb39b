#include "directory/judging.h"

#include <stdlib.h>

#include "base/clock.h"

struct judging {
	struct resolver *resolver;
	const char *key;
	const struct address *address;
	struct findings *findings;
	time_t stale_since;
	struct trust *trust;
	uint64_t generation; /* of trust */
	struct recipient *record;
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
	free(judging);
}

/* On a worker. The judging is the worker's alone until on_judged(). */
static void
run_judging(void *job)
{
	struct judging *judging = job;

	judging->record = recipient_judge(judging->trust, judging->findings, judging->address,
	    judging->resolver->exact_local, clock_wall(), &judging->error);
	if (judging->record != NULL && judging->stale_since != 0 &&
	    recipient_set_stale(judging->record, judging->stale_since, &judging->error) != 0) {
		recipient_unref(judging->record);
		judging->record = NULL;
	}
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
	if (in_force)
		cache_set_record(resolver->cache, judging->key, judging->findings, judging->record,
		    judging->generation);
	pthread_mutex_unlock(&resolver->mutex);
	return in_force;
}

static void
on_judged(void *job, bool ran)
{
	struct judging *judging = job;
	struct error err = ERROR_INIT;

	if (!ran)
		error_set(&judging->error, ERROR_TEMPORARY, "look-ups have stopped");
	if (judging->record != NULL && !keep(judging)) {
		recipient_unref(judging->record);
		judging->record = NULL;
		if (submit(judging, &err) == 0)
			return;
		judging->error = err;
	}
	judging->done(judging->context, judging->record, judging->error.text);
	free_judging(judging);
}

static int
submit(struct judging *judging, struct error *err)
{
	struct resolver *resolver = judging->resolver;

	if (resolver->stopping)
		return error_set(err, ERROR_TEMPORARY, "look-ups have stopped");
	trust_unref(judging->trust);
	pthread_mutex_lock(&resolver->mutex);
	judging->trust = trust_ref(resolver->trust);
	judging->generation = resolver->generation;
	pthread_mutex_unlock(&resolver->mutex);
	return worker_submit(resolver->judges, run_judging, on_judged, judging, err);
}

int
judging_start(struct resolver *resolver, const char *key, const struct address *address,
    struct findings *findings, time_t stale_since, judging_done *done, void *context,
    struct error *err)
{
	struct judging *judging;

	judging = calloc(1, sizeof(*judging));
	if (judging == NULL)
		return error_no_memory(err);
	judging->resolver = resolver;
	judging->key = key;
	judging->address = address;
	judging->findings = findings_ref(findings);
	judging->stale_since = stale_since;
	judging->done = done;
	judging->context = context;
	if (submit(judging, err) != 0) {
		free_judging(judging);
		return -1;
	}
	return 0;
}
