/* The decision: DESIGN's table of mode by finding, then everything that makes one body for all. */
#include <string.h>

#include "test_plan.h"
#include "unit.h"

#define STRICT_UNUSABLE 1
#define LENIENT_UNAVAILABLE 2

static const struct {
	enum config_encrypt encrypt;
	enum scene_finding finding;
	int knobs;
	enum action action;
	enum reason_id reason;
	bool trust_failure;
} table[] = {
    /* clang-format off */
    {ENCRYPT_REQUIRED, FOUND_USABLE, 0, ACTION_SEAL, REASON_SEALED, false},
    {ENCRYPT_REQUIRED, FOUND_ASSUMED, 0, ACTION_SEAL, REASON_SEALED, false},
    {ENCRYPT_REQUIRED, FOUND_NOTHING, 0, ACTION_REFUSE, REASON_NO_DIGITAL_ID, false},
    {ENCRYPT_REQUIRED, FOUND_EXPIRED, 0, ACTION_REFUSE, REASON_EXPIRED, true},
    {ENCRYPT_REQUIRED, FOUND_UNTRUSTED, 0, ACTION_REFUSE, REASON_UNTRUSTED_ISSUER, true},
    {ENCRYPT_REQUIRED, FOUND_REVOKED, 0, ACTION_REFUSE, REASON_REVOKED, true},
    {ENCRYPT_REQUIRED, FOUND_WEAK_KEY, 0, ACTION_REFUSE, REASON_WEAK_KEY, true},
    {ENCRYPT_REQUIRED, FOUND_KEY_UNSUPPORTED, 0, ACTION_REFUSE, REASON_KEY_UNSUPPORTED, false},
    {ENCRYPT_REQUIRED, FOUND_MALFORMED, 0, ACTION_REFUSE, REASON_MALFORMED, false},
    {ENCRYPT_REQUIRED, FOUND_NO_VALUE, 0, ACTION_REFUSE, REASON_MALFORMED, false},
    {ENCRYPT_REQUIRED, FOUND_DES3, 0, ACTION_REFUSE, REASON_WEAK_CIPHER, false},
    {ENCRYPT_REQUIRED, FOUND_RC2, 0, ACTION_REFUSE, REASON_WEAK_CIPHER, false},
    {ENCRYPT_REQUIRED, FOUND_NO_CAPABILITIES, 0, ACTION_REFUSE, REASON_CAPABILITIES_UNKNOWN, false},
    {ENCRYPT_REQUIRED, FOUND_NO_DIRECTORY, 0, ACTION_DEFER, REASON_DIRECTORY_UNAVAILABLE, false},
    {ENCRYPT_REQUIRED, FOUND_NO_DIRECTORY, LENIENT_UNAVAILABLE, ACTION_DEFER, REASON_DIRECTORY_UNAVAILABLE, false},
    {ENCRYPT_REQUIRED, FOUND_NO_ANSWER, 0, ACTION_DEFER, REASON_DIRECTORY_UNAVAILABLE, false},
    {ENCRYPT_REQUIRED, FOUND_NOT_ASKED, 0, ACTION_DEFER, REASON_DIRECTORY_UNAVAILABLE, false},
    {ENCRYPT_REQUIRED, FOUND_NO_REVOCATION, 0, ACTION_DEFER, REASON_REVOCATION_UNAVAILABLE, false},
    {ENCRYPT_PREFERRED, FOUND_USABLE, 0, ACTION_SEAL, REASON_SEALED, false},
    {ENCRYPT_PREFERRED, FOUND_NOTHING, 0, ACTION_PASS, REASON_NO_DIGITAL_ID, false},
    {ENCRYPT_PREFERRED, FOUND_NOTHING, STRICT_UNUSABLE, ACTION_PASS, REASON_NO_DIGITAL_ID, false},
    {ENCRYPT_PREFERRED, FOUND_EXPIRED, 0, ACTION_PASS, REASON_EXPIRED, true},
    {ENCRYPT_PREFERRED, FOUND_EXPIRED, STRICT_UNUSABLE, ACTION_REFUSE, REASON_EXPIRED, true},
    {ENCRYPT_PREFERRED, FOUND_UNTRUSTED, 0, ACTION_PASS, REASON_UNTRUSTED_ISSUER, true},
    {ENCRYPT_PREFERRED, FOUND_MALFORMED, 0, ACTION_PASS, REASON_MALFORMED, false},
    {ENCRYPT_PREFERRED, FOUND_MALFORMED, STRICT_UNUSABLE, ACTION_REFUSE, REASON_MALFORMED, false},
    {ENCRYPT_PREFERRED, FOUND_DES3, 0, ACTION_PASS, REASON_WEAK_CIPHER, false},
    {ENCRYPT_PREFERRED, FOUND_DES3, STRICT_UNUSABLE, ACTION_REFUSE, REASON_WEAK_CIPHER, false},
    {ENCRYPT_PREFERRED, FOUND_NO_CAPABILITIES, 0, ACTION_PASS, REASON_CAPABILITIES_UNKNOWN, false},
    {ENCRYPT_PREFERRED, FOUND_NO_CAPABILITIES, STRICT_UNUSABLE, ACTION_REFUSE, REASON_CAPABILITIES_UNKNOWN, false},
    {ENCRYPT_PREFERRED, FOUND_NO_DIRECTORY, 0, ACTION_DEFER, REASON_DIRECTORY_UNAVAILABLE, false},
    {ENCRYPT_PREFERRED, FOUND_NO_DIRECTORY, LENIENT_UNAVAILABLE, ACTION_PASS, REASON_DIRECTORY_UNAVAILABLE, false},
    {ENCRYPT_PREFERRED, FOUND_NO_ANSWER, STRICT_UNUSABLE, ACTION_DEFER, REASON_DIRECTORY_UNAVAILABLE, false},
    {ENCRYPT_PREFERRED, FOUND_NO_REVOCATION, 0, ACTION_DEFER, REASON_REVOCATION_UNAVAILABLE, false},
    {ENCRYPT_PREFERRED, FOUND_NO_REVOCATION, LENIENT_UNAVAILABLE, ACTION_PASS, REASON_REVOCATION_UNAVAILABLE, false},
    {ENCRYPT_NEVER, FOUND_USABLE, 0, ACTION_PASS, REASON_NEVER, false},
    {ENCRYPT_NEVER, FOUND_NOTHING, 0, ACTION_PASS, REASON_NEVER, false},
    {ENCRYPT_NEVER, FOUND_EXPIRED, STRICT_UNUSABLE, ACTION_PASS, REASON_NEVER, false},
    {ENCRYPT_NEVER, FOUND_RC2, 0, ACTION_PASS, REASON_NEVER, false},
    {ENCRYPT_NEVER, FOUND_NO_DIRECTORY, 0, ACTION_PASS, REASON_NEVER, false},
    {ENCRYPT_NEVER, FOUND_NOT_ASKED, 0, ACTION_PASS, REASON_NEVER, false},
    /* clang-format on */
};

static void
set_up_row(int row)
{
	size_t i;

	test_plan_begin();
	i = scene_add(&scene, "anna@partner.example", table[row].encrypt);
	scene_find(&scene, i, table[row].finding);
	if (table[row].knobs & STRICT_UNUSABLE)
		scene.rules[i].policy.unusable = REFUSE;
	if (table[row].knobs & LENIENT_UNAVAILABLE)
		scene.rules[i].policy.unavailable = UNAVAILABLE_PASS;
}

START_TEST(mode_by_finding)
{
	set_up_row(_i);
	test_plan_decide();
	ck_assert_str_eq(action_name(plan->action), action_name(table[_i].action));
	ck_assert_int_eq(plan->would, plan->action);
	ck_assert_int_eq(plan->recipients[0].action, plan->action);
	ck_assert_str_eq(reason_get(plan->reason)->code, reason_get(table[_i].reason)->code);
	ck_assert_int_eq(plan->recipients[0].reason, plan->reason);
	ck_assert_int_eq(plan->recipients[0].trust_failure, table[_i].trust_failure);
	ck_assert_int_eq(plan->recipients[0].concerned, plan->action >= ACTION_DEFER);
	ck_assert_int_eq(plan->seal_count > 0, plan->action == ACTION_SEAL);
	ck_assert_int_eq(plan->cipher != NULL, plan->action == ACTION_SEAL);
	test_plan_end();
}
END_TEST

START_TEST(an_observing_rule_changes_nothing_and_says_what_it_would_do)
{
	set_up_row(_i);
	scene.rules[0].policy.mode = MODE_OBSERVE;
	test_plan_decide();
	ck_assert_int_eq(plan->action, ACTION_PASS);
	ck_assert_int_eq(plan->would, table[_i].action);
	ck_assert(plan->recipients[0].observed);
	ck_assert_int_eq(plan->recipients[0].action, table[_i].action);
	ck_assert_int_eq(plan->recipients[0].reason, table[_i].reason);
	ck_assert_int_eq(plan->reason, table[_i].reason);
	test_plan_end();
}
END_TEST

START_TEST(the_code_of_a_stop_says_whether_waiting_helps)
{
	set_up_row(_i);
	test_plan_decide();
	if (plan->action == ACTION_DEFER)
		ck_assert_int_eq(reason_get(plan->reason)->smtp / 100, 4);
	if (plan->action == ACTION_REFUSE)
		ck_assert_int_eq(reason_get(plan->reason)->smtp / 100, 5);
	test_plan_end();
}
END_TEST

/* Two recipients, anna and bob; each stands as the columns say. */
static const struct {
	enum config_encrypt anna;
	enum scene_finding anna_has;
	enum config_encrypt bob;
	enum scene_finding bob_has;
	enum action action;
	size_t decider;
	enum reason_id anna_reason;
	enum reason_id bob_reason;
} pairs[] = {
    /* clang-format off */
    {ENCRYPT_REQUIRED, FOUND_USABLE, ENCRYPT_REQUIRED, FOUND_USABLE, ACTION_SEAL, 0, REASON_SEALED, REASON_SEALED},
    {ENCRYPT_REQUIRED, FOUND_USABLE, ENCRYPT_PREFERRED, FOUND_USABLE, ACTION_SEAL, 0, REASON_SEALED, REASON_SEALED},
    {ENCRYPT_PREFERRED, FOUND_USABLE, ENCRYPT_PREFERRED, FOUND_USABLE, ACTION_SEAL, 0, REASON_SEALED, REASON_SEALED},
    /* One body for all: who can't be sealed to is named, whatever that one's own rule. */
    {ENCRYPT_REQUIRED, FOUND_USABLE, ENCRYPT_REQUIRED, FOUND_EXPIRED, ACTION_REFUSE, 1, REASON_OTHER_RECIPIENT, REASON_EXPIRED},
    {ENCRYPT_REQUIRED, FOUND_USABLE, ENCRYPT_PREFERRED, FOUND_EXPIRED, ACTION_REFUSE, 1, REASON_OTHER_RECIPIENT, REASON_EXPIRED},
    {ENCRYPT_REQUIRED, FOUND_USABLE, ENCRYPT_PREFERRED, FOUND_NOTHING, ACTION_REFUSE, 1, REASON_OTHER_RECIPIENT, REASON_NO_DIGITAL_ID},
    {ENCRYPT_REQUIRED, FOUND_USABLE, ENCRYPT_NEVER, FOUND_USABLE, ACTION_REFUSE, 1, REASON_OTHER_RECIPIENT, REASON_CLEARTEXT_RECIPIENT},
    {ENCRYPT_REQUIRED, FOUND_USABLE, ENCRYPT_REQUIRED, FOUND_NO_DIRECTORY, ACTION_DEFER, 1, REASON_OTHER_RECIPIENT, REASON_DIRECTORY_UNAVAILABLE},
    /* Waiting can't help where another stands in the way for good. */
    {ENCRYPT_REQUIRED, FOUND_NO_DIRECTORY, ENCRYPT_REQUIRED, FOUND_EXPIRED, ACTION_REFUSE, 1, REASON_DIRECTORY_UNAVAILABLE, REASON_EXPIRED},
    {ENCRYPT_REQUIRED, FOUND_NO_DIRECTORY, ENCRYPT_NEVER, FOUND_NOTHING, ACTION_REFUSE, 1, REASON_DIRECTORY_UNAVAILABLE, REASON_CLEARTEXT_RECIPIENT},
    /* The one who is refused by itself is named before the one who only stands in the way. */
    {ENCRYPT_PREFERRED, FOUND_NOTHING, ENCRYPT_REQUIRED, FOUND_EXPIRED, ACTION_REFUSE, 1, REASON_NO_DIGITAL_ID, REASON_EXPIRED},
    {ENCRYPT_REQUIRED, FOUND_EXPIRED, ENCRYPT_REQUIRED, FOUND_REVOKED, ACTION_REFUSE, 0, REASON_EXPIRED, REASON_REVOKED},
    /* Preferred alone never refuses. */
    {ENCRYPT_PREFERRED, FOUND_USABLE, ENCRYPT_PREFERRED, FOUND_NOTHING, ACTION_PASS, 1, REASON_OTHER_RECIPIENT, REASON_NO_DIGITAL_ID},
    {ENCRYPT_PREFERRED, FOUND_USABLE, ENCRYPT_PREFERRED, FOUND_EXPIRED, ACTION_PASS, 1, REASON_OTHER_RECIPIENT, REASON_EXPIRED},
    {ENCRYPT_PREFERRED, FOUND_USABLE, ENCRYPT_NEVER, FOUND_USABLE, ACTION_PASS, 1, REASON_OTHER_RECIPIENT, REASON_NEVER},
    {ENCRYPT_PREFERRED, FOUND_USABLE, ENCRYPT_PREFERRED, FOUND_NO_DIRECTORY, ACTION_DEFER, 1, REASON_OTHER_RECIPIENT, REASON_DIRECTORY_UNAVAILABLE},
    {ENCRYPT_NEVER, FOUND_USABLE, ENCRYPT_NEVER, FOUND_USABLE, ACTION_PASS, 0, REASON_NEVER, REASON_NEVER},
    /* clang-format on */
};

static void
set_up_pair(int row)
{
	test_plan_begin();
	scene_add(&scene, "anna@partner.example", pairs[row].anna);
	scene_add(&scene, "bob@plain.example", pairs[row].bob);
	scene_find(&scene, 0, pairs[row].anna_has);
	scene_find(&scene, 1, pairs[row].bob_has);
}

START_TEST(one_body_for_all)
{
	set_up_pair(_i);
	test_plan_decide();
	ck_assert_str_eq(action_name(plan->action), action_name(pairs[_i].action));
	ck_assert_uint_eq(plan->decider, pairs[_i].decider);
	ck_assert_int_eq(plan->recipients[0].reason, pairs[_i].anna_reason);
	ck_assert_int_eq(plan->recipients[1].reason, pairs[_i].bob_reason);
	ck_assert_int_eq(plan->recipients[0].action, plan->action);
	ck_assert_int_eq(plan->recipients[1].action, plan->action);
	ck_assert_int_eq(plan->reason, plan->recipients[plan->decider].reason);
	if (plan->action >= ACTION_DEFER)
		ck_assert(plan->recipients[plan->decider].concerned);
	test_plan_end();
}
END_TEST

START_TEST(the_same_facts_give_the_same_plan)
{
	struct plan *first;

	set_up_pair(_i);
	test_plan_decide();
	first = plan;
	plan = NULL;
	test_plan_decide();
	ck_assert_int_eq(plan->action, first->action);
	ck_assert_uint_eq(plan->seal_count, first->seal_count);
	ck_assert_mem_eq(
	    plan->recipients, first->recipients, plan->recipient_count * sizeof(*plan->recipients));
	plan_free(first);
	test_plan_end();
}
END_TEST

START_TEST(who_was_stopped_by_another_is_told_by_whom)
{
	test_plan_begin();
	scene_add(&scene, "anna@partner.example", ENCRYPT_REQUIRED);
	scene_add(&scene, "bob@plain.example", ENCRYPT_PREFERRED);
	scene_find(&scene, 0, FOUND_USABLE);
	test_plan_decide();
	ck_assert_str_eq(plan->recipients[0].detail, "because of bob@plain.example: no-digital-id");
	ck_assert_str_eq(
	    plan->recipients[1].detail, "the message must be encrypted for anna@partner.example");
	ck_assert(!plan->recipients[0].concerned);
	ck_assert(plan->recipients[1].concerned);
	test_plan_end();
}
END_TEST

START_TEST(without_a_rule_it_passes)
{
	test_plan_begin();
	scene_add(&scene, "bob@plain.example", ENCRYPT_REQUIRED);
	scene_without_rule(&scene, 0);
	test_plan_decide();
	ck_assert_int_eq(plan->action, ACTION_PASS);
	ck_assert_int_eq(plan->reason, REASON_NO_RULE);
	test_plan_end();
}
END_TEST

START_TEST(a_recipient_without_a_rule_stops_one_who_must_be_sealed_to)
{
	test_plan_begin();
	scene_add(&scene, "anna@partner.example", ENCRYPT_REQUIRED);
	scene_add(&scene, "bob@plain.example", ENCRYPT_REQUIRED);
	scene_without_rule(&scene, 1);
	scene_find(&scene, 0, FOUND_USABLE);
	test_plan_decide();
	ck_assert_int_eq(plan->action, ACTION_REFUSE);
	ck_assert_uint_eq(plan->decider, 1);
	ck_assert_int_eq(plan->reason, REASON_CLEARTEXT_RECIPIENT);
	scene.rules[0].encrypt = ENCRYPT_PREFERRED;
	test_plan_decide();
	ck_assert_int_eq(plan->action, ACTION_PASS);
	ck_assert_int_eq(plan->recipients[0].reason, REASON_OTHER_RECIPIENT);
	ck_assert_int_eq(plan->recipients[1].reason, REASON_NO_RULE);
	test_plan_end();
}
END_TEST

START_TEST(an_empty_envelope_passes)
{
	test_plan_begin();
	test_plan_decide();
	ck_assert_int_eq(plan->action, ACTION_PASS);
	ck_assert_uint_eq(plan->seal_count, 0);
	test_plan_end();
}
END_TEST

/* Blind copies. */

static void
set_up_bcc(enum config_encrypt encrypt)
{
	test_plan_begin();
	scene_add(&scene, "anna@partner.example", encrypt);
	scene_add(&scene, "bob@partner.example", encrypt);
	scene_find(&scene, 0, FOUND_USABLE);
	scene_find(&scene, 1, FOUND_USABLE);
	scene.recipients[1].visible = false;
}

START_TEST(a_blind_copy_is_not_disclosed)
{
	set_up_bcc(ENCRYPT_REQUIRED);
	test_plan_decide();
	ck_assert_int_eq(plan->action, ACTION_REFUSE);
	ck_assert_int_eq(plan->reason, REASON_BCC_DISCLOSURE);
	ck_assert_uint_eq(plan->decider, 1);
	set_up_bcc(ENCRYPT_PREFERRED);
	test_plan_decide();
	ck_assert_int_eq(plan->action, ACTION_PASS);
	ck_assert_int_eq(plan->recipients[1].reason, REASON_BCC_DISCLOSURE);
	ck_assert_int_eq(plan->recipients[0].reason, REASON_OTHER_RECIPIENT);
	test_plan_end();
}
END_TEST

START_TEST(a_preferred_blind_copy_beside_a_required_recipient_is_refused)
{
	set_up_bcc(ENCRYPT_REQUIRED);
	scene.rules[1].encrypt = ENCRYPT_PREFERRED;
	test_plan_decide();
	ck_assert_int_eq(plan->action, ACTION_REFUSE);
	ck_assert_int_eq(plan->reason, REASON_BCC_DISCLOSURE);
	test_plan_end();
}
END_TEST

START_TEST(a_blind_copy_alone_is_sealed)
{
	set_up_bcc(ENCRYPT_REQUIRED);
	scene.recipients[0] = scene.recipients[1];
	scene.facts.recipient_count = 1;
	test_plan_decide();
	ck_assert_int_eq(plan->action, ACTION_SEAL);
	test_plan_end();
}
END_TEST

START_TEST(one_mailbox_named_twice_discloses_nobody)
{
	set_up_bcc(ENCRYPT_REQUIRED);
	scene.recipients[0] = scene.recipients[1];
	test_plan_decide();
	ck_assert_int_eq(plan->action, ACTION_SEAL);
	test_plan_end();
}
END_TEST

START_TEST(recipients_who_are_all_invisible_are_not_disclosed_to_each_other)
{
	set_up_bcc(ENCRYPT_REQUIRED);
	scene.recipients[0].visible = false;
	test_plan_decide();
	ck_assert_int_eq(plan->action, ACTION_REFUSE);
	ck_assert_int_eq(plan->reason, REASON_BCC_DISCLOSURE);
	ck_assert(plan->recipients[0].concerned && plan->recipients[1].concerned);
	test_plan_end();
}
END_TEST

START_TEST(a_blind_copy_is_sealed_where_the_rule_reveals)
{
	set_up_bcc(ENCRYPT_REQUIRED);
	scene.rules[1].policy.bcc = BCC_REVEAL;
	test_plan_decide();
	ck_assert_int_eq(plan->action, ACTION_SEAL);
	test_plan_end();
}
END_TEST

/* Observing beside enforcing rules: bob's only observes. */

static const struct {
	enum config_encrypt anna;
	enum scene_finding anna_has;
	enum config_encrypt bob;
	enum scene_finding bob_has;
	enum action action;
	enum action would;
	enum reason_id reason; /* of the plan */
	enum reason_id anna_reason;
	enum reason_id bob_reason;
} mixed[] = {
    /* clang-format off */
    /* Bob has no demands, and gets the body that anna needs. */
    {ENCRYPT_REQUIRED, FOUND_USABLE, ENCRYPT_REQUIRED, FOUND_USABLE, ACTION_SEAL, ACTION_SEAL, REASON_SEALED, REASON_SEALED, REASON_SEALED},
    {ENCRYPT_PREFERRED, FOUND_USABLE, ENCRYPT_REQUIRED, FOUND_USABLE, ACTION_SEAL, ACTION_SEAL, REASON_SEALED, REASON_SEALED, REASON_SEALED},
    /* One who can't be sealed to stands in the way of anna's, like one without a rule. */
    {ENCRYPT_REQUIRED, FOUND_USABLE, ENCRYPT_REQUIRED, FOUND_EXPIRED, ACTION_REFUSE, ACTION_REFUSE, REASON_EXPIRED, REASON_OTHER_RECIPIENT, REASON_EXPIRED},
    {ENCRYPT_REQUIRED, FOUND_USABLE, ENCRYPT_NEVER, FOUND_USABLE, ACTION_REFUSE, ACTION_REFUSE, REASON_CLEARTEXT_RECIPIENT, REASON_OTHER_RECIPIENT, REASON_CLEARTEXT_RECIPIENT},
    {ENCRYPT_REQUIRED, FOUND_USABLE, ENCRYPT_REQUIRED, FOUND_NO_DIRECTORY, ACTION_DEFER, ACTION_DEFER, REASON_DIRECTORY_UNAVAILABLE, REASON_OTHER_RECIPIENT, REASON_DIRECTORY_UNAVAILABLE},
    {ENCRYPT_PREFERRED, FOUND_USABLE, ENCRYPT_REQUIRED, FOUND_EXPIRED, ACTION_PASS, ACTION_REFUSE, REASON_EXPIRED, REASON_OTHER_RECIPIENT, REASON_EXPIRED},
    /* What bob's rule would ask for is told, not done. */
    {ENCRYPT_NEVER, FOUND_USABLE, ENCRYPT_REQUIRED, FOUND_USABLE, ACTION_PASS, ACTION_REFUSE, REASON_CLEARTEXT_RECIPIENT, REASON_NEVER, REASON_OTHER_RECIPIENT},
    {ENCRYPT_NEVER, FOUND_USABLE, ENCRYPT_REQUIRED, FOUND_EXPIRED, ACTION_PASS, ACTION_REFUSE, REASON_EXPIRED, REASON_NEVER, REASON_EXPIRED},
    {ENCRYPT_PREFERRED, FOUND_NO_DIRECTORY, ENCRYPT_REQUIRED, FOUND_EXPIRED, ACTION_DEFER, ACTION_REFUSE, REASON_DIRECTORY_UNAVAILABLE, REASON_DIRECTORY_UNAVAILABLE, REASON_EXPIRED},
    {ENCRYPT_REQUIRED, FOUND_EXPIRED, ENCRYPT_REQUIRED, FOUND_USABLE, ACTION_REFUSE, ACTION_REFUSE, REASON_EXPIRED, REASON_EXPIRED, REASON_OTHER_RECIPIENT},
    /* clang-format on */
};

START_TEST(observing_rules_have_no_say_but_one_body_serves_all)
{
	test_plan_begin();
	scene_add(&scene, "anna@partner.example", mixed[_i].anna);
	scene_add(&scene, "bob@partner.example", mixed[_i].bob);
	scene_find(&scene, 0, mixed[_i].anna_has);
	scene_find(&scene, 1, mixed[_i].bob_has);
	scene.rules[1].policy.mode = MODE_OBSERVE;
	test_plan_decide();
	ck_assert_str_eq(action_name(plan->action), action_name(mixed[_i].action));
	ck_assert_str_eq(action_name(plan->would), action_name(mixed[_i].would));
	ck_assert_str_eq(reason_get(plan->reason)->code, reason_get(mixed[_i].reason)->code);
	ck_assert_str_eq(
	    reason_get(plan->recipients[0].reason)->code, reason_get(mixed[_i].anna_reason)->code);
	ck_assert_str_eq(
	    reason_get(plan->recipients[1].reason)->code, reason_get(mixed[_i].bob_reason)->code);
	ck_assert_int_eq(plan->recipients[0].action, plan->action);
	ck_assert_int_eq(plan->recipients[1].action, plan->would);
	ck_assert(!plan->recipients[0].observed && plan->recipients[1].observed);
	test_plan_end();
}
END_TEST

/* Subject markers. */

START_TEST(the_marker_is_stripped_only_when_sealed_and_wanted)
{
	static char marker[] = "[secure]";

	test_plan_begin();
	scene_add(&scene, "anna@partner.example", ENCRYPT_REQUIRED);
	scene_find(&scene, 0, FOUND_USABLE);
	test_plan_decide();
	ck_assert(!plan->strip_marker);
	scene.rules[0].subject = marker;
	test_plan_decide();
	ck_assert(!plan->strip_marker);
	scene.rules[0].strip_marker = true;
	test_plan_decide();
	ck_assert(plan->strip_marker);
	scene.ids[0][0].verdict = REASON_EXPIRED;
	test_plan_decide();
	ck_assert(!plan->strip_marker);
	test_plan_end();
}
END_TEST

static void
add_message_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, mode_by_finding, 0, (int)ARRAY_LENGTH(table));
	tcase_add_loop_test(tcase, an_observing_rule_changes_nothing_and_says_what_it_would_do, 0,
	    (int)ARRAY_LENGTH(table));
	tcase_add_loop_test(
	    tcase, the_code_of_a_stop_says_whether_waiting_helps, 0, (int)ARRAY_LENGTH(table));
	tcase_add_loop_test(tcase, one_body_for_all, 0, (int)ARRAY_LENGTH(pairs));
	tcase_add_loop_test(tcase, the_same_facts_give_the_same_plan, 0, (int)ARRAY_LENGTH(pairs));
	tcase_add_test(tcase, who_was_stopped_by_another_is_told_by_whom);
	tcase_add_test(tcase, without_a_rule_it_passes);
	tcase_add_test(tcase, a_recipient_without_a_rule_stops_one_who_must_be_sealed_to);
	tcase_add_test(tcase, an_empty_envelope_passes);
	tcase_add_test(tcase, a_blind_copy_is_not_disclosed);
	tcase_add_test(tcase, a_preferred_blind_copy_beside_a_required_recipient_is_refused);
	tcase_add_test(tcase, a_blind_copy_alone_is_sealed);
	tcase_add_test(tcase, one_mailbox_named_twice_discloses_nobody);
	tcase_add_test(tcase, recipients_who_are_all_invisible_are_not_disclosed_to_each_other);
	tcase_add_test(tcase, a_blind_copy_is_sealed_where_the_rule_reveals);
	tcase_add_loop_test(tcase, observing_rules_have_no_say_but_one_body_serves_all, 0,
	    (int)ARRAY_LENGTH(mixed));
	tcase_add_test(tcase, the_marker_is_stripped_only_when_sealed_and_wanted);
}

int
main(void)
{
	Suite *suite = suite_create("plan");

	add_message_tests(unit_case(suite, "message"));
	return unit_run(suite);
}
