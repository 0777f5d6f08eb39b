/* Header fields: limits, decoding, visible recipients, the subject marker. */
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "mail/address.h"
#include "mail/header.h"
#include "mail/startup.h"
#include "unit.h"

static bool no_memory;

static void
add(struct header *header, const char *name, const char *value)
{
	struct error err = ERROR_INIT;

	ck_assert_msg(header_append(header, name, value, &err) == 0, "%s", err.text);
}

/* A megabyte of one text again and again; free(). */
/* A sanitizer's strstr() reads all that is left of a text at each call: less of it is enough there.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MEGABYTE (HEADER_BYTES_MAX / 16)
#else
#define MEGABYTE (HEADER_BYTES_MAX - 100)
#endif

static char *
megabyte_of(size_t size, const char *text)
{
	char *out = malloc(size + 1);

	for (size_t i = 0; i < size; i++)
		out[i] = text[i % strlen(text)];
	out[size] = '\0';
	return out;
}

START_TEST(occurrences_are_counted_by_name_without_case)
{
	struct header header = HEADER_INIT;

	add(&header, "Subject", " one");
	add(&header, "To", " a@example.org");
	add(&header, "SUBJECT", " two");
	for (int i = 0; i < 100; i++)
		add(&header, "Received", " from x");
	ck_assert_int_eq(header.fields[2].occurrence, 2);
	ck_assert_int_eq(header.fields[102].occurrence, 100);
	ck_assert_str_eq(header_find(&header, "subject", 0)->value, " one");
	ck_assert_str_eq(header_find(&header, "subject", 1)->value, " two");
	ck_assert_ptr_null(header_find(&header, "subject", 2));
	ck_assert_ptr_null(header_find(&header, "Subjec", 0));
	header_free(&header);
	ck_assert_uint_eq(header.count, 0);
	header_free(&header);
}
END_TEST

START_TEST(header_beyond_its_limits_is_refused_and_unchanged)
{
	struct header header = HEADER_INIT;
	struct error err = ERROR_INIT;
	char *big = megabyte_of(HEADER_BYTES_MAX - 100, "x");

	for (int i = 0; i < HEADER_FIELDS_MAX; i++)
		add(&header, "X", "");
	ck_assert_int_eq(header_append(&header, "X", "", &err), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	ck_assert_uint_eq(header.count, HEADER_FIELDS_MAX);
	header_free(&header);

	add(&header, "X", big);
	ck_assert_int_eq(header_append(&header, "Y", big, &err), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	ck_assert_uint_eq(header.count, 1);
	add(&header, "Y", "fits");
	header_free(&header);
	free(big);
}
END_TEST

START_TEST(content_fields_are_told_from_others)
{
	ck_assert(header_is_content("Content-Type"));
	ck_assert(header_is_content("content-x-y"));
	ck_assert(!header_is_content("Content-"));
	ck_assert(!header_is_content("Contents"));
	ck_assert(!header_is_content("MIME-Version"));
}
END_TEST

static const struct {
	const char *in;
	const char *out;
} decoded[] = {
    {"", ""},
    {" \r\n ", ""},
    {" plain", "plain"},
    {" folded\n here\r\n\tand here ", "folded here\tand here"},
    {" =?utf-8?q?J=C3=BCrg?=", "J\xc3\xbcrg"},
    {" =?ISO-8859-1?Q?J=FCrg?=", "J\xc3\xbcrg"},
    {" =?iso-8859-1*de?q?J=FCrg?=", "J\xc3\xbcrg"},
    {" =?windows-1252?b?gA==?=", "\xe2\x82\xac"},
    {" =?utf-8?b?SsO8?=\n =?utf-8?b?cmc=?=", "J\xc3\xbcrg"},
    {" a =?utf-8?q?b?= c", "a b c"},
    {" J\xc3\xbcrg", "J\xc3\xbcrg"},
    {" =?x-nobody-knows?q?J=FCrg?= =?utf-8?q?x?=", "=?x-nobody-knows?q?J=FCrg?= x"},
    {" =?utf-8?q?never ends", "=?utf-8?q?never ends"},
    {" =?utf-8?x?abc?=", "=?utf-8?x?abc?="},
    {" =?utf-8?q?a=0Ab?=", "ab"},
    {" =?=?=?=", "=?=?=?="},
};

START_TEST(value_is_decoded_or_left_raw)
{
	char *out = header_decode(decoded[_i].in);

	ck_assert_str_eq(out, decoded[_i].out);
	free(out);
}
END_TEST

START_TEST(field_matches_by_decoded_value_without_case)
{
	struct header header = HEADER_INIT;

	add(&header, "X-Secure", " no");
	add(&header, "x-secure", " =?utf-8?q?J=C3=9CRG?= ");
	ck_assert(header_matches(&header, "X-SECURE", NULL, &no_memory));
	ck_assert(header_matches(&header, "X-Secure", "NO", &no_memory));
	ck_assert(header_matches(&header, "X-Secure", "j\xc3\xbcrg", &no_memory));
	ck_assert(!header_matches(&header, "X-Secure", "n", &no_memory));
	ck_assert(!header_matches(&header, "X-Other", NULL, &no_memory));
	header_free(&header);
}
END_TEST

static const struct {
	const char *name;
	const char *value;
	const char *addresses; /* each followed by a space */
} recipients[] = {
    {"To", " alice@example.org", "alice@example.org "},
    {"to", "alice@example.org", "alice@example.org "},
    {"CC", " Alice <Alice@Example.org>,\r\n\tbob@example.org",
	"Alice@example.org bob@example.org "},
    {"Resent-To", " a@example.org", "a@example.org "},
    {"Resent-Cc", " a@example.org", "a@example.org "},
    {"Bcc", " a@example.org", ""},
    {"Reply-To", " a@example.org", ""},
    {"To", " \"Doe, John\" <j@example.org>, \"x <y@example.org>\" <z@example.org>",
	"j@example.org z@example.org "},
    {"To", " Team: a@example.org, B <b@example.org>; , c@example.org",
	"a@example.org b@example.org c@example.org "},
    {"To", " undisclosed-recipients:;", ""},
    {"To", " undisclosed-recipients: ;", ""},
    {"To", " a:b:c:d@example.org;;;", "d@example.org "},
    {"To", " alice@example.org (Alice, (x@example.org) \\) y@example.org)", "alice@example.org "},
    {"To", " (c) alice(d)@example.org", "alice@example.org "},
    {"To", " \"a b\"@example.org, <\"c,d>\"@example.org>",
	"\"a b\"@example.org \"c,d>\"@example.org "},
    {"To", " <@r.example,@s.example:u@example.org>", "u@example.org "},
    {"To", " a@[192.0.2.1], b@[IPv6:::1]", "a@[192.0.2.1] b@[ipv6:::1] "},
    {"To", " =?utf-8?q?x=40example=2Eorg?= <y@example.org>", "y@example.org "},
    {"To", " =?utf-8?q?x=40example=2Eorg?=", "=?utf-8?q?x=40example=2Eorg?= "},
    {"To",
	" J\xc3\xbcrg <j\xc3\xbcrg@b\xc3\xbc"
	"cher.example>",
	"j\xc3\xbcrg@xn--bcher-kva.example "},
    {"To", " J\xfcrg <j@example.org>, \xfc@example.org", "j@example.org "},
    {"To", " < a@example.org >", "a@example.org "},
    {"To", " x@example.org <a@example.org>", "a@example.org "},
    {"To", " <a@example.org> <b@example.org>, c@example.org", "c@example.org "},
    {"To", " <a@example.org> b@example.org, c@example.org", "c@example.org "},
    {"To", " a b@example.org, no one, <>, ;", ""},
    {"To", " a@example.org, \"unclosed b@example.org, c@example.org", "a@example.org "},
    {"To", " a@example.org, (unclosed b@example.org, c@example.org", "a@example.org "},
    {"To", " a@example.org, <b@example.org, c@example.org", "a@example.org "},
    {"To", " a@example.org, \"b\\", "a@example.org "},
    {"To", " postmaster", "postmaster "},
    {"To", "", ""},
};

static char *
joined(const struct header *header)
{
	struct buffer out = BUFFER_INIT;
	struct error err = ERROR_INIT;
	char **texts = NULL;
	size_t count = 0;

	ck_assert_msg(header_visible_recipients(header, &texts, &count, &err) == 0, "%s", err.text);
	for (size_t i = 0; i < count; i++) {
		ck_assert_int_eq(buffer_append_text(&out, texts[i], &err), 0);
		ck_assert_int_eq(buffer_append_text(&out, " ", &err), 0);
	}
	header_addresses_free(texts, count);
	return buffer_take(&out);
}

START_TEST(visible_recipients_are_those_that_every_reader_sees)
{
	struct header header = HEADER_INIT;
	char *out;

	add(&header, recipients[_i].name, recipients[_i].value);
	out = joined(&header);
	ck_assert_str_eq(out, recipients[_i].addresses);
	free(out);
	header_free(&header);
}
END_TEST

START_TEST(every_to_and_cc_field_counts)
{
	struct header header = HEADER_INIT;
	char *out;

	add(&header, "To", " a@example.org");
	add(&header, "Cc", " b@example.org");
	add(&header, "To", " \"broken");
	add(&header, "To", " c@example.org");
	out = joined(&header);
	ck_assert_str_eq(out, "a@example.org b@example.org c@example.org ");
	free(out);
	header_free(&header);
}
END_TEST

static const char *const hostile[] = {"(", "<", ",", "\"", "[", ":", ";", "a:", "a,", "a a,",
    "a@b,", "\\", "\"a,", "<a@b", "=?", "=?utf-8?q?x", "=?utf-8?q?x?=", "=?x?",
    "?=", "=?=", "=?utf-8?q?x?==?koi8-r?b?", "[secure", "[", "\xff", "\xc3\xbc", "(a)", "a.", " ",
    "@a,"};

START_TEST(megabyte_of_anything_is_read_in_no_time)
{
	struct header header = HEADER_INIT;
	struct error err = ERROR_INIT;
	char *value = megabyte_of(MEGABYTE, hostile[_i]);
	char **texts = NULL;
	size_t count = 0;
	char *out = NULL;

	add(&header, "To", value);
	ck_assert_int_eq(header_visible_recipients(&header, &texts, &count, &err), 0);
	ck_assert_uint_le(count, ADDRESS_LIST_MAX);
	header_addresses_free(texts, count);
	header_free(&header);

	add(&header, "Subject", value);
	ck_assert(!header_subject_has(&header, "[secure]", &no_memory));
	ck_assert_int_eq(header_subject_strip(value, "[secure]", &out, &err), 0);
	ck_assert_ptr_null(out);
	header_free(&header);

	memcpy(value, "[secure]", 8);
	add(&header, "Subject", value);
	ck_assert(header_subject_has(&header, "[secure]", &no_memory));
	ck_assert_int_eq(header_subject_strip(value, "[secure]", &out, &err), 0);
	ck_assert_ptr_nonnull(out);
	free(out);
	header_free(&header);
	free(value);
}
END_TEST

static const struct {
	const char *value;
	const char *stripped; /* NULL: no marker */
} subjects[] = {
    {" [secure] Hello", " Hello"},
    {" Hello [SeCuRe]", " Hello"},
    {" Hello [secure] world", " Hello world"},
    {" Hello[secure]world", " Helloworld"},
    {" [secure] [secure] Hello [secure]", " Hello"},
    {" [sec[secure]ure] Hello", " Hello"},
    {"[secure]", " "},
    {" [secure]\r\n\tHello", " Hello"},
    {" Hello", NULL},
    {" [secur] [secure", NULL},
    {"", NULL},
    {" =?utf-8?q?=5Bsecure=5D_J=C3=BCrg?=", " =?UTF-8?b?SsO8cmc=?="},
    {" =?utf-8?b?W3NlY3VyZV0gSGVsbG8=?=", " Hello"},
    {" =?utf-8?q?=5Bsec?= =?utf-8?q?ure=5D_Hello?=", " Hello"},
    {" =?utf-8?q?=5Bsec?=\n =?iso-8859-1?q?ure=5D_Hello?=", " Hello"},
    {" [secure] =?utf-8?q?J=C3=BCrg?=", " =?utf-8?q?J=C3=BCrg?="},
    {" =?utf-8?q?[secure]_J=C3=BCrg?=", " =?UTF-8?b?SsO8cmc=?="},
    {" =?x-nobody-knows?q?J=FCrg?= [secure]", " =?x-nobody-knows?q?J=FCrg?="},
    {" =?x-nobody-knows?q?[secure]J=FCrg?=", " =?x-nobody-knows?q?J=FCrg?="},
    {" J\xfcrg [secure]", " J\xfcrg"},
    {" [secure] =?utf-8?q?a=0D=0AX-Evil:_1?=", NULL},
};

START_TEST(senders_are_those_of_from_and_then_of_sender)
{
	struct header header = HEADER_INIT;
	struct error err = ERROR_INIT;
	char **texts = NULL;
	size_t count = 0;

	add(&header, "Sender", " \"Office\" <office@corp.test>");
	add(&header, "To", " anna@partner.test");
	add(&header, "from", " Me <me@corp.test>, not an address, you@CORP.test (comment)");
	ck_assert_int_eq(header_senders(&header, &texts, &count, &err), 0);
	ck_assert_uint_eq(count, 3);
	ck_assert_str_eq(texts[0], "me@corp.test");
	ck_assert_str_eq(texts[1], "you@corp.test");
	ck_assert_str_eq(texts[2], "office@corp.test");
	header_addresses_free(texts, count);
	header_free(&header);
}
END_TEST

START_TEST(of_two_from_fields_or_two_senders_none_is_the_senders)
{
	struct header header = HEADER_INIT;
	struct error err = ERROR_INIT;
	char **texts = NULL;
	size_t count = 1;

	add(&header, "From", " boss@corp.test");
	add(&header, "Sender", " me@corp.test");
	add(&header, _i == 0 ? "FROM" : "Sender", " me@corp.test");
	ck_assert_int_eq(header_senders(&header, &texts, &count, &err), 0);
	ck_assert_uint_eq(count, 0);
	header_addresses_free(texts, count);
	header_free(&header);
}
END_TEST

START_TEST(marker_is_found_and_stripped)
{
	struct header header = HEADER_INIT;
	struct error err = ERROR_INIT;
	const char *expected = subjects[_i].stripped;
	char *out = NULL;
	char *before;
	char *after;

	add(&header, "Subject", subjects[_i].value);
	ck_assert_msg(
	    header_subject_strip(subjects[_i].value, "[secure]", &out, &err) == 0, "%s", err.text);
	ck_assert_int_eq(header_subject_has(&header, "[secure]", &no_memory), out != NULL);
	if (strstr(subjects[_i].value, "Evil") != NULL) {
		/* Whatever it looks like, it stays one line. */
		ck_assert_ptr_nonnull(out);
		ck_assert_ptr_null(strpbrk(out, "\r\n"));
	} else if (expected == NULL) {
		ck_assert_ptr_null(out);
	} else if (strstr(expected, "UTF-8") != NULL) {
		/* How it is encoded is GMime's choice. */
		before = header_decode(expected);
		after = header_decode(out);
		ck_assert_str_eq(after, before);
		free(before);
		free(after);
	} else {
		ck_assert_str_eq(out, expected);
	}
	free(out);
	header_free(&header);
}
END_TEST

START_TEST(marker_in_a_second_subject_counts)
{
	struct header header = HEADER_INIT;

	add(&header, "Subject", " Hello");
	ck_assert(!header_subject_has(&header, "[secure]", &no_memory));
	add(&header, "subject", " [Secure] Hello");
	ck_assert(header_subject_has(&header, "[secure]", &no_memory));
	ck_assert(!header_subject_has(&header, "", &no_memory));
	header_free(&header);
}
END_TEST

START_TEST(marker_of_any_script_is_found_without_case)
{
	struct header header = HEADER_INIT;

	add(&header, "Subject", " =?utf-8?q?GEHEIM=3A_=C3=9CBER?=");
	ck_assert(header_subject_has(&header,
	    "geheim: \xc3\xbc"
	    "ber",
	    &no_memory));
	header_free(&header);
}
END_TEST

START_TEST(marker_split_by_a_fold_is_found)
{
	struct header header = HEADER_INIT;
	struct error err = ERROR_INIT;
	char *out = NULL;

	add(&header, "Subject", " a [top\r\n\tsecret] b");
	ck_assert(header_subject_has(&header, "[top secret]", &no_memory));
	ck_assert_int_eq(
	    header_subject_strip(header.fields[0].value, "[top secret]", &out, &err), 0);
	ck_assert_str_eq(out, " a b");
	free(out);
	header_free(&header);
}
END_TEST

START_TEST(stripped_subject_is_folded_and_says_the_same)
{
	struct error err = ERROR_INIT;
	struct buffer value = BUFFER_INIT;
	struct buffer text = BUFFER_INIT;
	char *out = NULL;
	char *decoded_out;

	ck_assert_int_eq(buffer_append_text(&value, " [secure]", &err), 0);
	for (int i = 0; i < 50; i++) {
		ck_assert_int_eq(buffer_append_format(&value, &err, " w\xc3\xb6rd%d word", i), 0);
		ck_assert_int_eq(
		    buffer_append_format(&text, &err, "%sw\xc3\xb6rd%d word", i == 0 ? "" : " ", i),
		    0);
	}
	ck_assert_int_eq(header_subject_strip(value.data, "[secure]", &out, &err), 0);
	ck_assert_int_eq(out[0], ' ');
	for (const char *line = out; line != NULL; line = strchr(line + 1, '\n')) {
		ck_assert_uint_le(strcspn(line + 1, "\n"), 100);
		if (line != out)
			ck_assert_msg(line[1] == ' ' || line[1] == '\t', "%s", out);
	}
	decoded_out = header_decode(out);
	ck_assert_str_eq(decoded_out, text.data);
	free(decoded_out);
	free(out);
	buffer_free(&value);
	buffer_free(&text);
}
END_TEST

#define LOOP(tcase, test, table) tcase_add_loop_test(tcase, test, 0, (int)ARRAY_LENGTH(table))

int
main(void)
{
	Suite *suite = suite_create("header");
	TCase *tcase = unit_case(suite, "header");
	int result;

	/* For sanitizers on a busy machine; what is quadratic takes minutes. */
	tcase_add_test(tcase, occurrences_are_counted_by_name_without_case);
	tcase_add_test(tcase, header_beyond_its_limits_is_refused_and_unchanged);
	tcase_add_test(tcase, content_fields_are_told_from_others);
	LOOP(tcase, value_is_decoded_or_left_raw, decoded);
	tcase_add_test(tcase, field_matches_by_decoded_value_without_case);
	LOOP(tcase, visible_recipients_are_those_that_every_reader_sees, recipients);
	tcase_add_test(tcase, every_to_and_cc_field_counts);
	LOOP(tcase, megabyte_of_anything_is_read_in_no_time, hostile);
	tcase_add_test(tcase, senders_are_those_of_from_and_then_of_sender);
	tcase_add_loop_test(tcase, of_two_from_fields_or_two_senders_none_is_the_senders, 0, 2);
	LOOP(tcase, marker_is_found_and_stripped, subjects);
	tcase_add_test(tcase, marker_in_a_second_subject_counts);
	tcase_add_test(tcase, marker_of_any_script_is_found_without_case);
	tcase_add_test(tcase, marker_split_by_a_fold_is_found);
	tcase_add_test(tcase, stripped_subject_is_folded_and_says_the_same);
	mail_startup();
	result = unit_run(suite);
	mail_shutdown();
	return result;
}
