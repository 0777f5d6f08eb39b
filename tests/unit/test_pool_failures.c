/* ldap/pool: servers that fail, are silent or hang, and come back. */
#include <event2/event.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "test_pool.h"

START_TEST(a_server_that_refuses_connections_costs_no_answer)
{
	struct fake *fake;
	struct asked asked;

	test_pool_add_closed();
	fake = test_pool_add_fake(FAKE_ANSWERS);
	directory->server_order = _i == 0 ? SERVER_ORDER_LISTED : SERVER_ORDER_SPREAD;
	test_pool_start_pool();
	asked = test_pool_ask();
	test_pool_expect_answered(asked, fake);
	ck_assert_int_eq(asked.begins, 1);
	RUN_UNTIL(test_pool_state_of(0).down);
	ck_assert_ptr_nonnull(strstr(test_pool_state_of(0).error, "Connection refused"));
	ck_assert_int_gt(test_pool_state_of(0).rest_ms, 0);
}
END_TEST

START_TEST(a_connection_that_ends_in_a_search_costs_no_answer)
{
	struct fake *bad = test_pool_add_fake(_i == 0 ? FAKE_HANGS_UP : FAKE_ENDS);
	struct fake *good = test_pool_add_fake(FAKE_ANSWERS);
	struct asked asked;

	test_pool_start_pool();
	asked = test_pool_ask();
	test_pool_expect_answered(asked, good);
	ck_assert_int_eq(asked.begins, 2);
	ck_assert_int_eq(asked.entries, 1);
	ck_assert_int_eq(atomic_load(&bad->searches), 1);
}
END_TEST

START_TEST(a_silent_server_costs_a_search_only_the_search_time)
{
	struct fake *bad = test_pool_add_fake(FAKE_SILENT);
	struct fake *good = test_pool_add_fake(FAKE_ANSWERS);
	struct asked asked;

	directory->search_timeout = SILENCE;
	test_pool_start_pool();
	asked = test_pool_ask();
	test_pool_expect_answered(asked, good);
	ck_assert_int_eq(asked.begins, 2);
	ck_assert_int_eq(atomic_load(&bad->searches), 1);
	ck_assert(test_pool_state_of(0).down);
	/* The next one does not even try it. */
	test_pool_expect_answered(test_pool_ask(), good);
	ck_assert_int_eq(atomic_load(&bad->searches), 1);
}
END_TEST

START_TEST(a_connection_gone_dead_is_made_again_to_the_only_server)
{
	struct fake *fake = test_pool_add_fake(FAKE_ANSWERS);
	struct asked asked[3] = {{.done = 0}};
	size_t i;

	test_pool_start_pool();
	test_pool_ask();
	directory->search_timeout = SILENCE;
	atomic_store(&fake->mute_until, 1);
	for (i = 0; i < 3; i++)
		test_pool_begin(&asked[i]);
	RUN_UNTIL(asked[0].done + asked[1].done + asked[2].done == 3);
	for (i = 0; i < 3; i++) {
		test_pool_expect_answered(asked[i], fake);
		ck_assert_int_eq(asked[i].begins, 2);
	}
	ck_assert_int_eq(atomic_load(&fake->connections), 2);
	ck_assert(!test_pool_state_of(0).down);
}
END_TEST

/* It gave something after the search was sent, and nothing any more: so it is not the server that is
 * slow. */
START_TEST(a_connection_that_dies_between_two_answers_is_made_again)
{
	struct fake *fake = test_pool_add_fake(FAKE_SILENT);
	struct asked lost = {.done = 0};
	int64_t between;

	directory->search_timeout = SILENCE;
	test_pool_start_pool();
	test_pool_begin(&lost);
	RUN_UNTIL(atomic_load(&fake->searches) == 1);
	between = clock_monotonic_ms() + SILENCE / 3;
	RUN_UNTIL(clock_monotonic_ms() >= between);
	atomic_store(&fake->mode, FAKE_ANSWERS);
	test_pool_expect_answered(test_pool_ask(), fake);
	atomic_store(&fake->mute_until, 1);
	RUN_UNTIL(lost.done > 0);
	test_pool_expect_answered(lost, fake);
	ck_assert_int_eq(lost.begins, 2);
	ck_assert_int_eq(atomic_load(&fake->connections), 2);
	ck_assert(!test_pool_state_of(0).down);
}
END_TEST

START_TEST(a_search_that_is_slow_alone_ends_and_its_connection_stays)
{
	struct fake *fake = test_pool_add_fake(FAKE_SILENT);
	struct asked slow = {.done = 0};
	int64_t next;

	directory->search_timeout = SILENCE;
	test_pool_start_pool();
	test_pool_begin(&slow);
	RUN_UNTIL(atomic_load(&fake->searches) == 1);
	atomic_store(&fake->mode, FAKE_ANSWERS);
	while (slow.done == 0) {
		test_pool_expect_answered(test_pool_ask(), fake);
		next = clock_monotonic_ms() + SILENCE / 20;
		RUN_UNTIL(slow.done > 0 || clock_monotonic_ms() >= next);
	}
	test_pool_expect_failed(slow, "did not end in time");
	ck_assert_int_eq(slow.begins, 1);
	ck_assert_int_eq(atomic_load(&fake->connections), 1);
}
END_TEST

/* A CRL of a slow line. */
START_TEST(a_large_answer_may_take_longer_as_long_as_it_comes)
{
	struct fake *fake = test_pool_add_fake(FAKE_DRIPS);
	struct asked asked;

	fake->drops = 5;
	fake->drop_ms = SILENCE / 3;
	directory->search_timeout = SILENCE;
	wants_large = true;
	test_pool_start_pool();
	asked = test_pool_ask();
	wants_large = false;
	test_pool_expect_answered(asked, fake);
	ck_assert_int_eq(asked.begins, 1);
	ck_assert_int_gt(atomic_load(&fake->seconds_limit), SILENCE / 1000 + 1);
}
END_TEST

START_TEST(a_large_answer_that_stops_coming_is_asked_for_elsewhere)
{
	struct fake *bad = test_pool_add_fake(FAKE_DRIPS);
	struct fake *good = test_pool_add_fake(FAKE_ANSWERS);
	struct asked asked;

	bad->drops = 2;
	bad->drop_ms = SILENCE * 2;
	directory->search_timeout = SILENCE;
	wants_large = true;
	test_pool_start_pool();
	asked = test_pool_ask();
	wants_large = false;
	test_pool_expect_answered(asked, good);
	ck_assert_int_eq(asked.begins, 2);
}
END_TEST

/* The server was there, and is asked again. */
START_TEST(a_large_answer_that_stops_coming_is_no_failure)
{
	struct fake *fake = test_pool_add_fake(FAKE_DRIPS);
	struct asked asked = {.done = 0};

	fake->drops = 2;
	fake->drop_ms = 50;
	fake->drops_stall = true;
	directory->search_timeout = SILENCE;
	wants_large = true;
	test_pool_start_pool();
	test_pool_begin(&asked);
	wants_large = false;
	RUN_UNTIL(asked.begins == 2 || asked.done > 0);
	atomic_store(&fake->mode, FAKE_ANSWERS);
	RUN_UNTIL(asked.done > 0);
	test_pool_expect_answered(asked, fake);
	ck_assert(!test_pool_state_of(0).down);
}
END_TEST

START_TEST(a_connection_ended_while_idle_is_no_failure)
{
	struct fake *fake = test_pool_add_fake(FAKE_ANSWERS);
	struct asked asked;

	test_pool_start_pool();
	test_pool_ask();
	atomic_store(&fake->drop, 1);
	RUN_UNTIL(test_pool_state_of(0).links == 0);
	ck_assert(!test_pool_state_of(0).down);
	asked = test_pool_ask();
	test_pool_expect_answered(asked, fake);
	ck_assert_int_eq(asked.begins, 1);
}
END_TEST

/* Answers that are a server's own trouble. */
static const struct {
	enum fake_mode mode;
	enum pool_outcome outcome;
	const char *why;
} troubles[] = {
    {FAKE_BUSY, POOL_FAILED, "Server is busy"},
    {FAKE_NOTHING, POOL_NO_SUCH_OBJECT, "No such object"},
};

START_TEST(a_server_that_can_t_answer_is_passed_over)
{
	struct fake *good;

	test_pool_add_fake(troubles[_i].mode);
	good = test_pool_add_fake(FAKE_ANSWERS);
	test_pool_start_pool();
	test_pool_expect_answered(test_pool_ask(), good);
	ck_assert(!test_pool_state_of(0).down);
}
END_TEST

START_TEST(a_refusal_is_the_answer_where_all_refuse)
{
	struct fake *first = test_pool_add_fake(troubles[_i].mode);
	struct fake *second = test_pool_add_fake(troubles[_i].mode);
	struct asked asked;

	test_pool_start_pool();
	asked = test_pool_ask();
	ck_assert_int_eq(asked.done, 1);
	ck_assert_int_eq(asked.outcome, troubles[_i].outcome);
	ck_assert_msg(strstr(asked.error, troubles[_i].why) != NULL, "%s", asked.error);
	ck_assert_int_eq(atomic_load(&first->searches) + atomic_load(&second->searches), 2);
}
END_TEST

START_TEST(a_search_does_not_begin_for_ever)
{
	int searches;

	test_pool_add_fake(FAKE_HANGS_UP);
	test_pool_add_fake(FAKE_HANGS_UP);
	directory->retry_interval = 10;
	directory->retry_interval_max = 10;
	test_pool_start_pool();
	test_pool_expect_failed(test_pool_ask(), "the connection was lost");
	searches = atomic_load(&fakes[0].searches) + atomic_load(&fakes[1].searches);
	ck_assert_int_ge(searches, 2);
	ck_assert_int_le(searches, 4);
}
END_TEST

START_TEST(a_server_slow_to_connect_is_not_waited_for_where_there_is_another)
{
	struct fake *good;
	struct asked asked;

	test_pool_bind_by_password();
	test_pool_add_fake(FAKE_SILENT);
	good = test_pool_add_fake(FAKE_ANSWERS);
	test_pool_start_pool();
	asked = test_pool_ask();
	test_pool_expect_answered(asked, good);
	ck_assert_int_eq(asked.begins, 1);
	/* It is still being connected to: no failure yet. */
	ck_assert(!test_pool_state_of(0).down);
}
END_TEST

/* The loop has been busy before it begins. */
static void
on_busy(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	poll(NULL, 0, 100);
	test_pool_begin(context);
}

START_TEST(what_begins_late_in_a_callback_tries_the_next_server_as_well)
{
	static const struct timeval at_once = {0, 0};
	struct asked asked = {.done = 0};
	struct fake *good;

	test_pool_bind_by_password();
	test_pool_add_fake(FAKE_SILENT);
	good = test_pool_add_fake(FAKE_ANSWERS);
	test_pool_start_pool();
	event_base_once(base, -1, EV_TIMEOUT, on_busy, &asked, &at_once);
	RUN_UNTIL(asked.done > 0);
	test_pool_expect_answered(asked, good);
	ck_assert(!test_pool_state_of(0).down);
}
END_TEST

/* Time enough for many attempts, were they made. */
static void
let_pass(int64_t ms)
{
	int64_t until = clock_monotonic_ms() + ms;

	RUN_UNTIL(clock_monotonic_ms() >= until);
}

START_TEST(a_password_that_is_refused_is_not_tried_again_soon)
{
	struct fake *bad = test_pool_add_fake(FAKE_ANSWERS);
	struct fake *good = test_pool_add_fake(FAKE_ANSWERS);

	atomic_store(&bad->locked, 1);
	test_pool_bind_by_password();
	directory->retry_interval = 10;
	directory->retry_interval_max = 10;
	test_pool_start_pool();
	test_pool_expect_answered(test_pool_ask(), good);
	RUN_UNTIL(test_pool_state_of(0).down);
	ck_assert_ptr_nonnull(strstr(test_pool_state_of(0).error, "password is wrong"));
	ck_assert_int_gt(test_pool_state_of(0).rest_ms, 500000);
	let_pass(100);
	test_pool_expect_answered(test_pool_ask(), good);
	ck_assert_int_eq(atomic_load(&bad->binds), 1);
}
END_TEST

/* Not even once that time is over: each attempt brings the account nearer to being locked. */
START_TEST(a_password_that_is_refused_is_tried_again_for_a_search_only)
{
	struct fake *bad = test_pool_add_fake(FAKE_ANSWERS);
	struct fake *good = test_pool_add_fake(FAKE_ANSWERS);

	atomic_store(&bad->locked, 1);
	test_pool_bind_by_password();
	directory->retry_interval = 10;
	directory->retry_interval_max = 10;
	test_pool_start_pool();
	test_pool_expect_answered(test_pool_ask(), good);
	RUN_UNTIL(test_pool_state_of(0).down);
	clock_advance_monotonic(700000);
	ck_assert_int_eq(test_pool_state_of(0).rest_ms, 0);
	atomic_store(&good->drop, 1); /* the pool looks at its servers */
	RUN_UNTIL(test_pool_state_of(1).links == 0);
	let_pass(100);
	ck_assert_int_eq(atomic_load(&bad->binds), 1);
	test_pool_expect_answered(test_pool_ask(), good);
	RUN_UNTIL(atomic_load(&bad->binds) == 2);
}
END_TEST

/* It was changed in the directory, and connections that are there stay. */
START_TEST(a_password_that_is_refused_to_a_further_connection_is_not_tried_again_soon)
{
	struct fake *fake = test_pool_add_fake(FAKE_HOLDS);
	struct asked asked[2] = {{.done = 0}};
	size_t i;

	test_pool_bind_by_password();
	directory->retry_interval = 10;
	directory->retry_interval_max = 10;
	directory->searches = 1;
	test_pool_start_pool();
	test_pool_begin(&asked[0]);
	RUN_UNTIL(atomic_load(&fake->held) == 1);
	atomic_store(&fake->locked, 1);
	test_pool_begin(&asked[1]);
	RUN_UNTIL(atomic_load(&fake->binds) == 2);
	let_pass(100);
	ck_assert_int_eq(atomic_load(&fake->binds), 2);
	ck_assert(!test_pool_state_of(0).down);
	atomic_store(&fake->mode, FAKE_ANSWERS);
	RUN_UNTIL(asked[0].done + asked[1].done == 2);
	for (i = 0; i < 2; i++)
		test_pool_expect_answered(asked[i], fake);
	ck_assert_int_eq(atomic_load(&fake->connections), 2);
}
END_TEST

START_TEST(a_dead_address_of_a_host_leaves_time_for_its_next_one)
{
	static char uri[60];
	struct fake *fake = test_pool_add_fake(FAKE_ANSWERS);
	int client;
	int listener = test_pool_listen_full(TWO_FIRST, fake->port, &client);
	int64_t before = clock_monotonic_ms();

	directory->connect_timeout = 2 * SILENCE;
	snprintf(uri, sizeof(uri), "ldap://" TWO_ADDRESSES ":%d", fake->port);
	uris[0] = uri;
	fixture_list(&directory->uri, uris, 1);
	test_pool_start_pool();
	ck_assert_int_eq(test_pool_ask().outcome, POOL_COMPLETE);
	ck_assert_int_lt(clock_monotonic_ms() - before, directory->connect_timeout);
	close(client);
	close(listener);
}
END_TEST

START_TEST(a_name_look_up_that_hangs_occupies_one_helper_and_no_other_server)
{
	static char uri[60];
	struct fake *good = test_pool_add_fake(FAKE_ANSWERS);

	snprintf(uri, sizeof(uri), "ldap://hangs.test:%d", good->port);
	uris[0] = uri;
	uris[1] = good->uri;
	fixture_list(&directory->uri, uris, 2);
	directory->connect_timeout = SILENCE;
	directory->retry_interval = 10;
	directory->retry_interval_max = 10;
	atomic_store(&hangs, 1);
	test_pool_start_pool();
	test_pool_expect_answered(test_pool_ask(), good);
	/* First "hangs"; that stays for 10 ms only. */
	RUN_UNTIL(strstr(test_pool_state_of(0).error, "look-up has not ended yet") != NULL);
	test_pool_expect_answered(test_pool_ask(), good);
	ck_assert_int_eq(atomic_load(&lookups), 1);
	atomic_store(&hangs, 0);
	RUN_UNTIL(!test_pool_state_of(0).down);
	ck_assert_str_eq(test_pool_ask().server, uri);
}
END_TEST

START_TEST(a_server_is_not_said_to_hang_where_others_keep_the_threads)
{
	static char uri[60];
	struct fake *good = test_pool_add_fake(FAKE_ANSWERS);

	worker_pool_free(workers);
	workers = worker_pool_new(base, 1, 100, "tests", NULL);
	ck_assert_ptr_nonnull(workers);
	snprintf(uri, sizeof(uri), "ldap://hangs.test:%d", good->port);
	uris[0] = uri;
	uris[1] = good->uri;
	fixture_list(&directory->uri, uris, 2);
	directory->connect_timeout = 500;
	directory->retry_interval = 60000;
	directory->retry_interval_max = 60000;
	atomic_store(&hangs, 1);
	test_pool_start_pool();
	test_pool_expect_failed(test_pool_ask(), "all threads that connect are busy");
	ck_assert_ptr_nonnull(strstr(test_pool_state_of(0).error, "look-up hangs"));
}
END_TEST

START_TEST(a_server_that_comes_back_is_found_by_itself_and_preferred_again)
{
	int port = test_pool_add_closed();
	struct fake *second = test_pool_add_fake(FAKE_ANSWERS);
	struct fake *first = &fakes[fake_count];

	directory->retry_interval = 20;
	directory->retry_interval_max = 40;
	test_pool_start_pool();
	test_pool_expect_answered(test_pool_ask(), second);
	RUN_UNTIL(test_pool_state_of(0).down);
	fake_count++;
	fake_start(first, port, NULL);
	RUN_UNTIL(!test_pool_state_of(0).down);
	ck_assert_int_eq(atomic_load(&first->searches), 0);
	ck_assert_int_ge(atomic_load(&first->greetings), 1);
	ck_assert_str_eq(test_pool_state_of(0).error, "");
	test_pool_expect_answered(test_pool_ask(), first);
}
END_TEST

START_TEST(the_only_server_is_found_again_while_nobody_asks)
{
	int port = test_pool_add_closed();

	directory->retry_interval = 20;
	directory->retry_interval_max = 40;
	test_pool_start_pool();
	test_pool_expect_failed(test_pool_ask(), "Connection refused");
	ck_assert(test_pool_state_of(0).down);
	fake_start(&fakes[fake_count++], port, NULL);
	RUN_UNTIL(!test_pool_state_of(0).down);
	ck_assert_int_eq(atomic_load(&fakes[0].searches), 0);
	ck_assert_int_ge(atomic_load(&fakes[0].greetings), 1);
	test_pool_expect_answered(test_pool_ask(), &fakes[0]);
}
END_TEST

START_TEST(a_server_that_only_takes_connections_is_not_back)
{
	struct fake *first = test_pool_add_fake(FAKE_SILENT);
	struct fake *second = test_pool_add_fake(FAKE_ANSWERS);

	directory->search_timeout = SILENCE;
	directory->retry_interval = 20;
	directory->retry_interval_max = 40;
	test_pool_start_pool();
	test_pool_expect_answered(test_pool_ask(), second);
	RUN_UNTIL(atomic_load(&first->greetings) >= 2);
	ck_assert(test_pool_state_of(0).down);
	test_pool_expect_answered(test_pool_ask(), second);
	ck_assert_int_eq(atomic_load(&first->searches), 1);
}
END_TEST

/* What the rest after a failure is at most, for each in a row; it is no less than nine tenths. */
static const int64_t rests[] = {10000, 20000, 40000, 60000, 60000};

START_TEST(each_failure_doubles_the_rest_up_to_the_most)
{
	const char *why = _i == 0 ? "Connection refused" : "the connection was lost";
	struct asked asked;
	struct error err = ERROR_INIT;
	size_t i;

	if (_i == 0)
		test_pool_add_closed();
	else
		test_pool_add_fake(FAKE_GREETS); /* it is "back" each time */
	directory->retry_interval = 10000;
	directory->retry_interval_max = 60000;
	test_pool_start_pool();
	for (i = 0; i < ARRAY_LENGTH(rests); i++) {
		memset(&asked, 0, sizeof(asked));
		ck_assert_ptr_nonnull(test_pool_try_begin(&asked, 90000, &err));
		RUN_UNTIL(asked.done > 0);
		test_pool_expect_failed(asked, why);
		ck_assert_int_le(test_pool_state_of(0).rest_ms, rests[i]);
		ck_assert_int_gt(test_pool_state_of(0).rest_ms, rests[i] * 8 / 10);
		/* Meanwhile it is left alone, and the reason is at hand. */
		ck_assert_ptr_null(test_pool_try_begin(&asked, 1000, &err));
		ck_assert_int_eq(err.code, ERROR_TEMPORARY);
		ck_assert_ptr_nonnull(strstr(err.text, why));
		clock_advance_monotonic(rests[i]);
		ck_assert_int_eq(test_pool_state_of(0).rest_ms, 0);
	}
}
END_TEST

/* Asks until the first server has failed; the second answers. */
static void
fail_first(void)
{
	while (!test_pool_state_of(0).down)
		test_pool_expect_answered(test_pool_ask(), &fakes[1]);
}

START_TEST(to_be_well_for_long_ends_the_doubling)
{
	test_pool_add_fake(FAKE_GREETS);
	test_pool_add_fake(FAKE_ANSWERS);
	directory->retry_interval = 10000;
	directory->retry_interval_max = 60000;
	test_pool_start_pool();
	fail_first();
	clock_advance_monotonic(10000);
	test_pool_expect_answered(test_pool_ask(), &fakes[1]);
	RUN_UNTIL(!test_pool_state_of(0).down);
	fail_first();
	ck_assert_int_gt(test_pool_state_of(0).rest_ms, 10000);
	clock_advance_monotonic(20000);
	test_pool_expect_answered(test_pool_ask(), &fakes[1]);
	RUN_UNTIL(!test_pool_state_of(0).down);
	clock_advance_monotonic(60000);
	fail_first();
	ck_assert_int_le(test_pool_state_of(0).rest_ms, 10000);
}
END_TEST

START_TEST(success_ends_the_doubling)
{
	int port = test_pool_add_closed();
	struct asked asked;
	int i;

	directory->retry_interval = 10000;
	directory->retry_interval_max = 60000;
	test_pool_start_pool();
	for (i = 0; i < 2; i++) {
		asked = test_pool_ask();
		clock_advance_monotonic(60000);
	}
	fake_start(&fakes[fake_count++], port, NULL);
	test_pool_expect_answered(test_pool_ask(), &fakes[0]);
	ck_assert(!test_pool_state_of(0).down);
	fake_stop(&fakes[--fake_count]);
	RUN_UNTIL(test_pool_state_of(0).links == 0);
	asked = test_pool_ask();
	test_pool_expect_failed(asked, "Connection refused");
	ck_assert_int_le(test_pool_state_of(0).rest_ms, 10000);
}
END_TEST

void
test_pool_failures(TCase *tcase)
{
	tcase_add_loop_test(tcase, a_server_that_refuses_connections_costs_no_answer, 0, 2);
	tcase_add_loop_test(tcase, a_connection_that_ends_in_a_search_costs_no_answer, 0, 2);
	tcase_add_test(tcase, a_silent_server_costs_a_search_only_the_search_time);
	tcase_add_test(tcase, a_connection_gone_dead_is_made_again_to_the_only_server);
	tcase_add_test(tcase, a_connection_that_dies_between_two_answers_is_made_again);
	tcase_add_test(tcase, a_search_that_is_slow_alone_ends_and_its_connection_stays);
	tcase_add_test(tcase, a_large_answer_may_take_longer_as_long_as_it_comes);
	tcase_add_test(tcase, a_large_answer_that_stops_coming_is_asked_for_elsewhere);
	tcase_add_test(tcase, a_large_answer_that_stops_coming_is_no_failure);
	tcase_add_test(tcase, a_connection_ended_while_idle_is_no_failure);
	tcase_add_loop_test(
	    tcase, a_server_that_can_t_answer_is_passed_over, 0, (int)ARRAY_LENGTH(troubles));
	tcase_add_loop_test(
	    tcase, a_refusal_is_the_answer_where_all_refuse, 0, (int)ARRAY_LENGTH(troubles));
	tcase_add_test(tcase, a_search_does_not_begin_for_ever);
	tcase_add_test(tcase, a_server_slow_to_connect_is_not_waited_for_where_there_is_another);
	tcase_add_test(tcase, a_password_that_is_refused_is_not_tried_again_soon);
	tcase_add_test(tcase, a_password_that_is_refused_is_tried_again_for_a_search_only);
	tcase_add_test(
	    tcase, a_password_that_is_refused_to_a_further_connection_is_not_tried_again_soon);
	tcase_add_test(tcase, what_begins_late_in_a_callback_tries_the_next_server_as_well);
	tcase_add_test(tcase, a_dead_address_of_a_host_leaves_time_for_its_next_one);
	tcase_add_test(tcase, a_name_look_up_that_hangs_occupies_one_helper_and_no_other_server);
	tcase_add_test(tcase, a_server_is_not_said_to_hang_where_others_keep_the_threads);
	tcase_add_test(tcase, a_server_that_comes_back_is_found_by_itself_and_preferred_again);
	tcase_add_test(tcase, the_only_server_is_found_again_while_nobody_asks);
	tcase_add_test(tcase, a_server_that_only_takes_connections_is_not_back);
	tcase_add_loop_test(tcase, each_failure_doubles_the_rest_up_to_the_most, 0, 2);
	tcase_add_test(tcase, to_be_well_for_long_ends_the_doubling);
	tcase_add_test(tcase, success_ends_the_doubling);
}
