/* The ground floor: array, error, buffer, escape, clock, hex, thread, utf8. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/array.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/hex.h"
#include "base/thread.h"
#include "base/utf8.h"
#include "unit.h"

START_TEST(error_prefix_puts_context_in_front)
{
	struct error err = ERROR_INIT;

	ck_assert_int_eq(error_set(&err, ERROR_INPUT, "bad %d", 7), -1);
	ck_assert_int_eq(error_prefix(&err, "reading %s: ", "x"), -1);
	ck_assert_str_eq(err.text, "reading x: bad 7");
	ck_assert_int_eq(err.code, ERROR_INPUT);
	ck_assert_int_eq(error_set(NULL, ERROR_INPUT, "nobody listens"), -1);
}
END_TEST

START_TEST(errno_says_whether_waiting_helps)
{
	struct error err = ERROR_INIT;

	error_errno(&err, ENOSPC, "writing");
	ck_assert_int_eq(err.code, ERROR_TEMPORARY);
	error_errno(&err, ENOENT, "opening %s", "/x");
	ck_assert_int_eq(err.code, ERROR_PERMANENT);
	ck_assert_str_eq(err.text, "opening /x: No such file or directory");
}
END_TEST

START_TEST(error_text_too_long_is_cut_not_overrun)
{
	struct error err = ERROR_INIT;
	char longer[3000];

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	error_set(&err, ERROR_INPUT, "%s", longer);
	error_prefix(&err, "%s", longer);
	ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
}
END_TEST

START_TEST(buffer_stops_at_its_limit_and_keeps_what_it_had)
{
	struct buffer buffer = {NULL, 0, 0, 10};
	struct error err = ERROR_INIT;

	ck_assert_int_eq(buffer_append_text(&buffer, "12345", &err), 0);
	ck_assert_int_eq(buffer_append_text(&buffer, "123456", &err), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	ck_assert_str_eq(buffer.data, "12345");
	ck_assert_int_eq(buffer_append_format(&buffer, &err, "%03d", 42), 0);
	ck_assert_str_eq(buffer.data, "12345042");
	buffer_consume(&buffer, 5);
	ck_assert_str_eq(buffer.data, "042");
	ck_assert_uint_eq(buffer.size, 3);
	buffer_free(&buffer);
}
END_TEST

START_TEST(buffer_take_hands_over_a_string)
{
	struct buffer buffer = BUFFER_INIT;
	char *text = buffer_take(&buffer);

	ck_assert_str_eq(text, "");
	free(text);
	ck_assert_int_eq(buffer_append(&buffer, "a\0b", 3, NULL), 0);
	text = buffer_take(&buffer);
	ck_assert_int_eq(memcmp(text, "a\0b", 4), 0);
	ck_assert_uint_eq(buffer.size, 0);
	free(text);
}
END_TEST

static const struct {
	enum escape_for use;
	const char *in;
	const char *out;
} escapes[] = {
    {ESCAPE_LOG, "plain text", "plain text"},
    {ESCAPE_LOG, "a\r\n250 ok", "a\\x0D\\x0A250 ok"},
    {ESCAPE_LOG, "back\\slash", "back\\\\slash"},
    {ESCAPE_LOG, "J\xc3\xbcrg", "J\xc3\xbcrg"},
    {ESCAPE_REPLY, "J\xc3\xbcrg", "J\\xC3\\xBCrg"},
    {ESCAPE_LOG, "bad \xc3(", "bad \\xC3("},
    {ESCAPE_LOG, "over\xc0\xaflong", "over\\xC0\\xAFlong"},
    {ESCAPE_LOG, "bidi\xe2\x80\xae", "bidi\\xE2\\x80\\xAE"},
    {ESCAPE_TERMINAL, "\x1b[2J", "\\x1B[2J"},
    {ESCAPE_LOG, "c1\xc2\x9b", "c1\\xC2\\x9B"},
    {ESCAPE_LOG, "cut\xe2\x82", "cut\\xE2\\x82"},
    {ESCAPE_LOG, "\xed\xa0\x80", "\\xED\\xA0\\x80"},
    {ESCAPE_LOG, "\xf0\x9f\x94\x92", "\xf0\x9f\x94\x92"},
};

START_TEST(untrusted_text_is_escaped)
{
	char out[100];

	ck_assert_str_eq(
	    escape_text(escapes[_i].use, escapes[_i].in, out, sizeof(out)), escapes[_i].out);
}
END_TEST

START_TEST(escaped_text_is_cut_at_a_whole_character)
{
	char out[10];

	ck_assert_str_eq(escape_text(ESCAPE_LOG, "123456789", out, sizeof(out)), "123456789");
	ck_assert_str_eq(escape_text(ESCAPE_LOG, "1234567890", out, sizeof(out)), "123456...");
	ck_assert_str_eq(escape_text(ESCAPE_LOG, "1234\n67890", out, sizeof(out)), "1234...");
	ck_assert_str_eq(escape_text(ESCAPE_LOG, NULL, out, sizeof(out)), "");
}
END_TEST

static const struct {
	const char *text;
	long long at;
} times[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"2026-11-22T10:00:00Z", 1795341600},
    {"2026-11-22T11:00:00+01:00", 1795341600},
    {"2026-11-22T04:30:00.25-05:30", 1795341600},
    {"2026-11-22", 1795305600},
    {"2024-02-29T23:59:60Z", 1709251200},
};

START_TEST(rfc3339_is_read)
{
	time_t at = -1;
	struct error err = ERROR_INIT;

	ck_assert_msg(clock_parse_rfc3339(times[_i].text, &at, &err) == 0, "%s", err.text);
	ck_assert_int_eq((long long)at, times[_i].at);
}
END_TEST

static const char *const no_times[] = {"", "now", "2026-11-31", "2026-13-01",
    "2026-11-22T25:00:00Z", "2026-11-22T10:00:00", "2026-11-22T10:00:00Zx", "2026-11-22T10:00:00+1",
    "2026-1-2", "2026-11-22T10:00Z"};

START_TEST(what_is_no_time_is_refused)
{
	time_t at;
	struct error err = ERROR_INIT;

	ck_assert_int_eq(clock_parse_rfc3339(no_times[_i], &at, &err), -1);
	ck_assert_int_eq(err.code, ERROR_INPUT);
}
END_TEST

START_TEST(times_are_written_in_utc)
{
	char out[CLOCK_TEXT_SIZE];

	ck_assert_str_eq(clock_format_rfc3339(1795341600, out), "2026-11-22T10:00:00Z");
	ck_assert_str_eq(clock_format_rfc3339_ms(1795341600007, out), "2026-11-22T10:00:00.007Z");
	ck_assert_str_eq(clock_format_date(1795341600, out), "2026-11-22");
}
END_TEST

START_TEST(a_timer_takes_milliseconds)
{
	static const struct {
		int64_t ms;
		long seconds;
		long microseconds;
	} rows[] = {{0, 0, 0}, {1, 0, 1000}, {999, 0, 999000}, {1000, 1, 0}, {61250, 61, 250000},
	    {-1, 0, 0}, {-2500, 0, 0}};
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct timeval time = clock_timeval(rows[i].ms);

		ck_assert_int_eq(time.tv_sec, rows[i].seconds);
		ck_assert_int_eq(time.tv_usec, rows[i].microseconds);
	}
}
END_TEST

START_TEST(a_held_clock_stands)
{
	clock_hold_wall(1000);
	ck_assert_int_eq((long long)clock_wall(), 1000);
	clock_hold_wall(0);
	ck_assert_int_gt((long long)clock_wall(), 1700000000);
}
END_TEST

static void *
read_mask(void *mask)
{
	pthread_sigmask(SIG_SETMASK, NULL, mask);
	return NULL;
}

START_TEST(a_thread_of_ours_takes_no_signal_of_the_process)
{
	const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD};
	pthread_t thread;
	sigset_t there;
	sigset_t here;
	size_t i;

	sigemptyset(&there);
	ck_assert_int_eq(thread_start(&thread, read_mask, &there, NULL), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	pthread_sigmask(SIG_SETMASK, NULL, &here);
	for (i = 0; i < ARRAY_LENGTH(numbers); i++) {
		ck_assert(sigismember(&there, numbers[i]));
		ck_assert(!sigismember(&here, numbers[i]));
	}
}
END_TEST

START_TEST(an_array_keeps_its_items_while_it_grows)
{
	size_t *items = NULL;
	size_t count;
	size_t i;

	for (count = 0; count < 1000; count++) {
		size_t *grown = array_grow(items, count, sizeof(*items), NULL);

		ck_assert_ptr_nonnull(grown);
		items = grown;
		items[count] = count;
	}
	for (i = 0; i < count; i++)
		ck_assert_uint_eq(items[i], i);
	free(items);
}
END_TEST

START_TEST(text_is_cut_at_a_whole_character)
{
	static const char text[] = "ab\xc3\xbc\xe2\x82\xac";
	static const size_t cut[] = {0, 1, 2, 2, 4, 4, 4, 7, 7};
	size_t most;

	for (most = 0; most < ARRAY_LENGTH(cut); most++)
		ck_assert_uint_eq(utf8_cut(text, most), cut[most]);
}
END_TEST

START_TEST(bytes_are_written_in_hexadecimal)
{
	const unsigned char bytes[] = {0x00, 0x0f, 0xa0, 0xff};
	char lower[2 * sizeof(bytes) + 1];
	char *upper = hex_upper(bytes, sizeof(bytes));

	ck_assert_str_eq(hex_lower(bytes, sizeof(bytes), lower), "000fa0ff");
	ck_assert_str_eq(upper, "000FA0FF");
	ck_assert_str_eq(hex_lower(bytes, 0, lower), "");
	free(upper);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("base");
	TCase *tcase = unit_case(suite, "base");

	tcase_add_test(tcase, an_array_keeps_its_items_while_it_grows);
	tcase_add_test(tcase, text_is_cut_at_a_whole_character);
	tcase_add_test(tcase, bytes_are_written_in_hexadecimal);
	tcase_add_test(tcase, error_prefix_puts_context_in_front);
	tcase_add_test(tcase, errno_says_whether_waiting_helps);
	tcase_add_test(tcase, error_text_too_long_is_cut_not_overrun);
	tcase_add_test(tcase, buffer_stops_at_its_limit_and_keeps_what_it_had);
	tcase_add_test(tcase, buffer_take_hands_over_a_string);
	tcase_add_loop_test(tcase, untrusted_text_is_escaped, 0, (int)ARRAY_LENGTH(escapes));
	tcase_add_test(tcase, escaped_text_is_cut_at_a_whole_character);
	tcase_add_loop_test(tcase, rfc3339_is_read, 0, (int)ARRAY_LENGTH(times));
	tcase_add_loop_test(tcase, what_is_no_time_is_refused, 0, (int)ARRAY_LENGTH(no_times));
	tcase_add_test(tcase, times_are_written_in_utc);
	tcase_add_test(tcase, a_timer_takes_milliseconds);
	tcase_add_test(tcase, a_held_clock_stands);
	tcase_add_test(tcase, a_thread_of_ours_takes_no_signal_of_the_process);
	return unit_run(suite);
}
