/* Another configured trust: handed to the loop, which has what directories add to it. */
#include <errno.h>
#include <event2/event.h>
#include <time.h>

#include "base/log.h"
#include "directory/authority.h"
#include "directory/resolver_private.h"

static void
add_time(struct timespec *until, int64_t time_ms)
{
	until->tv_sec += (time_t)(time_ms / 1000);
	until->tv_nsec += (long)(time_ms % 1000) * 1000000;
	if (until->tv_nsec >= 1000000000) {
		until->tv_sec++;
		until->tv_nsec -= 1000000000;
	}
}

/* With the mutex held: what the caller does not wait for any more is told by rebase_done(). Of several
 * the last, with the trust before the first. */
static void
set_late(struct resolver *resolver, uint64_t number, resolver_late *late, void *context)
{
	if (resolver->late_before == NULL)
		resolver->late_before = trust_ref(resolver->trust);
	resolver->late = late;
	resolver->late_context = context;
	resolver->late_number = number;
}

int
resolver_rebase_trust(struct resolver *resolver, struct trust *trust, int64_t time_ms,
    resolver_late *late, void *context, struct error *err)
{
	struct timespec until;
	struct trust *before;
	uint64_t number;
	bool done;
	bool failed;
	int status = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	add_time(&until, time_ms);
	pthread_mutex_lock(&resolver->mutex);
	before = resolver->rebase;
	resolver->rebase = trust_ref(trust);
	number = ++resolver->rebases_asked;
	event_active(resolver->wake, 0, 0);
	while (resolver->rebases_done < number && status == 0)
		status = pthread_cond_timedwait(&resolver->rebased, &resolver->mutex, &until);
	done = resolver->rebases_done >= number;
	failed = resolver->rebase_failed;
	if (!done && late != NULL)
		set_late(resolver, number, late, context);
	pthread_mutex_unlock(&resolver->mutex);
	trust_unref(before);
	if (!done)
		return error_set(err, ERROR_TEMPORARY,
		    "the trust is read, but not in force yet, and will be as soon as the "
		    "daemon comes to it: see its log");
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

/* A later one, whose caller waits, tells of those before it, too. */
void
rebase_done(struct resolver *resolver, uint64_t number, bool well)
{
	struct trust *before = NULL;
	struct trust *after = NULL;
	resolver_late *late = NULL;
	void *context;

	pthread_mutex_lock(&resolver->mutex);
	resolver->rebases_done = number;
	resolver->rebase_failed = !well;
	context = resolver->late_context;
	if (resolver->late != NULL && number >= resolver->late_number) {
		late = number == resolver->late_number ? resolver->late : NULL;
		before = resolver->late_before;
		after = trust_ref(resolver->trust);
		resolver->late = NULL;
		resolver->late_before = NULL;
	}
	pthread_cond_broadcast(&resolver->rebased);
	pthread_mutex_unlock(&resolver->mutex);
	if (late != NULL && well)
		late(context, before, after);
	else if (late != NULL)
		log_error("trust: what was read again could not be put in force");
	trust_unref(before);
	trust_unref(after);
}
