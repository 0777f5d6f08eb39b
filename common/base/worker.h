/*
 * A small pool of threads for what must not run on the loop: judging, and what blocks (name
 * look-up, TLS handshakes, reading files). A job goes in on the loop thread, runs on one of the
 * pool's, and comes back to the loop thread. The queue is bounded.
 *
 * Owners of jobs take turns (base/turns.h), each time a thread is free; jobs of one run in the order
 * in which they came.
 */
#ifndef SMIME_BASE_WORKER_H
#define SMIME_BASE_WORKER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"

struct event_base;
struct worker_job;
struct worker_pool;

/* On a thread of the pool; must not touch what belongs to the loop. */
typedef void worker_run(void *job);

/* On the loop thread (or worker_pool_free()'s caller), exactly once for each job taken. ran: false
 * if the pool was freed before the job's turn. The place to free the job. */
typedef void worker_done(void *job, bool ran);

/* Starts the threads. name is for people. At most queue_limit jobs are waiting and running. NULL
 * on error. */
struct worker_pool *worker_pool_new(struct event_base *base, size_t threads, size_t queue_limit,
    const char *name, struct error *err);

/* Hands in a job. ERROR_LIMIT when the queue is full; then `done` is not called. All that come so, or by
 * worker_submit_sized(), are one owner's. */
MUST_CHECK int worker_submit(
    struct worker_pool *pool, worker_run *run, worker_done *done, void *job, struct error *err);

/* The same for an owner. Gives what takes it back, borrowed until `done`; NULL on error. */
struct worker_job *worker_submit_for(struct worker_pool *pool, const char *owner, worker_run *run,
    worker_done *done, void *job, struct error *err);

/* The same for one that may take long: all threads but one run such jobs (one thread alone runs all), so
 * that others need not wait for them to end. */
struct worker_job *worker_submit_slow(struct worker_pool *pool, const char *owner, worker_run *run,
    worker_done *done, void *job, struct error *err);

/* Takes back a job that no thread has begun: `done` is not called, and the job is the caller's again.
 * false: too late, `done` will be called. On the loop thread. */
MUST_CHECK bool worker_take_back(struct worker_pool *pool, struct worker_job *job);

/* Bounds what jobs hold, in bytes, those that run included. Before the first job. */
void worker_pool_limit_bytes(struct worker_pool *pool, size_t most);

/* The same for a job that holds so many bytes: at most half of what is left of the limit, so that large
 * ones leave room for small ones; or any number, if no other job holds any. */
MUST_CHECK int worker_submit_sized(struct worker_pool *pool, size_t bytes, worker_run *run,
    worker_done *done, void *job, struct error *err);

/* Waits for the jobs that are running, then calls `done` for every job that is left. After the loop
 * has ended, before its base is freed. NULL is legal. */
void worker_pool_free(struct worker_pool *pool);

#endif
