/* smime/findings: what directories hold, unjudged. */
#include <stdio.h>
#include <string.h>

#include "smime/findings.h"
#include "unit.h"

static struct finding
finding(enum finding_kind kind, const char *dn, const char *value)
{
	struct finding made = {kind, (char *)"dir", (char *)dn, (char *)"userCertificate",
	    (unsigned char *)value, strlen(value), false, false, NULL};

	return made;
}

START_TEST(the_same_value_twice_is_kept_once)
{
	struct findings *findings = findings_new();
	struct finding one = finding(FINDING_CERTIFICATE, "cn=a", "value");
	struct finding same = finding(FINDING_CERTIFICATE, "cn=b", "value");
	struct finding other_kind = finding(FINDING_BLOB, "cn=a", "value");
	struct finding longer = finding(FINDING_CERTIFICATE, "cn=a", "value2");

	ck_assert_int_eq(findings_add(findings, &one, NULL), 0);
	ck_assert(findings_contain(findings, &same));
	ck_assert_int_eq(findings_add(findings, &same, NULL), 0);
	ck_assert_uint_eq(findings->count, 1);
	ck_assert_str_eq(findings->items[0].dn, "cn=a");
	ck_assert(!findings_contain(findings, &other_kind));
	ck_assert_int_eq(findings_add(findings, &other_kind, NULL), 0);
	ck_assert_int_eq(findings_add(findings, &longer, NULL), 0);
	ck_assert_uint_eq(findings->count, 3);
	findings_unref(findings);
}
END_TEST

START_TEST(a_copy_is_kept_and_its_cost_counted)
{
	struct findings *findings = findings_new();
	char value[] = "value";
	struct finding one = finding(FINDING_CERTIFICATE, "cn=a", value);
	size_t before = findings->bytes;

	ck_assert_int_eq(findings_add(findings, &one, NULL), 0);
	value[0] = 'X';
	ck_assert_int_eq(memcmp(findings->items[0].value, "value", 5), 0);
	ck_assert_uint_gt(findings->bytes, before + 5);
	findings_unref(findings);
}
END_TEST

START_TEST(an_oversized_value_is_noted_without_its_bytes)
{
	struct findings *findings = findings_new();
	struct finding one = finding(FINDING_CERTIFICATE, "cn=a", "value");

	one.oversized = true;
	ck_assert_int_eq(findings_add(findings, &one, NULL), 0);
	ck_assert_int_eq(findings_add(findings, &one, NULL), 0); /* again by the other name */
	ck_assert_uint_eq(findings->count, 1);
	ck_assert(findings->items[0].oversized);
	ck_assert_ptr_null(findings->items[0].value);
	ck_assert_uint_eq(findings->items[0].size, 0);
	one.dn = (char *)"cn=b";
	ck_assert_int_eq(findings_add(findings, &one, NULL), 0);
	ck_assert_uint_eq(findings->count, 2);
	findings_unref(findings);
}
END_TEST

START_TEST(many_findings_are_all_kept_in_order)
{
	struct findings *findings = findings_new();
	struct finding one;
	char text[20];
	int i;

	for (i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "value %d", i);
		one = finding(FINDING_CERTIFICATE, "cn=a", text);
		ck_assert_int_eq(findings_add(findings, &one, NULL), 0);
	}
	ck_assert_uint_eq(findings->count, 1000);
	ck_assert_int_eq(memcmp(findings->items[999].value, "value 999", 9), 0);
	findings_unref(findings);
}
END_TEST

START_TEST(the_last_reference_frees)
{
	struct findings *findings = findings_new();
	struct findings *again = findings_ref(findings);

	ck_assert_ptr_eq(again, findings);
	findings_unref(findings);
	ck_assert_uint_eq(again->count, 0); /* still there: the sanitizer would tell */
	findings_unref(again);
	findings_unref(NULL);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("findings");
	TCase *tcase = unit_case(suite, "findings");

	tcase_add_test(tcase, the_same_value_twice_is_kept_once);
	tcase_add_test(tcase, a_copy_is_kept_and_its_cost_counted);
	tcase_add_test(tcase, an_oversized_value_is_noted_without_its_bytes);
	tcase_add_test(tcase, many_findings_are_all_kept_in_order);
	tcase_add_test(tcase, the_last_reference_frees);
	return unit_run(suite);
}
