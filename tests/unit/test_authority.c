/* Trust that is read from a directory. */
#include "test_authority.h"

#include "smime/trust_added.h"
#include "trust_inside.h"

START_TEST(what_a_directory_holds_counts_once_it_was_read)
{
	bases[0].holds[0] = t.one;
	bases[1].holds[0] = t.two;
	test_authority_start();
	ck_assert(test_authority_waits("a@corp.example"));
	ck_assert(!test_authority_waits("a@other.example"));
	ck_assert(!test_authority_waits("<>"));
	ck_assert(test_authority_pending("a@corp.example",
	    "trust \"one\": the CA certificates of directory \"ad\" could not be read yet"));
	ck_assert(!test_authority_pending("a@other.example", ""));
	test_authority_until(test_authority_is_settled);
	ck_assert(!test_authority_waits("a@corp.example"));
	ck_assert(!test_authority_pending("a@corp.example", ""));
	ck_assert_uint_eq(test_authority_anchors(), 1);
	ck_assert_uint_eq(trust_inside_intermediates(t.trust), 1);
	ck_assert_uint_eq(trust_anchor_count(t.base), 0);
}
END_TEST

START_TEST(what_comes_and_goes_is_seen_at_the_next_reading)
{
	struct trust *seen;

	test_authority_start();
	test_authority_until(test_authority_is_settled);
	ck_assert_uint_eq(test_authority_anchors(), 0);
	bases[0].holds[1] = t.one;
	test_authority_until(test_authority_has_one);
	bases[0].holds[0] = t.two;
	test_authority_until(test_authority_has_two);
	bases[0].holds[0] = NULL;
	test_authority_until(test_authority_has_one);
	seen = t.trust;
	test_authority_read_twice();
	ck_assert_ptr_eq(t.trust, seen);
	ck_assert_int_eq(t.settled, 1);
}
END_TEST

/* Ways of not getting all, and none of them may change anything. */
static const char *const words[] = {
    "without verified TLS", "size limit", "scripted failure", "without verified TLS", "more than"};

START_TEST(a_first_reading_that_fails_settles_and_stays_pending)
{
	bases[0].holds[0] = t.one;
	test_authority_spoil(&bases[_i % 2], &faults[_i / 2]);
	test_authority_start();
	test_authority_until(test_authority_is_settled);
	ck_assert(!test_authority_waits("a@corp.example"));
	ck_assert(test_authority_pending("a@corp.example", words[_i / 2]));
	ck_assert_ptr_eq(t.trust, t.base);
	test_authority_spoil(&bases[_i % 2], &(const struct base){.silent = false});
	test_authority_until(test_authority_has_one);
	ck_assert(!test_authority_pending("a@corp.example", ""));
	ck_assert_int_eq(t.settled, 1);
}
END_TEST

START_TEST(a_later_reading_that_fails_changes_nothing)
{
	struct trust *seen;

	bases[0].holds[0] = t.one;
	test_authority_start();
	test_authority_until(test_authority_has_one);
	seen = t.trust;
	bases[0].holds[0] = t.two;
	bases[0].holds[1] = t.one;
	test_authority_spoil(&bases[_i % 2], &faults[_i / 2]);
	test_authority_read_twice();
	ck_assert_ptr_eq(t.trust, seen);
	ck_assert(!test_authority_pending("a@corp.example", ""));
	test_authority_spoil(&bases[_i % 2], &(const struct base){.silent = false});
	test_authority_until(test_authority_has_two);
}
END_TEST

static bool
has_started_thrice(void)
{
	return t.started >= 3;
}

static bool
is_rebased(void)
{
	return rebased == 2;
}

/* The configured trust, with one more anchor for the domain. */
static struct trust *
load_with(X509 *x509)
{
	struct error err = ERROR_INIT;
	struct trust_added more = {NULL, {NULL, 0}, sk_X509_new_null()};
	struct trust *trust;

	sk_X509_push(more.certificates, x509);
	X509_up_ref(x509);
	ck_assert_int_eq(trust_added_domain(&more, "other.example", &err), 0);
	trust = trust_load_with(&t.config, &more, &err);
	ck_assert_msg(trust != NULL, "%s", err.text);
	trust_added_clear(&more);
	return trust;
}

START_TEST(what_was_read_counts_on_another_base_too)
{
	struct trust *base;

	bases[0].holds[0] = t.one;
	rebased = 0;
	test_authority_start();
	base = load_with(t.two);
	authority_rebase(t.authority, base, 1); /* before anything was read: at once */
	ck_assert_uint_eq(rebased, 1);
	ck_assert_ptr_eq(t.trust, base);
	test_authority_until(test_authority_has_two);
	authority_rebase(t.authority, t.base, 2);
	test_authority_until(is_rebased);
	ck_assert_uint_eq(test_authority_anchors(), 1);
	bases[0].holds[1] = t.two; /* what is read later stands on the new base */
	test_authority_until(test_authority_has_two);
	bases[0].holds[1] = NULL;
	test_authority_until(test_authority_has_one);
	trust_unref(base);
}
END_TEST

START_TEST(of_two_bases_at_once_the_last_counts)
{
	struct trust *base;

	bases[0].holds[0] = t.one;
	rebased = 0;
	test_authority_start();
	test_authority_until(test_authority_has_one);
	base = load_with(t.two);
	authority_rebase(t.authority, t.base, 1);
	authority_rebase(t.authority, base, 2);
	test_authority_until(is_rebased);
	ck_assert_uint_eq(test_authority_anchors(), 2);
	authority_rebase(t.authority, t.base, 3); /* and one is under way at the end */
	trust_unref(base);
}
END_TEST

START_TEST(a_search_that_can_not_begin_is_tried_again)
{
	bases[0].refuses = true;
	bases[0].holds[0] = t.one;
	test_authority_start();
	test_authority_until(has_started_thrice);
	ck_assert(test_authority_pending("a@corp.example", "scripted refusal"));
	bases[0].refuses = false;
	test_authority_until(test_authority_has_one);
}
END_TEST

START_TEST(a_base_that_does_not_exist_holds_nothing)
{
	bases[0].outcome = POOL_NO_SUCH_OBJECT;
	bases[1].holds[0] = t.two;
	test_authority_start();
	test_authority_until(test_authority_is_settled);
	ck_assert(!test_authority_pending("a@corp.example", ""));
	ck_assert_uint_eq(test_authority_anchors(), 0);
	ck_assert_uint_eq(trust_inside_intermediates(t.trust), 1);
}
END_TEST

START_TEST(what_came_before_a_search_began_again_does_not_count)
{
	bases[0].interrupted = true;
	bases[0].lost = t.two;
	bases[0].holds[0] = t.one;
	bases[1].interrupted = true;
	bases[1].lost = t.one;
	test_authority_start();
	test_authority_until(test_authority_is_settled);
	ck_assert_uint_eq(test_authority_anchors(), 1);
	ck_assert_uint_eq(trust_inside_intermediates(t.trust), 0);
}
END_TEST

START_TEST(pages_are_read_to_the_last)
{
	bases[0].paged = bases[1].paged = true;
	bases[0].holds[0] = t.one;
	bases[0].holds[2] = t.two;
	bases[1].holds[2] = t.one;
	test_authority_start();
	test_authority_until(test_authority_is_settled);
	ck_assert_int_eq(t.started, 6);
	ck_assert_uint_eq(test_authority_anchors(), 2);
	ck_assert_uint_eq(trust_inside_intermediates(t.trust), 1);
}
END_TEST

START_TEST(pages_without_end_or_with_a_fault_change_nothing)
{
	bases[0].paged = true;
	bases[0].holds[0] = t.one;
	bases[0].endless = _i == 0;
	bases[0].fails_at = _i;
	test_authority_start();
	test_authority_until(test_authority_is_settled);
	ck_assert(test_authority_pending("a@corp.example", _i == 0 ? "pages" : "scripted failure"));
	ck_assert_ptr_eq(t.trust, t.base);
}
END_TEST

START_TEST(sections_add_up)
{
	static char title[] = "two", ad[] = "ad", partner[] = "partner.example";
	static char *domains[] = {partner};

	t.sections[1] = test_authority_section(title, ad, domains);
	t.sections[1].anchor_bases = (struct strings){&names[2], 1};
	t.config.trust_count = 2;
	bases[0].holds[0] = t.one;
	bases[2].holds[0] = t.two;
	bases[2].without_tls = true;
	test_authority_start();
	test_authority_until(test_authority_has_one);
	ck_assert(test_authority_pending("a@partner.example", "trust \"two\""));
	ck_assert(!test_authority_pending("a@corp.example", ""));
	bases[2].without_tls = false;
	test_authority_until(test_authority_has_two);
	bases[0].holds[0] = NULL;
	test_authority_until(test_authority_has_one);
}
END_TEST

/* A file, a title that is none, no domains, all domains, no directory. */
START_TEST(nothing_is_read_where_nothing_may_be_taken)
{
	static char title[] = "one", corp[] = "corp.example", all[] = "*";
	static char file[] = "file", nowhere[] = "nowhere", ad[] = "ad", none[] = "";
	static char *const directories[] = {file, nowhere, ad, ad, none};
	static char *corp_list[] = {corp}, *all_list[] = {all};

	t.sections[0] =
	    test_authority_section(title, directories[_i], _i == 3 ? all_list : corp_list);
	if (_i == 2)
		t.sections[0].for_domains.count = 0;
	test_authority_start();
	ck_assert_int_eq(t.pools, 0);
	ck_assert(!test_authority_waits("a@corp.example"));
	ck_assert(!test_authority_pending("a@corp.example", ""));
}
END_TEST

START_TEST(ending_cancels_what_is_under_way)
{
	bases[0].silent = true;
	test_authority_start();
	event_base_loop(t.loop, EVLOOP_NONBLOCK);
	ck_assert_int_eq(t.started, 1);
	test_authority_stop();
	ck_assert_int_eq(t.cancelled, 1);
	ck_assert_int_eq(t.settled, 0);
}
END_TEST

static bool
has_been_read(void)
{
	return t.rounds > 0;
}

START_TEST(ending_during_a_build_is_clean)
{
	bases[0].holds[0] = t.one;
	t.sections[0].intermediate_bases.count = 0;
	test_authority_start();
	test_authority_until(has_been_read);
	test_authority_stop();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("authority");
	TCase *tcase = unit_case(suite, "authority");
	int count = 2 * (int)ARRAY_LENGTH(faults);

	tcase_add_checked_fixture(tcase, test_authority_setup, test_authority_teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, what_a_directory_holds_counts_once_it_was_read);
	tcase_add_test(tcase, what_comes_and_goes_is_seen_at_the_next_reading);
	tcase_add_loop_test(tcase, a_first_reading_that_fails_settles_and_stays_pending, 0, count);
	tcase_add_loop_test(tcase, a_later_reading_that_fails_changes_nothing, 0, count);
	tcase_add_test(tcase, what_was_read_counts_on_another_base_too);
	tcase_add_test(tcase, of_two_bases_at_once_the_last_counts);
	tcase_add_test(tcase, a_search_that_can_not_begin_is_tried_again);
	tcase_add_test(tcase, a_base_that_does_not_exist_holds_nothing);
	tcase_add_test(tcase, what_came_before_a_search_began_again_does_not_count);
	tcase_add_test(tcase, pages_are_read_to_the_last);
	tcase_add_loop_test(tcase, pages_without_end_or_with_a_fault_change_nothing, 0, 4);
	test_authority_crls(tcase);
	tcase_add_test(tcase, sections_add_up);
	tcase_add_loop_test(tcase, nothing_is_read_where_nothing_may_be_taken, 0, 5);
	tcase_add_test(tcase, ending_cancels_what_is_under_way);
	tcase_add_test(tcase, ending_during_a_build_is_clean);
	return unit_run(suite);
}
