/* base/worker: what a pool takes in. */
#include <event2/event.h>
#include <event2/thread.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/worker.h"
#include "unit.h"

static struct event_base *base;
static struct worker_pool *pool;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static int done_count;

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

int
main(void)
{
	Suite *suite = suite_create("worker");
	TCase *tcase = unit_case(suite, "worker");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, so_many_jobs_are_taken);
	tcase_add_test(tcase, large_jobs_leave_room_for_small_ones);
	tcase_add_test(tcase, one_job_alone_may_be_of_any_size);
	return unit_run(suite);
}
