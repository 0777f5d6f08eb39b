/* directory/filter: nothing from outside gets into a filter unescaped. */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "directory/filter.h"
#include "directory_fixture.h"
#include "unit.h"

static const struct {
	enum config_directory_kind kind;
	const char *template;
	const char *address;
	const char *filter;
} filters[] = {
    {DIRECTORY_INETORGPERSON, "", "anna@example.org", "(mail=anna@example.org)"},
    {DIRECTORY_INETORGPERSON, NULL, "anna@example.org", "(mail=anna@example.org)"},
    {DIRECTORY_ACTIVE_DIRECTORY, "", "anna@example.org",
	"(|(mail=anna@example.org)(proxyAddresses=smtp:anna@example.org))"},
    {DIRECTORY_INETORGPERSON, "(&(uid=%l)(o=%d)(d=100%%))", "anna@example.org",
	"(&(uid=anna)(o=example.org)(d=100%))"},
    {DIRECTORY_INETORGPERSON, "", "a*b@example.org", "(mail=a\\2Ab@example.org)"},
    {DIRECTORY_INETORGPERSON, "(uid=%l)", "%a%l@example.org", "(uid=%a%l)"},
    {DIRECTORY_INETORGPERSON, "", "b\xc3\xbc@example.org", "(mail=b\\C3\\BC@example.org)"},
    {DIRECTORY_INETORGPERSON, "(cn=fixed)", "anna@example.org", "(cn=fixed)"},
};

START_TEST(templates_are_filled_in)
{
	struct config_directory directory = {.kind = filters[_i].kind};
	struct address address = fixture_address(filters[_i].address);
	struct error err = ERROR_INIT;
	char *filter;

	directory.filter = (char *)filters[_i].template;
	filter = filter_build(&directory, &address, &err);
	ck_assert_msg(filter != NULL, "%s", err.text);
	ck_assert_msg(strcasecmp(filter, filters[_i].filter) == 0, "%s", filter);
	free(filter);
	address_free(&address);
}
END_TEST

/* Whatever address_parse() lets through: the filter is safe by itself. */
START_TEST(no_character_ends_or_widens_the_filter)
{
	struct config_directory directory = {.filter = (char *)"(mail=%a)"};
	char text[] = "x)(uid=*\\\x01@example.org";
	char local[] = "x)(uid=*\\\x01";
	char domain[] = "example.org";
	struct address address = {text, local, domain};
	char *filter = filter_build(&directory, &address, NULL);

	ck_assert_msg(
	    strcasecmp(filter, "(mail=x\\29\\28uid=\\2A\\5C\\01@example.org)") == 0, "%s", filter);
	free(filter);
}
END_TEST

START_TEST(an_international_domain_is_asked_for_in_both_forms)
{
	struct config_directory directory = {.kind = DIRECTORY_INETORGPERSON};
	struct address address = fixture_address("anna@b\xc3\xbc"
						 "cher.example");
	char *filter = filter_build(&directory, &address, NULL);

	ck_assert_msg(strcasecmp(filter, "(|(mail=anna@xn--bcher-kva.example)"
					 "(mail=anna@b\\C3\\BCcher.example))") == 0,
	    "%s", filter);
	free(filter);
	address_free(&address);
}
END_TEST

static const struct {
	const char *delimiter;
	const char *address;
	const char *filter;
} details[] = {
    {"+", "anna+news@example.org", "(|(mail=anna+news@example.org)(mail=anna@example.org))"},
    {"+", "anna+a+b@example.org", "(|(mail=anna+a+b@example.org)(mail=anna@example.org))"},
    {"+", "anna@example.org", "(mail=anna@example.org)"},
    {"+", "+anna@example.org", "(mail=+anna@example.org)"},
    {"-", "anna+news@example.org", "(mail=anna+news@example.org)"},
    {"", "anna+news@example.org", "(mail=anna+news@example.org)"},
    {"+", "\"a b+c\"@example.org", "(|(mail=\"a b+c\"@example.org)(mail=\"a b\"@example.org))"},
    {"+", "\"a+b c\"@example.org", "(|(mail=\"a+b c\"@example.org)(mail=a@example.org))"},
    {"+", "a*b+c@example.org", "(|(mail=a\\2ab+c@example.org)(mail=a\\2ab@example.org))"},
    {"+", "a+b@xn--bcher-kva.example",
	"(|(mail=a+b@xn--bcher-kva.example)(mail=a+b@b\\c3\\bccher.example)"
	"(mail=a@xn--bcher-kva.example)(mail=a@b\\c3\\bccher.example))"},
};

START_TEST(an_address_with_a_detail_is_asked_for_with_and_without_it)
{
	struct config_directory directory = {.kind = DIRECTORY_INETORGPERSON};
	struct address address = fixture_address(details[_i].address);
	char *filter;

	directory.subaddress_delimiter = (char *)details[_i].delimiter;
	filter = filter_build(&directory, &address, NULL);
	ck_assert_ptr_nonnull(filter);
	ck_assert_msg(strcasecmp(filter, details[_i].filter) == 0, "%s", filter);
	free(filter);
	address_free(&address);
}
END_TEST

static const struct {
	const char *template;
	bool by_address;
} comparisons[] = {
    {"", true},
    {"(&(objectClass=person)(|(MAIL;lang-de=%a)(proxyaddresses=smtp:%l@%d))(d=100%%))", true},
    {"(mail:caseExactMatch:=%a)", true},
    {"(uid=%l)", false},
    {"(|(mail=%a)(mailAlternateAddress=%a))", false},
    {"(mailbox=%a)", false},
    {"(|(mail=%a)(proxyAddressesOfOthers=%a))", false},
    {"(%l=mail)", false},
};

START_TEST(what_the_address_is_compared_with_is_known)
{
	struct config_directory directory = {.filter = (char *)comparisons[_i].template};

	ck_assert_int_eq(filter_is_by_address(&directory), comparisons[_i].by_address);
	directory.kind = DIRECTORY_ACTIVE_DIRECTORY;
	ck_assert_int_eq(filter_is_by_address(&directory), comparisons[_i].by_address);
}
END_TEST

static const char *const bad_templates[] = {"(mail=%x)", "(mail=%", "(mail=%A)"};

START_TEST(unknown_fields_are_refused)
{
	struct config_directory directory = {.filter = (char *)bad_templates[_i]};
	struct error err = ERROR_INIT;

	ck_assert_int_eq(filter_check(&directory, &err), -1);
	ck_assert_int_eq(err.code, ERROR_INPUT);
}
END_TEST

START_TEST(a_filter_too_long_is_refused)
{
	struct config_directory directory;
	struct error err = ERROR_INIT;
	char template[40001];
	char local[2001];
	char text[2021];
	char domain[] = "example.org";
	struct address address = {text, local, domain};
	size_t i;

	memset(&directory, 0, sizeof(directory));
	for (i = 0; i + 2 < sizeof(template); i += 2)
		memcpy(template + i, "%l", 2);
	template[i] = '\0';
	memset(local, '*', sizeof(local) - 1);
	local[sizeof(local) - 1] = '\0';
	snprintf(text, sizeof(text), "%s@%s", local, domain);
	directory.filter = template;
	ck_assert_ptr_null(filter_build(&directory, &address, &err));
	ck_assert_int_eq(err.code, ERROR_LIMIT);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("filter");
	TCase *tcase = unit_case(suite, "filter");

	tcase_add_loop_test(tcase, templates_are_filled_in, 0, (int)ARRAY_LENGTH(filters));
	tcase_add_test(tcase, no_character_ends_or_widens_the_filter);
	tcase_add_test(tcase, an_international_domain_is_asked_for_in_both_forms);
	tcase_add_loop_test(tcase, unknown_fields_are_refused, 0, (int)ARRAY_LENGTH(bad_templates));
	tcase_add_test(tcase, a_filter_too_long_is_refused);
	tcase_add_loop_test(
	    tcase, what_the_address_is_compared_with_is_known, 0, (int)ARRAY_LENGTH(comparisons));
	tcase_add_loop_test(tcase, an_address_with_a_detail_is_asked_for_with_and_without_it, 0,
	    (int)ARRAY_LENGTH(details));
	return unit_run(suite);
}
