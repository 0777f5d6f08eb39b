/* directory/resolver, with scripted directories: what the address says is what they do. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "scripted.h"
#include "unit.h"

static struct fixture fixture;

static void
begin(size_t directories)
{
	if (fixture.config.directories == NULL)
		fixture_init(&fixture, directories);
	scripted_begin(&fixture);
}

static void
setup(void)
{
	memset(&fixture, 0, sizeof(fixture));
}

static void
teardown(void)
{
	fixture_end(&fixture);
	ck_assert_int_eq(atomic_load(&scripted_freed), (int)fixture.config.directory_count);
}

static void
expect(const char *address, enum recipient_state state)
{
	ck_assert_msg(fixture_state(&fixture, address, NULL) == state, "%s", address);
}

START_TEST(what_is_published_is_found_and_nothing_is_nothing)
{
	begin(1);
	expect("found@example.org", RECIPIENT_FOUND);
	expect("none@example.org", RECIPIENT_NONE);
	expect("entry@example.org", RECIPIENT_NONE);
	ck_assert_uint_eq(fixture_statistics(&fixture).searches, 3);
	ck_assert_uint_eq(fixture_statistics(&fixture).failures, 0);
}
END_TEST

/* A ticket for findings that were not looked up: one value, which is no certificate. */
static struct ticket *
submit_given(const char *text, const char *dn)
{
	struct address address = fixture_address(text);
	struct findings *findings = findings_new();
	struct finding finding = {.kind = FINDING_CERTIFICATE,
	    .directory = (char *)"first",
	    .dn = (char *)dn,
	    .attribute = (char *)"userCertificate",
	    .value = (unsigned char *)"x",
	    .size = 1};
	struct ticket *ticket;

	ck_assert_int_eq(findings_add(findings, &finding, NULL), 0);
	ticket = resolver_submit_findings(
	    fixture.resolver, &address, findings, clock_monotonic_ms() + FIXTURE_PATIENCE);
	ck_assert_ptr_nonnull(ticket);
	findings_unref(findings);
	address_free(&address);
	return ticket;
}

static void
expect_given(struct ticket *ticket, const char *dn)
{
	const struct recipient *record;

	ck_assert(ticket_wait(ticket, clock_monotonic_ms() + FIXTURE_PATIENCE));
	record = ticket_record(ticket);
	ck_assert_int_eq(record->state, RECIPIENT_FOUND);
	ck_assert_uint_eq(record->digital_id_count, 1);
	ck_assert_str_eq(record->digital_ids[0].dn, dn);
	ck_assert_int_eq(record->digital_ids[0].verdict, REASON_MALFORMED);
	ticket_free(ticket);
}

START_TEST(findings_that_are_given_are_judged_for_themselves)
{
	struct ticket *one;
	struct ticket *other;

	begin(1);
	one = submit_given("none@example.org", "cn=one");
	other = submit_given("none@example.org", "cn=other");
	expect("none@example.org", RECIPIENT_NONE);
	expect_given(other, "cn=other");
	expect_given(one, "cn=one");
	expect("none@example.org", RECIPIENT_NONE);
	expect_given(submit_given("none@example.org", "cn=late"), "cn=late");
	ck_assert_uint_eq(fixture_statistics(&fixture).searches, 1);
	ck_assert_uint_eq(fixture_statistics(&fixture).entries, 1);
}
END_TEST

START_TEST(findings_that_are_given_may_be_left_behind)
{
	int i;

	begin(1);
	for (i = 0; i < 20; i++)
		ticket_free(submit_given("none@example.org", "cn=one"));
}
END_TEST

static void
expect_unavailable(const char *address, const char *why)
{
	struct ticket *ticket = fixture_ask(&fixture, address);

	ck_assert_int_eq(ticket_record(ticket)->state, RECIPIENT_UNAVAILABLE);
	ck_assert_ptr_nonnull(ticket_record(ticket)->detail);
	ck_assert_msg(strstr(ticket_record(ticket)->detail, why) != NULL, "%s",
	    ticket_record(ticket)->detail);
	ticket_free(ticket);
}

START_TEST(failures_say_which_directory_and_why_and_are_not_kept)
{
	begin(1);
	expect_unavailable("error@example.org", "directory \"first\": scripted failure");
	expect_unavailable("error@example.org", "scripted failure");
	expect_unavailable("refuse@example.org", "scripted refusal");
	expect_unavailable("refuse@example.org", "scripted refusal");
	ck_assert_int_eq(scripted_searches(), 4);
	ck_assert_uint_eq(fixture_statistics(&fixture).failures, 4);
	ck_assert_uint_eq(fixture_statistics(&fixture).entries, 0);
}
END_TEST

START_TEST(directories_are_asked_in_order_until_one_holds_something)
{
	static const char *const org[] = {"example.org"};
	static const char *const sub[] = {".example.org", "example.net"};

	fixture_init(&fixture, 3);
	fixture_list(&fixture.directories[0].domains, org, 1);
	fixture_list(&fixture.directories[1].domains, sub, 2);
	begin(3);
	expect("found@example.org", RECIPIENT_FOUND);
	ck_assert_int_eq(atomic_load(&scripted_started[0]), 1);
	ck_assert_int_eq(atomic_load(&scripted_started[2]), 0);
	expect("none@example.org", RECIPIENT_NONE);
	ck_assert_int_eq(atomic_load(&scripted_started[0]), 2);
	ck_assert_int_eq(atomic_load(&scripted_started[1]), 0);
	ck_assert_int_eq(atomic_load(&scripted_started[2]), 1);
	expect("found@sub.example.org", RECIPIENT_FOUND);
	expect("found@example.net", RECIPIENT_FOUND);
	ck_assert_int_eq(atomic_load(&scripted_started[1]), 2);
	expect("found@example.com", RECIPIENT_FOUND);
	ck_assert_int_eq(atomic_load(&scripted_started[0]), 2);
	ck_assert_int_eq(atomic_load(&scripted_started[1]), 2);
	ck_assert_int_eq(atomic_load(&scripted_started[2]), 2);
}
END_TEST

START_TEST(a_directory_that_fails_is_not_passed_over)
{
	begin(2);
	expect("error@example.org", RECIPIENT_UNAVAILABLE);
	ck_assert_int_eq(atomic_load(&scripted_started[1]), 0);
}
END_TEST

START_TEST(an_address_nobody_is_responsible_for_has_nothing)
{
	static const char *const org[] = {"example.org"};
	struct ticket *ticket;

	fixture_init(&fixture, 1);
	fixture_list(&fixture.directories[0].domains, org, 1);
	begin(1);
	ticket = fixture_ask(&fixture, "found@example.com");
	ck_assert_int_eq(ticket_record(ticket)->state, RECIPIENT_NONE);
	ck_assert_str_eq(
	    ticket_record(ticket)->detail, "no directory section answers for its domain (domains)");
	ticket_free(ticket);
	expect("<>", RECIPIENT_NONE);
	ck_assert_int_eq(scripted_searches(), 0);
	ticket = fixture_ask(&fixture, "none@example.org");
	ck_assert_ptr_null(ticket_record(ticket)->detail);
	ticket_free(ticket);
}
END_TEST

START_TEST(the_null_address_is_never_asked_for)
{
	begin(1);
	expect("<>", RECIPIENT_NONE);
	ck_assert_int_eq(scripted_searches(), 0);
}
END_TEST

START_TEST(an_address_is_asked_for_once_whoever_asks)
{
	struct ticket *tickets[100];
	size_t i;

	begin(1);
	for (i = 0; i < ARRAY_LENGTH(tickets); i++)
		tickets[i] =
		    fixture_submit(&fixture, i % 2 == 0 ? "late@example.org" : "LATE@EXAMPLE.ORG");
	for (i = 0; i < ARRAY_LENGTH(tickets); i++) {
		ck_assert(ticket_wait(tickets[i], clock_monotonic_ms() + FIXTURE_PATIENCE));
		ck_assert_int_eq(ticket_record(tickets[i])->state, RECIPIENT_FOUND);
		ck_assert_ptr_eq(ticket_record(tickets[i]), ticket_record(tickets[0]));
		if (i > 0)
			ticket_free(tickets[i]);
	}
	ticket_free(tickets[0]);
	ck_assert_int_eq(scripted_searches(), 1);
	ck_assert_uint_eq(
	    fixture_statistics(&fixture).joined + fixture_statistics(&fixture).cache_hits,
	    ARRAY_LENGTH(tickets) - 1);
	ck_assert_uint_eq(fixture_statistics(&fixture).questions, ARRAY_LENGTH(tickets));
}
END_TEST

START_TEST(exact_local_parts_are_asked_for_each)
{
	fixture_init(&fixture, 1);
	fixture.config.local_part = LOCAL_PART_EXACT;
	begin(1);
	expect("found@example.org", RECIPIENT_FOUND);
	expect("FOUND@example.org", RECIPIENT_FOUND);
	expect("found@EXAMPLE.org", RECIPIENT_FOUND);
	ck_assert_int_eq(scripted_searches(), 2);
}
END_TEST

START_TEST(findings_are_kept_for_their_time)
{
	begin(1);
	expect("found@example.org", RECIPIENT_FOUND);
	expect("Found@example.org", RECIPIENT_FOUND);
	ck_assert_int_eq(scripted_searches(), 1);
	ck_assert_uint_eq(fixture_statistics(&fixture).cache_hits, 1);
	ck_assert_uint_eq(fixture_statistics(&fixture).entries, 1);
	ck_assert_uint_gt(fixture_statistics(&fixture).bytes, 0);
	clock_advance_monotonic(fixture.config.cache_positive - 1000);
	expect("found@example.org", RECIPIENT_FOUND);
	ck_assert_int_eq(scripted_searches(), 1);
	clock_advance_monotonic(1001);
	expect("found@example.org", RECIPIENT_FOUND);
	ck_assert_int_eq(scripted_searches(), 2);
}
END_TEST

START_TEST(nothing_is_kept_for_its_own_time)
{
	begin(1);
	expect("none@example.org", RECIPIENT_NONE);
	clock_advance_monotonic(fixture.config.cache_negative - 1000);
	expect("none@example.org", RECIPIENT_NONE);
	ck_assert_int_eq(scripted_searches(), 1);
	clock_advance_monotonic(1001);
	expect("none@example.org", RECIPIENT_NONE);
	ck_assert_int_eq(scripted_searches(), 2);
}
END_TEST

START_TEST(a_cache_switched_off_keeps_nothing)
{
	fixture_init(&fixture, 1);
	fixture.config.cache_negative = 0;
	fixture.config.cache_positive = 0;
	begin(1);
	expect("none@example.org", RECIPIENT_NONE);
	expect("none@example.org", RECIPIENT_NONE);
	expect("found@example.org", RECIPIENT_FOUND);
	expect("found@example.org", RECIPIENT_FOUND);
	ck_assert_int_eq(scripted_searches(), 4);
}
END_TEST

START_TEST(a_record_is_judged_again_after_a_minute_without_asking)
{
	time_t now = 1795341600;
	struct ticket *first;
	struct ticket *again;
	struct ticket *later;

	clock_hold_wall(now);
	begin(1);
	first = fixture_ask(&fixture, "found@example.org");
	clock_hold_wall(now + 59);
	again = fixture_ask(&fixture, "found@example.org");
	ck_assert_ptr_eq(ticket_record(first), ticket_record(again));
	clock_hold_wall(now + 60);
	later = fixture_ask(&fixture, "found@example.org");
	ck_assert_ptr_ne(ticket_record(first), ticket_record(later));
	ck_assert_int_eq(ticket_record(later)->judged_at, now + 60);
	ck_assert_int_eq(scripted_searches(), 1);
	ck_assert_uint_eq(fixture_statistics(&fixture).cache_hits, 2);
	ticket_free(first);
	ticket_free(again);
	ticket_free(later);
	clock_hold_wall(now - 100); /* the clock was set back */
	later = fixture_ask(&fixture, "found@example.org");
	ck_assert_int_eq(ticket_record(later)->judged_at, now - 100);
	ticket_free(later);
	clock_hold_wall(0);
}
END_TEST

START_TEST(a_waiter_gives_up_by_its_deadline_and_the_question_goes_on)
{
	struct ticket *ticket;
	int64_t before;

	begin(1);
	ticket = fixture_submit(&fixture, "late@example.org");
	ck_assert(!ticket_ready(ticket));
	before = clock_monotonic_ms();
	ck_assert(!ticket_wait(ticket, before + 5));
	ck_assert_int_ge(clock_monotonic_ms(), before + 5);
	ck_assert_ptr_null(ticket_record(ticket));
	ticket_free(ticket);
	expect("late@example.org", RECIPIENT_FOUND);
	ck_assert_int_eq(scripted_searches(), 1);
	ck_assert_int_eq(atomic_load(&scripted_cancelled), 0);
}
END_TEST

START_TEST(a_directory_that_never_answers_is_given_up)
{
	fixture_init(&fixture, 1);
	fixture.directories[0].connect_timeout = 100;
	fixture.directories[0].search_timeout = 100;
	begin(1);
	expect_unavailable("never@example.org", "no answer in time");
	ck_assert_int_eq(atomic_load(&scripted_cancelled), 1);
	expect("found@example.org", RECIPIENT_FOUND);
}
END_TEST

START_TEST(questions_under_way_at_the_end_are_cancelled)
{
	begin(1);
	ticket_free(fixture_submit(&fixture, "never1@example.org"));
	ticket_free(fixture_submit(&fixture, "never2@example.org"));
	expect("found@example.org", RECIPIENT_FOUND); /* so both have been begun */
	resolver_free(fixture.resolver);
	fixture.resolver = NULL;
	ck_assert_int_le(atomic_load(&scripted_cancelled), 2);
	ck_assert_int_eq(scripted_searches(), atomic_load(&scripted_cancelled) + 1);
}
END_TEST

static bool
ten_are_begun(void *context UNUSED)
{
	return scripted_searches() == 10;
}

START_TEST(over_the_limit_the_answer_is_unavailable_at_once)
{
	struct ticket *tickets[15];
	char address[40];
	size_t i;

	fixture_init(&fixture, 1);
	fixture.config.lookups_limit = 10;
	begin(1);
	for (i = 0; i < ARRAY_LENGTH(tickets); i++) {
		snprintf(address, sizeof(address), "never%zu@example.org", i);
		tickets[i] = fixture_submit(&fixture, address);
		ck_assert_int_eq(ticket_ready(tickets[i]), i >= 10);
	}
	ck_assert_int_eq(ticket_record(tickets[14])->state, RECIPIENT_UNAVAILABLE);
	ck_assert_ptr_nonnull(strstr(ticket_record(tickets[14])->detail, "lookups-limit"));
	ck_assert(fixture_until(ten_are_begun, NULL));
	for (i = 0; i < ARRAY_LENGTH(tickets); i++)
		ticket_free(tickets[i]);
}
END_TEST

static bool
two_are_cancelled(void *context UNUSED)
{
	return atomic_load(&scripted_cancelled) == 2;
}

START_TEST(what_nobody_waits_for_leaves_its_place_to_what_somebody_does)
{
	struct ticket *tickets[10];
	char address[40];
	size_t i;

	fixture_init(&fixture, 1);
	fixture.config.lookups_limit = 10;
	begin(1);
	for (i = 0; i < ARRAY_LENGTH(tickets); i++) {
		snprintf(address, sizeof(address), "never%zu@example.org", i);
		tickets[i] = fixture_submit(&fixture, address);
	}
	ck_assert(fixture_until(ten_are_begun, NULL));
	expect_unavailable("found@example.org", "lookups-limit");
	ticket_free(tickets[3]);
	ticket_free(tickets[7]);
	/* They go on as long as there is room. */
	ck_assert_int_eq(atomic_load(&scripted_cancelled), 0);
	expect("found@example.org", RECIPIENT_FOUND);
	expect("found2@example.org", RECIPIENT_FOUND);
	tickets[3] = fixture_submit(&fixture, "never100@example.org");
	tickets[7] = fixture_submit(&fixture, "never101@example.org");
	expect_unavailable("found3@example.org", "lookups-limit");
	ck_assert(fixture_until(two_are_cancelled, NULL));
	for (i = 0; i < ARRAY_LENGTH(tickets); i++) {
		ck_assert(!ticket_ready(tickets[i]));
		ticket_free(tickets[i]);
	}
}
END_TEST

START_TEST(what_is_kept_is_given_over_the_limit_too)
{
	struct ticket *tickets[10];
	char address[40];
	size_t i;

	fixture_init(&fixture, 1);
	fixture.config.lookups_limit = 10;
	begin(1);
	expect("found@example.org", RECIPIENT_FOUND);
	for (i = 0; i < ARRAY_LENGTH(tickets); i++) {
		snprintf(address, sizeof(address), "never%zu@example.org", i);
		tickets[i] = fixture_submit(&fixture, address);
	}
	expect("found@example.org", RECIPIENT_FOUND);
	for (i = 0; i < ARRAY_LENGTH(tickets); i++)
		ticket_free(tickets[i]);
}
END_TEST

#define ASKERS 8
#define QUESTIONS_EACH 125

static void *
ask_many(void *argument)
{
	static const char *const kinds[] = {"found", "none", "late", "error", "entry"};
	struct ticket *tickets[QUESTIONS_EACH];
	size_t seed = *(const size_t *)argument;
	struct address address;
	char text[60];
	size_t bad = 0;
	size_t i;

	for (i = 0; i < QUESTIONS_EACH; i++) {
		snprintf(text, sizeof(text), "%s%zu@example.org",
		    kinds[(seed + i) % ARRAY_LENGTH(kinds)], i % 20);
		if (address_parse(text, &address, NULL) != 0)
			return argument;
		tickets[i] = resolver_submit(
		    fixture.resolver, &address, clock_monotonic_ms() + FIXTURE_PATIENCE);
		address_free(&address);
		if ((seed + i) % 7 == 0) { /* some give up at once */
			ticket_free(tickets[i]);
			tickets[i] = NULL;
		}
	}
	for (i = 0; i < QUESTIONS_EACH; i++) {
		if (tickets[i] == NULL)
			continue;
		if (!ticket_wait(tickets[i], clock_monotonic_ms() + FIXTURE_PATIENCE) ||
		    ticket_record(tickets[i]) == NULL)
			bad++;
		else if ((ticket_record(tickets[i])->state == RECIPIENT_UNAVAILABLE) !=
			 ((seed + i) % ARRAY_LENGTH(kinds) == 3))
			bad++;
		ticket_free(tickets[i]);
	}
	return bad == 0 ? NULL : argument;
}

START_TEST(a_thousand_questions_of_many_threads_are_all_answered)
{
	pthread_t threads[ASKERS];
	size_t seeds[ASKERS];
	void *bad;
	size_t i;

	begin(2);
	for (i = 0; i < ASKERS; i++) {
		seeds[i] = i;
		ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_many, &seeds[i]), 0);
	}
	for (i = 0; i < ASKERS; i++) {
		ck_assert_int_eq(pthread_join(threads[i], &bad), 0);
		ck_assert_ptr_null(bad);
	}
	ck_assert_uint_eq(fixture_statistics(&fixture).questions, ASKERS * QUESTIONS_EACH);
}
END_TEST

START_TEST(a_source_that_cant_be_made_is_an_error)
{
	struct error err = ERROR_INIT;

	fixture_init(&fixture, 2);
	fixture.directories[1].bind_dn = (char *)"fail";
	ck_assert_ptr_null(
	    resolver_new_with(&fixture.config, fixture.trust, NULL, scripted_make, NULL, &err));
	ck_assert_str_eq(err.text, "scripted to fail");
	ck_assert_int_eq(fixture.config.references, 1);
	fixture.config.directory_count = 1; /* the one that was made was freed */
}
END_TEST

START_TEST(a_resolver_freed_at_once_ends)
{
	begin(1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("resolver");
	TCase *tcase = unit_case(suite, "resolver");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, what_is_published_is_found_and_nothing_is_nothing);
	tcase_add_test(tcase, findings_that_are_given_are_judged_for_themselves);
	tcase_add_test(tcase, findings_that_are_given_may_be_left_behind);
	tcase_add_test(tcase, failures_say_which_directory_and_why_and_are_not_kept);
	tcase_add_test(tcase, directories_are_asked_in_order_until_one_holds_something);
	tcase_add_test(tcase, a_directory_that_fails_is_not_passed_over);
	tcase_add_test(tcase, an_address_nobody_is_responsible_for_has_nothing);
	tcase_add_test(tcase, the_null_address_is_never_asked_for);
	tcase_add_test(tcase, an_address_is_asked_for_once_whoever_asks);
	tcase_add_test(tcase, exact_local_parts_are_asked_for_each);
	tcase_add_test(tcase, findings_are_kept_for_their_time);
	tcase_add_test(tcase, nothing_is_kept_for_its_own_time);
	tcase_add_test(tcase, a_cache_switched_off_keeps_nothing);
	tcase_add_test(tcase, a_record_is_judged_again_after_a_minute_without_asking);
	tcase_add_test(tcase, a_waiter_gives_up_by_its_deadline_and_the_question_goes_on);
	tcase_add_test(tcase, a_directory_that_never_answers_is_given_up);
	tcase_add_test(tcase, questions_under_way_at_the_end_are_cancelled);
	tcase_add_test(tcase, over_the_limit_the_answer_is_unavailable_at_once);
	tcase_add_test(tcase, what_nobody_waits_for_leaves_its_place_to_what_somebody_does);
	tcase_add_test(tcase, what_is_kept_is_given_over_the_limit_too);
	tcase_add_test(tcase, a_thousand_questions_of_many_threads_are_all_answered);
	tcase_add_test(tcase, a_source_that_cant_be_made_is_an_error);
	tcase_add_test(tcase, a_resolver_freed_at_once_ends);
	return unit_run(suite);
}
