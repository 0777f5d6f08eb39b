/* Whose turn it is: owners that want much, hosts that are silent. */
#include "test_fetch.h"

static struct asker many[FETCH_REQUESTS_MAX];

/* So many requests of "evil", each to a host of its own that never answers. */
static void
start_silent(size_t count)
{
	char host[48];
	size_t i;

	for (i = 0; i < count; i++) {
		snprintf(host, sizeof(host), "host%zu.example", i);
		test_fetch_start_of(&many[i], test_fetch_url_of(host, "/silent"), "evil");
	}
}

START_TEST(two_hundred_silent_hosts_of_one_owner_keep_no_other_waiting)
{
	struct asker other;
	size_t i;

	config.fetch_timeout = 60000;
	start_silent(200);
	UNTIL(seen->requests == FETCH_RUNNING_MAX / 2);
	test_fetch_start_of(&other, test_fetch_url_of("good.example", "/good"), "other");
	UNTIL(other.answers > 0);
	test_fetch_expect_body(&other, "good");
	/* It was the next, before any of the others had ended. */
	ck_assert_uint_eq(seen->requests, FETCH_RUNNING_MAX / 2 + 1);
	for (i = 0; i < 200; i++)
		ck_assert_int_eq(many[i].answers, 0);
	ck_assert_uint_eq(counts.running, FETCH_RUNNING_MAX / 2);
	ck_assert_uint_eq(counts.waiting, 200 - FETCH_RUNNING_MAX / 2);
}
END_TEST

START_TEST(what_two_owners_want_does_not_wait_behind_all_that_one_wants)
{
	struct asker first;
	struct asker second;
	struct asker third;

	config.fetch_timeout = 60000;
	start_silent(100);
	test_fetch_start_of(&first, test_fetch_url_of("good.example", "/good"), "evil");
	UNTIL(seen->requests == FETCH_RUNNING_MAX / 2);
	ck_assert_int_eq(first.answers, 0);
	test_fetch_start_of(&second, test_fetch_url_of("good.example", "/good"), "other");
	UNTIL(second.answers > 0);
	ck_assert_ptr_eq(first.body, second.body);
	test_fetch_expect_body(&first, "good");
	test_fetch_expect_body(&second, "good");
	/* The same for one that another owner only waits for. */
	test_fetch_start_of(&third, test_fetch_url_of("good.example", "/302"), "evil");
	test_fetch_turn();
	ck_assert_uint_eq(seen->requests, FETCH_RUNNING_MAX / 2 + 1);
	fetch_share(third.fetch, "other");
	UNTIL(third.answers > 0);
	test_fetch_expect_body(&third, "good");
	ck_assert_uint_eq(counts.waiting, 100 - FETCH_RUNNING_MAX / 2);
}
END_TEST

START_TEST(an_owner_that_fills_its_share_is_refused_alone)
{
	struct fetch_request request;
	struct asker other;
	struct asker refused = {.answers = 1};

	config.fetch_timeout = 60000;
	start_silent(FETCH_FLIGHTS_MAX / 2);
	request = test_fetch_request_for(test_fetch_url_of("good.example", "/good"));
	ck_assert(!fetcher_has_room(fetcher, "evil"));
	ck_assert(fetcher_has_room(fetcher, "other"));
	request.owner = "evil";
	ck_assert_ptr_null(
	    fetch_start(fetcher, &request, test_fetch_on_answer, NULL, &refused.error));
	test_fetch_expect_error(&refused, ERROR_LIMIT, "not asked: too much is being fetched");
	test_fetch_start_of(&other, request.url, "other");
	UNTIL(other.answers > 0);
	test_fetch_expect_body(&other, "good");
	fetch_cancel(many[0].fetch);
	ck_assert(fetcher_has_room(fetcher, "evil"));
}
END_TEST

START_TEST(a_host_that_was_silent_gets_short_probes_one_at_a_time)
{
	struct asker askers[3];
	char path[20];
	int i;

	config.fetch_timeout = 2000;
	test_fetch_ask(&askers[0], test_fetch_url_of("good.example", "/silent"));
	test_fetch_expect_error(&askers[0], ERROR_TEMPORARY, "too slowly");
	ck_assert_uint_eq(counts.silent, 1);
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "/silent?%d", i);
		test_fetch_start(&askers[i], test_fetch_url_of("good.example", path));
	}
	do {
		test_fetch_turn();
		ck_assert_uint_le(counts.running, 1);
	} while (counts.requests > 0);
	for (i = 0; i < 3; i++)
		test_fetch_expect_error(
		    &askers[i], ERROR_TEMPORARY, "the server was silent before");
}
END_TEST

START_TEST(a_host_that_was_silent_is_as_any_other_once_it_answers)
{
	struct asker asker = {.body = NULL};
	char path[20];
	int i;

	config.fetch_timeout = 2000;
	test_fetch_ask(&asker, test_fetch_url_of("good.example", "/silent"));
	ck_assert_uint_eq(counts.silent, 1);
	/* More than once: on a busy machine the server may come too late. */
	for (i = 0; asker.body == NULL && i < 10; i++) {
		snprintf(path, sizeof(path), "/good?%d", i);
		test_fetch_ask(&asker, test_fetch_url_of("good.example", path));
	}
	test_fetch_expect_body(&asker, "good");
	ck_assert_uint_eq(counts.silent, 0);
}
END_TEST

START_TEST(a_host_that_begins_to_answer_is_not_taken_for_silent)
{
	struct asker asker;

	config.fetch_timeout = 1000;
	test_fetch_ask(&asker, test_fetch_url_of("good.example", "/started"));
	test_fetch_expect_error(&asker, ERROR_TEMPORARY, "too slowly");
	ck_assert_uint_eq(counts.silent, 0);
	ck_assert_uint_eq(counts.failures, 1);
}
END_TEST

START_TEST(what_waits_is_bounded)
{
	size_t i;

	start_silent(1);
	for (i = 1; i < FETCH_REQUESTS_MAX; i++)
		test_fetch_start(&many[i], test_fetch_url_of("host0.example", "/silent"));
	test_fetch_expect_refusal(
	    test_fetch_url_of("host0.example", "/silent"), ERROR_LIMIT, "too much");
	for (i = 0; i < FETCH_REQUESTS_MAX; i++)
		fetch_cancel(many[i].fetch);
	test_fetch_ask(&many[0], test_fetch_url_of("127.0.0.1", "/good"));
	test_fetch_expect_body(&many[0], "good");
}
END_TEST

void
test_fetch_owners(TCase *tcase)
{
	tcase_add_test(tcase, two_hundred_silent_hosts_of_one_owner_keep_no_other_waiting);
	tcase_add_test(tcase, what_two_owners_want_does_not_wait_behind_all_that_one_wants);
	tcase_add_test(tcase, an_owner_that_fills_its_share_is_refused_alone);
	tcase_add_test(tcase, a_host_that_was_silent_gets_short_probes_one_at_a_time);
	tcase_add_test(tcase, a_host_that_was_silent_is_as_any_other_once_it_answers);
	tcase_add_test(tcase, a_host_that_begins_to_answer_is_not_taken_for_silent);
	tcase_add_test(tcase, what_waits_is_bounded);
}
