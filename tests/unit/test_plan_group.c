/* The decision where mail groups are among the recipients: each member counts by itself. */
#include <string.h>

#include "test_plan.h"
#include "unit.h"

#define STAFF "staff@partner.example"
#define BOARD "board@partner.example"

/* A member who can be sealed to. */
static size_t
add_member(const char *address, const char *group, enum config_encrypt encrypt)
{
	size_t i = scene_add(&scene, address, encrypt);

	scene_member(&scene, i, group);
	scene_publish_modern(&scene, i);
	return i;
}

START_TEST(a_group_is_sealed_for_every_member)
{
	test_plan_begin();
	add_member("anna@partner.example", STAFF, ENCRYPT_REQUIRED);
	add_member("bert@partner.example", STAFF, ENCRYPT_REQUIRED);
	test_plan_decide();
	ck_assert_int_eq(plan->action, ACTION_SEAL);
	ck_assert_uint_eq(plan->seal_count, 2);
	test_plan_end();
}
END_TEST

START_TEST(one_member_that_cannot_be_sealed_to_refuses_the_message)
{
	size_t i;

	test_plan_begin();
	add_member("anna@partner.example", STAFF, ENCRYPT_REQUIRED);
	i = scene_add(&scene, "bert@partner.example", ENCRYPT_REQUIRED);
	scene_member(&scene, i, STAFF);
	test_plan_decide();
	ck_assert_int_eq(plan->action, ACTION_REFUSE);
	ck_assert_int_eq(plan->reason, REASON_NO_DIGITAL_ID);
	ck_assert_uint_eq(plan->decider, i);
	ck_assert_int_eq(plan->recipients[0].reason, REASON_OTHER_RECIPIENT);
	ck_assert_ptr_nonnull(strstr(plan->recipients[0].detail, "bert@partner.example"));
	test_plan_end();
}
END_TEST

START_TEST(a_member_without_an_address_is_named_by_its_dn)
{
	size_t i;

	test_plan_begin();
	i = scene_add(&scene, STAFF, ENCRYPT_REQUIRED);
	scene_nameless(&scene, i, STAFF, "cn=nobody,dc=partner");
	test_plan_decide();
	ck_assert_int_eq(plan->action, ACTION_REFUSE);
	ck_assert_int_eq(plan->reason, REASON_NO_DIGITAL_ID);
	ck_assert_ptr_nonnull(strstr(plan->recipients[i].detail, "cn=nobody,dc=partner"));
	test_plan_end();
}
END_TEST

static const struct {
	enum config_encrypt encrypt;
	bool incomplete;
	bool strict; /* unusable = refuse */
	enum action action;
	enum reason_id reason;
} unresolved[] = {
    {ENCRYPT_REQUIRED, false, false, ACTION_REFUSE, REASON_NO_DIGITAL_ID},
    {ENCRYPT_REQUIRED, true, false, ACTION_REFUSE, REASON_GROUP_UNRESOLVED},
    {ENCRYPT_PREFERRED, false, true, ACTION_PASS, REASON_NO_DIGITAL_ID},
    {ENCRYPT_PREFERRED, true, false, ACTION_PASS, REASON_GROUP_UNRESOLVED},
    {ENCRYPT_PREFERRED, true, true, ACTION_REFUSE, REASON_GROUP_UNRESOLVED},
    {ENCRYPT_NEVER, true, true, ACTION_PASS, REASON_NEVER},
};

START_TEST(a_group_without_members_or_not_known_whole_cannot_be_sealed_to)
{
	test_plan_begin();
	scene_add(&scene, STAFF, unresolved[_i].encrypt);
	scene.records[0].state = RECIPIENT_GROUP;
	scene.records[0].members_incomplete = unresolved[_i].incomplete;
	scene.rules[0].policy.unusable = unresolved[_i].strict ? REFUSE : PASS;
	test_plan_decide();
	ck_assert_str_eq(action_name(plan->action), action_name(unresolved[_i].action));
	ck_assert_str_eq(reason_get(plan->reason)->code, reason_get(unresolved[_i].reason)->code);
	if (plan->reason == REASON_NO_DIGITAL_ID)
		ck_assert_str_eq(plan->recipients[0].detail, "the group has no members");
	else if (plan->reason == REASON_GROUP_UNRESOLVED)
		ck_assert_ptr_nonnull(strstr(plan->recipients[0].detail, "group-members-limit"));
	test_plan_end();
}
END_TEST

START_TEST(members_of_a_blind_copied_group_alone_are_not_hidden_from_each_other)
{
	size_t i;

	test_plan_begin();
	add_member("anna@partner.example", STAFF, ENCRYPT_REQUIRED);
	add_member("bert@partner.example", STAFF, ENCRYPT_REQUIRED);
	for (i = 0; i < 2; i++)
		scene.recipients[i].visible = false;
	test_plan_decide();
	ck_assert_int_eq(plan->action, ACTION_SEAL);
	test_plan_end();
}
END_TEST

START_TEST(members_of_a_blind_copied_group_are_disclosed_to_others)
{
	size_t i;

	test_plan_begin();
	add_member("anna@partner.example", STAFF, ENCRYPT_REQUIRED);
	if (_i == 0)
		add_member("carl@partner.example", BOARD, ENCRYPT_REQUIRED);
	else
		scene_publish_modern(
		    &scene, scene_add(&scene, "carl@partner.example", ENCRYPT_REQUIRED));
	scene.recipients[0].visible = false;
	test_plan_decide();
	ck_assert_int_eq(plan->action, ACTION_REFUSE);
	ck_assert_int_eq(plan->reason, REASON_BCC_DISCLOSURE);
	i = plan->decider;
	ck_assert_uint_eq(i, 0);
	ck_assert_ptr_nonnull(strstr(plan->recipients[0].detail, STAFF));
	test_plan_end();
}
END_TEST

START_TEST(what_the_client_encrypted_is_held_to_every_member)
{
	test_plan_begin();
	add_member("anna@partner.example", STAFF, ENCRYPT_REQUIRED);
	add_member("bert@partner.example", STAFF, ENCRYPT_REQUIRED);
	scene_enveloped(&scene, CIPHER_AES256_CBC);
	scene.addressed[0][0] = true;
	test_plan_decide();
	ck_assert_int_eq(plan->action, ACTION_REFUSE);
	ck_assert_int_eq(plan->reason, REASON_RECIPIENT_NOT_ADDRESSED);
	ck_assert_uint_eq(plan->decider, 1);
	scene.addressed[1][0] = true;
	test_plan_decide();
	ck_assert_int_eq(plan->action, ACTION_PASS);
	test_plan_end();
}
END_TEST

START_TEST(what_the_client_encrypted_for_a_group_not_known_whole_is_unverified)
{
	test_plan_begin();
	scene_add(&scene, STAFF, ENCRYPT_REQUIRED);
	scene.records[0].state = RECIPIENT_GROUP;
	scene.records[0].members_incomplete = true;
	scene_enveloped(&scene, CIPHER_AES256_CBC);
	scene.rules[0].policy.unverified = _i == 0 ? ACCEPT : REJECT;
	test_plan_decide();
	ck_assert_int_eq(plan->action, _i == 0 ? ACTION_PASS : ACTION_REFUSE);
	ck_assert_int_eq(plan->reason, REASON_RECIPIENT_UNVERIFIED);
	test_plan_end();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("plan group");
	TCase *tcase = unit_case(suite, "groups");

	tcase_add_test(tcase, a_group_is_sealed_for_every_member);
	tcase_add_test(tcase, one_member_that_cannot_be_sealed_to_refuses_the_message);
	tcase_add_test(tcase, a_member_without_an_address_is_named_by_its_dn);
	tcase_add_loop_test(tcase, a_group_without_members_or_not_known_whole_cannot_be_sealed_to,
	    0, (int)ARRAY_LENGTH(unresolved));
	tcase_add_test(tcase, members_of_a_blind_copied_group_alone_are_not_hidden_from_each_other);
	tcase_add_loop_test(tcase, members_of_a_blind_copied_group_are_disclosed_to_others, 0, 2);
	tcase_add_test(tcase, what_the_client_encrypted_is_held_to_every_member);
	tcase_add_loop_test(
	    tcase, what_the_client_encrypted_for_a_group_not_known_whole_is_unverified, 0, 2);
	return unit_run(suite);
}
