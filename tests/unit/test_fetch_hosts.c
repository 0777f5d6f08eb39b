/* Which hosts are asked: addresses that are never connected to, and look-ups of names. */
#include "test_fetch.h"

/* Before any packet: the server sees none. */
static const struct {
	const char *host;
	const char *words;
} forbidden[] = {
    {"127.0.0.1", "127.0.0.1 is loopback (RFC 1122): not connected to unless fetch-allow"},
    {"[::ffff:127.0.0.1]", "::ffff:127.0.0.1 is loopback"},
    {"[::1]", "::1 is loopback"},
    {"2130706433", "127.0.0.1 is loopback"},
    {"localhost", "127.0.0.1 is loopback"},
    {"good.example", "127.0.0.1 is loopback"},
    {"mapped.example", "::ffff:127.0.0.1 is loopback"},
    {"private.example", "is private"},
    {"many.example", "is "},
    {"metadata.example", "169.254.169.254 is a cloud's metadata service"},
    {"10.1.2.3", "10.1.2.3 is private"},
};

START_TEST(addresses_that_are_not_public_are_never_connected_to)
{
	struct asker asker;

	config.fetch_allow.count = 0;
	test_fetch_ask(&asker, test_fetch_url_of(forbidden[_i].host, "/good"));
	test_fetch_expect_error(&asker, ERROR_PERMANENT, forbidden[_i].words);
	test_fetch_turn();
	ck_assert_uint_eq(seen->connections, 0);
	test_fetch_expect_refusal(
	    test_fetch_url_of(forbidden[_i].host, "/other"), ERROR_PERMANENT, "not asked again");
}
END_TEST

START_TEST(of_many_addresses_those_that_pass_are_tried)
{
	struct asker asker;

	test_fetch_ask(&asker, test_fetch_url_of("many.example", "/good"));
	test_fetch_expect_body(&asker, "good");
	ck_assert_ptr_nonnull(strstr(seen->last, "\r\nHost: many.example:"));
	test_fetch_ask(&asker, test_fetch_url_of("mapped.example", "/302"));
	test_fetch_expect_body(&asker, "good");
}
END_TEST

START_TEST(a_host_that_does_not_listen_is_left_alone_as_a_whole)
{
	struct asker asker;
	struct asker waiting[FETCH_HOST_RUNNING_MAX + 5];
	size_t i;
	char path[20];

	test_fetch_ask(&asker, test_fetch_url_of("dead.example", "/a"));
	test_fetch_expect_error(&asker, ERROR_TEMPORARY, "can't connect: Connection refused");
	test_fetch_expect_refusal(
	    test_fetch_url_of("dead.example", "/b"), ERROR_TEMPORARY, "not asked again");
	clock_advance_monotonic(config.fetch_retry);
	for (i = 0; i < ARRAY_LENGTH(waiting); i++) {
		snprintf(path, sizeof(path), "/%zu", i);
		test_fetch_start(&waiting[i], test_fetch_url_of("dead.example", path));
	}
	/* Those that had to wait are not tried once the first ones have failed. */
	UNTIL(counts.requests == 0);
	for (i = 0; i < ARRAY_LENGTH(waiting); i++)
		test_fetch_expect_error(&waiting[i], ERROR_TEMPORARY,
		    i < FETCH_HOST_RUNNING_MAX ? "can't connect" : "not asked again within");
}
END_TEST

START_TEST(hosts_that_are_not_found_are_told_and_remembered)
{
	struct asker asker;

	test_fetch_ask(&asker, test_fetch_url_of("nobody.example", "/a"));
	test_fetch_expect_error(&asker, ERROR_PERMANENT, "there is no such host");
	test_fetch_ask(&asker, test_fetch_url_of("again.example", "/a"));
	test_fetch_expect_error(&asker, ERROR_TEMPORARY, "can't be looked up");
	test_fetch_expect_refusal(
	    test_fetch_url_of("nobody.example", "/b"), ERROR_PERMANENT, "not asked again");
	test_fetch_expect_refusal(
	    test_fetch_url_of("again.example", "/b"), ERROR_TEMPORARY, "not asked again");
	ck_assert_int_eq(dns_asked, 2);
}
END_TEST

START_TEST(a_look_up_that_hangs_holds_up_nobody)
{
	struct asker slow;
	struct asker asker;

	config.fetch_timeout = 300;
	test_fetch_start(&slow, test_fetch_url_of("slow.example", "/a"));
	test_fetch_start(&asker, test_fetch_url_of("slow2.example", "/a"));
	UNTIL(asker.answers > 0);
	test_fetch_expect_error(&asker, ERROR_TEMPORARY, "no answer within fetch-timeout");
	UNTIL(slow.answers > 0);
	config.fetch_timeout = PATIENCE;
	test_fetch_start(&slow, test_fetch_url_of("slow3.example", "/a"));
	UNTIL(test_fetch_dns_count(&dns_waiting) == 3);
	test_fetch_start(&asker, test_fetch_url_of("127.0.0.1", "/302"));
	UNTIL(asker.answers > 0);
	test_fetch_expect_body(&asker, "good");
	/* test_fetch_teardown() frees the fetcher before it lets the look-ups go: that waits for none. */
}
END_TEST

START_TEST(an_answer_of_the_dns_that_nobody_wants_is_dropped)
{
	struct asker asker;

	test_fetch_start(&asker, test_fetch_url_of("slow.example", "/a"));
	UNTIL(test_fetch_dns_count(&dns_waiting) == 1);
	fetch_cancel(asker.fetch);
	test_fetch_free_dns();
	test_fetch_turn();
	ck_assert_int_eq(asker.answers, 0);
	/* And one that comes just before it is taken back. */
	test_fetch_start(&asker, test_fetch_url_of("good.example", "/a"));
	UNTIL(counts.running == 1);
	while (test_fetch_dns_count(&dns_asked) < 2)
		;
	fetch_cancel(asker.fetch);
	test_fetch_turn();
	ck_assert_int_eq(asker.answers, 0);
	ck_assert_uint_eq(seen->connections, 0);
}
END_TEST

START_TEST(look_ups_that_hang_are_bounded_and_leave_room_for_other_owners)
{
	static struct asker askers[FETCH_LOOKUPS_MAX + 1];
	struct asker other;
	char host[48];
	size_t i;

	config.fetch_timeout = 100;
	for (i = 0; i < ARRAY_LENGTH(askers); i++) {
		snprintf(host, sizeof(host), "slow%zu.example", i);
		test_fetch_start(&askers[i], test_fetch_url_of(host, "/a"));
	}
	/* They are late and given up, but hang all the same: of this owner no more begin. */
	UNTIL(test_fetch_dns_count(&dns_waiting) == FETCH_LOOKUPS_MAX / 2 && counts.running == 0);
	ck_assert_uint_eq(counts.lookups, FETCH_LOOKUPS_MAX / 2);
	ck_assert_uint_eq(counts.waiting, ARRAY_LENGTH(askers) - FETCH_LOOKUPS_MAX / 2);
	config.fetch_timeout = PATIENCE;
	test_fetch_start_of(&other, test_fetch_url_of("good.example", "/good"), "other");
	UNTIL(other.answers > 0);
	test_fetch_expect_body(&other, "good");
	ck_assert_int_eq(test_fetch_dns_count(&dns_waiting), FETCH_LOOKUPS_MAX / 2);
	test_fetch_free_dns();
	/* One that hung may end after the last request has. */
	UNTIL(counts.requests == 0 && counts.lookups == 0);
}
END_TEST

void
test_fetch_hosts(TCase *tcase)
{
	tcase_add_loop_test(tcase, addresses_that_are_not_public_are_never_connected_to, 0,
	    (int)ARRAY_LENGTH(forbidden));
	tcase_add_test(tcase, of_many_addresses_those_that_pass_are_tried);
	tcase_add_test(tcase, a_host_that_does_not_listen_is_left_alone_as_a_whole);
	tcase_add_test(tcase, hosts_that_are_not_found_are_told_and_remembered);
	tcase_add_test(tcase, a_look_up_that_hangs_holds_up_nobody);
	tcase_add_test(tcase, an_answer_of_the_dns_that_nobody_wants_is_dropped);
	tcase_add_test(tcase, look_ups_that_hang_are_bounded_and_leave_room_for_other_owners);
}
