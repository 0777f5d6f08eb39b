/* Another configured trust: handed to the loop, which has what directories add to it. */
#include <errno.h>
#include <event2/event.h>
#include <time.h>

#include "directory/authority.h"
#include "directory/resolver_private.h"

/* Twenty thousand certificates are sorted in between; smimectl waits 10 s in all. Seconds. */
#define REBASE_TIME 5

int
resolver_rebase_trust(struct resolver *resolver, struct trust *trust, struct error *err)
{
	struct timespec until;
	struct trust *before;
	uint64_t number;
	bool done;
	bool failed;
	int status = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += REBASE_TIME;
	pthread_mutex_lock(&resolver->mutex);
	before = resolver->rebase;
	resolver->rebase = trust_ref(trust);
	number = ++resolver->rebases_asked;
	event_active(resolver->wake, 0, 0);
	while (resolver->rebases_done < number && status == 0)
		status = pthread_cond_timedwait(&resolver->rebased, &resolver->mutex, &until);
	done = resolver->rebases_done >= number;
	failed = resolver->rebase_failed;
	pthread_mutex_unlock(&resolver->mutex);
	trust_unref(before);
	if (!done)
		return error_set(err, ERROR_TEMPORARY,
		    "the trust is read, but was not in force within %d s", REBASE_TIME);
	if (failed)
		return error_set(err, ERROR_TEMPORARY,
		    "the trust is read, but could not be put in force: see the daemon's log");
	return 0;
}

void
rebase_take(struct resolver *resolver)
{
	struct trust *trust;
	uint64_t number;

	pthread_mutex_lock(&resolver->mutex);
	trust = resolver->rebase;
	resolver->rebase = NULL;
	number = resolver->rebases_asked;
	pthread_mutex_unlock(&resolver->mutex);
	if (trust == NULL)
		return;
	authority_rebase(resolver->authority, trust, number);
	trust_unref(trust);
}

void
rebase_done(struct resolver *resolver, uint64_t number, bool well)
{
	pthread_mutex_lock(&resolver->mutex);
	resolver->rebases_done = number;
	resolver->rebase_failed = !well;
	pthread_cond_broadcast(&resolver->rebased);
	pthread_mutex_unlock(&resolver->mutex);
}
