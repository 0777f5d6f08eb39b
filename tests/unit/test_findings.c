/* smime/findings: what directories hold, unjudged. */
#include <stdio.h>
#include <string.h>

#include "smime/findings.h"
#include "unit.h"

static struct finding
finding(enum finding_kind kind, const char *dn, const char *value)
{
	struct finding made = {kind, (char *)"dir", (char *)dn, (char *)"userCertificate",
	    (unsigned char *)value, strlen(value), false, false, false, NULL};

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

static struct findings_group *
group_of(const char *first, const char *second, const char *dn)
{
	struct findings_group *group = findings_group_new();

	ck_assert_ptr_nonnull(group);
	ck_assert_int_eq(findings_group_add(group, first, NULL), 0);
	ck_assert_int_eq(findings_group_add(group, second, NULL), 0);
	ck_assert_int_eq(findings_group_add_nameless(group, dn, NULL), 0);
	return group;
}

START_TEST(a_group_names_each_member_once_and_its_cost_is_counted)
{
	struct findings *findings = findings_new();
	struct findings_group *group = group_of("b@x", "a@x", "cn=c");
	size_t before = findings->bytes;

	ck_assert_int_eq(findings_group_add(group, "b@x", NULL), 0);
	ck_assert_int_eq(findings_group_add_nameless(group, "cn=c", NULL), 0);
	ck_assert(!findings_hold(findings));
	findings_set_group(findings, group);
	ck_assert(findings_hold(findings));
	ck_assert(!findings_hold_digital_ids(findings));
	ck_assert_uint_eq(findings->group->address_count, 2);
	ck_assert_str_eq(findings->group->addresses[0], "a@x");
	ck_assert_str_eq(findings->group->addresses[1], "b@x");
	ck_assert_uint_eq(findings->group->nameless_count, 1);
	ck_assert_uint_gt(findings->bytes, before + sizeof(struct findings_group));
	findings_set_group(findings, group_of("a@x", "b@x", "cn=c"));
	findings_set_group(findings, NULL);
	ck_assert_uint_eq(findings->bytes, before);
	findings_unref(findings);
}
END_TEST

START_TEST(findings_of_two_directories_are_put_together)
{
	struct findings *first = findings_new();
	struct findings *other = findings_new();
	struct finding one = finding(FINDING_CERTIFICATE, "cn=a", "one");
	struct finding two = finding(FINDING_BLOB, "cn=b", "two");
	struct findings *merged;

	ck_assert_int_eq(findings_add(first, &one, NULL), 0);
	ck_assert_int_eq(findings_add(other, &two, NULL), 0);
	ck_assert_int_eq(findings_add(other, &one, NULL), 0);
	first->entries = 1;
	other->entries = 2;
	other->many_entries = true;
	other->left_out = 3;
	merged = findings_merge(first, other, NULL);
	ck_assert_uint_eq(merged->count, 2);
	ck_assert_str_eq(merged->items[0].dn, "cn=a");
	ck_assert_str_eq(merged->items[1].dn, "cn=b");
	ck_assert_uint_eq(merged->entries, 3);
	ck_assert_uint_eq(merged->left_out, 3);
	ck_assert(merged->many_entries);
	findings_unref(first);
	findings_unref(other);
	findings_unref(merged);
}
END_TEST

START_TEST(a_group_of_two_directories_is_one_and_none_beside_a_digital_id)
{
	struct findings *first = findings_new();
	struct findings *other = findings_new();
	struct finding ca = finding(FINDING_CA, "cn=ca", "ca");
	struct finding one = finding(FINDING_CERTIFICATE, "cn=a", "one");
	struct findings *merged;

	findings_set_group(first, group_of("a@x", "b@x", "cn=c"));
	findings_set_group(other, group_of("b@x", "d@x", "cn=e"));
	other->group->incomplete = true;
	ck_assert_int_eq(findings_add(other, &ca, NULL), 0);
	merged = findings_merge(first, other, NULL);
	ck_assert_ptr_nonnull(merged->group);
	ck_assert_uint_eq(merged->group->address_count, 3);
	ck_assert_uint_eq(merged->group->nameless_count, 2);
	ck_assert(merged->group->incomplete);
	findings_unref(merged);
	ck_assert_int_eq(findings_add(other, &one, NULL), 0);
	merged = findings_merge(first, other, NULL);
	ck_assert_ptr_null(merged->group);
	findings_unref(merged);
	findings_unref(first);
	findings_unref(other);
}
END_TEST

START_TEST(what_names_the_address_itself_comes_before_its_shorter_form)
{
	struct findings *findings = findings_new();
	struct finding shorter = finding(FINDING_CERTIFICATE, "cn=a", "one");
	struct finding ca = finding(FINDING_CA, "cn=a", "ca");
	struct finding exact = finding(FINDING_CERTIFICATE, "cn=b", "two");
	size_t before;

	shorter.address = ca.address = (char *)"anna@x";
	ck_assert_int_eq(findings_add(findings, &ca, NULL), 0);
	before = findings->bytes;
	ck_assert_int_eq(findings_add(findings, &shorter, NULL), 0);
	findings_prefer_exact(findings);
	ck_assert_uint_eq(findings->count, 2);
	ck_assert_str_eq(findings->items[1].address, "anna@x");
	ck_assert_int_eq(findings_add(findings, &exact, NULL), 0);
	findings_prefer_exact(findings);
	ck_assert_uint_eq(findings->count, 2);
	ck_assert_str_eq(findings->items[1].dn, "cn=b");
	ck_assert_int_eq(findings_add(findings, &shorter, NULL), 0);
	ck_assert_int_eq(findings_add(findings, &shorter, NULL), 0);
	ck_assert_uint_eq(findings->count, 3);
	ck_assert_uint_gt(findings->bytes, before);
	findings_unref(findings);
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
	tcase_add_test(tcase, a_group_names_each_member_once_and_its_cost_is_counted);
	tcase_add_test(tcase, findings_of_two_directories_are_put_together);
	tcase_add_test(tcase, a_group_of_two_directories_is_one_and_none_beside_a_digital_id);
	tcase_add_test(tcase, what_names_the_address_itself_comes_before_its_shorter_form);
	return unit_run(suite);
}
