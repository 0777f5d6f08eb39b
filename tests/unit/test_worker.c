/* base/worker: what a pool takes in. */
#include <event2/event.h>
#include <event2/thread.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/worker.h"
#include "unit.h"

static struct event_base *base;
static struct worker_pool *pool;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static int done_count;
static int unrun_count;
static char order[20]; /* the names of jobs, as they ran; of the one thread */

static void
run(void *job UNUSED)
{
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
}

static void
on_done(void *job UNUSED, bool ran)
{
	ck_assert(ran);
	done_count++;
}

/* A job that is its name. */
static void
run_named(void *job)
{
	run(NULL);
	order[strlen(order)] = *(const char *)job;
}

static void
on_named_done(void *job UNUSED, bool ran)
{
	done_count++;
	unrun_count += !ran;
}

/* With the gate closed: nothing ends. */
static void
setup(void)
{
	ck_assert_int_eq(evthread_use_pthreads(), 0);
	base = event_base_new();
	pool = worker_pool_new(base, 1, 10, "tests", NULL);
	ck_assert_ptr_nonnull(pool);
	pthread_mutex_lock(&gate);
}

static void
finish(int count)
{
	pthread_mutex_unlock(&gate);
	while (done_count < count)
		event_base_loop(base, EVLOOP_ONCE);
}

static void
teardown(void)
{
	worker_pool_free(pool);
	event_base_free(base);
}

static bool
takes(size_t bytes)
{
	struct error err = ERROR_INIT;

	if (worker_submit_sized(pool, bytes, run, on_done, NULL, &err) == 0)
		return true;
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	ck_assert_str_eq(err.text, "too much waits for tests");
	return false;
}

START_TEST(so_many_jobs_are_taken)
{
	int i;

	for (i = 0; i < 10; i++)
		ck_assert(takes(1 << 20));
	ck_assert(!takes(0));
	finish(10);
	pthread_mutex_lock(&gate);
	ck_assert(takes(0));
	finish(11);
}
END_TEST

START_TEST(large_jobs_leave_room_for_small_ones)
{
	worker_pool_limit_bytes(pool, 100);
	ck_assert(takes(40));
	ck_assert(!takes(31));
	ck_assert(takes(30));
	ck_assert(takes(15));
	ck_assert(!takes(8));
	ck_assert(takes(7));
	ck_assert(takes(0));
	finish(5);
	/* All was given back. */
	pthread_mutex_lock(&gate);
	ck_assert(takes(40));
	ck_assert(takes(30));
	finish(7);
}
END_TEST

START_TEST(one_job_alone_may_be_of_any_size)
{
	worker_pool_limit_bytes(pool, 100);
	ck_assert(takes(0));
	ck_assert(takes(1000));
	ck_assert(!takes(1));
	ck_assert(takes(0));
	finish(3);
}
END_TEST

static struct worker_job *
submit_for(const char *owner, const char *name)
{
	struct worker_job *job =
	    worker_submit_for(pool, owner, run_named, on_named_done, (char *)name, NULL);

	ck_assert_ptr_nonnull(job);
	return job;
}

/* Until the one thread has it: what comes next waits. */
static void
submit_first(const char *owner, const char *name)
{
	struct worker_job *job = submit_for(owner, name);

	while (worker_take_back(pool, job))
		job = submit_for(owner, name);
}

START_TEST(owners_take_turns_and_jobs_of_one_keep_their_order)
{
	submit_first("a", "1");
	submit_for("a", "2");
	submit_for("a", "3");
	submit_for("a", "4");
	submit_for("b", "5");
	submit_for("b", "6");
	ck_assert_int_eq(
	    worker_submit(pool, run_named, on_named_done, (char *)"7", NULL), 0); /* nobody's */
	finish(7);
	ck_assert_str_eq(order, "1257364");
	ck_assert_int_eq(unrun_count, 0);
}
END_TEST

static void
count_run(void *job)
{
	atomic_fetch_add((atomic_int *)job, 1);
}

/* The slow ones are held by the gate. */
START_TEST(slow_jobs_leave_a_thread_free)
{
	atomic_int quick = 0;
	int64_t until = clock_monotonic_ms() + 20000;
	int i;

	worker_pool_free(pool);
	pool = worker_pool_new(base, 2, 10, "tests", NULL);
	for (i = 0; i < 4; i++)
		ck_assert_ptr_nonnull(
		    worker_submit_slow(pool, i < 2 ? "a" : "b", run, on_done, NULL, NULL));
	for (i = 0; i < 4; i++)
		ck_assert_ptr_nonnull(
		    worker_submit_for(pool, "c", count_run, on_done, &quick, NULL));
	while (atomic_load(&quick) < 4 && clock_monotonic_ms() < until)
		poll(NULL, 0, 1);
	ck_assert_int_eq(atomic_load(&quick), 4);
	finish(8);
}
END_TEST

START_TEST(one_thread_runs_slow_jobs_too)
{
	ck_assert_ptr_nonnull(worker_submit_slow(pool, "a", run, on_done, NULL, NULL));
	ck_assert_ptr_nonnull(worker_submit_slow(pool, "b", run, on_done, NULL, NULL));
	finish(2);
}
END_TEST

START_TEST(a_job_that_waits_can_be_taken_back)
{
	struct worker_job *last;
	int i;

	submit_first("a", "1");
	for (i = 1; i < 9; i++)
		submit_for("a", "2");
	last = submit_for("a", "3");
	ck_assert(!takes(0));
	ck_assert(worker_take_back(pool, last));
	last = submit_for("b", "4"); /* in its place */
	ck_assert(!takes(0));
	ck_assert(worker_take_back(pool, last));
	finish(9);
	ck_assert_str_eq(order, "122222222");
}
END_TEST

START_TEST(a_job_that_has_begun_or_ended_cant_be_taken_back)
{
	struct worker_job *last;
	struct worker_job *next;

	submit_first("a", "1");
	last = submit_for("a", "2");
	pthread_mutex_unlock(&gate);
	/* It ends without us: nothing is brought back before the loop runs. */
	do {
		next = submit_for("a", "3");
	} while (worker_take_back(pool, next));
	ck_assert(!worker_take_back(pool, last));
	pthread_mutex_lock(&gate);
	finish(3);
	ck_assert_str_eq(order, "123");
}
END_TEST

START_TEST(jobs_that_never_ran_are_brought_back_at_the_end)
{
	submit_first("a", "1");
	submit_for("a", "2");
	submit_for("b", "3");
	/* The thread may take any of them before it is told to stop, but each comes back once. */
	pthread_mutex_unlock(&gate);
	worker_pool_free(pool);
	pool = NULL;
	ck_assert_int_eq(done_count, 3);
	ck_assert_int_eq((int)strlen(order) + unrun_count, 3);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("worker");
	TCase *tcase = unit_case(suite, "worker");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, so_many_jobs_are_taken);
	tcase_add_test(tcase, large_jobs_leave_room_for_small_ones);
	tcase_add_test(tcase, one_job_alone_may_be_of_any_size);
	tcase_add_test(tcase, owners_take_turns_and_jobs_of_one_keep_their_order);
	tcase_add_test(tcase, slow_jobs_leave_a_thread_free);
	tcase_add_test(tcase, one_thread_runs_slow_jobs_too);
	tcase_add_test(tcase, a_job_that_waits_can_be_taken_back);
	tcase_add_test(tcase, a_job_that_has_begun_or_ended_cant_be_taken_back);
	tcase_add_test(tcase, jobs_that_never_ran_are_brought_back_at_the_end);
	return unit_run(suite);
}
