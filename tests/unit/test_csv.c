/* Comma-separated values: what is read, and what is refused. */
#include <string.h>

#include "csv.h"
#include "unit.h"

static const char *const known[] = {"file", "address", "dn", NULL};
static struct csv csv;
static struct error err;

static int
read_text(const char *text)
{
	static const struct error none = ERROR_INIT;

	err = none;
	return csv_read(text, strlen(text), known, &csv, &err);
}

START_TEST(columns_are_known_by_their_names)
{
	ck_assert_int_eq(read_text("\xef\xbb\xbf"
				   "Address,FILE\r\na@x,one\r\n\r\n,two\r\n"),
	    0);
	ck_assert_uint_eq(csv.count, 2);
	ck_assert_str_eq(csv.rows[0].fields[0], "one");
	ck_assert_str_eq(csv.rows[0].fields[1], "a@x");
	ck_assert_ptr_null(csv.rows[0].fields[2]);
	ck_assert_str_eq(csv.rows[1].fields[0], "two");
	ck_assert_ptr_null(csv.rows[1].fields[1]);
	ck_assert_uint_eq(csv.rows[1].line, 4);
	csv_clear(&csv);
}
END_TEST

START_TEST(quotes_hold_commas_quotes_and_lines)
{
	ck_assert_int_eq(
	    read_text("file,dn\n\"a, \"\"b\"\"\",\"cn=c\nd\"\nlast,\"uid=x,dc=y\""), 0);
	ck_assert_uint_eq(csv.count, 2);
	ck_assert_str_eq(csv.rows[0].fields[0], "a, \"b\"");
	ck_assert_str_eq(csv.rows[0].fields[2], "cn=c\nd");
	ck_assert_uint_eq(csv.rows[1].line, 4);
	ck_assert_str_eq(csv.rows[1].fields[2], "uid=x,dc=y");
	csv_clear(&csv);
}
END_TEST

START_TEST(what_is_wrong_is_named_with_its_line)
{
	static const struct {
		const char *text;
		const char *words;
	} cases[] = {
	    {"file,name\n", "line 1: there is no column \"name\""},
	    {"", "line 1: there is no column \"\""},
	    {"file,dn\na\n", "line 2: 1 columns"},
	    {"file\na\nb,c\n", "line 3: 2 columns"},
	    {"file\n\"a\n", "line 2: a quote"},
	    {"file\na\"b\n", "line 2: a quote"},
	    {"file\n\"a\"b\n", "line 2: a quote"},
	    {"file\na\rb\n", "line 2: a quote"},
	    {"file\n,,,,,,,,,,,,,,,,,,,,\n", "line 2: more than 16 columns"},
	};
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(cases); i++) {
		ck_assert_int_eq(read_text(cases[i].text), -1);
		ck_assert_msg(strstr(err.text, cases[i].words) != NULL, "%s", err.text);
		ck_assert_ptr_null(csv.rows);
		ck_assert_ptr_null(csv.text);
	}
	ck_assert_int_eq(csv_read("file\n\0\n", 7, known, &csv, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "NUL"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("csv");
	TCase *tcase = unit_case(suite, "csv");

	tcase_add_test(tcase, columns_are_known_by_their_names);
	tcase_add_test(tcase, quotes_hold_commas_quotes_and_lines);
	tcase_add_test(tcase, what_is_wrong_is_named_with_its_line);
	return unit_run(suite);
}
