/* Fetching from a scripted server: what comes of each kind of answer, and that each asker gets one at
 * most. */
#include "test_fetch.h"

#include <event2/event.h>
#include <stdlib.h>

static const struct {
	const char *path;
	const char *body;
} good[] = {
    {"/good", "good"},
    {"/held", "good"},
    {"/unsized", "good"},
    {"/chunked", "good"},
    {"/trailed", "good"},
    {"/empty", ""},
    {"/packed", "good"}, /* not asked for, not unpacked */
    {"/most", THOUSAND},
    {"/most-unsized", THOUSAND},
    {"/301", "good"},
    {"/302", "good"},
    {"/307", "good"},
};

START_TEST(a_good_answer_comes_whole)
{
	struct asker asker;

	test_fetch_ask_path(&asker, good[_i].path);
	test_fetch_expect_body(&asker, good[_i].body);
	ck_assert_int_eq(asker.error.code, ERROR_NONE);
	ck_assert_uint_eq(counts.failures, 0);
	UNTIL(seen->open == 0); /* no connection is kept */
}
END_TEST

static const struct {
	const char *path;
	enum error_code code;
	long status;
	const char *words;
} bad[] = {
    {"/nothing", ERROR_PERMANENT, 404, "status 404"},
    {"/404", ERROR_PERMANENT, 404, "status 404"},
    {"/401", ERROR_PERMANENT, 401, "status 401"},
    {"/429", ERROR_TEMPORARY, 429, "status 429"},
    {"/500", ERROR_TEMPORARY, 500, "status 500"},
    {"/204", ERROR_PERMANENT, 204, "status 204"},
    {"/206", ERROR_PERMANENT, 206, "status 206"},
    {"/304", ERROR_PERMANENT, 304, "status 304"},
    {"/no-location", ERROR_PERMANENT, 302, "status 302"},
    {"/more", ERROR_LIMIT, 200, "larger than 1000 bytes"},
    {"/more-unsized", ERROR_LIMIT, 200, "larger than 1000 bytes"},
    {"/more-chunked", ERROR_LIMIT, 200, "larger than 1000 bytes"},
    {"/flood", ERROR_LIMIT, 200, "larger than 1000 bytes"},
    {"/header-flood", ERROR_LIMIT, 200, "header is larger than 16384 bytes"},
    {"/line-flood", ERROR_TEMPORARY, 200, "no memory for the answer's header"},
    {"/interim-flood", ERROR_LIMIT, 100, "header is larger than 16384 bytes"},
    {"/trailer-flood", ERROR_LIMIT, 200, "header is larger than 16384 bytes"},
    {"/to-flood", ERROR_LIMIT, 302, "larger than 1000 bytes"},
    {"/short", ERROR_TEMPORARY, 200, "ends the connection too early"},
    {"/cut", ERROR_TEMPORARY, 200, "too early"},
    {"/hang-up", ERROR_TEMPORARY, 0, "ends the connection too early"},
    {"/old", ERROR_PERMANENT, 0, "not a good answer"},
    {"/4-times", ERROR_PERMANENT, 308, "more than 3 redirects"},
    {"/loop", ERROR_PERMANENT, 302, "more than 3 redirects"},
    {"/to-host", ERROR_INPUT, 302, "another host or port (http://other.example/good)"},
    {"/to-other-address", ERROR_INPUT, 302, "another host or port (http://127.0.0.2/good)"},
    {"/to-port", ERROR_INPUT, 302, "another host or port (http://127.0.0.1/good)"},
    {"/to-https", ERROR_INPUT, 302, "redirects to https://127.0.0.1/good: https is not asked"},
    {"/to-file", ERROR_INPUT, 302, "only http is asked"},
    {"/to-user", ERROR_INPUT, 302, "user name"},
};

START_TEST(a_bad_answer_is_told_and_remembered)
{
	struct asker asker;
	char url[600];
	size_t requests;

	snprintf(url, sizeof(url), "%s", test_fetch_url_of("127.0.0.1", bad[_i].path));
	test_fetch_ask(&asker, url);
	test_fetch_expect_error(&asker, bad[_i].code, bad[_i].words);
	ck_assert_msg(strncmp(asker.error.text, url, strlen(url)) == 0, "%s", asker.error.text);
	ck_assert_int_eq(asker.status, bad[_i].status);
	UNTIL(seen->open == 0);
	ck_assert_int_eq(dns_asked, 0);

	requests = seen->requests;
	test_fetch_expect_refusal(url, bad[_i].code, "not asked again within fetch-retry: ");
	test_fetch_expect_refusal(url, bad[_i].code, bad[_i].words);
	test_fetch_ask_path(&asker, "/good"); /* the host is not to blame */
	test_fetch_expect_body(&asker, "good");
	clock_advance_monotonic(config.fetch_retry);
	test_fetch_ask(&asker, url);
	ck_assert_uint_gt(seen->requests, requests + 1);
}
END_TEST

START_TEST(the_request_says_nothing_but_what_it_must)
{
	struct asker asker;
	char expected[200];

	/* What the environment says counts for nothing. */
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("HTTP_PROXY", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	setenv("all_proxy", "socks5://127.0.0.1:1", 1);
	test_fetch_ask_path(&asker, "/302"); /* sets a cookie on the way */
	test_fetch_expect_body(&asker, "good");
	snprintf(expected, sizeof(expected),
	    "GET /good HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nUser-Agent: smime-milter\r\n"
	    "Accept: */*\r\n\r\n",
	    port_text);
	ck_assert_str_eq(seen->last, expected);
	ck_assert_uint_eq(seen->requests, 2);
}
END_TEST

static struct fetch_request
post_for(const char *path, const void *body, size_t size)
{
	struct fetch_request request = test_fetch_request_for(test_fetch_url_of("127.0.0.1", path));

	request.post = body;
	request.post_size = size;
	request.post_type = "application/ocsp-request";
	return request;
}

START_TEST(a_body_is_posted_with_its_type)
{
	struct fetch_request request = post_for("/308", "a\0b", 3);
	struct asker asker = {0};

	test_fetch_start_request(&asker, &request);
	UNTIL(asker.answers > 0);
	test_fetch_expect_body(&asker, "good");
	ck_assert_uint_eq(seen->requests, 2);
	ck_assert_ptr_nonnull(strstr(seen->last, "POST /good HTTP/1.1\r\n"));
	ck_assert_ptr_nonnull(strstr(seen->last, "Content-Type: application/ocsp-request\r\n"));
	ck_assert_ptr_nonnull(strstr(seen->last, "Content-Length: 3\r\n"));
	ck_assert_ptr_null(strstr(seen->last, "Expect"));
	ck_assert_int_eq(memcmp(strstr(seen->last, "\r\n\r\n"), "\r\n\r\na\0b", 7), 0);
}
END_TEST

START_TEST(a_post_is_not_made_a_get_by_a_redirect)
{
	struct fetch_request request = post_for("/302", "abc", 3);
	struct asker asker = {0};

	test_fetch_start_request(&asker, &request);
	UNTIL(asker.answers > 0);
	test_fetch_expect_error(&asker, ERROR_PERMANENT, "status 302");
	ck_assert_uint_eq(seen->requests, 1);
}
END_TEST

START_TEST(requests_that_can_not_be_are_refused)
{
	static const char large[FETCH_BODY_MAX + 1];
	struct fetch_request request = post_for("/good", large, sizeof(large));
	struct error err = ERROR_INIT;

	ck_assert_ptr_null(fetch_start(fetcher, &request, test_fetch_on_answer, NULL, &err));
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	request = post_for("/good", "a", 1);
	request.post_type = "a/b\r\nX: y";
	ck_assert_ptr_null(fetch_start(fetcher, &request, test_fetch_on_answer, NULL, &err));
	ck_assert_int_eq(err.code, ERROR_INTERNAL);
	request = test_fetch_request_for(test_fetch_url_of("127.0.0.1", "/good"));
	request.most = 0;
	ck_assert_ptr_null(fetch_start(fetcher, &request, test_fetch_on_answer, NULL, &err));
	ck_assert_int_eq(err.code, ERROR_INTERNAL);
	test_fetch_expect_refusal(
	    "http://127.0.0.1:81/", ERROR_INPUT, "port 81 is not in fetch-ports");
	ck_assert_uint_eq(seen->connections, 0);
}
END_TEST

START_TEST(switched_off_nothing_is_asked)
{
	config.fetch = false;
	test_fetch_expect_refusal(
	    test_fetch_url_of("127.0.0.1", "/good"), ERROR_PERMANENT, "fetch = no");
	test_fetch_turn();
	ck_assert_uint_eq(seen->connections, 0);
	ck_assert_int_eq(dns_asked, 0);
}
END_TEST

static const char *const slow_paths[] = {"/drip", "/header-drip", "/silent", "/started"};

START_TEST(a_slow_server_is_given_up)
{
	struct asker asker;

	config.fetch_timeout = 1000;
	test_fetch_ask_path(&asker, slow_paths[_i]);
	test_fetch_expect_error(
	    &asker, ERROR_TEMPORARY, "too slowly: less than 100 bytes a second");
	UNTIL(seen->open == 0);
	test_fetch_expect_refusal(
	    test_fetch_url_of("127.0.0.1", slow_paths[_i]), ERROR_TEMPORARY, "too slowly");
}
END_TEST

START_TEST(at_its_deadline_the_asker_is_answered)
{
	struct fetch_request request =
	    test_fetch_request_for(test_fetch_url_of("127.0.0.1", slow_paths[_i]));
	struct asker asker = {0};

	request.deadline_ms = clock_monotonic_ms() + 100;
	test_fetch_start_request(&asker, &request);
	UNTIL(asker.answers > 0);
	test_fetch_expect_error(&asker, ERROR_TEMPORARY, "no whole answer in time");
	UNTIL(seen->open == 0);
	/* It was the asker's impatience: the next may ask. */
	ck_assert_uint_eq(counts.failures, 0);
	request.deadline_ms = 0;
	memset(&asker, 0, sizeof(asker));
	test_fetch_start_request(&asker, &request);
	UNTIL(asker.answers > 0);
	ck_assert_int_eq(asker.error.code, ERROR_TEMPORARY);
}
END_TEST

START_TEST(what_had_its_time_is_remembered_when_nobody_waits_any_more)
{
	struct asker asker;

	test_fetch_start(&asker, test_fetch_url_of("127.0.0.1", "/silent"));
	UNTIL(seen->requests == 1);
	clock_advance_monotonic(config.fetch_timeout);
	fetch_cancel(asker.fetch);
	test_fetch_expect_refusal(
	    test_fetch_url_of("127.0.0.1", "/silent"), ERROR_TEMPORARY, "no whole answer in time");
	ck_assert_int_eq(asker.answers, 0);
}
END_TEST

START_TEST(one_transfer_serves_all_who_ask_for_the_same)
{
	struct asker askers[5];
	struct asker other = {0};
	struct fetch_request request;
	int i;

	for (i = 0; i < 5; i++)
		test_fetch_start(
		    &askers[i], test_fetch_url_of("127.0.0.1", i == 4 ? "/unsized" : "/good"));
	request = test_fetch_request_for(test_fetch_url_of("127.0.0.1", "/good"));
	request.most = 10; /* another limit: another question */
	test_fetch_start_request(&other, &request);
	fetch_cancel(askers[0].fetch);
	askers[2].cancels = &askers[3];
	UNTIL(counts.requests == 0);
	ck_assert_int_eq(askers[0].answers, 0);
	ck_assert_int_eq(askers[3].answers, 0);
	ck_assert_ptr_eq(askers[1].body, askers[2].body);
	test_fetch_expect_body(&askers[1], "good");
	test_fetch_expect_body(&askers[2], "good");
	test_fetch_expect_body(&askers[4], "good");
	test_fetch_expect_body(&other, "good");
	ck_assert_uint_eq(seen->requests, 3);
}
END_TEST

START_TEST(posts_of_different_bodies_are_different_questions)
{
	struct fetch_request first = post_for("/good", "a\0b", 3);
	struct fetch_request second = first;
	struct asker askers[4] = {{0}};

	second.post = "a\0c";
	test_fetch_start_request(&askers[0], &first);
	test_fetch_start_request(&askers[1], &second);
	test_fetch_start_request(&askers[2], &first);
	test_fetch_start(&askers[3], test_fetch_url_of("127.0.0.1", "/good"));
	UNTIL(counts.requests == 0);
	for (int i = 0; i < 4; i++)
		test_fetch_expect_body(&askers[i], "good");
	ck_assert_uint_eq(seen->requests, 3);
}
END_TEST

START_TEST(a_failure_under_one_limit_does_not_speak_for_another)
{
	struct fetch_request request =
	    test_fetch_request_for(test_fetch_url_of("127.0.0.1", "/more-unsized"));
	struct asker asker;
	struct asker larger = {0};

	test_fetch_ask_path(&asker, "/more-unsized");
	test_fetch_expect_error(&asker, ERROR_LIMIT, "larger");
	request.most = 1001;
	test_fetch_start_request(&larger, &request);
	UNTIL(larger.answers > 0);
	test_fetch_expect_body(&larger, THOUSAND "x");
}
END_TEST

START_TEST(an_answer_may_start_what_it_answers)
{
	struct asker asker;
	struct asker again;

	test_fetch_start(&asker, test_fetch_url_of("127.0.0.1", "/good"));
	asker.restarts = &again;
	UNTIL(asker.answers > 0);
	UNTIL(again.answers > 0);
	test_fetch_expect_body(&asker, "good");
	test_fetch_expect_body(&again, "good");
	ck_assert_uint_eq(seen->requests, 2);
	test_fetch_start(&asker, test_fetch_url_of("127.0.0.1", "/404"));
	asker.restarts = &again;
	UNTIL(asker.answers > 0);
	UNTIL(again.answers > 0);
	test_fetch_expect_body(&again, "good");
}
END_TEST

/* What has been seen when it is taken back. */
enum stage { AT_ONCE, LOOKED_UP, RUNNING, CONNECTED, REQUESTED, STAGES };

START_TEST(what_was_taken_back_is_never_answered)
{
	struct asker asker;

	test_fetch_start(&asker, _i == LOOKED_UP ? test_fetch_url_of("slow.example", "/a")
						 : test_fetch_url_of("127.0.0.1", "/started"));
	if (_i == LOOKED_UP)
		UNTIL(test_fetch_dns_count(&dns_waiting) == 1);
	else if (_i == RUNNING)
		UNTIL(counts.running == 1);
	else if (_i == CONNECTED)
		UNTIL(seen->connections == 1);
	else if (_i == REQUESTED)
		UNTIL(seen->requests == 1);
	fetch_cancel(asker.fetch);
	fetcher_statistics(fetcher, &counts);
	ck_assert_uint_eq(counts.running + counts.waiting + counts.requests, 0);
	UNTIL(seen->open == 0);
	test_fetch_ask(&asker, test_fetch_url_of("127.0.0.1", "/good")); /* all works on */
	test_fetch_expect_body(&asker, "good");
}
END_TEST

START_TEST(a_fetcher_ends_with_all_that_is_under_way)
{
	struct asker askers[5];

	test_fetch_start(&askers[0], test_fetch_url_of("slow.example", "/a"));
	test_fetch_start(&askers[1], test_fetch_url_of("127.0.0.1", "/silent"));
	test_fetch_start(&askers[2], test_fetch_url_of("127.0.0.1", "/silent"));
	test_fetch_start(&askers[3], test_fetch_url_of("127.0.0.1", "/started"));
	UNTIL(seen->requests == 2 && test_fetch_dns_count(&dns_waiting) == 1);
	test_fetch_start(&askers[4], test_fetch_url_of("127.0.0.1", "/good"));
	fetcher_free(fetcher);
	fetcher = NULL;
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(askers[i].answers, 0);
	test_fetch_start_fetcher();
	test_fetch_ask(&askers[0], test_fetch_url_of("127.0.0.1", "/good"));
	test_fetch_expect_body(&askers[0], "good");
}
END_TEST

START_TEST(one_host_is_not_asked_too_much_at_a_time)
{
	struct asker askers[FETCH_HOST_RUNNING_MAX + 3];
	struct asker other;
	char path[20];
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(askers); i++) {
		snprintf(path, sizeof(path), "/silent?%zu", i);
		test_fetch_start(&askers[i], test_fetch_url_of("127.0.0.1", path));
	}
	test_fetch_start(
	    &other, test_fetch_url_of("good.example", "/good")); /* passes those that wait */
	UNTIL(other.answers > 0 && seen->open == FETCH_HOST_RUNNING_MAX);
	test_fetch_expect_body(&other, "good");
	ck_assert_uint_eq(counts.running, FETCH_HOST_RUNNING_MAX);
	ck_assert_uint_eq(counts.waiting, 3);
	for (i = 0; i < 3; i++)
		fetch_cancel(askers[i].fetch);
	UNTIL(seen->requests == ARRAY_LENGTH(askers) + 1);
	ck_assert_uint_eq(counts.running, FETCH_HOST_RUNNING_MAX);
	ck_assert_uint_eq(counts.waiting, 0);
}
END_TEST

START_TEST(one_host_is_not_asked_too_much_in_a_time)
{
	static struct asker askers[FETCH_HOST_STARTS_MAX + 2];
	char path[20];
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(askers) - 1; i++) {
		snprintf(path, sizeof(path), "/good?%zu", i);
		test_fetch_start(&askers[i], test_fetch_url_of("127.0.0.1", path));
	}
	UNTIL(seen->requests == FETCH_HOST_STARTS_MAX && counts.requests == 1);
	test_fetch_turn();
	ck_assert_uint_eq(counts.waiting, 1);
	clock_advance_monotonic(FETCH_HOST_PERIOD);
	test_fetch_start(&askers[i], test_fetch_url_of("127.0.0.1", "/good"));
	UNTIL(counts.requests == 0);
	for (i = 0; i < ARRAY_LENGTH(askers); i++)
		test_fetch_expect_body(&askers[i], "good");
}
END_TEST

START_TEST(not_too_much_is_asked_at_a_time)
{
	static struct asker askers[FETCH_RUNNING_MAX + 1];
	char host[48];
	char owner[30];
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(askers); i++) {
		snprintf(host, sizeof(host), "slow%zu.example", i);
		snprintf(owner, sizeof(owner), "%zu", i);
		test_fetch_start_of(&askers[i], test_fetch_url_of(host, "/a"), owner);
	}
	UNTIL(test_fetch_dns_count(&dns_waiting) == FETCH_RUNNING_MAX);
	test_fetch_turn();
	ck_assert_uint_eq(counts.running, FETCH_RUNNING_MAX);
	ck_assert_uint_eq(counts.waiting, 1);
	test_fetch_free_dns();
	UNTIL(counts.requests == 0);
	for (i = 0; i < ARRAY_LENGTH(askers); i++)
		test_fetch_expect_error(&askers[i], ERROR_PERMANENT, "no such host");
}
END_TEST

static void
add_answer_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, a_good_answer_comes_whole, 0, (int)ARRAY_LENGTH(good));
	tcase_add_loop_test(tcase, a_bad_answer_is_told_and_remembered, 0, (int)ARRAY_LENGTH(bad));
	tcase_add_test(tcase, the_request_says_nothing_but_what_it_must);
	tcase_add_test(tcase, a_body_is_posted_with_its_type);
	tcase_add_test(tcase, a_post_is_not_made_a_get_by_a_redirect);
	tcase_add_test(tcase, requests_that_can_not_be_are_refused);
	tcase_add_test(tcase, switched_off_nothing_is_asked);
	tcase_add_loop_test(tcase, a_slow_server_is_given_up, 0, (int)ARRAY_LENGTH(slow_paths));
}

static void
add_asker_tests(TCase *tcase)
{
	tcase_add_loop_test(
	    tcase, at_its_deadline_the_asker_is_answered, 0, (int)ARRAY_LENGTH(slow_paths));
	tcase_add_test(tcase, what_had_its_time_is_remembered_when_nobody_waits_any_more);
	tcase_add_test(tcase, one_transfer_serves_all_who_ask_for_the_same);
	tcase_add_test(tcase, posts_of_different_bodies_are_different_questions);
	tcase_add_test(tcase, a_failure_under_one_limit_does_not_speak_for_another);
	tcase_add_test(tcase, an_answer_may_start_what_it_answers);
	tcase_add_loop_test(tcase, what_was_taken_back_is_never_answered, 0, STAGES);
	tcase_add_test(tcase, a_fetcher_ends_with_all_that_is_under_way);
	tcase_add_test(tcase, one_host_is_not_asked_too_much_at_a_time);
	tcase_add_test(tcase, one_host_is_not_asked_too_much_in_a_time);
	tcase_add_test(tcase, not_too_much_is_asked_at_a_time);
}

int
main(void)
{
	Suite *suite = suite_create("fetch");

	add_answer_tests(test_fetch_case(suite, "answers"));
	test_fetch_hosts(test_fetch_case(suite, "hosts"));
	add_asker_tests(test_fetch_case(suite, "askers"));
	test_fetch_owners(test_fetch_case(suite, "owners"));
	return unit_run(suite);
}
