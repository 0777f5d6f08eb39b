#include "base/worker.h"

#include <event2/event.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "base/thread.h"
#include "base/turns.h"

/* Of jobs without one: no address, and so nobody else's. */
#define NO_OWNER ""

struct worker_job {
	TAILQ_ENTRY(worker_job) link; /* of those finished */
	struct turn turn;             /* waits and runs */
	worker_run *run;
	worker_done *done;
	void *argument;
	size_t bytes;
	bool slow;
	bool ran;
};

TAILQ_HEAD(job_list, worker_job);

struct worker_pool {
	pthread_mutex_t mutex;
	pthread_cond_t work; /* something is queued, or stopping */
	struct turns *turns; /* of owners: what is queued and runs */
	struct job_list finished;
	size_t slow; /* of jobs that run */
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

static struct worker_job *
job_of(struct turn *turn)
{
	return (struct worker_job *)(void *)((char *)turn - offsetof(struct worker_job, turn));
}

/* With the mutex held. */
static bool
may_run(void *context, struct turn *turn)
{
	const struct worker_pool *pool = context;

	return !job_of(turn)->slow || pool->slow == 0 || pool->slow + 1 < pool->thread_count;
}

/* The job whose turn it is, or NULL: none waits, or only slow ones. With the mutex held. */
static struct worker_job *
take_next(struct worker_pool *pool)
{
	struct turn *turn = turns_next(pool->turns, may_run, pool);
	struct worker_job *job;

	if (turn == NULL)
		return NULL;
	job = job_of(turn);
	pool->slow += job->slow;
	return job;
}

/* It has had its turn. With the mutex held. */
static void
finish(struct worker_pool *pool, struct worker_job *job)
{
	turns_leave(pool->turns, &job->turn);
	pool->slow -= job->slow;
	TAILQ_INSERT_TAIL(&pool->finished, job, link);
}

/* It is in the pool no more. With the mutex held. */
static void
forget(struct worker_pool *pool, const struct worker_job *job)
{
	pool->jobs--;
	pool->bytes -= job->bytes;
}

static void *
work(void *argument)
{
	struct worker_pool *pool = argument;
	struct worker_job *job;

	pthread_mutex_lock(&pool->mutex);
	while (!pool->stopping) {
		job = take_next(pool);
		if (job == NULL) {
			pthread_cond_wait(&pool->work, &pool->mutex);
			continue;
		}
		pthread_mutex_unlock(&pool->mutex);
		job->run(job->argument);
		job->ran = true;
		pthread_mutex_lock(&pool->mutex);
		finish(pool, job);
		event_active(pool->notify, 0, 0);
	}
	pthread_mutex_unlock(&pool->mutex);
	return NULL;
}

/* Brings the first finished job back; false when there is none. */
static bool
bring_back(struct worker_pool *pool)
{
	struct worker_job *job;

	pthread_mutex_lock(&pool->mutex);
	job = TAILQ_FIRST(&pool->finished);
	if (job != NULL) {
		TAILQ_REMOVE(&pool->finished, job, link);
		forget(pool, job);
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

	while (bring_back(pool))
		;
}

/* After the threads have ended: the next job that never ran counts as finished. false: there is none. */
static bool
finish_queued(struct worker_pool *pool)
{
	struct worker_job *job;

	pthread_mutex_lock(&pool->mutex);
	job = take_next(pool);
	if (job != NULL)
		finish(pool, job);
	pthread_mutex_unlock(&pool->mutex);
	return job != NULL;
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
	turns_free(pool->turns);
	event_free(pool->notify);
	pthread_cond_destroy(&pool->work);
	pthread_mutex_destroy(&pool->mutex);
	free(pool);
}

struct worker_pool *
worker_pool_new(struct event_base *base, size_t threads, size_t queue_limit, const char *name,
    struct error *err)
{
	/* One that is alone gets half: all threads. So whoever waits has a place where a thread is free. */
	const struct turns_limits limits = {2 * threads, 0};
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
	pool->turns = turns_new(&limits, err);
	if (pool->turns == NULL) {
		event_free(pool->notify);
		free(pool);
		return NULL;
	}
	pthread_mutex_init(&pool->mutex, NULL);
	pthread_cond_init(&pool->work, NULL);
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

/* With the mutex held. */
static int
enqueue(struct worker_pool *pool, const char *owner, struct worker_job *job, struct error *err)
{
	if (!has_room(pool, job->bytes))
		return error_set(err, ERROR_LIMIT, "too much waits for %s", pool->name);
	if (turns_wait(pool->turns, &job->turn, owner, err) != 0)
		return -1;
	pool->jobs++;
	pool->bytes += job->bytes;
	pthread_cond_signal(&pool->work);
	return 0;
}

/* A copy of what is to be done; NULL on error. */
static struct worker_job *
submit(
    struct worker_pool *pool, const char *owner, const struct worker_job *what, struct error *err)
{
	struct worker_job *job;
	int result;

	job = malloc(sizeof(*job));
	if (job == NULL) {
		error_no_memory(err);
		return NULL;
	}
	*job = *what;
	pthread_mutex_lock(&pool->mutex);
	result = enqueue(pool, owner, job, err);
	pthread_mutex_unlock(&pool->mutex);
	if (result == 0)
		return job;
	free(job);
	return NULL;
}

struct worker_job *
worker_submit_for(struct worker_pool *pool, const char *owner, worker_run *run, worker_done *done,
    void *argument, struct error *err)
{
	const struct worker_job what = {.run = run, .done = done, .argument = argument};

	return submit(pool, owner, &what, err);
}

struct worker_job *
worker_submit_slow(struct worker_pool *pool, const char *owner, worker_run *run, worker_done *done,
    void *argument, struct error *err)
{
	const struct worker_job what = {
	    .run = run, .done = done, .argument = argument, .slow = true};

	return submit(pool, owner, &what, err);
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
	const struct worker_job what = {
	    .run = run, .done = done, .argument = argument, .bytes = bytes};

	return submit(pool, NO_OWNER, &what, err) != NULL ? 0 : -1;
}

bool
worker_take_back(struct worker_pool *pool, struct worker_job *job)
{
	bool waits;

	pthread_mutex_lock(&pool->mutex);
	waits = job->turn.owner != NULL && !job->turn.running;
	if (waits) {
		turns_leave(pool->turns, &job->turn);
		forget(pool, job);
	}
	pthread_mutex_unlock(&pool->mutex);
	if (waits)
		free(job);
	return waits;
}

void
worker_pool_free(struct worker_pool *pool)
{
	if (pool == NULL)
		return;
	join_all(pool);
	while (bring_back(pool) || finish_queued(pool))
		;
	destroy(pool);
}
