#include "base/worker.h"

#include <event2/event.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "base/thread.h"

struct worker_job {
	TAILQ_ENTRY(worker_job) link;
	worker_run *run;
	worker_done *done;
	void *argument;
	size_t bytes;
	bool ran;
};

TAILQ_HEAD(job_list, worker_job);

struct worker_pool {
	pthread_mutex_t mutex;
	pthread_cond_t work; /* something is queued, or stopping */
	struct job_list queued;
	struct job_list finished;
	size_t jobs; /* queued, running and finished */
	size_t queue_limit;
	size_t bytes; /* that jobs hold */
	size_t bytes_limit;
	bool stopping;
	struct event *notify; /* on the loop: something is finished */
	const char *name;
	size_t thread_count;
	pthread_t threads[];
};

static void *
work(void *argument)
{
	struct worker_pool *pool = argument;
	struct worker_job *job;

	pthread_mutex_lock(&pool->mutex);
	for (;;) {
		while (!pool->stopping && TAILQ_EMPTY(&pool->queued))
			pthread_cond_wait(&pool->work, &pool->mutex);
		if (pool->stopping)
			break;
		job = TAILQ_FIRST(&pool->queued);
		TAILQ_REMOVE(&pool->queued, job, link);
		pthread_mutex_unlock(&pool->mutex);
		job->run(job->argument);
		job->ran = true;
		pthread_mutex_lock(&pool->mutex);
		TAILQ_INSERT_TAIL(&pool->finished, job, link);
		event_active(pool->notify, 0, 0);
	}
	pthread_mutex_unlock(&pool->mutex);
	return NULL;
}

/* Takes the first job of a list and brings it back; false when the list is empty. */
static bool
bring_back(struct worker_pool *pool, struct job_list *list)
{
	struct worker_job *job;

	pthread_mutex_lock(&pool->mutex);
	job = TAILQ_FIRST(list);
	if (job != NULL) {
		TAILQ_REMOVE(list, job, link);
		pool->jobs--;
		pool->bytes -= job->bytes;
	}
	pthread_mutex_unlock(&pool->mutex);
	if (job == NULL)
		return false;
	job->done(job->argument, job->ran);
	free(job);
	return true;
}

static void
on_notify(evutil_socket_t fd UNUSED, short what UNUSED, void *argument)
{
	struct worker_pool *pool = argument;

	while (bring_back(pool, &pool->finished))
		;
}

static void
join_all(struct worker_pool *pool)
{
	size_t i;

	pthread_mutex_lock(&pool->mutex);
	pool->stopping = true;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->mutex);
	for (i = 0; i < pool->thread_count; i++)
		pthread_join(pool->threads[i], NULL);
}

static void
destroy(struct worker_pool *pool)
{
	event_free(pool->notify);
	pthread_cond_destroy(&pool->work);
	pthread_mutex_destroy(&pool->mutex);
	free(pool);
}

struct worker_pool *
worker_pool_new(struct event_base *base, size_t threads, size_t queue_limit, const char *name,
    struct error *err)
{
	struct worker_pool *pool;

	pool = calloc(1, sizeof(*pool) + threads * sizeof(pool->threads[0]));
	if (pool == NULL) {
		error_no_memory(err);
		return NULL;
	}
	pool->notify = event_new(base, -1, 0, on_notify, pool);
	if (pool->notify == NULL) {
		error_no_memory(err);
		free(pool);
		return NULL;
	}
	pthread_mutex_init(&pool->mutex, NULL);
	pthread_cond_init(&pool->work, NULL);
	TAILQ_INIT(&pool->queued);
	TAILQ_INIT(&pool->finished);
	pool->queue_limit = queue_limit;
	pool->bytes_limit = SIZE_MAX;
	pool->name = name;
	while (pool->thread_count < threads) {
		if (thread_start(&pool->threads[pool->thread_count], work, pool, err) != 0) {
			join_all(pool);
			destroy(pool);
			return NULL;
		}
		pool->thread_count++;
	}
	return pool;
}

void
worker_pool_limit_bytes(struct worker_pool *pool, size_t most)
{
	pool->bytes_limit = most;
}

/* With the mutex held. */
static bool
has_room(const struct worker_pool *pool, size_t bytes)
{
	if (pool->jobs >= pool->queue_limit)
		return false;
	return bytes == 0 || pool->bytes == 0 ||
	       (pool->bytes < pool->bytes_limit && bytes <= (pool->bytes_limit - pool->bytes) / 2);
}

int
worker_submit(
    struct worker_pool *pool, worker_run *run, worker_done *done, void *argument, struct error *err)
{
	return worker_submit_sized(pool, 0, run, done, argument, err);
}

int
worker_submit_sized(struct worker_pool *pool, size_t bytes, worker_run *run, worker_done *done,
    void *argument, struct error *err)
{
	struct worker_job *job;
	bool full;

	job = calloc(1, sizeof(*job));
	if (job == NULL)
		return error_no_memory(err);
	job->run = run;
	job->done = done;
	job->argument = argument;
	job->bytes = bytes;
	pthread_mutex_lock(&pool->mutex);
	full = !has_room(pool, bytes);
	if (!full) {
		pool->jobs++;
		pool->bytes += bytes;
		TAILQ_INSERT_TAIL(&pool->queued, job, link);
		pthread_cond_signal(&pool->work);
	}
	pthread_mutex_unlock(&pool->mutex);
	if (!full)
		return 0;
	free(job);
	return error_set(err, ERROR_LIMIT, "too much waits for %s", pool->name);
}

void
worker_pool_free(struct worker_pool *pool)
{
	if (pool == NULL)
		return;
	join_all(pool);
	while (bring_back(pool, &pool->finished) || bring_back(pool, &pool->queued))
		;
	destroy(pool);
}
