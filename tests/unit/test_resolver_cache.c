/* What the resolver remembers, and how: errors, refreshing, old findings, trust, and what people are shown. */
#include <event2/event.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "directory/resolver_private.h"
#include "scripted.h"
#include "unit.h"

static struct fixture fixture;

static void
setup(void)
{
	fixture_init(&fixture, 1);
}

static void
teardown(void)
{
	fixture_end(&fixture);
}

static void
expect(const char *address, enum recipient_state state)
{
	ck_assert_msg(fixture_state(&fixture, address, NULL) == state, "%s", address);
}

static bool
searches_are(void *context)
{
	return scripted_searches() == *(const int *)context;
}

static void
await_searches(int count)
{
	ck_assert_msg(fixture_until(searches_are, &count), "%d", scripted_searches());
}

static void
expect_stale(const char *address, bool stale)
{
	struct ticket *ticket = fixture_ask(&fixture, address);

	ck_assert_int_eq(ticket_record(ticket)->state, RECIPIENT_FOUND);
	ck_assert(ticket_record(ticket)->stale_if_error == stale);
	ck_assert(!stale || strstr(ticket_record(ticket)->detail,
				"no server could be asked: this was found at 2") != NULL);
	ticket_free(ticket);
}

START_TEST(an_error_is_remembered_for_its_time)
{
	fixture.config.cache_error = 1000000;
	scripted_begin(&fixture);
	expect("error@example.org", RECIPIENT_UNAVAILABLE);
	expect("Error@example.org", RECIPIENT_UNAVAILABLE);
	ck_assert_int_eq(scripted_searches(), 1);
	ck_assert_uint_eq(fixture_statistics(&fixture).failures, 2);
	expect("refuse@example.org", RECIPIENT_UNAVAILABLE);
	expect("refuse@example.org", RECIPIENT_UNAVAILABLE);
	ck_assert_int_eq(scripted_searches(), 2);
	clock_advance_monotonic(1000001);
	expect("error@example.org", RECIPIENT_UNAVAILABLE);
	ck_assert_int_eq(scripted_searches(), 3);
}
END_TEST

START_TEST(errors_push_no_findings_out)
{
	char address[60];
	size_t i;

	fixture.config.cache_error = 1000000;
	fixture.config.cache_entries = 20;
	scripted_begin(&fixture);
	for (i = 0; i < 10; i++) {
		snprintf(address, sizeof(address), "found%zu@example.org", i);
		expect(address, RECIPIENT_FOUND);
	}
	for (i = 0; i < 100; i++) {
		snprintf(address, sizeof(address), "error%zu@example.org", i);
		expect(address, RECIPIENT_UNAVAILABLE);
	}
	for (i = 0; i < 10; i++) {
		snprintf(address, sizeof(address), "found%zu@example.org", i);
		expect(address, RECIPIENT_FOUND);
	}
	ck_assert_int_eq(scripted_searches(), 110);
	ck_assert_uint_le(fixture_statistics(&fixture).entries, 10 + 3);
}
END_TEST

START_TEST(old_findings_serve_while_no_server_can_be_asked)
{
	fixture.config.stale_if_error = 3600000;
	scripted_use_certificate(&fixture, 100);
	scripted_begin(&fixture);
	expect_stale("found@example.org", false);
	expect("none@example.org", RECIPIENT_NONE);
	atomic_store(&scripted_down, true);
	expect_stale("found@example.org", false); /* not over yet */
	clock_advance_monotonic(fixture.config.cache_positive);
	expect_stale("found@example.org", true);
	expect_stale("found@example.org", true);
	expect("none@example.org", RECIPIENT_UNAVAILABLE); /* that nothing was there is no help */
	expect("other@example.org", RECIPIENT_UNAVAILABLE);
	ck_assert_uint_eq(fixture_statistics(&fixture).stale_served, 2);
	clock_advance_monotonic(fixture.config.stale_if_error - 1000);
	expect_stale("found@example.org", true);
	clock_advance_monotonic(2000);
	expect("found@example.org", RECIPIENT_UNAVAILABLE);
	atomic_store(&scripted_down, false);
	expect_stale("found@example.org", false);
	expect_stale("found@example.org", false);
	ck_assert_uint_eq(fixture_statistics(&fixture).stale_served, 3);
}
END_TEST

/* What ends by its own dates is not served, and not a reason to refuse either: the directory may hold a
 * new one. */
START_TEST(old_findings_of_which_nothing_can_be_used_are_no_answer)
{
	struct ticket *ticket;

	fixture.config.stale_if_error = 3600000;
	scripted_use_certificate(&fixture, -1);
	scripted_begin(&fixture);
	expect("found@example.org", RECIPIENT_FOUND);
	atomic_store(&scripted_down, true);
	expect("found@example.org", RECIPIENT_FOUND);
	clock_advance_monotonic(fixture.config.cache_positive);
	expect("found@example.org", RECIPIENT_UNAVAILABLE);
	ticket = fixture_ask(&fixture, "found@example.org");
	ck_assert_int_eq(ticket_record(ticket)->state, RECIPIENT_UNAVAILABLE);
	ck_assert_ptr_nonnull(
	    strstr(ticket_record(ticket)->detail, "nothing of it can be used now (expired)"));
	ticket_free(ticket);
	ck_assert_uint_eq(fixture_statistics(&fixture).stale_served, 0);
}
END_TEST

static size_t flush(const char *text);

/* cache-negative = 0, or a flush of others meanwhile: the newer answer is not kept, the older one
 * goes. */
START_TEST(what_a_newer_answer_no_longer_holds_serves_never_again)
{
	struct ticket *ticket;

	fixture.config.stale_if_error = 3600000;
	if (_i == 0)
		fixture.config.cache_negative = 0;
	scripted_use_certificate(&fixture, 100);
	scripted_begin(&fixture);
	expect_stale("leaves@example.org", false);
	clock_advance_monotonic(fixture.config.cache_positive);
	atomic_store(&scripted_left, true);
	ticket = fixture_submit(&fixture, "leaves@example.org");
	await_searches(2);
	if (_i == 1)
		flush("@example.net");
	atomic_store(&scripted_gate, true);
	ck_assert(ticket_wait(ticket, clock_monotonic_ms() + FIXTURE_PATIENCE));
	ck_assert_int_eq(ticket_record(ticket)->state, RECIPIENT_NONE);
	ticket_free(ticket);
	atomic_store(&scripted_down, true);
	clock_advance_monotonic(fixture.config.cache_negative);
	expect("leaves@example.org", RECIPIENT_UNAVAILABLE);
}
END_TEST

START_TEST(old_findings_serve_at_once_while_the_error_is_remembered)
{
	int searches;
	size_t i;

	fixture.config.stale_if_error = 3600000;
	fixture.config.cache_error = 100000;
	scripted_use_certificate(&fixture, 100);
	scripted_begin(&fixture);
	expect_stale("found@example.org", false);
	clock_advance_monotonic(fixture.config.cache_positive);
	atomic_store(&scripted_down, true);
	expect_stale("found@example.org", true);
	searches = scripted_searches();
	for (i = 0; i < 10; i++)
		expect_stale("found@example.org", true);
	ck_assert_int_eq(scripted_searches(), searches);
	ck_assert_uint_eq(fixture_statistics(&fixture).stale_served, 11);
	atomic_store(&scripted_down, false);
	clock_advance_monotonic(100001);
	expect_stale("found@example.org", false);
	ck_assert_int_eq(scripted_searches(), searches + 1);
}
END_TEST

/* A record that is kept serves as it is (0), but not beyond the next end of a certificate (1), a minute
 * (2), a clock that was set back (3), or as fresh what was judged old (4). */
START_TEST(a_record_is_judged_again_in_time_without_asking)
{
	struct recipient *record;
	struct ticket *first;
	struct ticket *second;

	scripted_use_certificate(&fixture, 100);
	scripted_begin(&fixture);
	first = fixture_ask(&fixture, "found@example.org");
	record = (struct recipient *)ticket_record(first);
	ck_assert_int_gt(record->valid_until, clock_wall());
	if (_i == 1)
		record->valid_until = clock_wall();
	else if (_i == 2)
		record->judged_at -= 61;
	else if (_i == 3)
		record->judged_at += 60;
	else if (_i == 4)
		record->stale_if_error = true;
	second = fixture_ask(&fixture, "found@example.org");
	ck_assert((ticket_record(second) == record) == (_i == 0));
	ck_assert(!ticket_record(second)->stale_if_error);
	ck_assert_int_eq(ticket_record(second)->digital_ids[0].verdict, REASON_OK);
	ck_assert_int_eq(scripted_searches(), 1);
	ticket_free(first);
	ticket_free(second);
}
END_TEST

START_TEST(findings_are_fetched_again_ahead_of_their_end)
{
	size_t i;

	fixture.config.cache_refresh = 75;
	scripted_begin(&fixture);
	atomic_store(&scripted_gate, true);
	expect("gate@example.org", RECIPIENT_FOUND);
	clock_advance_monotonic(fixture.config.cache_positive * 3 / 4 - 10000);
	expect("gate@example.org", RECIPIENT_FOUND);
	ck_assert_uint_eq(fixture_statistics(&fixture).refreshed, 0);
	clock_advance_monotonic(20000);
	atomic_store(&scripted_gate, false);
	for (i = 0; i < 10; i++)
		expect("gate@example.org", RECIPIENT_FOUND); /* nobody waits for the gate */
	await_searches(2);
	atomic_store(&scripted_gate, true);
	expect("found@example.org", RECIPIENT_FOUND);
	ck_assert_uint_eq(fixture_statistics(&fixture).refreshed, 1);
	while (atomic_load(&scripted_open) > 0)
		expect("found@example.org", RECIPIENT_FOUND);
	/* The new findings live on from when they came. */
	clock_advance_monotonic(fixture.config.cache_positive / 2);
	expect("gate@example.org", RECIPIENT_FOUND);
	ck_assert_int_eq(scripted_searches(), 3);
}
END_TEST

START_TEST(a_refresh_that_fails_leaves_what_is_there)
{
	fixture.config.cache_refresh = 50;
	fixture.config.cache_error = 1000000;
	scripted_begin(&fixture);
	expect("found@example.org", RECIPIENT_FOUND);
	clock_advance_monotonic(fixture.config.cache_positive / 2);
	atomic_store(&scripted_down, true);
	expect_stale("found@example.org", false);
	await_searches(2);
	expect_stale("found@example.org", false);
	clock_advance_monotonic(fixture.config.cache_positive / 2);
	expect("found@example.org", RECIPIENT_UNAVAILABLE);
}
END_TEST

START_TEST(under_load_nothing_is_refreshed)
{
	struct ticket *tickets[5];
	char address[40];
	size_t i;

	fixture.config.lookups_limit = 10;
	fixture.config.cache_refresh = 50;
	scripted_begin(&fixture);
	expect("found@example.org", RECIPIENT_FOUND);
	for (i = 0; i < ARRAY_LENGTH(tickets); i++) {
		snprintf(address, sizeof(address), "never%zu@example.org", i);
		tickets[i] = fixture_submit(&fixture, address);
	}
	await_searches(6);
	clock_advance_monotonic(fixture.config.cache_positive / 2);
	expect("found@example.org", RECIPIENT_FOUND);
	expect("none@example.org", RECIPIENT_NONE); /* the loop has been round since */
	ck_assert_uint_eq(fixture_statistics(&fixture).refreshed, 0);
	for (i = 0; i < ARRAY_LENGTH(tickets); i++)
		ticket_free(tickets[i]);
}
END_TEST

START_TEST(directories_are_gathered_side_by_side)
{
	struct ticket *ticket;

	fixture_end(&fixture);
	fixture_init(&fixture, 3);
	fixture.directories[0].when_found = WHEN_FOUND_CONTINUE;
	scripted_begin(&fixture);
	ticket = fixture_submit(&fixture, "gate@example.org");
	await_searches(2); /* both, with none answered */
	atomic_store(&scripted_gate, true);
	ck_assert(ticket_wait(ticket, clock_monotonic_ms() + FIXTURE_PATIENCE));
	ck_assert_uint_eq(ticket_record(ticket)->digital_id_count, 2);
	ck_assert_str_eq(ticket_record(ticket)->digital_ids[0].directory, "first");
	ck_assert_str_eq(ticket_record(ticket)->digital_ids[1].directory, "second");
	ticket_free(ticket);
	ck_assert_int_eq(atomic_load(&scripted_started[2]), 0);
	/* The first holds something, the second nothing: the third is asked as well. */
	expect("only1@example.org", RECIPIENT_FOUND);
	ck_assert_int_eq(atomic_load(&scripted_started[2]), 1);
	expect("only2@example.org", RECIPIENT_FOUND);
	ck_assert_int_eq(atomic_load(&scripted_started[2]), 1);
}
END_TEST

START_TEST(a_gathered_directory_that_fails_makes_all_unavailable)
{
	fixture_end(&fixture);
	fixture_init(&fixture, 2);
	fixture.directories[0].when_found = WHEN_FOUND_CONTINUE;
	scripted_begin(&fixture);
	expect("error@example.org", RECIPIENT_UNAVAILABLE);
	expect("refuse@example.org", RECIPIENT_UNAVAILABLE);
	ck_assert_int_eq(atomic_load(&scripted_open), 0); /* the other is not left alone with it */
}
END_TEST

START_TEST(one_exact_directory_keeps_spellings_apart)
{
	fixture_end(&fixture);
	fixture_init(&fixture, 2);
	fixture.directories[1].local_part = DIRECTORY_CASE_EXACT;
	scripted_begin(&fixture);
	expect("found@example.org", RECIPIENT_FOUND);
	expect("FOUND@example.org", RECIPIENT_FOUND);
	ck_assert_int_eq(scripted_searches(), 2);
}
END_TEST

START_TEST(under_another_trust_all_is_judged_again_without_asking)
{
	struct trust *other = trust_load(&fixture.config, NULL);
	struct trust *in_force;
	struct ticket *before;
	struct ticket *after;

	scripted_begin(&fixture);
	in_force = resolver_trust(fixture.resolver);
	ck_assert_ptr_eq(in_force, fixture.trust);
	trust_unref(in_force);
	before = fixture_ask(&fixture, "found@example.org");
	after = fixture_ask(&fixture, "found@example.org");
	ck_assert_ptr_eq(ticket_record(before), ticket_record(after));
	ticket_free(after);
	resolver_replace_trust(fixture.resolver, other);
	in_force = resolver_trust(fixture.resolver);
	ck_assert_ptr_eq(in_force, other);
	trust_unref(in_force);
	trust_unref(other);
	after = fixture_ask(&fixture, "found@example.org");
	ck_assert_ptr_ne(ticket_record(before), ticket_record(after));
	ck_assert_int_eq(scripted_searches(), 1);
	ticket_free(before);
	ticket_free(after);
}
END_TEST

static void *
replace_often(void *argument)
{
	struct trust *other = argument;
	int i;

	for (i = 0; i < 500; i++)
		resolver_replace_trust(fixture.resolver, i % 2 == 0 ? other : fixture.trust);
	return NULL;
}

START_TEST(trust_may_be_replaced_while_all_runs)
{
	struct trust *other = trust_load(&fixture.config, NULL);
	char address[40];
	pthread_t thread;
	size_t i;

	scripted_begin(&fixture);
	ck_assert_int_eq(pthread_create(&thread, NULL, replace_often, other), 0);
	for (i = 0; i < 200; i++) {
		snprintf(address, sizeof(address), "found%zu@example.org", i % 50);
		expect(address, RECIPIENT_FOUND);
	}
	pthread_join(thread, NULL);
	trust_unref(other);
}
END_TEST

static struct {
	atomic_bool blocked;
	atomic_bool open;
	atomic_int told;
	const struct trust *before;
	const struct trust *after;
} late;

static void
block(evutil_socket_t fd UNUSED, short what UNUSED, void *context UNUSED)
{
	atomic_store(&late.blocked, true);
	while (!atomic_load(&late.open))
		sched_yield();
}

static bool
is_blocked(void *context UNUSED)
{
	return atomic_load(&late.blocked);
}

static void
on_late(void *context, const struct trust *before, const struct trust *after)
{
	ck_assert_ptr_eq(context, &late);
	late.before = before;
	late.after = after;
	atomic_fetch_add(&late.told, 1);
}

static bool
is_told(void *context UNUSED)
{
	return atomic_load(&late.told) > 0;
}

START_TEST(a_trust_that_comes_late_is_told_of)
{
	static const struct timeval at_once = {0, 0};
	struct trust *first = trust_load(&fixture.config, NULL);
	struct trust *second = trust_load(&fixture.config, NULL);
	struct trust *before;
	struct error err = ERROR_INIT;

	memset(&late, 0, sizeof(late));
	scripted_begin(&fixture);
	before = resolver_trust(fixture.resolver);
	ck_assert_int_eq(
	    event_base_once(fixture.resolver->base, -1, EV_TIMEOUT, block, NULL, &at_once), 0);
	ck_assert(fixture_until(is_blocked, NULL));
	ck_assert_int_eq(
	    resolver_rebase_trust(fixture.resolver, first, 1, on_late, &late, &err), -1);
	ck_assert_int_eq(err.code, ERROR_TEMPORARY);
	ck_assert_int_eq(
	    resolver_rebase_trust(fixture.resolver, second, 0, on_late, &late, &err), -1);
	atomic_store(&late.open, true);
	ck_assert(fixture_until(is_told, NULL));
	ck_assert_ptr_eq(late.before, before);
	ck_assert_ptr_eq(late.after, second);
	/* Once; and one that is in time tells its caller alone. */
	ck_assert_int_eq(
	    resolver_rebase_trust(fixture.resolver, first, FIXTURE_PATIENCE, on_late, &late, &err),
	    0);
	ck_assert_int_eq(atomic_load(&late.told), 1);
	trust_unref(before);
	trust_unref(first);
	trust_unref(second);
}
END_TEST

struct seen {
	size_t count;
	char keys[200];
	struct resolver_cached last;
};

static void
see_entry(void *context, const struct resolver_cached *cached)
{
	struct seen *seen = context;
	size_t used = strlen(seen->keys);

	seen->count++;
	seen->last = *cached;
	snprintf(seen->keys + used, sizeof(seen->keys) - used, "%s ", cached->key);
}

START_TEST(what_is_remembered_can_be_seen)
{
	struct seen seen = {.count = 0};

	fixture.config.stale_if_error = 3600000;
	fixture.config.cache_error = 1000000;
	scripted_begin(&fixture);
	expect("none@example.org", RECIPIENT_NONE);
	expect("Found@example.org", RECIPIENT_FOUND);
	expect("error@example.org", RECIPIENT_UNAVAILABLE);
	ck_assert_int_eq(resolver_cache_each(fixture.resolver, 10, see_entry, &seen, NULL), 0);
	ck_assert_str_eq(seen.keys, "error@example.org found@example.org none@example.org ");
	ck_assert(!seen.last.is_error);
	memset(&seen, 0, sizeof(seen));
	ck_assert_int_eq(resolver_cache_each(fixture.resolver, 1, see_entry, &seen, NULL), 0);
	ck_assert(seen.last.is_error);
	memset(&seen, 0, sizeof(seen));
	clock_advance_monotonic(fixture.config.cache_positive + 5000);
	ck_assert_int_eq(resolver_cache_each(fixture.resolver, 2, see_entry, &seen, NULL), 0);
	ck_assert_str_eq(seen.keys, "error@example.org found@example.org ");
	ck_assert_uint_eq(seen.last.values, 1);
	ck_assert_uint_eq(seen.last.members, 0);
	ck_assert_uint_gt(seen.last.bytes, 100);
	ck_assert_int_ge(seen.last.age_ms, fixture.config.cache_positive + 5000);
	ck_assert_int_le(seen.last.left_ms, -5000);
	ck_assert(!seen.last.is_error);
	ck_assert_int_eq(resolver_cache_each(fixture.resolver, 0, see_entry, &seen, NULL), 0);
	ck_assert_uint_eq(seen.count, 2);
}
END_TEST

static size_t
flush(const char *text)
{
	struct address_pattern pattern;
	size_t count;

	ck_assert_int_eq(address_pattern_parse(text, &pattern, NULL), 0);
	count = resolver_cache_flush(fixture.resolver, &pattern);
	address_pattern_free(&pattern);
	return count;
}

START_TEST(what_matches_is_forgotten)
{
	fixture.config.cache_error = 1000000;
	scripted_begin(&fixture);
	expect("found1@example.org", RECIPIENT_FOUND);
	expect("\"found 2\"@example.org", RECIPIENT_FOUND);
	expect("found3@sub.example.org", RECIPIENT_FOUND);
	expect("error4@example.net", RECIPIENT_UNAVAILABLE);
	ck_assert_uint_eq(flush("nobody@example.org"), 0);
	ck_assert_uint_eq(flush("@example.com"), 0);
	ck_assert_uint_eq(flush("FOUND1@example.org"), 1);
	ck_assert_uint_eq(flush("\"found 2\"@example.org"), 1);
	ck_assert_uint_eq(flush("@.example.org"), 1);
	ck_assert_uint_eq(flush("@example.net"), 1);
	expect("found1@example.org", RECIPIENT_FOUND);
	expect("none2@example.org", RECIPIENT_NONE);
	ck_assert_uint_eq(flush("*"), 2);
	expect("found1@example.org", RECIPIENT_FOUND);
	ck_assert_uint_eq(resolver_cache_flush(fixture.resolver, NULL), 1);
	ck_assert_uint_eq(fixture_statistics(&fixture).entries, 0);
	ck_assert_uint_eq(fixture_statistics(&fixture).bytes, 0);
}
END_TEST

START_TEST(what_was_asked_for_before_a_flush_is_not_kept)
{
	struct ticket *ticket;

	scripted_begin(&fixture);
	ticket = fixture_submit(&fixture, "gate@example.org");
	await_searches(1);
	ck_assert_uint_eq(resolver_cache_flush(fixture.resolver, NULL), 0);
	atomic_store(&scripted_gate, true);
	ck_assert(ticket_wait(ticket, clock_monotonic_ms() + FIXTURE_PATIENCE));
	ticket_free(ticket);
	expect("gate@example.org", RECIPIENT_FOUND);
	ck_assert_int_eq(scripted_searches(), 2);
}
END_TEST

static void
see_server(void *context, const struct resolver_server *server)
{
	char *text = context;
	size_t used = strlen(text);

	snprintf(text + used, 400 - used, "%s %s %d %zu %s\n", server->directory, server->uri,
	    server->down, server->links, server->error);
}

START_TEST(the_servers_can_be_seen)
{
	char text[400] = "";

	fixture_end(&fixture);
	fixture_init(&fixture, 2);
	scripted_begin(&fixture);
	atomic_store(&scripted_down, true);
	ck_assert_int_eq(resolver_servers_each(fixture.resolver, see_server, text, NULL), 0);
	ck_assert_str_eq(text, "first ldap://scripted.example 1 2 scripted failure\n"
			       "second ldap://scripted.example 1 2 scripted failure\n");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("resolver_cache");
	TCase *tcase = unit_case(suite, "resolver_cache");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, an_error_is_remembered_for_its_time);
	tcase_add_test(tcase, errors_push_no_findings_out);
	tcase_add_test(tcase, old_findings_serve_while_no_server_can_be_asked);
	tcase_add_test(tcase, old_findings_of_which_nothing_can_be_used_are_no_answer);
	tcase_add_loop_test(tcase, what_a_newer_answer_no_longer_holds_serves_never_again, 0, 2);
	tcase_add_test(tcase, old_findings_serve_at_once_while_the_error_is_remembered);
	tcase_add_loop_test(tcase, a_record_is_judged_again_in_time_without_asking, 0, 5);
	tcase_add_test(tcase, findings_are_fetched_again_ahead_of_their_end);
	tcase_add_test(tcase, a_refresh_that_fails_leaves_what_is_there);
	tcase_add_test(tcase, under_load_nothing_is_refreshed);
	tcase_add_test(tcase, directories_are_gathered_side_by_side);
	tcase_add_test(tcase, a_gathered_directory_that_fails_makes_all_unavailable);
	tcase_add_test(tcase, one_exact_directory_keeps_spellings_apart);
	tcase_add_test(tcase, under_another_trust_all_is_judged_again_without_asking);
	tcase_add_test(tcase, trust_may_be_replaced_while_all_runs);
	tcase_add_test(tcase, a_trust_that_comes_late_is_told_of);
	tcase_add_test(tcase, what_is_remembered_can_be_seen);
	tcase_add_test(tcase, what_matches_is_forgotten);
	tcase_add_test(tcase, what_was_asked_for_before_a_flush_is_not_kept);
	tcase_add_test(tcase, the_servers_can_be_seen);
	return unit_run(suite);
}
