/* ctl/report and ctl/tally: what is counted of audit records, and what is not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "report.h"
#include "unit.h"

static struct report report;
static struct error err;

static void
setup(void)
{
	static const struct error none = ERROR_INIT;

	err = none;
	ck_assert_int_eq(report_init(&report, 0, 0, &err), 0);
}

static void
teardown(void)
{
	report_free(&report);
}

static void
add_text(const char *text)
{
	const struct audit_log_line line = {text, strlen(text), false};

	ck_assert_int_eq(report_add(&report, &line, &err), 0);
}

/* A record: reference, recipient, action and reason, and what else there is. */
static void
add(const char *reference, const char *recipient, const char *action, const char *reason,
    const char *more)
{
	char text[2000];

	snprintf(text, sizeof(text),
	    "{\"schema\":1,\"time\":\"2026-11-25T10:00:00.500Z\",\"event\":\"decision\","
	    "\"reference\":\"%s\",\"recipient\":\"%s\",\"action\":\"%s\",\"reason\":\"%s\"%s}",
	    reference, recipient, action, reason, more);
	add_text(text);
}

static void
finish(void)
{
	ck_assert_int_eq(report_finish(&report, &err), 0);
}

START_TEST(a_message_of_several_recipients_is_counted_once)
{
	add("A", "a@x", "refuse", "expired", "");
	add("A", "b@x", "refuse", "expired", "");
	add("A", "c@x", "refuse", "other-recipient", "");
	add("B", "a@x", "seal", "sealed", "");
	finish();
	ck_assert_uint_eq(report.messages, 2);
	ck_assert_uint_eq(report.recipients, 4);
	ck_assert_uint_eq(report.ends[REPORT_REFUSED], 1);
	ck_assert_uint_eq(report.ends[REPORT_SEALED], 1);
	ck_assert_uint_eq(report.by_message[REASON_EXPIRED][REPORT_TO_REFUSE], 1);
	ck_assert_uint_eq(report.by_recipient[REASON_EXPIRED][REPORT_TO_REFUSE], 2);
	ck_assert_uint_eq(report.by_recipient[REASON_OTHER_RECIPIENT][REPORT_TO_REFUSE], 1);
	ck_assert_uint_eq(report.refused.total, 2); /* the innocent one is not among them */
}
END_TEST

START_TEST(writers_of_one_file_may_come_between)
{
	char name[20];
	int turn;
	int i;

	for (turn = 0; turn < 3; turn++) {
		for (i = 0; i < REPORT_OPEN_MAX; i++) {
			snprintf(name, sizeof(name), "R%d", i);
			add(name, "a@x", "pass", "no-rule", "");
		}
	}
	finish();
	ck_assert_uint_eq(report.messages, REPORT_OPEN_MAX);
	ck_assert_uint_eq(report.recipients, 3 * REPORT_OPEN_MAX);
}
END_TEST

START_TEST(a_record_without_a_reference_is_a_message)
{
	add_text("{\"schema\":1,\"time\":\"2026-11-25T10:00:00Z\",\"event\":\"decision\"}");
	add_text("{\"schema\":1,\"time\":\"2026-11-25T10:00:00Z\",\"event\":\"decision\"}");
	finish();
	ck_assert_uint_eq(report.messages, 2);
	ck_assert_uint_eq(report.ends[REPORT_PASSED], 2);
}
END_TEST

START_TEST(ciphers_are_counted_by_where_they_were_known_from)
{
	const char *aes = ",\"cipher\":\"aes256-cbc\",\"capabilities\":{\"from\":\"signed\"}";

	add("A", "a@x", "seal", "sealed", aes);
	add("B", "a@x", "seal", "sealed",
	    ",\"cipher\":\"3des\",\"capabilities\":{\"from\":\"assumed\"}");
	add("C", "a@x", "pass", "client-encrypted",
	    ",\"content\":\"enveloped\",\"cipher\":\"rc2-40\"");
	add("D", "a@x", "refuse", "weak-cipher",
	    ",\"content\":\"enveloped\",\"cipher\":\"rc2-40\"");
	add("G", "a@x", "pass", "client-encrypted",
	    ",\"content\":\"auth-enveloped\",\"cipher\":\"aes256-gcm\"");
	add("E", "a@x", "pass", "sealed",
	    ",\"mode\":\"observe\",\"would\":\"seal\",\"cipher\":\"aes256-cbc\"");
	add("F", "a@x", "seal", "sealed", ",\"cipher\":\"from-the-future\"");
	finish();
	ck_assert_uint_eq(report.ciphers[CIPHER_AES256_CBC][REPORT_BY_BLOB], 1);
	ck_assert_uint_eq(report.ciphers[CIPHER_DES3][REPORT_BY_POLICY], 1);
	ck_assert_uint_eq(report.ciphers[CIPHER_RC2_40][REPORT_BY_CLIENT], 1);
	ck_assert_uint_eq(report.ciphers[CIPHER_RC2_40][REPORT_BY_CLIENT_REFUSED], 1);
	ck_assert_uint_eq(report.ciphers[CIPHER_AES256_CBC][REPORT_WOULD_SEAL], 1);
	ck_assert_uint_eq(report.ciphers[CIPHER_UNKNOWN][REPORT_UNSAID], 1);
	ck_assert_uint_eq(report.ciphers[CIPHER_AES256_GCM][REPORT_BY_CLIENT], 1);
	ck_assert_uint_eq(report.ends[REPORT_CLIENT], 2);
}
END_TEST

START_TEST(what_is_only_observed_is_told_apart)
{
	add("A", "a@x", "pass", "expired", ",\"mode\":\"observe\",\"would\":\"refuse\"");
	add("A", "b@x", "pass", "sealed", ",\"mode\":\"observe\",\"would\":\"seal\"");
	finish();
	ck_assert_uint_eq(report.observed, 1);
	ck_assert_uint_eq(report.would[ACTION_REFUSE], 1);
	ck_assert_uint_eq(report.by_recipient[REASON_EXPIRED][REPORT_TO_WOULD], 1);
	ck_assert_uint_eq(report.by_recipient[REASON_SEALED][REPORT_TO_PASS], 0);
	ck_assert_uint_eq(report.ends[REPORT_PASSED], 1);
	ck_assert_uint_eq(report.refused.total, 1);
}
END_TEST

static uint64_t
ca_count(const char *name)
{
	size_t i;

	for (i = 0; i < report.cas.count; i++) {
		if (strcmp(report.cas.rows[i].name, name) == 0)
			return report.cas.rows[i].count;
	}
	return 0;
}

START_TEST(a_trust_failure_is_that_of_the_ca_at_the_link_that_failed)
{
	add("A", "a@x", "refuse", "untrusted-issuer",
	    ",\"trust_failure\":true,\"digital_id\":{\"issuer\":\"CN=Issuing\",\"failed\":"
	    "{\"depth\":1,\"subject\":\"CN=Issuing\",\"issuer\":\"CN=Root\"}}");
	add("B", "a@x", "refuse", "expired",
	    ",\"trust_failure\":true,\"digital_id\":{\"issuer\":\"CN=Issuing\",\"failed\":null}");
	add("C", "a@x", "refuse", "signer-revoked",
	    ",\"trust_failure\":true,\"digital_id\":{\"issuer\":\"CN=Issuing\"},\"signatures\":["
	    "{\"worth\":\"ok\"},{\"worth\":\"signer-revoked\",\"signer\":{\"certificate\":"
	    "{\"issuer\":\"CN=Signers\"}}}],\"warnings\":[{\"reason\":\"stale\"}]");
	add("D", "a@x", "refuse", "revoked", ",\"trust_failure\":true,\"brief\":true");
	finish();
	ck_assert_uint_eq(report.trust_failures, 4);
	ck_assert_uint_eq(ca_count("CN=Root"), 1);
	ck_assert_uint_eq(ca_count("CN=Issuing"), 1);
	ck_assert_uint_eq(ca_count("CN=Signers"), 1);
	ck_assert_uint_eq(ca_count("(not recorded)"), 1);
	ck_assert_uint_eq(report.signatures[REASON_OK], 1);
	ck_assert_uint_eq(report.signatures[REASON_SIGNER_REVOKED], 1);
	ck_assert_uint_eq(report.warnings[REASON_STALE], 1);
	ck_assert_uint_eq(report.brief, 1);
}
END_TEST

START_TEST(records_outside_the_time_asked_for_do_not_count)
{
	ck_assert_int_eq(clock_parse_rfc3339("2026-11-25T10:00:00Z", &report.since, NULL), 0);
	add("A", "a@x", "pass", "no-rule", "");
	report.since++;
	add("B", "a@x", "pass", "no-rule", "");
	report.until = --report.since;
	add("C", "a@x", "pass", "no-rule", "");
	report.until++;
	add("D", "a@x", "pass", "no-rule", "");
	finish();
	ck_assert_uint_eq(report.messages, 2);
	ck_assert_uint_eq(report.outside, 2);
}
END_TEST

START_TEST(what_can_not_be_read_is_counted_and_never_fatal)
{
	static const char *const odd[] = {
	    "{\"schema\":1,\"time\":\"never\",\"event\":\"decision\"}",
	    "{\"schema\":1,\"time\":7,\"event\":\"decision\"}", "{\"schema\":1", "{}"};
	static const char *const strange[] = {"\"recipient\":{}", "\"reason\":[]",
	    "\"digital_id\":7,\"trust_failure\":true", "\"fallback\":\"x\",\"capabilities\":[]",
	    "\"warnings\":{},\"signatures\":\"x\"", "\"warnings\":[1],\"signatures\":[null]",
	    "\"duration_ms\":9223372036854775807", "\"duration_ms\":-5", "\"duration_ms\":1e300",
	    "\"action\":\"explode\",\"would\":7,\"reason\":\"new-in-2030\""};
	char text[300];
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(odd); i++)
		add_text(odd[i]);
	for (i = 0; i < ARRAY_LENGTH(strange); i++) {
		snprintf(text, sizeof(text),
		    "{\"schema\":1,\"time\":\"2026-11-25T10:00:00Z\",\"event\":\"decision\",%s}",
		    strange[i]);
		add_text(text);
	}
	finish();
	ck_assert_uint_eq(report.kinds[AUDIT_LOG_BROKEN], ARRAY_LENGTH(odd));
	ck_assert_uint_eq(report.messages, ARRAY_LENGTH(strange));
	ck_assert_int_eq(report.time_most, INT64_MAX);
	ck_assert_int_eq(report_time_within(&report, 1000), INT64_MAX);
}
END_TEST

START_TEST(times_are_known_by_a_sixteenth)
{
	int64_t i;

	for (i = 1; i <= 1000; i++)
		report_count_time(&report, i);
	for (i = 10; i <= 1000; i += 10) {
		int64_t within = report_time_within(&report, (unsigned)i);

		ck_assert_int_ge(within, i);
		ck_assert_int_le(within, i + i / 16);
	}
	ck_assert_int_eq(report_time_within(&report, 20), 20);
	ck_assert_uint_eq(report_times_below(&report, 10), 9);
	ck_assert_int_eq(report.time_most, 1000);
}
END_TEST

START_TEST(days_are_in_order_and_their_number_has_a_limit)
{
	time_t day = 86400;
	int i;

	for (i = 5; i > 0; i--)
		ck_assert_int_eq(report_count_day(&report, i * day + i, REPORT_PASSED, &err), 0);
	ck_assert_int_eq(report_count_day(&report, 3 * day, REPORT_REFUSED, &err), 0);
	ck_assert_int_eq(report_count_day(&report, -1, REPORT_REFUSED, &err), 0);
	ck_assert_uint_eq(report.day_count, 6);
	ck_assert_int_eq(report.days[0].day, -1);
	for (i = 1; i <= 5; i++)
		ck_assert_int_eq(report.days[i].day, i);
	ck_assert_uint_eq(report.days[3].ends[REPORT_REFUSED], 1);
	for (i = 0; i < 2 * REPORT_DAYS_MAX; i++)
		ck_assert_int_eq(report_count_day(&report, i * day, REPORT_SEALED, &err), 0);
	ck_assert_uint_eq(report.day_count, REPORT_DAYS_MAX);
	ck_assert_uint_eq(report.other_days, REPORT_DAYS_MAX + 1);
}
END_TEST

START_TEST(a_page_is_written_of_whatever_days_there_are)
{
	static const char *const times[] = {"0001-01-01", "1900-06-01", "2026-11-25", "9999-12-31"};
	char path[] = "/tmp/test-report-XXXXXX";
	char text[300];
	json_t *json;
	int file = mkstemp(path);
	size_t i;

	ck_assert_int_ge(file, 0);
	close(file);
	for (i = 0; i < ARRAY_LENGTH(times); i++) {
		snprintf(text, sizeof(text),
		    "{\"schema\":1,\"time\":\"%sT00:00:00Z\",\"event\":\"decision\"}", times[i]);
		add_text(text);
	}
	finish();
	ck_assert_msg(report_write_page(&report, path, "why not", &err) == 0, "%s", err.text);
	json = report_json(&report, "why not");
	ck_assert_ptr_nonnull(json);
	json_decref(json);
	unlink(path);
}
END_TEST

START_TEST(a_tally_keeps_the_most_frequent_and_says_how_far_it_may_be_off)
{
	struct tally tally;
	char name[48];
	int round;
	int i;

	ck_assert_int_eq(tally_init(&tally, 10, &err), 0);
	for (round = 0; round < 50; round++) {
		ck_assert_int_eq(tally_add(&tally, "often", REASON_EXPIRED, round, &err), 0);
		for (i = 0; i < 3; i++) {
			snprintf(name, sizeof(name), "rare-%d-%d", round, i);
			ck_assert_int_eq(tally_add(&tally, name, REASON_REVOKED, 1, &err), 0);
		}
	}
	tally_sort(&tally);
	ck_assert_str_eq(tally.rows[0].name, "often");
	ck_assert_uint_eq(tally.rows[0].count, 50);
	ck_assert_int_eq(tally.rows[0].last, 49);
	ck_assert_uint_eq(tally_main_reason(&tally.rows[0]), REASON_EXPIRED);
	ck_assert_uint_le(tally.count, 10);
	ck_assert_uint_gt(tally.missed, 0);
	ck_assert_uint_eq(tally.total, 200);
	ck_assert_uint_eq(tally.others + 50 + (tally.count - 1), 200);
	tally_free(&tally);
}
END_TEST

START_TEST(a_long_name_is_cut_at_a_whole_character)
{
	char name[2 * TALLY_NAME_MAX];
	size_t i;

	for (i = 0; i + 1 < sizeof(name); i++)
		name[i] = i % 2 == 0 ? '\xc3' : '\xa4';
	name[0] = 'x'; /* what is cut is within a character or not, by one */
	name[1] = 'y';
	name[sizeof(name) - 1] = '\0';
	ck_assert_int_eq(tally_add(&report.refused, name, 0, 0, &err), 0);
	ck_assert_int_eq(tally_add(&report.refused, name + 1, 0, 0, &err), 0);
	ck_assert_uint_eq(report.refused.count, 2);
	ck_assert_uint_lt(strlen(report.refused.rows[0].name), TALLY_NAME_MAX);
	ck_assert_uint_lt(strlen(report.refused.rows[1].name), TALLY_NAME_MAX);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("report");
	TCase *tcase = unit_case(suite, "report");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_message_of_several_recipients_is_counted_once);
	tcase_add_test(tcase, writers_of_one_file_may_come_between);
	tcase_add_test(tcase, a_record_without_a_reference_is_a_message);
	tcase_add_test(tcase, ciphers_are_counted_by_where_they_were_known_from);
	tcase_add_test(tcase, what_is_only_observed_is_told_apart);
	tcase_add_test(tcase, a_trust_failure_is_that_of_the_ca_at_the_link_that_failed);
	tcase_add_test(tcase, records_outside_the_time_asked_for_do_not_count);
	tcase_add_test(tcase, what_can_not_be_read_is_counted_and_never_fatal);
	tcase_add_test(tcase, times_are_known_by_a_sixteenth);
	tcase_add_test(tcase, days_are_in_order_and_their_number_has_a_limit);
	tcase_add_test(tcase, a_page_is_written_of_whatever_days_there_are);
	tcase_add_test(tcase, a_tally_keeps_the_most_frequent_and_says_how_far_it_may_be_off);
	tcase_add_test(tcase, a_long_name_is_cut_at_a_whole_character);
	return unit_run(suite);
}
