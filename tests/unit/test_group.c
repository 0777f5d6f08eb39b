/* directory/walk, through the resolver: a group's members, each once, whatever the groups do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "directory/resolver_private.h"
#include "directory/walk.h"
#include "scripted.h"
#include "unit.h"

static struct fixture fixture;

static const struct scripted_group groups[] = {
    {"group1", "found1@example.org FOUND1@Example.ORG none1@example.org cn=printer"},
    {"groupa", "groupb@example.org found1@example.org groupa@example.org"},
    {"groupb", "GROUPA@example.org found2@example.org found1@example.org cn=x groupb@example.org"},
    {"groupself", "groupself@example.org"},
    {"groupempty", ""},
    {"groupbad", "found1@example.org error1@example.org"},
    {"grouplate", "late1@example.org late2@example.org late3@example.org late4@example.org "
		  "late5@example.org late6@example.org late7@example.org late8@example.org "
		  "late9@example.org late10@example.org late11@example.org late12@example.org"},
    {"groupnever", "never1@example.org found1@example.org"},
    {"groupgate", "gate1@example.org gate2@example.org"},
    {"groupswap", "found1@example.org gate1@example.org"},
    {"groupnone", "found1@example.org none1@example.org"},
    {"groupof2a", "found1@example.org found2@example.org"},
    {"groupof2b", "found3@example.org found4@example.org"},
    {"groupof4", "groupof2a@example.org groupof2b@example.org"},
    {"groupdeep0", "groupdeep1@example.org found0@example.org"},
    {"groupdeep1", "groupdeep2@example.org found1@example.org"},
    {"groupdeep2", "found2@example.org"},
    {"groupodd", "found1@example.org @ a@b@c"},
    {NULL, NULL},
};

static void
setup(void)
{
	fixture_init(&fixture, 1);
	scripted_groups = groups;
}

static void
teardown(void)
{
	fixture_end(&fixture);
	ck_assert_int_eq(atomic_load(&scripted_freed), (int)fixture.config.directory_count);
}

static const struct recipient *
member(const struct recipient *group, const char *address)
{
	size_t i;

	for (i = 0; i < group->member_count; i++) {
		if (strcmp(group->members[i]->address, address) == 0)
			return group->members[i];
	}
	ck_abort_msg("%s is no member", address);
	return NULL;
}

/* Asks for a group: so many members. */
static struct ticket *
ask(const char *address, size_t members, bool incomplete)
{
	struct ticket *ticket = fixture_ask(&fixture, address);
	const struct recipient *record = ticket_record(ticket);
	size_t i;

	ck_assert_int_eq(record->state, RECIPIENT_GROUP);
	ck_assert_msg(record->members_incomplete == incomplete, "%s", record->detail);
	ck_assert(incomplete == (record->detail != NULL));
	if (!incomplete)
		ck_assert_uint_eq(record->member_count, members);
	for (i = 0; i < record->member_count; i++)
		ck_assert_int_ne(record->members[i]->state, RECIPIENT_GROUP);
	return ticket;
}

static void
expect(const char *address, size_t members, bool incomplete)
{
	ticket_free(ask(address, members, incomplete));
}

START_TEST(a_group_is_answered_with_a_record_of_each_member)
{
	const struct recipient *record;
	struct ticket *ticket;

	scripted_begin(&fixture);
	ticket = ask("group1@example.org", 3, false);
	record = ticket_record(ticket);
	ck_assert_str_eq(record->address, "group1@example.org");
	ck_assert_uint_eq(record->digital_id_count, 0);
	ck_assert_int_eq(member(record, "none1@example.org")->state, RECIPIENT_NONE);
	ck_assert_int_eq(member(record, "group1@example.org")->state, RECIPIENT_NONE);
	ck_assert_str_eq(member(record, "group1@example.org")->detail, "cn=printer");
	/* Of two spellings one: in which of them it is asked for does not matter. */
	ck_assert_int_eq(record->members[0]->state, RECIPIENT_FOUND);
	ck_assert_int_eq(scripted_searches(), 3);
	ck_assert_uint_eq(fixture_statistics(&fixture).groups, 1);
	ck_assert_uint_eq(fixture_statistics(&fixture).questions, 1);
	ticket_free(ticket);
	expect("groupempty@example.org", 0, false);
	expect("groupodd@example.org", 3, false);
}
END_TEST

START_TEST(groups_that_hold_each_other_end)
{
	struct ticket *ticket;

	scripted_begin(&fixture);
	ticket = ask("groupa@example.org", 3, false);
	member(ticket_record(ticket), "found1@example.org");
	member(ticket_record(ticket), "found2@example.org");
	ticket_free(ticket);
	ck_assert_int_eq(scripted_searches(), 4);
	expect("groupb@example.org", 3, false);
	expect("groupself@example.org", 0, false);
	ck_assert_int_eq(scripted_searches(), 5);
}
END_TEST

START_TEST(members_are_looked_up_once_for_all)
{
	struct ticket *ticket;
	struct ticket *alone;

	scripted_begin(&fixture);
	alone = fixture_ask(&fixture, "found1@example.org");
	ticket = ask("groupof2a@example.org", 2, false);
	ck_assert_int_eq(scripted_searches(), 3);
	ck_assert_ptr_eq(ticket_record(alone), member(ticket_record(ticket), "found1@example.org"));
	ticket_free(alone);
	alone = fixture_ask(&fixture, "found2@example.org");
	ck_assert_int_eq(scripted_searches(), 3);
	ck_assert_ptr_eq(ticket_record(alone), member(ticket_record(ticket), "found2@example.org"));
	ticket_free(alone);
	alone = ask("groupof2a@example.org", 2, false); /* the group's record is kept, too */
	ck_assert_ptr_eq(ticket_record(alone), ticket_record(ticket));
	ck_assert_uint_eq(fixture_statistics(&fixture).groups, 1);
	ticket_free(alone);
	ticket_free(ticket);
}
END_TEST

START_TEST(a_member_who_publishes_nothing_is_asked_for_again_after_cache_negative)
{
	fixture.config.cache_negative = 5000;
	scripted_begin(&fixture);
	expect("groupnone@example.org", 2, false);
	expect("groupnone@example.org", 2, false);
	ck_assert_int_eq(scripted_searches(), 3);
	clock_advance_monotonic(5000);
	expect("groupnone@example.org", 2, false);
	ck_assert_int_eq(scripted_searches(), 4);
}
END_TEST

START_TEST(a_member_whose_directory_fails_is_unavailable_and_the_group_not_kept)
{
	struct ticket *ticket;

	scripted_begin(&fixture);
	ticket = ask("groupbad@example.org", 2, false);
	ck_assert_int_eq(
	    member(ticket_record(ticket), "error1@example.org")->state, RECIPIENT_UNAVAILABLE);
	ck_assert_ptr_nonnull(strstr(
	    member(ticket_record(ticket), "error1@example.org")->detail, "scripted failure"));
	ck_assert_int_eq(
	    member(ticket_record(ticket), "found1@example.org")->state, RECIPIENT_FOUND);
	ticket_free(ticket);
	expect("groupbad@example.org", 2, false);
	ck_assert_uint_eq(fixture_statistics(&fixture).groups, 2);
	ck_assert_int_eq(scripted_searches(), 4); /* the failed one once more */
}
END_TEST

START_TEST(a_group_of_ten_thousand_is_over_the_limit_and_nobody_is_asked_for)
{
	scripted_begin(&fixture);
	expect("crowd10000@example.org", 0, true);
	ck_assert_int_eq(scripted_searches(), 1);
}
END_TEST

START_TEST(the_limit_is_of_members_not_of_groups)
{
	fixture.config.group_members_limit = 4;
	scripted_begin(&fixture);
	expect("groupof4@example.org", 4, false);
	expect("crowd4@example.org", 4, false);
	expect("crowd5@example.org", 0, true);
}
END_TEST

START_TEST(members_of_inner_groups_count)
{
	struct ticket *ticket;

	fixture.config.group_members_limit = 3;
	scripted_begin(&fixture);
	ticket = ask("groupof4@example.org", 0, true);
	ck_assert_ptr_nonnull(strstr(ticket_record(ticket)->detail, "group-members-limit (3)"));
	ticket_free(ticket);
}
END_TEST

START_TEST(groups_lie_no_deeper_than_the_limit)
{
	struct ticket *ticket;

	fixture.config.group_depth_limit = 2;
	scripted_begin(&fixture);
	expect("groupdeep0@example.org", 3, false);
	resolver_free(fixture.resolver);
	atomic_store(&scripted_freed, 0);
	fixture.config.group_depth_limit = 1;
	scripted_begin(&fixture);
	ticket = ask("groupdeep0@example.org", 0, true);
	ck_assert_ptr_nonnull(strstr(ticket_record(ticket)->detail, "group-depth-limit (1)"));
	ticket_free(ticket);
	expect("groupdeep1@example.org", 2, false);
}
END_TEST

START_TEST(members_are_looked_up_side_by_side_within_half_of_the_limit)
{
	fixture.config.lookups_limit = 10;
	scripted_begin(&fixture);
	expect("grouplate@example.org", 12, false);
	ck_assert_int_gt(atomic_load(&scripted_most), 1);
	ck_assert_int_le(atomic_load(&scripted_most), 5);
}
END_TEST

START_TEST(a_large_group_within_the_limit_is_known_to_the_last)
{
	fixture.config.group_members_limit = 3000;
	scripted_begin(&fixture);
	expect("crowd3000@example.org", 3000, false);
	ck_assert_int_eq(scripted_searches(), 3001);
	ck_assert_int_le(atomic_load(&scripted_most), 101);
}
END_TEST

START_TEST(where_many_members_fail_the_others_are_not_tried)
{
	struct ticket *ticket;
	size_t i;

	scripted_begin(&fixture);
	ticket = ask("wrecks400@example.org", 400, false);
	for (i = 0; i < 400; i++)
		ck_assert_int_eq(ticket_record(ticket)->members[i]->state, RECIPIENT_UNAVAILABLE);
	ticket_free(ticket);
	ck_assert_int_le(scripted_searches(), 1 + 100 + 20);
}
END_TEST

static bool
two_are_held(void *context UNUSED)
{
	return scripted_searches() == 3;
}

static bool
group_is_done(void *context UNUSED)
{
	return fixture_statistics(&fixture).groups == 1;
}

START_TEST(a_walk_goes_on_when_its_waiter_has_gone)
{
	struct ticket *ticket;

	scripted_begin(&fixture);
	ticket = fixture_submit(&fixture, "groupgate@example.org");
	ck_assert(fixture_until(two_are_held, NULL));
	ck_assert(!ticket_ready(ticket));
	ticket_free(ticket);
	atomic_store(&scripted_gate, true);
	ck_assert(fixture_until(group_is_done, NULL));
	expect("groupgate@example.org", 2, false);
	ck_assert_int_eq(scripted_searches(), 3);
	ck_assert_int_eq(atomic_load(&scripted_cancelled), 0);
}
END_TEST

START_TEST(members_judged_by_a_trust_of_before_are_judged_again)
{
	struct ticket *alone;
	struct ticket *ticket;

	scripted_begin(&fixture);
	alone = fixture_ask(&fixture, "found1@example.org");
	ticket = fixture_submit(&fixture, "groupswap@example.org");
	ck_assert(fixture_until(two_are_held, NULL));
	resolver_replace_trust(fixture.resolver, fixture.trust);
	atomic_store(&scripted_gate, true);
	ck_assert(ticket_wait(ticket, clock_monotonic_ms() + FIXTURE_PATIENCE));
	ck_assert_ptr_ne(member(ticket_record(ticket), "found1@example.org"), ticket_record(alone));
	ticket_free(alone);
	/* It is the one that counts now. Nobody was asked anew. */
	alone = fixture_ask(&fixture, "found1@example.org");
	ck_assert_ptr_eq(member(ticket_record(ticket), "found1@example.org"), ticket_record(alone));
	ck_assert_int_eq(scripted_searches(), 3);
	ticket_free(alone);
	ticket_free(ticket);
}
END_TEST

START_TEST(a_walk_under_way_at_the_end_is_ended)
{
	scripted_begin(&fixture);
	ticket_free(fixture_submit(&fixture, "groupnever@example.org"));
	ticket_free(fixture_submit(&fixture, "crowd300@example.org"));
	ck_assert_int_eq(fixture_state(&fixture, "found1@example.org", NULL), RECIPIENT_FOUND);
}
END_TEST

START_TEST(many_groups_take_turns)
{
	struct ticket *tickets[60];
	char address[60];
	size_t i;

	scripted_begin(&fixture);
	for (i = 0; i < ARRAY_LENGTH(tickets); i++) {
		snprintf(address, sizeof(address), "crowd%zu@example.org", i + 1);
		tickets[i] = fixture_submit(&fixture, address);
	}
	for (i = 0; i < ARRAY_LENGTH(tickets); i++) {
		ck_assert(ticket_wait(tickets[i], clock_monotonic_ms() + FIXTURE_PATIENCE));
		ck_assert_int_eq(ticket_record(tickets[i])->state, RECIPIENT_GROUP);
		ck_assert_uint_eq(ticket_record(tickets[i])->member_count, i + 1);
		ticket_free(tickets[i]);
	}
	ck_assert_uint_eq(fixture_statistics(&fixture).groups, ARRAY_LENGTH(tickets));
}
END_TEST

#define HELD 40

static struct scripted_group held_groups[HELD + 2];
static char held_texts[HELD][2][40];

/* So many groups, each of a member that waits for the gate; and one of two that don't. */
static void
make_held_groups(void)
{
	size_t i;

	for (i = 0; i < HELD; i++) {
		snprintf(held_texts[i][0], sizeof(held_texts[i][0]), "groupheld%zu", i);
		snprintf(held_texts[i][1], sizeof(held_texts[i][1]), "gate%zu@evil.example", i);
		held_groups[i].local = held_texts[i][0];
		held_groups[i].members = held_texts[i][1];
	}
	held_groups[HELD] =
	    (struct scripted_group){"groupgood", "found1@example.org found2@example.org"};
	scripted_groups = held_groups;
}

/* Of the groups and of those members whose turn has come. */
static bool
half_of_the_places_are_held(void *context UNUSED)
{
	return scripted_searches() == HELD + WALK_MAX / 2;
}

START_TEST(groups_of_one_domain_that_wait_keep_no_other_waiting)
{
	struct ticket *tickets[HELD];
	char address[60];
	size_t i;

	make_held_groups();
	scripted_begin(&fixture);
	for (i = 0; i < HELD; i++) {
		snprintf(address, sizeof(address), "groupheld%zu@evil.example", i);
		tickets[i] = fixture_submit(&fixture, address);
	}
	ck_assert(fixture_until(half_of_the_places_are_held, NULL));
	expect("groupgood@example.org", 2, false);
	for (i = 0; i < HELD; i++)
		ck_assert(!ticket_ready(tickets[i]));
	ck_assert_int_eq(scripted_searches(), HELD + WALK_MAX / 2 + 3);
	atomic_store(&scripted_gate, true);
	for (i = 0; i < HELD; i++) {
		ck_assert(ticket_wait(tickets[i], clock_monotonic_ms() + FIXTURE_PATIENCE));
		ck_assert_uint_eq(ticket_record(tickets[i])->member_count, 1);
		ticket_free(tickets[i]);
	}
}
END_TEST

START_TEST(a_group_nobody_waits_for_leaves_its_place_in_the_queue)
{
	struct ticket *tickets[HELD];
	char address[60];
	size_t i;

	make_held_groups();
	fixture.config.lookups_limit = HELD;
	scripted_begin(&fixture);
	for (i = 0; i < HELD; i++) {
		snprintf(address, sizeof(address), "groupheld%zu@evil.example", i);
		tickets[i] = fixture_submit(&fixture, address);
	}
	ck_assert(fixture_until(half_of_the_places_are_held, NULL));
	ck_assert_int_eq(
	    fixture_state(&fixture, "found1@example.org", NULL), RECIPIENT_UNAVAILABLE);
	for (i = 0; i < HELD; i++)
		ticket_free(tickets[i]);
	expect("groupgood@example.org", 2, false);
	ck_assert_int_eq(fixture_state(&fixture, "found3@example.org", NULL), RECIPIENT_FOUND);
}
END_TEST

START_TEST(groups_leave_the_cache_within_its_bytes)
{
	fixture.config.cache_bytes = 200000;
	scripted_begin(&fixture);
	expect("crowd300@example.org", 300, false);
	ck_assert_uint_le(fixture_statistics(&fixture).bytes, 200000);
	ck_assert_uint_gt(fixture_statistics(&fixture).entries, 1);
}
END_TEST

START_TEST(a_forgotten_member_is_asked_for_again)
{
	struct address_pattern pattern;

	scripted_begin(&fixture);
	expect("groupof2a@example.org", 2, false);
	ck_assert_int_eq(address_pattern_parse("Found2@example.org", &pattern, NULL), 0);
	ck_assert_uint_eq(resolver_cache_flush(fixture.resolver, &pattern), 1);
	address_pattern_free(&pattern);
	expect("groupof2a@example.org", 2, false);
	ck_assert_int_eq(scripted_searches(), 4);
}
END_TEST

START_TEST(a_group_serves_from_old_findings_and_says_so)
{
	struct ticket *ticket;

	fixture.config.stale_if_error = 3600000;
	scripted_use_certificate(&fixture, 100);
	scripted_begin(&fixture);
	expect("groupof2a@example.org", 2, false);
	clock_advance_monotonic(fixture.config.cache_positive + 1);
	atomic_store(&scripted_down, true);
	ticket = fixture_ask(&fixture, "groupof2a@example.org");
	ck_assert_int_eq(ticket_record(ticket)->state, RECIPIENT_GROUP);
	ck_assert(ticket_record(ticket)->stale_if_error);
	ck_assert_ptr_nonnull(ticket_record(ticket)->detail);
	ck_assert_uint_eq(ticket_record(ticket)->member_count, 2);
	ck_assert(ticket_record(ticket)->members[0]->stale_if_error);
	ck_assert(ticket_record(ticket)->members[1]->stale_if_error);
	ticket_free(ticket);
	atomic_store(&scripted_down, false);
	ticket = ask("groupof2a@example.org", 2, false);
	ck_assert(!ticket_record(ticket)->stale_if_error);
	ck_assert(!ticket_record(ticket)->members[0]->stale_if_error);
	ticket_free(ticket);
}
END_TEST

static void
forget(const char *text)
{
	struct address_pattern pattern;

	ck_assert_int_eq(address_pattern_parse(text, &pattern, NULL), 0);
	resolver_cache_flush(fixture.resolver, &pattern);
	address_pattern_free(&pattern);
}

/* Its members are fresh, but others may be among them by now. */
START_TEST(a_group_within_that_serves_from_old_findings_is_told)
{
	struct ticket *ticket;

	fixture.config.stale_if_error = 3600000;
	scripted_use_certificate(&fixture, 100);
	scripted_begin(&fixture);
	expect("groupa@example.org", 3, false);
	clock_advance_monotonic(fixture.config.cache_positive / 2);
	forget("groupa@example.org");
	expect("groupa@example.org", 3, false);
	clock_advance_monotonic(fixture.config.cache_positive / 2 + 1);
	ticket_free(fixture_ask(&fixture, "found1@example.org"));
	ticket_free(fixture_ask(&fixture, "found2@example.org"));
	forget("nobody@example.org"); /* what came of walking the groups, but no findings */
	atomic_store(&scripted_down, true);
	ticket = fixture_ask(&fixture, "groupa@example.org");
	ck_assert_int_eq(ticket_record(ticket)->state, RECIPIENT_GROUP);
	ck_assert(ticket_record(ticket)->stale_if_error);
	ck_assert_ptr_nonnull(strstr(ticket_record(ticket)->detail, "this was found at"));
	ck_assert(!member(ticket_record(ticket), "found1@example.org")->stale_if_error);
	ck_assert(!member(ticket_record(ticket), "found2@example.org")->stale_if_error);
	ticket_free(ticket);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("group");
	TCase *tcase = unit_case(suite, "group");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_group_is_answered_with_a_record_of_each_member);
	tcase_add_test(tcase, groups_that_hold_each_other_end);
	tcase_add_test(tcase, members_are_looked_up_once_for_all);
	tcase_add_test(
	    tcase, a_member_who_publishes_nothing_is_asked_for_again_after_cache_negative);
	tcase_add_test(tcase, a_member_whose_directory_fails_is_unavailable_and_the_group_not_kept);
	tcase_add_test(tcase, a_group_of_ten_thousand_is_over_the_limit_and_nobody_is_asked_for);
	tcase_add_test(tcase, the_limit_is_of_members_not_of_groups);
	tcase_add_test(tcase, members_of_inner_groups_count);
	tcase_add_test(tcase, groups_lie_no_deeper_than_the_limit);
	tcase_add_test(tcase, members_are_looked_up_side_by_side_within_half_of_the_limit);
	tcase_add_test(tcase, a_large_group_within_the_limit_is_known_to_the_last);
	tcase_add_test(tcase, where_many_members_fail_the_others_are_not_tried);
	tcase_add_test(tcase, a_walk_goes_on_when_its_waiter_has_gone);
	tcase_add_test(tcase, members_judged_by_a_trust_of_before_are_judged_again);
	tcase_add_test(tcase, a_walk_under_way_at_the_end_is_ended);
	tcase_add_test(tcase, many_groups_take_turns);
	tcase_add_test(tcase, groups_of_one_domain_that_wait_keep_no_other_waiting);
	tcase_add_test(tcase, a_group_nobody_waits_for_leaves_its_place_in_the_queue);
	tcase_add_test(tcase, groups_leave_the_cache_within_its_bytes);
	tcase_add_test(tcase, a_forgotten_member_is_asked_for_again);
	tcase_add_test(tcase, a_group_serves_from_old_findings_and_says_so);
	tcase_add_test(tcase, a_group_within_that_serves_from_old_findings_is_told);
	return unit_run(suite);
}
