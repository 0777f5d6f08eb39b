/* ldap/pool: which server and connection a search takes, and the limits of both. */
#include <event2/event.h>
#include <stdio.h>
#include <string.h>

#include "test_pool.h"

START_TEST(searches_go_to_the_first_in_the_list)
{
	struct fake *first = test_pool_add_fake(FAKE_ANSWERS);
	struct fake *second = test_pool_add_fake(FAKE_ANSWERS);
	int i;

	test_pool_start_pool();
	for (i = 0; i < 10; i++)
		test_pool_expect_answered(test_pool_ask(), first);
	ck_assert_int_eq(atomic_load(&second->connections), 0);
}
END_TEST

START_TEST(searches_are_spread_over_the_servers)
{
	struct fake *first = test_pool_add_fake(FAKE_ANSWERS);
	struct fake *second = test_pool_add_fake(FAKE_ANSWERS);
	int i;

	directory->server_order = SERVER_ORDER_SPREAD;
	test_pool_start_pool();
	test_pool_ask();
	RUN_UNTIL(test_pool_state_of(0).links == 1 && test_pool_state_of(1).links == 1);
	for (i = 0; i < 20; i++)
		ck_assert_int_eq(test_pool_ask().outcome, POOL_COMPLETE);
	ck_assert_int_ge(atomic_load(&first->searches), 10);
	ck_assert_int_ge(atomic_load(&second->searches), 10);
}
END_TEST

START_TEST(the_load_of_a_server_that_is_down_is_spread_over_the_others)
{
	struct fake *first;
	struct fake *second;
	int i;

	test_pool_add_closed();
	first = test_pool_add_fake(FAKE_ANSWERS);
	second = test_pool_add_fake(FAKE_ANSWERS);
	directory->server_order = SERVER_ORDER_SPREAD;
	directory->retry_interval = directory->retry_interval_max = 60000;
	test_pool_start_pool();
	test_pool_ask();
	RUN_UNTIL(test_pool_state_of(0).down && test_pool_state_of(1).links == 1 &&
		  test_pool_state_of(2).links == 1);
	for (i = 0; i < 20; i++)
		ck_assert_int_eq(test_pool_ask().outcome, POOL_COMPLETE);
	ck_assert_int_ge(atomic_load(&first->searches), 10);
	ck_assert_int_ge(atomic_load(&second->searches), 10);
}
END_TEST

START_TEST(searches_and_connections_keep_to_their_limits)
{
	struct fake *fake = test_pool_add_fake(FAKE_HOLDS);
	struct asked asked[20] = {{.done = 0}};
	int done = 0;
	size_t i;

	directory->searches = 3;
	directory->connections = 2;
	test_pool_start_pool();
	for (i = 0; i < ARRAY_LENGTH(asked); i++)
		test_pool_begin(&asked[i]);
	RUN_UNTIL(atomic_load(&fake->held) == 6);
	for (i = 0; i < 20; i++)
		event_base_loop(base, EVLOOP_ONCE);
	ck_assert_uint_eq(test_pool_state_of(0).links, 2);
	ck_assert_uint_eq(test_pool_state_of(0).searches, 6);
	ck_assert_int_eq(atomic_load(&fake->searches), 6);
	atomic_store(&fake->mode, FAKE_ANSWERS);
	for (i = 0; i < ARRAY_LENGTH(asked); i++) {
		RUN_UNTIL(asked[i].done > 0);
		test_pool_expect_answered(asked[i], fake);
		done++;
	}
	ck_assert_int_eq(done, 20);
	ck_assert_int_le(atomic_load(&fake->most), 3);
	ck_assert_int_eq(atomic_load(&fake->connections), 2);
	ck_assert_uint_eq(test_pool_state_of(0).searches, 0);
}
END_TEST

START_TEST(a_server_that_wants_no_second_connection_is_well)
{
	struct fake *fake = test_pool_add_fake(FAKE_ANSWERS);
	struct asked asked[5] = {{.done = 0}};
	size_t i;

	directory->searches = 1;
	test_pool_start_pool();
	test_pool_ask();
	atomic_store(&fake->mode, FAKE_HOLDS);
	atomic_store(&fake->refuse, 1);
	for (i = 0; i < ARRAY_LENGTH(asked); i++)
		test_pool_begin(&asked[i]);
	RUN_UNTIL(atomic_load(&fake->connections) >= 2 && test_pool_state_of(0).links == 1);
	ck_assert(!test_pool_state_of(0).down);
	atomic_store(&fake->mode, FAKE_ANSWERS);
	for (i = 0; i < ARRAY_LENGTH(asked); i++) {
		RUN_UNTIL(asked[i].done > 0);
		test_pool_expect_answered(asked[i], fake);
	}
	ck_assert(!test_pool_state_of(0).down);
}
END_TEST

START_TEST(a_silent_connection_is_made_again_where_the_other_server_is_down)
{
	struct fake *fake = test_pool_add_fake(FAKE_ANSWERS);
	struct asked asked;

	test_pool_add_closed();
	directory->server_order = SERVER_ORDER_SPREAD;
	test_pool_start_pool();
	test_pool_ask();
	RUN_UNTIL(test_pool_state_of(1).down);
	directory->search_timeout = SILENCE;
	atomic_store(&fake->mute_until, 1);
	asked = test_pool_ask();
	test_pool_expect_answered(asked, fake);
	ck_assert_int_eq(asked.begins, 2);
	ck_assert(!test_pool_state_of(0).down);
}
END_TEST

START_TEST(one_connection_is_enough_for_a_few_searches)
{
	struct fake *fake = test_pool_add_fake(FAKE_HOLDS);
	struct asked asked[10] = {{.done = 0}};
	size_t i;

	test_pool_start_pool();
	for (i = 0; i < ARRAY_LENGTH(asked); i++)
		test_pool_begin(&asked[i]);
	RUN_UNTIL(atomic_load(&fake->held) == 10);
	atomic_store(&fake->mode, FAKE_ANSWERS);
	for (i = 0; i < ARRAY_LENGTH(asked); i++)
		RUN_UNTIL(asked[i].done > 0);
	ck_assert_int_eq(atomic_load(&fake->connections), 1);
}
END_TEST

/* Begins so many searches that the socket does not take all; returns the server's. */
static struct fake *
fill_socket(struct asked *asked, size_t count)
{
	static char large[10000];
	struct fake *fake = test_pool_add_fake(FAKE_ANSWERS);
	size_t i;

	directory->searches = (int64_t)count;
	directory->connections = 1;
	test_pool_start_pool();
	test_pool_ask();
	atomic_store(&fake->deaf, 1);
	memset(large, 'a', sizeof(large) - 1);
	memcpy(large, "(mail=", 6);
	large[sizeof(large) - 2] = ')';
	filter = large;
	for (i = 0; i < count; i++)
		test_pool_begin(&asked[i]);
	RUN_UNTIL(test_pool_state_of(0).searches > 1);
	for (i = 0; i < 20; i++)
		event_base_loop(base, EVLOOP_ONCE);
	ck_assert_uint_lt(test_pool_state_of(0).searches, count); /* or it shows nothing */
	return fake;
}

START_TEST(what_the_socket_does_not_take_waits)
{
	static struct asked asked[1000];
	struct fake *fake = fill_socket(asked, ARRAY_LENGTH(asked));
	size_t i;

	atomic_store(&fake->deaf, 0);
	for (i = 0; i < ARRAY_LENGTH(asked); i++) {
		RUN_UNTIL(asked[i].done > 0);
		test_pool_expect_answered(asked[i], fake);
	}
	ck_assert_int_eq(atomic_load(&fake->connections), 1);
}
END_TEST

START_TEST(what_is_cancelled_while_the_socket_takes_no_more_spoils_nothing)
{
	static struct asked asked[1000];
	struct fake *fake = fill_socket(asked, ARRAY_LENGTH(asked));
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(asked); i += 2)
		pool_search_cancel(asked[i].search);
	atomic_store(&fake->deaf, 0);
	for (i = 1; i < ARRAY_LENGTH(asked); i += 2) {
		RUN_UNTIL(asked[i].done > 0);
		test_pool_expect_answered(asked[i], fake);
	}
	ck_assert_int_eq(atomic_load(&fake->connections), 1);
}
END_TEST

START_TEST(more_searches_than_the_most_are_refused)
{
	static struct asked asked[POOL_SEARCHES_MAX];
	struct asked more = {.done = 0};
	struct error err = ERROR_INIT;
	size_t i;

	test_pool_add_fake(FAKE_HOLDS);
	test_pool_start_pool();
	for (i = 0; i < POOL_SEARCHES_MAX; i++)
		test_pool_begin(&asked[i]);
	ck_assert_ptr_null(test_pool_try_begin(&more, 1000, &err));
	ck_assert_int_eq(err.code, ERROR_TEMPORARY);
	pool_search_cancel(asked[0].search);
	ck_assert_ptr_nonnull(test_pool_try_begin(&more, 10000, &err));
	pool_search_cancel(more.search);
	for (i = 1; i < POOL_SEARCHES_MAX; i++)
		pool_search_cancel(asked[i].search);
	ck_assert_int_eq(more.done, 0);
}
END_TEST

START_TEST(idle_connections_are_closed)
{
	struct fake *fake = test_pool_add_fake(FAKE_ANSWERS);

	directory->idle_timeout = 30;
	test_pool_start_pool();
	test_pool_ask();
	RUN_UNTIL(test_pool_state_of(0).links == 0);
	RUN_UNTIL(atomic_load(&fake->open) == 0);
	ck_assert(!test_pool_state_of(0).down);
	test_pool_expect_answered(test_pool_ask(), fake);
	ck_assert_int_eq(atomic_load(&fake->connections), 2);
}
END_TEST

START_TEST(idle_connections_are_kept_where_the_setting_says_so)
{
	int port = test_pool_add_closed();
	int64_t since;

	directory->idle_timeout = 0;
	directory->search_timeout = SILENCE;
	directory->retry_interval = 10;
	directory->retry_interval_max = 10;
	test_pool_start_pool();
	/* One of a server that was down has a timer for another reason. */
	test_pool_expect_failed(test_pool_ask(), "Connection refused");
	fake_start(&fakes[fake_count++], port, NULL);
	RUN_UNTIL(test_pool_state_of(0).rest_ms == 0);
	test_pool_expect_answered(test_pool_ask(), &fakes[0]);
	since = clock_monotonic_ms();
	RUN_UNTIL(clock_monotonic_ms() > since + SILENCE * 2);
	ck_assert_uint_eq(test_pool_state_of(0).links, 1);
	test_pool_expect_answered(test_pool_ask(), &fakes[0]);
	ck_assert_int_eq(atomic_load(&fakes[0].connections), 1);
}
END_TEST

START_TEST(a_search_in_hand_keeps_its_connection)
{
	struct fake *fake = test_pool_add_fake(FAKE_HOLDS);
	struct asked asked = {.done = 0};
	int64_t since;

	directory->idle_timeout = 10;
	test_pool_start_pool();
	test_pool_begin(&asked);
	RUN_UNTIL(atomic_load(&fake->held) == 1);
	since = clock_monotonic_ms();
	RUN_UNTIL(clock_monotonic_ms() > since + 50);
	ck_assert_uint_eq(test_pool_state_of(0).links, 1);
	atomic_store(&fake->mode, FAKE_ANSWERS);
	RUN_UNTIL(asked.done > 0);
	ck_assert_int_eq(asked.begins, 1);
}
END_TEST

START_TEST(a_section_with_too_many_servers_is_an_error)
{
	static char text[100][30];
	static const char *many[100];
	struct error err = ERROR_INIT;
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(many); i++) {
		snprintf(text[i], sizeof(text[i]), "ldap://server%zu", i);
		many[i] = text[i];
	}
	fixture_list(&directory->uri, many, ARRAY_LENGTH(many));
	ck_assert_ptr_null(pool_new(directory, NULL, base, workers, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "servers"));
}
END_TEST

void
test_pool_servers(TCase *tcase)
{
	tcase_add_test(tcase, searches_go_to_the_first_in_the_list);
	tcase_add_test(tcase, searches_are_spread_over_the_servers);
	tcase_add_test(tcase, the_load_of_a_server_that_is_down_is_spread_over_the_others);
	tcase_add_test(tcase, searches_and_connections_keep_to_their_limits);
	tcase_add_test(tcase, a_server_that_wants_no_second_connection_is_well);
	tcase_add_test(tcase, a_silent_connection_is_made_again_where_the_other_server_is_down);
	tcase_add_test(tcase, one_connection_is_enough_for_a_few_searches);
	tcase_add_test(tcase, what_the_socket_does_not_take_waits);
	tcase_add_test(tcase, what_is_cancelled_while_the_socket_takes_no_more_spoils_nothing);
	tcase_add_test(tcase, more_searches_than_the_most_are_refused);
	tcase_add_test(tcase, idle_connections_are_closed);
	tcase_add_test(tcase, idle_connections_are_kept_where_the_setting_says_so);
	tcase_add_test(tcase, a_search_in_hand_keeps_its_connection);
	tcase_add_test(tcase, a_section_with_too_many_servers_is_an_error);
}
