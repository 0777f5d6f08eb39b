/* ldap/pool and ldap/referral: what leads to other servers. */
#include <stdlib.h>

#include "test_pool.h"

START_TEST(a_reference_is_followed_to_a_listed_server)
{
	struct asked asked;

	test_pool_refer(FAKE_REFERS, true);
	asked = test_pool_ask();
	test_pool_expect_answered(asked, &fakes[0]);
	ck_assert_int_eq(asked.begins, 1);
	ck_assert_int_eq(asked.entries, 2);
	ck_assert_str_eq(asked.dn, "o=part0");
	ck_assert_uint_eq(pool_server_count(pool), 2);
}
END_TEST

START_TEST(a_reference_to_any_other_server_is_left_out)
{
	struct asked asked;

	test_pool_refer(FAKE_REFERS, false);
	asked = test_pool_ask();
	test_pool_expect_answered(asked, &fakes[0]);
	ck_assert_int_eq(asked.entries, 1);
	ck_assert_int_eq(atomic_load(&fakes[1].connections), 0);
}
END_TEST

START_TEST(a_referral_is_followed_to_a_listed_server)
{
	struct asked asked;

	test_pool_refer(FAKE_REFERRAL, true);
	asked = test_pool_ask();
	test_pool_expect_answered(asked, &fakes[0]);
	ck_assert_int_eq(asked.entries, 1);
	ck_assert_str_eq(asked.dn, "o=x"); /* the referral named no base of its own */
}
END_TEST

START_TEST(a_referral_to_any_other_server_is_a_failure)
{
	struct asked asked;

	test_pool_refer(FAKE_REFERRAL, false);
	asked = test_pool_ask();
	test_pool_expect_failed(asked, "refers to another one, which is not asked");
	ck_assert_int_eq(atomic_load(&fakes[1].connections), 0);
}
END_TEST

START_TEST(what_a_referral_leads_to_must_answer)
{
	struct asked asked;

	test_pool_refer(_i == 0 ? FAKE_REFERRAL : FAKE_REFERS, true);
	fake_stop(&fakes[--fake_count]);
	asked = test_pool_ask();
	test_pool_expect_failed(asked, "Connection refused");
	ck_assert(!test_pool_state_of(0).down);
	ck_assert(test_pool_state_of(1).down);
}
END_TEST

START_TEST(referrals_that_go_round_come_to_an_end)
{
	struct asked asked;
	enum fake_mode mode = _i == 0 ? FAKE_REFERRAL : FAKE_REFERS;

	test_pool_refer(mode, true);
	fakes[1].refer = fakes[0].uri;
	fakes[1].references = 1;
	atomic_store(&fakes[1].mode, mode);
	pool_free(pool);
	listed[1] = fakes[0].uri;
	fixture_list(&directory->referrals, listed, 2);
	test_pool_start_pool();
	asked = test_pool_ask();
	if (mode == FAKE_REFERRAL) {
		test_pool_expect_failed(asked, "round in a circle");
	} else {
		test_pool_expect_answered(asked, &fakes[0]);
		ck_assert_int_eq(asked.entries, 3); /* x; part0 of one, and of the other */
	}
}
END_TEST

START_TEST(referrals_that_go_ever_deeper_come_to_an_end)
{
	struct fake *fake = test_pool_add_fake(FAKE_DEEPER);
	struct asked asked;

	fake->refer = fake->uri;
	fixture_list(&directory->referrals, uris, 1);
	test_pool_start_pool();
	asked = test_pool_ask();
	test_pool_expect_failed(asked, "lead to one another");
	ck_assert_int_eq(atomic_load(&fake->searches), 1 + REFERRAL_DEPTH_MAX);
}
END_TEST

START_TEST(too_many_references_are_a_failure)
{
	test_pool_refer(FAKE_REFERS, true);
	fakes[0].references = REFERRALS_MAX;
	ck_assert_int_eq(test_pool_ask().entries, 1 + REFERRALS_MAX);
	fakes[0].references = REFERRALS_MAX + 1;
	test_pool_expect_failed(test_pool_ask(), "referrals");
	test_pool_expect_failed(
	    test_pool_ask(), "referrals"); /* and what it left behind does no harm */
}
END_TEST

static const struct {
	const char *uri;
	const char *host;
	int port;
} places[] = {
    {"ldap://dc3.corp.example", "dc3.corp.example", 0},
    {"ldaps://dc3.corp.example", "dc3.corp.example", 0},
    {"ldap://dc3.corp.example:389/dc=x??sub", "dc3.corp.example", 0},
    {"ldap://dc3.corp.example:636", "dc3.corp.example", 636},
    {"ldaps://dc3.corp.example:1636/", "dc3.corp.example", 1636},
    {"ldap:///dc=x", NULL, 0},
    {"http://dc3.corp.example", NULL, 0},
    {"", NULL, 0},
};

START_TEST(a_place_is_a_host_and_a_port_unless_it_is_the_schemes)
{
	char *host;
	int port;

	referral_place(places[_i].uri, &host, &port);
	if (places[_i].host == NULL)
		ck_assert_ptr_null(host);
	else
		ck_assert_str_eq(host, places[_i].host);
	ck_assert_int_eq(port, places[_i].port);
	free(host);
}
END_TEST

void
test_pool_referrals(TCase *tcase)
{
	tcase_add_test(tcase, a_reference_is_followed_to_a_listed_server);
	tcase_add_test(tcase, a_reference_to_any_other_server_is_left_out);
	tcase_add_test(tcase, a_referral_is_followed_to_a_listed_server);
	tcase_add_test(tcase, a_referral_to_any_other_server_is_a_failure);
	tcase_add_loop_test(tcase, what_a_referral_leads_to_must_answer, 0, 2);
	tcase_add_loop_test(tcase, referrals_that_go_round_come_to_an_end, 0, 2);
	tcase_add_test(tcase, referrals_that_go_ever_deeper_come_to_an_end);
	tcase_add_test(tcase, too_many_references_are_a_failure);
	tcase_add_loop_test(tcase, a_place_is_a_host_and_a_port_unless_it_is_the_schemes, 0,
	    (int)ARRAY_LENGTH(places));
}
