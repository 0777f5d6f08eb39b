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
	struct recipient *record = recipient_unavailable(&address, "test", NULL);
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

static const struct cache_life life = {
    .asked_at = 7, .now_ms = 1000, .life_ms = 600, .refresh_ms = 450, .stale_ms = 3000};

START_TEST(one_of_those_who_ask_towards_the_end_is_told_to_refresh)
{
	struct cache *cache = cache_new(10, 1 << 20, NULL);
	struct findings *findings = findings_of(10);
	struct cache_found found;

	cache_put(cache, "a@x", findings, &life);
	ck_assert(cache_get(cache, "a@x", 1449, &found));
	ck_assert(!found.refresh);
	cache_found_clear(&found);
	ck_assert(cache_get(cache, "a@x", 1450, &found));
	ck_assert(found.refresh);
	cache_found_clear(&found);
	ck_assert(cache_get(cache, "a@x", 1451, &found));
	ck_assert(!found.refresh);
	cache_found_clear(&found);
	ck_assert(cache_get(cache, "a@x", 1599, &found)); /* that one failed, it seems */
	ck_assert(found.refresh);
	cache_found_clear(&found);
	findings_unref(findings);
	cache_free(cache);
}
END_TEST

START_TEST(findings_that_are_over_answer_only_while_an_error_is_remembered)
{
	struct address address = fixture_address("a@example.org");
	struct recipient *error = recipient_unavailable(&address, "test", NULL);
	struct cache *cache = cache_new(10, 1 << 20, NULL);
	struct findings *findings = findings_of(10);
	struct cache_found found;

	cache_put(cache, "a@x", findings, &life);
	cache_put_error(cache, "a@x", 1599, 50, error); /* fresh: not touched */
	ck_assert(!has(cache, "a@x", 1600));
	ck_assert(cache_get_stale(cache, "a@x", 1600, &found));
	ck_assert(found.stale);
	ck_assert_int_eq(found.asked_at, 7);
	ck_assert_ptr_eq(found.findings, findings);
	cache_found_clear(&found);
	cache_put_error(cache, "a@x", 1600, 50, error);
	ck_assert(cache_get(cache, "a@x", 1649, &found));
	ck_assert(found.stale);
	ck_assert_ptr_eq(found.findings, findings);
	ck_assert_ptr_null(found.record);
	cache_found_clear(&found);
	ck_assert(!has(cache, "a@x", 1650));
	ck_assert(cache_get_stale(cache, "a@x", 4599, &found));
	cache_found_clear(&found);
	ck_assert(!cache_get_stale(cache, "a@x", 4600, &found));
	ck_assert_uint_eq(cache_entries(cache), 0);
	findings_unref(findings);
	recipient_unref(error);
	address_free(&address);
	cache_free(cache);
}
END_TEST

START_TEST(a_record_of_fresh_findings_does_not_outlive_them)
{
	struct address address = fixture_address("a@example.org");
	struct recipient *record = recipient_unavailable(&address, "test", NULL);
	struct cache *cache = cache_new(10, 1 << 20, NULL);
	struct findings *findings = findings_of(10);
	struct cache_found found;

	cache_put(cache, "a@x", findings, &life);
	cache_set_record(cache, "a@x", findings, record, 0);
	cache_put_error(cache, "a@x", 1600, 50, record);
	ck_assert(cache_get(cache, "a@x", 1601, &found));
	ck_assert_ptr_null(found.record);
	cache_found_clear(&found);
	record->stale_if_error = true;
	cache_set_record(cache, "a@x", findings, record, 0);
	cache_put_error(cache, "a@x", 1700, 50, record);
	ck_assert(cache_get(cache, "a@x", 1701, &found));
	ck_assert_ptr_eq(found.record, record); /* it says that it is old, which holds on */
	cache_found_clear(&found);
	findings_unref(findings);
	recipient_unref(record);
	address_free(&address);
	cache_free(cache);
}
END_TEST

START_TEST(errors_are_few_and_bounded)
{
	struct address address = fixture_address("a@example.org");
	struct recipient *record = recipient_unavailable(&address, "test", NULL);
	struct cache *cache = cache_new(100, 1 << 20, NULL);
	struct cache_found found;
	char key[20];
	int i;

	for (i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "%d@x", i);
		put(cache, key, 10, 1000);
	}
	for (i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "%d@y", i);
		cache_put_error(cache, key, 0, 50, record);
		ck_assert_uint_le(cache_entries(cache), 100);
	}
	ck_assert(!has(cache, "10@x", 0));
	ck_assert(has(cache, "11@x", 0));
	ck_assert(!has(cache, "988@y", 0));
	ck_assert(cache_get(cache, "989@y", 49, &found));
	ck_assert_ptr_null(found.findings);
	ck_assert_ptr_eq(found.record, record);
	cache_found_clear(&found);
	ck_assert(!has(cache, "989@y", 50));
	cache_put_error(cache, "z@y", 0, 0, record); /* not to be remembered at all */
	ck_assert(!has(cache, "z@y", 0));
	recipient_unref(record);
	address_free(&address);
	cache_free(cache);
}
END_TEST

START_TEST(a_record_too_large_is_not_kept_and_pushes_nothing_out)
{
	struct address address = fixture_address("a@example.org");
	struct recipient *member = recipient_unavailable(&address, "test", NULL);
	struct recipient *group = recipient_group(&address, NULL, 0, NULL);
	struct cache *cache = cache_new(100, 40000, NULL);
	struct findings *findings = findings_of(10);
	struct cache_found found;
	size_t bytes;
	int i;

	put(cache, "b@x", 10, 1000);
	cache_put(cache, "a@x", findings, &life);
	bytes = cache_bytes(cache);
	for (i = 0; i < 10; i++)
		ck_assert_int_eq(recipient_group_add(group, member, NULL), 0);
	cache_set_record(cache, "a@x", findings, group, 0);
	ck_assert_uint_gt(cache_bytes(cache), bytes + (size_t)10 * 512);
	for (i = 0; i < 10; i++)
		ck_assert_int_eq(recipient_group_add(group, member, NULL), 0);
	cache_put(cache, "a@x", findings, &life);
	cache_set_record(cache, "a@x", findings, group, 0);
	ck_assert_uint_eq(cache_bytes(cache), bytes);
	ck_assert(cache_get(cache, "a@x", 1001, &found));
	ck_assert_ptr_null(found.record);
	cache_found_clear(&found);
	ck_assert(has(cache, "b@x", 0));
	recipient_unref(group);
	recipient_unref(member);
	findings_unref(findings);
	address_free(&address);
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
	tcase_add_test(tcase, a_new_answer_replaces_the_old);
	tcase_add_test(tcase, nothing_is_kept_when_the_cache_is_off);
	tcase_add_test(tcase, a_record_is_kept_only_beside_its_own_findings);
	tcase_add_test(tcase, a_full_sized_cache_stays_quick);
	tcase_add_test(tcase, one_of_those_who_ask_towards_the_end_is_told_to_refresh);
	tcase_add_test(tcase, findings_that_are_over_answer_only_while_an_error_is_remembered);
	tcase_add_test(tcase, a_record_of_fresh_findings_does_not_outlive_them);
	tcase_add_test(tcase, errors_are_few_and_bounded);
	tcase_add_test(tcase, a_record_too_large_is_not_kept_and_pushes_nothing_out);
	return unit_run(suite);
}
