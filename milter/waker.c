#include "waker.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/thread.h"

/* Often enough that a session waits at most about this long for a worker, seldom enough to cost
 * nothing: both measured with 50 and 200 sessions whose callbacks wait a second. */
#define WAKE_INTERVAL_NS 5000000L

struct waker {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct listener *listener;
	int waiting;
	bool stopping;
};

static void *
run(void *argument)
{
	struct waker *waker = argument;
	const struct timespec interval = {0, WAKE_INTERVAL_NS};
	bool stopping;

	do {
		pthread_mutex_lock(&waker->lock);
		while (waker->waiting == 0 && !waker->stopping)
			pthread_cond_wait(&waker->changed, &waker->lock);
		stopping = waker->stopping;
		pthread_mutex_unlock(&waker->lock);
		if (!stopping) {
			listener_poke(waker->listener);
			nanosleep(&interval, NULL);
		}
	} while (!stopping);
	return NULL;
}

struct waker *
waker_new(struct listener *listener, struct error *err)
{
	struct waker *waker = calloc(1, sizeof(*waker));

	if (waker == NULL) {
		error_no_memory(err);
		return NULL;
	}
	waker->listener = listener;
	pthread_mutex_init(&waker->lock, NULL);
	pthread_cond_init(&waker->changed, NULL);
	if (thread_start(&waker->thread, run, waker, err) != 0) {
		pthread_cond_destroy(&waker->changed);
		pthread_mutex_destroy(&waker->lock);
		free(waker);
		return NULL;
	}
	return waker;
}

static void
change(struct waker *waker, int by)
{
	pthread_mutex_lock(&waker->lock);
	waker->waiting += by;
	pthread_cond_signal(&waker->changed);
	pthread_mutex_unlock(&waker->lock);
}

void
waker_begin(struct waker *waker)
{
	change(waker, 1);
}

void
waker_end(struct waker *waker)
{
	change(waker, -1);
}

void
waker_free(struct waker *waker)
{
	if (waker == NULL)
		return;
	pthread_mutex_lock(&waker->lock);
	waker->stopping = true;
	pthread_cond_signal(&waker->changed);
	pthread_mutex_unlock(&waker->lock);
	pthread_join(waker->thread, NULL);
	pthread_cond_destroy(&waker->changed);
	pthread_mutex_destroy(&waker->lock);
	free(waker);
}
