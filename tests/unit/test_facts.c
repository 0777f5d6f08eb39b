/* The recipients of a message: a mail group is its members. */
#include <stdlib.h>
#include <string.h>

#include "policy/facts.h"
#include "unit.h"

static struct address envelope;
static struct config_rule rule;
static struct facts_list list;
static struct facts_recipient who;
static struct error err;

static void
begin(const char *address)
{
	address_free(&envelope);
	ck_assert_int_eq(address_parse(address, &envelope, NULL), 0);
	memset(&err, 0, sizeof(err));
	facts_list_free(&list);
	who = (struct facts_recipient){.address = &envelope,
	    .envelope = &envelope,
	    .rule = &rule,
	    .asked = true,
	    .visible = true};
}

static void
end(void)
{
	facts_list_free(&list);
	address_free(&envelope);
}

static char anna[] = "anna@partner.example";
static char bert[] = "\"b,ert\"@partner.example";
static char staff[] = "staff@partner.example";
static char dn[] = "cn=nobody,dc=partner";

static struct recipient anna_record = {.address = anna, .state = RECIPIENT_FOUND};
static struct recipient bert_record = {.address = bert, .state = RECIPIENT_UNAVAILABLE};
static struct recipient nameless_record = {.address = staff, .state = RECIPIENT_NONE, .detail = dn};

START_TEST(a_group_is_its_members_under_its_own_rule)
{
	struct recipient *members[] = {&anna_record, &bert_record};
	struct recipient group = {
	    .address = staff, .state = RECIPIENT_GROUP, .members = members, .member_count = 2};
	size_t i;

	begin(staff);
	who.record = &group;
	ck_assert_int_eq(facts_add(&list, &who, &err), 0);
	ck_assert_uint_eq(list.count, 2);
	ck_assert_str_eq(list.items[0].address->text, anna);
	ck_assert_str_eq(list.items[1].address->text, bert);
	for (i = 0; i < 2; i++) {
		ck_assert_ptr_eq(list.items[i].envelope, &envelope);
		ck_assert_ptr_eq(list.items[i].rule, &rule);
		ck_assert_ptr_eq(list.items[i].record, members[i]);
		ck_assert_ptr_eq(list.items[i].group, &group);
		ck_assert(list.items[i].visible && list.items[i].asked && list.items[i].member);
		ck_assert(!facts_is_nameless(&list.items[i]));
	}
	end();
}
END_TEST

START_TEST(a_member_without_an_address_goes_by_the_groups)
{
	struct recipient *members[] = {&nameless_record};
	struct recipient group = {
	    .address = staff, .state = RECIPIENT_GROUP, .members = members, .member_count = 1};

	begin(staff);
	who.record = &group;
	ck_assert_int_eq(facts_add(&list, &who, &err), 0);
	ck_assert_uint_eq(list.count, 1);
	ck_assert(list.items[0].member);
	ck_assert(facts_is_nameless(&list.items[0]));
	ck_assert_str_eq(list.items[0].address->text, staff);
	end();
}
END_TEST

START_TEST(a_group_without_members_or_not_known_whole_stands_for_itself)
{
	struct recipient *members[] = {&anna_record};
	struct recipient group = {.address = staff,
	    .state = RECIPIENT_GROUP,
	    .members = members,
	    .member_count = _i == 0 ? 0 : 1,
	    .members_incomplete = _i == 1};

	begin(staff);
	who.record = &group;
	ck_assert_int_eq(facts_add(&list, &who, &err), 0);
	ck_assert_uint_eq(list.count, 1);
	ck_assert_ptr_eq(list.items[0].record, &group);
	ck_assert(!list.items[0].member);
	end();
}
END_TEST

START_TEST(a_person_is_a_person)
{
	begin(anna);
	who.record = _i == 0 ? &anna_record : NULL;
	ck_assert_int_eq(facts_add(&list, &who, &err), 0);
	ck_assert_uint_eq(list.count, 1);
	ck_assert_ptr_eq(list.items[0].address, &envelope);
	ck_assert(!list.items[0].member);
	end();
}
END_TEST

START_TEST(the_members_of_all_groups_together_are_bounded)
{
	struct recipient **members = calloc(FACTS_RECIPIENTS_MAX, sizeof(members[0]));
	struct recipient group = {.address = staff,
	    .state = RECIPIENT_GROUP,
	    .members = members,
	    .member_count = FACTS_RECIPIENTS_MAX};
	size_t i;

	ck_assert_ptr_nonnull(members);
	for (i = 0; i < FACTS_RECIPIENTS_MAX; i++)
		members[i] = &anna_record;
	begin(staff);
	who.record = &group;
	ck_assert_int_eq(facts_add(&list, &who, &err), 0);
	ck_assert_uint_eq(list.count, FACTS_RECIPIENTS_MAX);
	who.record = &anna_record;
	ck_assert_int_eq(facts_add(&list, &who, &err), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	end();
	free(members);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("facts");
	TCase *tcase = unit_case(suite, "groups");

	tcase_add_test(tcase, a_group_is_its_members_under_its_own_rule);
	tcase_add_test(tcase, a_member_without_an_address_goes_by_the_groups);
	tcase_add_loop_test(
	    tcase, a_group_without_members_or_not_known_whole_stands_for_itself, 0, 2);
	tcase_add_loop_test(tcase, a_person_is_a_person, 0, 2);
	tcase_add_test(tcase, the_members_of_all_groups_together_are_bounded);
	return unit_run(suite);
}
