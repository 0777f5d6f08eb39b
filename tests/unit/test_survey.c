/* ctl/survey: kinds of findings, and the sums of an audit; ctl/progress. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "progress.h"
#include "survey.h"
#include "unit.h"

static struct survey survey;
static struct error err;
static time_t now;

static void
setup(void)
{
	static const struct error none = ERROR_INIT;

	err = none;
	ck_assert_int_eq(clock_parse_rfc3339("2026-11-30T10:00:00Z", &now, NULL), 0);
	ck_assert_int_eq(survey_init(&survey, now, 30, false, &err), 0);
}

static void
teardown(void)
{
	survey_free(&survey);
}

/* A recipient with one digital ID, as far as the sums look at it. */
struct one {
	struct certificate certificate;
	struct certificate authority;
	struct digital_id id;
	struct recipient record;
	struct plan_recipient planned;
	struct address address;
	struct survey_row row;
};

static void
make(struct one *one, enum survey_standing standing, enum reason_id verdict)
{
	memset(one, 0, sizeof(*one));
	one->certificate.issuer = (char *)"CN=CA";
	one->certificate.not_after = now + 1;
	one->id.certificate = &one->certificate;
	one->id.verdict = verdict;
	one->record.digital_ids = &one->id;
	one->record.digital_id_count = 1;
	one->planned.reason = verdict;
	one->planned.evidence = &one->id;
	one->address.text = (char *)"anna@corp.example";
	one->row = (struct survey_row){.standing = standing,
	    .record = &one->record,
	    .planned = &one->planned,
	    .address = &one->address};
	if (verdict == REASON_OK)
		one->row.expires = one->certificate.not_after;
	else
		one->row.kinds = SURVEY_BIT(verdict) | SURVEY_BIT(SURVEY_UNUSABLE);
}

static void
add(const struct one *one)
{
	ck_assert_int_eq(survey_add(&survey, &one->row, &err), 0);
}

START_TEST(every_entry_is_counted_once_and_all_that_was_found)
{
	struct one one;

	make(&one, SURVEY_IS_USABLE, REASON_OK);
	one.row.cipher = cipher_get(CIPHER_AES256_CBC);
	one.row.published = true;
	one.row.kinds = SURVEY_BIT(SURVEY_EXPIRING) | SURVEY_BIT(REASON_STALE);
	one.row.weak_clients = 1 << CLIENT_OUTLOOK_2003;
	one.id.stale = true;
	add(&one);
	make(&one, SURVEY_IS_UNUSABLE, REASON_EXPIRED);
	add(&one);
	add(&one);
	one.row = (struct survey_row){.standing = SURVEY_IS_NAMELESS};
	add(&one);
	ck_assert_uint_eq(survey.entries, 4);
	ck_assert_uint_eq(survey.standing[SURVEY_IS_USABLE], 1);
	ck_assert_uint_eq(survey.standing[SURVEY_IS_UNUSABLE], 2);
	ck_assert_uint_eq(survey.standing[SURVEY_IS_NAMELESS], 1);
	ck_assert_uint_eq(survey.by_reason[REASON_EXPIRED], 2);
	ck_assert_uint_eq(survey.found[REASON_EXPIRED], 2);
	ck_assert_uint_eq(survey.found[SURVEY_UNUSABLE], 2);
	ck_assert_uint_eq(survey.found[SURVEY_EXPIRING], 1);
	ck_assert_uint_eq(survey.found[REASON_STALE], 1);
	ck_assert_uint_eq(survey.digital_ids[REASON_OK], 1);
	ck_assert_uint_eq(survey.digital_ids[REASON_STALE], 1);
	ck_assert_uint_eq(survey.digital_ids[REASON_EXPIRED], 2);
	ck_assert_uint_eq(survey.weak[CLIENT_OUTLOOK_2003], 1);
	ck_assert_uint_eq(survey.weak[CLIENT_OUTLOOK_2002], 0);
	ck_assert_uint_eq(survey.published[CIPHER_AES256_CBC], 1);
	ck_assert_uint_eq(survey.listed_count, 2);
	ck_assert_uint_eq(survey.ca_count, 0);
}
END_TEST

static const struct {
	const char *expires;
	size_t month;
	const char *name;
} months[] = {
    {"2026-11-30T10:00:01Z", 0, "2026-11"},
    {"2026-12-01T00:00:00Z", 1, "2026-12"},
    {"2027-01-31T00:00:00Z", 2, "2027-01"},
    {"2028-10-31T23:59:59Z", 23, "2028-10"},
    {"2028-11-01T00:00:00Z", SURVEY_MONTHS, "later"},
    {"9999-12-31T23:59:59Z", SURVEY_MONTHS, "later"},
};

START_TEST(expiry_is_told_by_months_of_the_calendar)
{
	struct one one;
	char name[16];

	make(&one, SURVEY_IS_USABLE, REASON_OK);
	ck_assert_int_eq(clock_parse_rfc3339(months[_i].expires, &one.row.expires, NULL), 0);
	add(&one);
	ck_assert_uint_eq(survey.months[months[_i].month], 1);
	ck_assert_str_eq(survey_month(&survey, months[_i].month, name), months[_i].name);
}
END_TEST

START_TEST(failures_are_told_by_the_topmost_ca_and_those_with_most_come_first)
{
	struct one one;

	make(&one, SURVEY_IS_UNUSABLE, REASON_INCOMPLETE_CHAIN);
	add(&one);
	make(&one, SURVEY_IS_UNUSABLE, REASON_UNTRUSTED_ISSUER);
	one.authority.subject = (char *)"CN=Root";
	strcpy(one.authority.sha256, "ab");
	one.id.authority = &one.authority;
	add(&one);
	add(&one);
	strcpy(one.authority.sha256, "cd"); /* another of the same name */
	add(&one);
	make(&one, SURVEY_IS_UNUSABLE, REASON_EXPIRED);
	add(&one);
	survey_sort(&survey);
	ck_assert_uint_eq(survey.ca_count, 3);
	ck_assert_str_eq(survey.cas[0].name, "CN=Root");
	ck_assert_str_eq(survey.cas[0].sha256, "ab");
	ck_assert_uint_eq(survey.cas[0].count, 2);
	ck_assert_uint_eq(survey.cas[0].reasons[REASON_UNTRUSTED_ISSUER], 2);
	ck_assert_str_eq(survey.cas[1].name, "CN=CA");
	ck_assert_str_eq(survey.cas[2].sha256, "cd");
}
END_TEST

START_TEST(what_is_kept_has_an_end_and_nothing_is_lost_in_the_sums)
{
	struct one one;
	char name[40];
	int i;

	make(&one, SURVEY_IS_UNUSABLE, REASON_REVOKED);
	one.certificate.issuer = name;
	for (i = 0; i < SURVEY_CAS_MAX + 10; i++) {
		snprintf(name, sizeof(name), "CN=CA %d", i);
		add(&one);
	}
	ck_assert_uint_eq(survey.ca_count, SURVEY_CAS_MAX);
	ck_assert_uint_eq(survey.other_cas, 10);
	ck_assert_uint_eq(survey.listed_count, SURVEY_LISTED_MAX);
	ck_assert_uint_eq(survey.by_reason[REASON_REVOKED], SURVEY_CAS_MAX + 10);
}
END_TEST

START_TEST(a_long_name_is_cut_at_a_whole_character)
{
	char name[SURVEY_NAME_MAX + 10];
	struct one one;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	memcpy(name + SURVEY_NAME_MAX - 2, "\xc3\xa4", 2);
	make(&one, SURVEY_IS_UNUSABLE, REASON_REVOKED);
	one.certificate.issuer = name;
	add(&one);
	ck_assert_uint_eq(strlen(survey.cas[0].name), SURVEY_NAME_MAX - 2);
}
END_TEST

START_TEST(what_was_seen_is_known_by_directory)
{
	bool full = false;

	ck_assert(survey_seen_first(survey.seen, "a", 1, &full));
	ck_assert(!survey_seen_first(survey.seen, "a", 1, &full));
	ck_assert(survey_seen_first(survey.seen, "a", 2, &full));
	ck_assert(survey_seen_first(survey.seen, "b", 1, &full));
	ck_assert(!full);
}
END_TEST

START_TEST(when_no_more_can_be_remembered_it_is_told_and_the_rest_is_new)
{
	struct survey_seen *seen = survey_seen_new(8);
	bool full = false;
	size_t i;

	for (i = 0; i < 6; i++)
		ck_assert(survey_seen_first(seen, "a", i, &full));
	ck_assert(!full);
	ck_assert(survey_seen_first(seen, "b", 0, &full));
	ck_assert(full);
	ck_assert(survey_seen_first(seen, "b", 0, &full));
	ck_assert(!survey_seen_first(seen, "a", 5, &full));
	survey_seen_free(seen);
}
END_TEST

START_TEST(kinds_are_read_by_their_codes)
{
	survey_kinds kinds = 0;

	ck_assert_int_eq(survey_kinds_read("expired,fallback-40-bit", &kinds, &err), 0);
	ck_assert_int_eq(survey_kinds_read("stale", &kinds, &err), 0);
	ck_assert_int_eq(survey_kinds_read("none", &kinds, &err), 0);
	ck_assert_uint_eq(kinds,
	    SURVEY_BIT(REASON_EXPIRED) | SURVEY_BIT(SURVEY_FALLBACK) | SURVEY_BIT(REASON_STALE));
}
END_TEST

static const char *const no_kinds[] = {
    "", "expired,", ",expired", "expire", "expiredd", "ok", "sealed", "no-rule", "Expired"};

START_TEST(what_no_entry_can_have_is_no_kind)
{
	survey_kinds kinds = 0;

	ck_assert_int_eq(survey_kinds_read(no_kinds[_i], &kinds, &err), -1);
	ck_assert_int_eq(err.code, ERROR_INPUT);
	ck_assert_ptr_nonnull(strstr(err.text, " expired "));
	ck_assert_ptr_nonnull(strstr(err.text, " left-out"));
}
END_TEST

START_TEST(what_directories_are_full_of_is_no_failure_unless_asked_for)
{
	survey_kinds kinds = survey_kinds_default();

	ck_assert_uint_ne(kinds & SURVEY_BIT(REASON_EXPIRED), 0);
	ck_assert_uint_ne(kinds & SURVEY_BIT(SURVEY_UNUSABLE), 0);
	ck_assert_uint_eq(kinds & SURVEY_BIT(SURVEY_FALLBACK), 0);
	ck_assert_uint_eq(kinds & SURVEY_BIT(SURVEY_NO_CAPABILITIES), 0);
	ck_assert_uint_eq(kinds & SURVEY_BIT(SURVEY_ALIAS), 0);
	ck_assert_uint_eq(kinds & SURVEY_BIT(REASON_OK), 0);
}
END_TEST

static const struct {
	uint64_t entries;
	uint64_t done;
	uint64_t total;
	int64_t elapsed_ms;
	const char *text;
} lines[] = {
    {0, 0, 0, 0, "0 entries"}, {100, 100, 10000, 500, "100 entries"},
    {12345, 12345, 0, 10000, "12,345 entries, 1,234/s"},
    {5000, 5000, 10000, 10000, "5,000 entries, 500/s, 50 %, about 10s left"},
    {10, 1000, 100000, 2000, "10 entries, 5/s, 1 %, about 3m left"},
    {10, 10, 5, 2000, "10 entries, 5/s"}, /* an estimate that was too low */
};

START_TEST(progress_tells_the_rate_and_the_time_left)
{
	char text[160];

	progress_text("entries", lines[_i].entries, lines[_i].done, lines[_i].total, lines[_i].elapsed_ms,
	    text, sizeof(text));
	ck_assert_str_eq(text, lines[_i].text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("survey");
	TCase *tcase = unit_case(suite, "survey");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, every_entry_is_counted_once_and_all_that_was_found);
	tcase_add_loop_test(
	    tcase, expiry_is_told_by_months_of_the_calendar, 0, (int)ARRAY_LENGTH(months));
	tcase_add_test(tcase, failures_are_told_by_the_topmost_ca_and_those_with_most_come_first);
	tcase_add_test(tcase, what_is_kept_has_an_end_and_nothing_is_lost_in_the_sums);
	tcase_add_test(tcase, a_long_name_is_cut_at_a_whole_character);
	tcase_add_test(tcase, what_was_seen_is_known_by_directory);
	tcase_add_test(tcase, when_no_more_can_be_remembered_it_is_told_and_the_rest_is_new);
	tcase_add_test(tcase, kinds_are_read_by_their_codes);
	tcase_add_loop_test(
	    tcase, what_no_entry_can_have_is_no_kind, 0, (int)ARRAY_LENGTH(no_kinds));
	tcase_add_test(tcase, what_directories_are_full_of_is_no_failure_unless_asked_for);
	tcase_add_loop_test(
	    tcase, progress_tells_the_rate_and_the_time_left, 0, (int)ARRAY_LENGTH(lines));
	return unit_run(suite);
}
