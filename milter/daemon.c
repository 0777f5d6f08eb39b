#include "daemon.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct daemon {
	pthread_mutex_t lock;
	pthread_cond_t ended;
	struct snapshot *snapshot;
	int transactions;
	bool stopping;
};

struct daemon *
daemon_new(struct snapshot *snapshot)
{
	struct daemon *daemon = calloc(1, sizeof(*daemon));
	pthread_condattr_t monotonic;

	if (daemon == NULL)
		return NULL;
	pthread_mutex_init(&daemon->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&daemon->ended, &monotonic);
	pthread_condattr_destroy(&monotonic);
	daemon->snapshot = snapshot;
	return daemon;
}

void
daemon_close(struct daemon *daemon)
{
	daemon_replace_snapshot(daemon, NULL);
}

struct snapshot *
daemon_snapshot(struct daemon *daemon)
{
	struct snapshot *snapshot;

	pthread_mutex_lock(&daemon->lock);
	snapshot = snapshot_ref(daemon->snapshot);
	pthread_mutex_unlock(&daemon->lock);
	return snapshot;
}

void
daemon_replace_snapshot(struct daemon *daemon, struct snapshot *snapshot)
{
	struct snapshot *old;

	pthread_mutex_lock(&daemon->lock);
	old = daemon->snapshot;
	daemon->snapshot = snapshot;
	pthread_mutex_unlock(&daemon->lock);
	snapshot_unref(old);
}

bool
daemon_begin(struct daemon *daemon)
{
	bool begun;

	pthread_mutex_lock(&daemon->lock);
	begun = !daemon->stopping;
	if (begun)
		daemon->transactions++;
	pthread_mutex_unlock(&daemon->lock);
	return begun;
}

void
daemon_end(struct daemon *daemon)
{
	pthread_mutex_lock(&daemon->lock);
	daemon->transactions--;
	pthread_cond_broadcast(&daemon->ended);
	pthread_mutex_unlock(&daemon->lock);
}

int
daemon_transactions(struct daemon *daemon)
{
	int count;

	pthread_mutex_lock(&daemon->lock);
	count = daemon->transactions;
	pthread_mutex_unlock(&daemon->lock);
	return count;
}

int
daemon_drain(struct daemon *daemon, int64_t deadline_ms)
{
	struct timespec until = {
	    (time_t)(deadline_ms / 1000), (long)(deadline_ms % 1000) * 1000000};
	int left;

	pthread_mutex_lock(&daemon->lock);
	daemon->stopping = true;
	while (daemon->transactions > 0) {
		if (pthread_cond_timedwait(&daemon->ended, &daemon->lock, &until) == ETIMEDOUT)
			break;
	}
	left = daemon->transactions;
	pthread_mutex_unlock(&daemon->lock);
	return left;
}
