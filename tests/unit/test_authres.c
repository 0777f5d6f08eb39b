/* Authentication-Results: whose a field claims to be, and values in writing. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mail/authres.h"
#include "mail/startup.h"
#include "unit.h"

static const struct {
	const char *value;
	bool claims;
} fields[] = {
    {" mx.corp.example; smime=pass", true},
    {" mx.corp.example", true},
    {"mx.corp.example;none", true},
    {" MX.Corp.EXAMPLE ; smime=pass", true},
    {" mx.corp.example. ; smime=pass", true},
    {" mx.corp.example 1; smime=pass", true},
    {" mx.corp.example (ours) 1 (really); smime=pass", true},
    {" (a (nested \\) one)) mx.corp.example; smime=pass", true},
    {"\n\tmx.corp.example;\n\tsmime=pass", true},
    {"\r\n mx.corp.example\r\n ; smime=pass", true},
    {" \"mx.corp.example\"; smime=pass", true},
    {" \"mx.\\corp.exam\n ple\"; smime=pass", false},
    {" \"mx.\\corp.example\" 1; smime=pass", true},
    {" =?utf-8?q?mx.corp.example?=; smime=pass", true},
    /* What can't be read, but names us. */
    {" (never ends mx.corp.example; smime=pass", true},
    {" \"mx.corp.example; smime=pass", true},
    {" mx.corp.example=pass", true},
    {" ; mx.corp.example; smime=pass", true},
    {" mx.corp.example/1; smime=pass", true},
    {" mx.corp.example @; smime=pass", true},
    {" (x) (y MX.CORP.EXAMPLE", true},
    {" \" mx.corp.example\t\"; smime=pass", true},
    {" mx(c).corp(d(e)). example; smime=pass", true},
    {" mx\\.corp.example; smime=pass", true},
    {" \"mx\".corp.example; smime=pass", true},
    /* Others'. */
    {" mx.other.example; smime=pass (mx.corp.example)", false},
    {" xmx.corp.example; smime=pass", false},
    {" mx.corp.example.org; smime=pass", false},
    {" corp.example; smime=pass reason=\"mx.corp.example\"", false},
    {" (mx.corp.example) other.example; smime=pass", false},
    {"", false},
    {" ;", false},
};

START_TEST(a_field_is_taken_for_ours_however_it_is_written)
{
	bool no_memory = false;

	ck_assert_msg(
	    authres_claims(fields[_i].value, "mx.corp.example", &no_memory) == fields[_i].claims,
	    "%s", fields[_i].value);
	ck_assert(!no_memory);
}
END_TEST

START_TEST(an_international_domain_is_compared_in_either_form)
{
	bool no_memory = false;

	ck_assert(
	    authres_claims(" m\xc3\xbcller.example; none", "xn--mller-kva.example", &no_memory));
	ck_assert(
	    authres_claims(" XN--mller-kva.example; none", "m\xc3\xbcller.example", &no_memory));
	ck_assert(!authres_claims(" muller.example; none", "m\xc3\xbcller.example", &no_memory));
	ck_assert(!no_memory);
}
END_TEST

START_TEST(a_name_that_is_no_domain_is_compared_as_it_is)
{
	bool no_memory = false;

	ck_assert(authres_claims(" \"Our Gateway\" 1; none", "our gateway", &no_memory));
	ck_assert(authres_claims(" GATEWAY_1; none", "gateway_1", &no_memory));
	ck_assert(!authres_claims(" gateway_2; none", "gateway_1", &no_memory));
}
END_TEST

START_TEST(a_long_field_is_read_to_its_end)
{
	char *value = calloc(1, 200001);
	bool no_memory = false;

	memset(value, '(', 100000);
	ck_assert(!authres_claims(value, "mx.corp.example", &no_memory));
	memset(value, 'x', 200000);
	ck_assert(!authres_claims(value, "mx.corp.example", &no_memory));
	memcpy(value + 199000, "mx.corp.example", 15);
	ck_assert(authres_claims(value, "mx.corp.example", &no_memory));
	free(value);
}
END_TEST

static const struct {
	const char *text;
	const char *written;
} values[] = {
    {"pass", "pass"},
    {"", "\"\""},
    {"anna@partner.example", "anna@partner.example"},
    {"anna.b-c_d@partner.example", "anna.b-c_d@partner.example"},
    {"an;na@partner.example", "\"an;na@partner.example\""},
    {"anna@b@partner.example", "\"anna@b@partner.example\""},
    {"anna@", "\"anna@\""},
    {".anna@x.example", "\".anna@x.example\""},
    {"CN=A,O=B", "\"CN=A,O=B\""},
    {"a \"b\" c", "\"a \\\"b\\\" c\""},
    {"a\\b", "\"a\\\\\\\\b\""},
    {"x\r\nSubject: y", "\"x\\\\x0D\\\\x0ASubject: y\""},
    {"m\xc3\xbcller", "\"m\\\\xC3\\\\xBCller\""},
    {"(comment)", "\"(comment)\""},
};

START_TEST(a_value_never_breaks_out_of_its_place)
{
	struct buffer out = BUFFER_INIT;

	ck_assert_int_eq(authres_value(&out, values[_i].text, 100, NULL), 0);
	ck_assert_int_eq(strcasecmp(out.data, values[_i].written), 0);
	buffer_free(&out);
}
END_TEST

START_TEST(a_long_value_is_cut)
{
	struct buffer out = BUFFER_INIT;
	char text[5000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(authres_value(&out, text, 5000, NULL), 0);
	ck_assert_uint_le(out.size, 1002);
	buffer_free(&out);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("authres");
	TCase *tcase = unit_case(suite, "authres");

	mail_startup();
	tcase_add_loop_test(
	    tcase, a_field_is_taken_for_ours_however_it_is_written, 0, (int)ARRAY_LENGTH(fields));
	tcase_add_test(tcase, an_international_domain_is_compared_in_either_form);
	tcase_add_test(tcase, a_name_that_is_no_domain_is_compared_as_it_is);
	tcase_add_test(tcase, a_long_field_is_read_to_its_end);
	tcase_add_loop_test(
	    tcase, a_value_never_breaks_out_of_its_place, 0, (int)ARRAY_LENGTH(values));
	tcase_add_test(tcase, a_long_value_is_cut);
	return unit_run(suite);
}
