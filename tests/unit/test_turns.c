/* base/turns: who comes next, and how much anybody may hold. */
#include <stdlib.h>
#include <string.h>

#include "base/turns.h"
#include "unit.h"

#define MANY 1000

static struct turn many[MANY];
static struct turns *turns;

static void
begin(size_t running, size_t most)
{
	const struct turns_limits limits = {running, most};

	memset(many, 0, sizeof(many));
	turns = turns_new(&limits, NULL);
	ck_assert_ptr_nonnull(turns);
}

static void
wait_all(size_t first, size_t count, const char *owner)
{
	size_t i;

	for (i = first; i < first + count; i++)
		ck_assert_int_eq(turns_wait(turns, &many[i], owner, NULL), 0);
}

static bool
always(void *context UNUSED, struct turn *turn UNUSED)
{
	return true;
}

static bool
but_for(void *context, struct turn *turn)
{
	return turn != context;
}

static void
expect_next(struct turn *turn)
{
	ck_assert_ptr_eq(turns_next(turns, always, NULL), turn);
}

static void
end(void)
{
	size_t i;

	for (i = 0; i < MANY; i++)
		turns_leave(turns, &many[i]);
	ck_assert_uint_eq(turns_waiting(turns) + turns_running(turns), 0);
	turns_free(turns);
}

START_TEST(owners_take_turns_and_each_of_one_in_its_order)
{
	static const size_t order[] = {0, 10, 20, 1, 11, 2, 12, 3};
	size_t i;

	begin(100, 0);
	wait_all(0, 5, "a");
	wait_all(10, 3, "b");
	wait_all(20, 1, "c");
	for (i = 0; i < ARRAY_LENGTH(order); i++)
		expect_next(&many[order[i]]);
	end();
}
END_TEST

START_TEST(no_owner_runs_more_than_it_leaves_free)
{
	size_t i;

	begin(32, 0);
	wait_all(0, 200, "a");
	for (i = 0; i < 16; i++)
		expect_next(&many[i]);
	expect_next(NULL);
	/* One that comes later finds a place at once, whatever waits. */
	wait_all(200, 200, "b");
	for (i = 0; i < 8; i++)
		expect_next(&many[200 + i]);
	expect_next(NULL);
	wait_all(400, 1, "c");
	expect_next(&many[400]);
	/* What one leaves serves the others. */
	for (i = 0; i < 16; i++)
		turns_leave(turns, &many[i]);
	expect_next(&many[16]);
	end();
}
END_TEST

START_TEST(all_places_serve_many_owners)
{
	char owner[2] = "A";
	size_t i;

	begin(8, 0);
	for (i = 0; i < 10; i++) {
		wait_all(i, 1, owner);
		owner[0]++;
	}
	for (i = 0; i < 8; i++)
		expect_next(&many[i]);
	expect_next(NULL);
	turns_leave(turns, &many[3]);
	expect_next(&many[8]);
	end();
}
END_TEST

START_TEST(what_may_not_run_yet_keeps_nobody_waiting)
{
	begin(8, 0);
	wait_all(0, 2, "a");
	ck_assert_ptr_eq(turns_next(turns, but_for, &many[0]), &many[1]);
	ck_assert_ptr_null(turns_next(turns, but_for, &many[0]));
	expect_next(&many[0]);
	end();
}
END_TEST

START_TEST(the_queue_is_shared_like_the_places)
{
	struct error err = ERROR_INIT;

	begin(8, 20);
	wait_all(0, 10, "a");
	ck_assert(!turns_has_room(turns, "a"));
	ck_assert_int_eq(turns_wait(turns, &many[10], "a", &err), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	ck_assert_ptr_null(many[10].owner);
	wait_all(100, 5, "b");
	ck_assert(!turns_has_room(turns, "b"));
	ck_assert(turns_has_room(turns, "c"));
	/* What runs counts as well. */
	expect_next(&many[0]);
	ck_assert(!turns_has_room(turns, "a"));
	turns_leave(turns, &many[0]);
	turns_leave(turns, &many[1]);
	ck_assert(!turns_has_room(turns, "a")); /* 8, and 7 are left */
	turns_leave(turns, &many[2]);
	ck_assert(turns_has_room(turns, "a"));
	end();
}
END_TEST

START_TEST(some_run_at_once_within_their_share)
{
	struct error err = ERROR_INIT;
	size_t i;

	begin(8, 0);
	for (i = 0; i < 4; i++)
		ck_assert_int_eq(turns_run(turns, &many[i], "a", NULL), 0);
	ck_assert(!turns_may_run(turns, "a"));
	ck_assert_int_eq(turns_run(turns, &many[4], "a", &err), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	ck_assert(turns_may_run(turns, "b"));
	turns_leave(turns, &many[0]);
	ck_assert(turns_may_run(turns, "a"));
	end();
}
END_TEST

START_TEST(what_another_waits_for_goes_by_who_has_less)
{
	begin(2, 0);
	wait_all(0, 5, "a");
	expect_next(&many[0]);
	turns_share(turns, &many[4], "b");
	ck_assert_str_eq(turns_owner_name(&many[4]), "b");
	expect_next(&many[4]);
	/* Not to one that has as much; and what runs stays where it is. */
	wait_all(10, 9, "b");
	turns_share(turns, &many[1], "b");
	ck_assert_str_eq(turns_owner_name(&many[1]), "a");
	turns_share(turns, &many[0], "c");
	ck_assert_str_eq(turns_owner_name(&many[0]), "a");
	turns_share(turns, &many[11], "a");
	ck_assert_str_eq(turns_owner_name(&many[11]), "a");
	turns_share(turns, &many[500], "a"); /* neither waits nor runs */
	end();
}
END_TEST

START_TEST(names_are_cut_where_they_are_too_long)
{
	char name[2 * TURNS_OWNER_MAX];

	begin(8, 4);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	wait_all(0, 2, name);
	ck_assert(!turns_has_room(turns, name));
	ck_assert_uint_eq(strlen(turns_owner_name(&many[0])), TURNS_OWNER_MAX - 1);
	end();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("turns");
	TCase *tcase = unit_case(suite, "turns");

	tcase_add_test(tcase, owners_take_turns_and_each_of_one_in_its_order);
	tcase_add_test(tcase, no_owner_runs_more_than_it_leaves_free);
	tcase_add_test(tcase, all_places_serve_many_owners);
	tcase_add_test(tcase, what_may_not_run_yet_keeps_nobody_waiting);
	tcase_add_test(tcase, the_queue_is_shared_like_the_places);
	tcase_add_test(tcase, some_run_at_once_within_their_share);
	tcase_add_test(tcase, what_another_waits_for_goes_by_who_has_less);
	tcase_add_test(tcase, names_are_cut_where_they_are_too_long);
	return unit_run(suite);
}
