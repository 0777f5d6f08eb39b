/* directory/cache: bounded, and never beyond its time. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "directory/cache.h"
#include "directory/key.h"
#include "directory_fixture.h"
#include "unit.h"

static struct findings *
findings_of(size_t size)
{
	static unsigned char value[100000];
	struct findings *findings = findings_new();
	struct finding finding = {FINDING_BLOB, (char *)"d", (char *)"cn=a", (char *)"x", value,
	    size, false, false, false, NULL};

	ck_assert_uint_le(size, sizeof(value));
	ck_assert_int_eq(findings_add(findings, &finding, NULL), 0);
	return findings;
}

static void
put(struct cache *cache, const char *key, size_t size, int64_t expires_ms)
{
	struct findings *findings = findings_of(size);
	struct cache_life life = {.life_ms = expires_ms};

	cache_put(cache, key, findings, &life);
	findings_unref(findings);
}

static bool
has(struct cache *cache, const char *key, int64_t now_ms)
{
	struct cache_found found;
	bool is_there = cache_get(cache, key, now_ms, &found);

	cache_found_clear(&found);
	return is_there;
}

START_TEST(what_is_kept_is_found_until_it_expires)
{
	struct cache *cache = cache_new(10, 1 << 20, NULL);

	put(cache, "a@x", 10, 1000);
	ck_assert(has(cache, "a@x", 999));
	ck_assert(!has(cache, "b@x", 0));
	ck_assert(!has(cache, "a@x", 1000));
	ck_assert_uint_eq(cache_entries(cache), 0);
	ck_assert_uint_eq(cache_bytes(cache), 0);
	cache_free(cache);
}
END_TEST

START_TEST(over_the_entries_what_was_not_used_for_longest_goes)
{
	struct cache *cache = cache_new(2, 1 << 20, NULL);

	put(cache, "a@x", 10, 1000);
	put(cache, "b@x", 10, 1000);
	ck_assert(has(cache, "a@x", 0));
	put(cache, "c@x", 10, 1000);
	ck_assert(has(cache, "a@x", 0));
	ck_assert(!has(cache, "b@x", 0));
	ck_assert(has(cache, "c@x", 0));
	ck_assert_uint_eq(cache_entries(cache), 2);
	cache_free(cache);
}
END_TEST

START_TEST(the_bytes_are_bounded)
{
	struct cache *cache = cache_new(1000, 100000, NULL);
	char key[20];
	int i;

	for (i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "%d@x", i);
		put(cache, key, 20000, 1000);
		ck_assert_uint_le(cache_bytes(cache), 100000);
	}
	ck_assert_uint_eq(cache_entries(cache), 4);
	put(cache, "huge@x", 100000, 1000); /* larger than all: not kept, and nothing pushed out */
	ck_assert(!has(cache, "huge@x", 0));
	ck_assert_uint_eq(cache_entries(cache), 4);
	cache_free(cache);
}
END_TEST

static void
put_nothing(struct cache *cache, const char *key)
{
	struct findings *findings = findings_new();
	struct cache_life life = {.life_ms = 1000};

	cache_put(cache, key, findings, &life);
	findings_unref(findings);
}

/* 10,000 strangers: 0 have something published, and are asked for once; 1 have nothing published, and
 * are asked for again; 2 can't be asked for. */
static void
flood(struct cache *cache, int kind, size_t size)
{
	struct address address = fixture_address("a@example.org");
	struct recipient *record = recipient_unavailable(&address, "test");
	char key[20];
	int i;

	for (i = 0; i < 10000; i++) {
		snprintf(key, sizeof(key), "%d@flood", i);
		if (kind == 0)
			put(cache, key, size, 1000);
		else if (kind == 1)
			put_nothing(cache, key);
		else
			cache_put_error(cache, key, 0, 1000, record);
		ck_assert(kind == 0 || has(cache, key, 0));
	}
	recipient_unref(record);
	address_free(&address);
}

static void
use(struct cache *cache, int from, int to, size_t size)
{
	char key[20];
	int i;

	for (i = from; i < to; i++) {
		snprintf(key, sizeof(key), "%d@x", i);
		put(cache, key, size, 1000);
		ck_assert(has(cache, key, 0));
	}
}

static int
count_used(struct cache *cache, int from, int to)
{
	char key[20];
	int count = 0;
	int i;

	for (i = from; i < to; i++) {
		snprintf(key, sizeof(key), "%d@x", i);
		count += has(cache, key, 0);
	}
	return count;
}

START_TEST(a_flood_of_strangers_pushes_out_nobody_in_use)
{
	struct cache *cache = cache_new(100, 1 << 20, NULL);

	use(cache, 0, 50, 10);
	flood(cache, _i, 10);
	ck_assert_uint_le(cache_entries(cache), 100);
	ck_assert_int_eq(count_used(cache, 0, 50), 50);
	cache_free(cache);
}
END_TEST

START_TEST(nor_does_a_flood_of_large_ones)
{
	struct cache *cache = cache_new(1000, 1 << 20, NULL);

	use(cache, 0, 50, 10000);
	flood(cache, 0, 90000);
	ck_assert_uint_le(cache_bytes(cache), 1 << 20);
	ck_assert_int_eq(count_used(cache, 0, 50), 50);
	cache_free(cache);
}
END_TEST

/* What was fetched again, ahead of its end, is in use as before. */
START_TEST(a_new_answer_for_one_in_use_leaves_it_so)
{
	struct cache *cache = cache_new(100, 1 << 20, NULL);

	use(cache, 0, 1, 10);
	put(cache, "0@x", 20, 1000);
	flood(cache, 0, 10);
	ck_assert_int_eq(count_used(cache, 0, 1), 1);
	put_nothing(cache, "0@x");
	flood(cache, 0, 10);
	ck_assert_int_eq(count_used(cache, 0, 1), 0);
	cache_free(cache);
}
END_TEST

/* By number (0), or by bytes (1). */
START_TEST(those_in_use_leave_room_for_new_ones)
{
	struct cache *cache = cache_new(_i == 0 ? 100 : 1000, 1 << 20, NULL);
	size_t size = _i == 0 ? 10 : 10000;

	use(cache, 0, 1000, size);
	ck_assert_int_eq(count_used(cache, 0, 900), 0);
	put(cache, "new@x", size, 1000);
	put(cache, "newer@x", size, 1000);
	use(cache, 2000, 2005, size);
	ck_assert(has(cache, "new@x", 0));
	ck_assert(has(cache, "newer@x", 0));
	/* Those used last stay longest. */
	ck_assert_int_ge(count_used(cache, 2000, 2005), 5);
	ck_assert_int_ge(count_used(cache, 950, 1000), 40);
	cache_free(cache);
}
END_TEST

START_TEST(a_new_answer_replaces_the_old)
{
	struct cache *cache = cache_new(10, 1 << 20, NULL);

	put(cache, "a@x", 10000, 1000);
	put(cache, "a@x", 10, 2000);
	ck_assert(has(cache, "a@x", 1500));
	ck_assert_uint_eq(cache_entries(cache), 1);
	ck_assert_uint_lt(cache_bytes(cache), 2000);
	cache_free(cache);
}
END_TEST

START_TEST(nothing_is_kept_when_the_cache_is_off)
{
	struct cache *cache = cache_new(0, 1 << 20, NULL);

	put(cache, "a@x", 10, 1000);
	ck_assert(!has(cache, "a@x", 0));
	cache_free(cache);
}
END_TEST

START_TEST(a_record_is_kept_only_beside_its_own_findings)
{
	struct cache *cache = cache_new(10, 1 << 20, NULL);
	struct address address = fixture_address("a@example.org");
	struct recipient *record = recipient_unavailable(&address, "test");
	struct findings *kept = findings_of(10);
	struct findings *other = findings_of(11);
	struct cache_life life = {.life_ms = 1000};
	struct cache_found found;

	cache_put(cache, "a@x", kept, &life);
	cache_set_record(cache, "a@x", other, record, 7);
	cache_set_record(cache, "b@x", kept, record, 7);
	ck_assert(cache_get(cache, "a@x", 0, &found));
	ck_assert_ptr_null(found.record);
	cache_found_clear(&found);
	cache_set_record(cache, "a@x", kept, record, 6);
	cache_set_record(cache, "a@x", kept, record, 7);
	ck_assert(cache_get(cache, "a@x", 0, &found));
	ck_assert_ptr_eq(found.findings, kept);
	ck_assert_ptr_eq(found.record, record);
	ck_assert_uint_eq(found.generation, 7);
	cache_found_clear(&found);
	cache_free(cache);
	findings_unref(kept);
	findings_unref(other);
	recipient_unref(record);
	address_free(&address);
}
END_TEST

/* A group of 100 members. */
static struct recipient *
group_record(void)
{
	struct address address = fixture_address("a@example.org");
	struct recipient *group = recipient_group(&address, NULL, clock_wall(), NULL);
	struct recipient *member;
	int i;

	for (i = 0; i < 100; i++) {
		member = recipient_unavailable(&address, "test");
		ck_assert_int_eq(recipient_group_add(group, member, NULL), 0);
		recipient_unref(member);
	}
	address_free(&address);
	return group;
}

static bool
has_record(struct cache *cache, const char *key)
{
	struct cache_found found;
	bool is_there;

	ck_assert(cache_get(cache, key, 0, &found));
	is_there = found.record != NULL;
	cache_found_clear(&found);
	return is_there;
}

START_TEST(records_of_groups_leave_room_for_all_else)
{
	struct cache *cache = cache_new(1000, 1 << 20, NULL);
	struct cache_life life = {.life_ms = 1000};
	struct recipient *record;
	struct findings *findings;
	char key[20];
	int i;

	use(cache, 0, 50, 10000);
	for (i = 0; i < 40; i++) {
		snprintf(key, sizeof(key), "group%d@x", i);
		findings = findings_of(10);
		record = group_record();
		cache_put(cache, key, findings, &life);
		cache_set_record(cache, key, findings, record, 1);
		cache_set_record(cache, key, findings, record, 1); /* walked again */
		recipient_unref(record);
		findings_unref(findings);
	}
	ck_assert_int_eq(count_used(cache, 0, 50), 50);
	ck_assert(!has_record(cache, "group0@x"));
	ck_assert(has_record(cache, "group38@x"));
	ck_assert(has_record(cache, "group39@x"));
	ck_assert_uint_lt(cache_bytes(cache), 50 * 11000 + (1 << 20) / 4 + 40 * 1000);
	cache_free(cache);
}
END_TEST

START_TEST(a_full_sized_cache_stays_quick)
{
	struct cache *cache = cache_new(20000, (size_t)1 << 30, NULL);
	char key[20];
	int i;

	for (i = 0; i < 40000; i++) {
		snprintf(key, sizeof(key), "%d@x", i);
		put(cache, key, 1, 1000);
	}
	ck_assert_uint_eq(cache_entries(cache), 20000);
	ck_assert(!has(cache, "19999@x", 0));
	ck_assert(has(cache, "20000@x", 0));
	cache_free(cache);
}
END_TEST

/* An "@" within quotes is no domain's: two mailboxes, two keys. */
START_TEST(a_quoted_at_sign_makes_no_two_addresses_one)
{
	struct address a;
	struct address b;
	char *key_a;
	char *key_b;

	ck_assert_int_eq(address_parse("\"anna@one.test\"", &a, NULL), 0);
	ck_assert_int_eq(address_parse("\"anna@two.test\"", &b, NULL), 0);
	key_a = key_of_address(&a, false, NULL);
	key_b = key_of_address(&b, false, NULL);
	ck_assert_str_ne(key_a, key_b);
	free(key_a);
	free(key_b);
	address_free(&a);
	address_free(&b);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("cache");
	TCase *tcase = unit_case(suite, "cache");

	tcase_add_test(tcase, a_quoted_at_sign_makes_no_two_addresses_one);
	tcase_add_test(tcase, what_is_kept_is_found_until_it_expires);
	tcase_add_test(tcase, over_the_entries_what_was_not_used_for_longest_goes);
	tcase_add_test(tcase, the_bytes_are_bounded);
	tcase_add_loop_test(tcase, a_flood_of_strangers_pushes_out_nobody_in_use, 0, 3);
	tcase_add_test(tcase, nor_does_a_flood_of_large_ones);
	tcase_add_test(tcase, a_new_answer_for_one_in_use_leaves_it_so);
	tcase_add_loop_test(tcase, those_in_use_leave_room_for_new_ones, 0, 2);
	tcase_add_test(tcase, a_new_answer_replaces_the_old);
	tcase_add_test(tcase, nothing_is_kept_when_the_cache_is_off);
	tcase_add_test(tcase, a_record_is_kept_only_beside_its_own_findings);
	tcase_add_test(tcase, records_of_groups_leave_room_for_all_else);
	tcase_add_test(tcase, a_full_sized_cache_stays_quick);
	return unit_run(suite);
}
