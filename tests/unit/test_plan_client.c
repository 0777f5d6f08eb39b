/* The decision on what the client encrypted: compared with what is published, never sealed. */
#include <string.h>

#include "test_plan.h"
#include "unit.h"

#define STRICT_UNUSABLE 1
#define LENIENT_UNAVAILABLE 2
#define STRICT_UNVERIFIED 4

static const struct {
	enum config_encrypt encrypt;
	enum cipher_id used;
	enum scene_finding finding;
	bool addressed;
	int knobs;
	enum action action;
	enum reason_id reason;
} enveloped[] = {
    /* clang-format off */
    {ENCRYPT_REQUIRED, CIPHER_AES256_CBC, FOUND_USABLE, true, 0, ACTION_PASS, REASON_CLIENT_ENCRYPTED},
    {ENCRYPT_REQUIRED, CIPHER_AES256_GCM, FOUND_USABLE, true, 0, ACTION_PASS, REASON_CLIENT_ENCRYPTED},
    {ENCRYPT_REQUIRED, CIPHER_AES256_CBC, FOUND_USABLE, false, 0, ACTION_REFUSE, REASON_RECIPIENT_NOT_ADDRESSED},
    {ENCRYPT_REQUIRED, CIPHER_AES256_CBC, FOUND_NO_VALUE, false, 0, ACTION_REFUSE, REASON_RECIPIENT_NOT_ADDRESSED},
    {ENCRYPT_REQUIRED, CIPHER_AES256_CBC, FOUND_EXPIRED, false, 0, ACTION_REFUSE, REASON_RECIPIENT_NOT_ADDRESSED},
    {ENCRYPT_REQUIRED, CIPHER_AES256_CBC, FOUND_EXPIRED, true, 0, ACTION_REFUSE, REASON_EXPIRED},
    {ENCRYPT_REQUIRED, CIPHER_AES256_CBC, FOUND_REVOKED, true, 0, ACTION_REFUSE, REASON_REVOKED},
    {ENCRYPT_REQUIRED, CIPHER_AES256_CBC, FOUND_NO_REVOCATION, true, 0, ACTION_DEFER, REASON_REVOCATION_UNAVAILABLE},
    {ENCRYPT_REQUIRED, CIPHER_AES256_CBC, FOUND_NOTHING, false, 0, ACTION_PASS, REASON_RECIPIENT_UNVERIFIED},
    {ENCRYPT_REQUIRED, CIPHER_AES256_CBC, FOUND_NOTHING, false, STRICT_UNVERIFIED, ACTION_REFUSE, REASON_RECIPIENT_UNVERIFIED},
    {ENCRYPT_REQUIRED, CIPHER_AES256_CBC, FOUND_NO_DIRECTORY, false, 0, ACTION_DEFER, REASON_DIRECTORY_UNAVAILABLE},
    {ENCRYPT_REQUIRED, CIPHER_AES256_CBC, FOUND_NO_ANSWER, false, 0, ACTION_DEFER, REASON_DIRECTORY_UNAVAILABLE},
    {ENCRYPT_REQUIRED, CIPHER_RC2_40, FOUND_USABLE, true, 0, ACTION_REFUSE, REASON_WEAK_CIPHER},
    {ENCRYPT_REQUIRED, CIPHER_DES3, FOUND_NOTHING, false, 0, ACTION_REFUSE, REASON_WEAK_CIPHER},
    {ENCRYPT_REQUIRED, CIPHER_UNKNOWN, FOUND_USABLE, true, 0, ACTION_REFUSE, REASON_WEAK_CIPHER},
    {ENCRYPT_PREFERRED, CIPHER_AES256_CBC, FOUND_USABLE, true, 0, ACTION_PASS, REASON_CLIENT_ENCRYPTED},
    {ENCRYPT_PREFERRED, CIPHER_AES256_CBC, FOUND_USABLE, false, 0, ACTION_REFUSE, REASON_RECIPIENT_NOT_ADDRESSED},
    {ENCRYPT_PREFERRED, CIPHER_AES256_CBC, FOUND_USABLE, false, STRICT_UNUSABLE, ACTION_REFUSE, REASON_RECIPIENT_NOT_ADDRESSED},
    {ENCRYPT_PREFERRED, CIPHER_AES256_CBC, FOUND_UNTRUSTED, true, 0, ACTION_REFUSE, REASON_UNTRUSTED_ISSUER},
    {ENCRYPT_PREFERRED, CIPHER_AES256_CBC, FOUND_UNTRUSTED, true, STRICT_UNUSABLE, ACTION_REFUSE, REASON_UNTRUSTED_ISSUER},
    {ENCRYPT_PREFERRED, CIPHER_AES256_CBC, FOUND_NOTHING, false, 0, ACTION_PASS, REASON_RECIPIENT_UNVERIFIED},
    {ENCRYPT_PREFERRED, CIPHER_AES256_CBC, FOUND_NOTHING, false, STRICT_UNVERIFIED, ACTION_REFUSE, REASON_RECIPIENT_UNVERIFIED},
    {ENCRYPT_PREFERRED, CIPHER_AES256_CBC, FOUND_NO_DIRECTORY, false, 0, ACTION_DEFER, REASON_DIRECTORY_UNAVAILABLE},
    {ENCRYPT_PREFERRED, CIPHER_AES256_CBC, FOUND_NO_DIRECTORY, false, LENIENT_UNAVAILABLE, ACTION_PASS, REASON_DIRECTORY_UNAVAILABLE},
    {ENCRYPT_PREFERRED, CIPHER_RC2_40, FOUND_USABLE, true, 0, ACTION_REFUSE, REASON_WEAK_CIPHER},
    {ENCRYPT_NEVER, CIPHER_AES256_CBC, FOUND_USABLE, false, 0, ACTION_PASS, REASON_NEVER},
    {ENCRYPT_NEVER, CIPHER_RC2_40, FOUND_USABLE, false, 0, ACTION_REFUSE, REASON_WEAK_CIPHER},
    /* clang-format on */
};

static void
set_up_enveloped(int row)
{
	test_plan_begin();
	scene_add(&scene, "anna@partner.example", enveloped[row].encrypt);
	scene_find(&scene, 0, enveloped[row].finding);
	scene_enveloped(&scene, enveloped[row].used);
	scene.addressed[0][0] = enveloped[row].addressed;
	if (enveloped[row].knobs & STRICT_UNUSABLE)
		scene.rules[0].policy.unusable = REFUSE;
	if (enveloped[row].knobs & LENIENT_UNAVAILABLE)
		scene.rules[0].policy.unavailable = UNAVAILABLE_PASS;
	if (enveloped[row].knobs & STRICT_UNVERIFIED)
		scene.rules[0].policy.unverified = REJECT;
}

START_TEST(what_the_client_encrypted_is_compared_and_never_sealed)
{
	set_up_enveloped(_i);
	test_plan_decide();
	ck_assert_str_eq(action_name(plan->action), action_name(enveloped[_i].action));
	ck_assert_str_eq(reason_get(plan->reason)->code, reason_get(enveloped[_i].reason)->code);
	ck_assert_uint_eq(plan->seal_count, 0);
	ck_assert_int_eq(
	    plan->recipients[0].trust_failure, reason_get(enveloped[_i].reason)->trust_failure);
	scene.rules[0].policy.mode = MODE_OBSERVE;
	test_plan_decide();
	ck_assert_int_eq(plan->action, ACTION_PASS);
	ck_assert_int_eq(plan->would, enveloped[_i].action);
	test_plan_end();
}
END_TEST

START_TEST(without_a_rule_the_top_level_floor_holds_for_what_the_client_encrypted)
{
	test_plan_begin();
	scene_add(&scene, "bob@plain.example", ENCRYPT_REQUIRED);
	scene_without_rule(&scene, 0);
	scene_enveloped(&scene, CIPHER_RC2_40);
	test_plan_decide();
	ck_assert_int_eq(plan->action, ACTION_REFUSE);
	ck_assert_int_eq(plan->reason, REASON_WEAK_CIPHER);
	ck_assert_ptr_nonnull(strstr(plan->recipients[0].detail, "40-bit RC2"));
	scene_enveloped(&scene, CIPHER_AES128_CBC);
	test_plan_decide();
	ck_assert_int_eq(plan->action, ACTION_PASS);
	ck_assert_int_eq(plan->reason, REASON_NO_RULE);
	scene.config.policy.mode = MODE_OBSERVE;
	scene_enveloped(&scene, CIPHER_RC2_40);
	test_plan_decide();
	ck_assert_int_eq(plan->action, ACTION_PASS);
	ck_assert_int_eq(plan->would, ACTION_REFUSE);
	test_plan_end();
}
END_TEST

START_TEST(one_recipient_the_client_forgot_stops_the_message)
{
	test_plan_begin();
	scene_add(&scene, "anna@partner.example", ENCRYPT_REQUIRED);
	scene_add(&scene, "bob@partner.example", ENCRYPT_REQUIRED);
	scene_add(&scene, "carl@plain.example", ENCRYPT_NEVER);
	scene_find(&scene, 0, FOUND_USABLE);
	scene_find(&scene, 1, FOUND_USABLE);
	scene_enveloped(&scene, CIPHER_AES256_CBC);
	scene.addressed[0][0] = true;
	test_plan_decide();
	ck_assert_int_eq(plan->action, ACTION_REFUSE);
	ck_assert_uint_eq(plan->decider, 1);
	ck_assert_int_eq(plan->reason, REASON_RECIPIENT_NOT_ADDRESSED);
	ck_assert_int_eq(plan->recipients[0].reason, REASON_OTHER_RECIPIENT);
	ck_assert_int_eq(plan->recipients[2].reason, REASON_OTHER_RECIPIENT);
	test_plan_end();
}
END_TEST

START_TEST(any_usable_digital_id_addressed_is_enough)
{
	test_plan_begin();
	scene_add(&scene, "anna@partner.example", ENCRYPT_REQUIRED);
	scene_find(&scene, 0, FOUND_EXPIRED);
	scene_find(&scene, 0, FOUND_USABLE);
	scene_enveloped(&scene, CIPHER_AES256_CBC);
	scene.addressed[0][0] = true;
	test_plan_decide();
	ck_assert_int_eq(plan->reason, REASON_EXPIRED);
	scene.addressed[0][1] = true;
	test_plan_decide();
	ck_assert_int_eq(plan->action, ACTION_PASS);
	ck_assert_ptr_eq(plan->recipients[0].evidence, &scene.ids[0][1]);
	test_plan_end();
}
END_TEST

START_TEST(nothing_said_of_recipient_infos_counts_as_not_addressed)
{
	test_plan_begin();
	scene_add(&scene, "anna@partner.example", ENCRYPT_REQUIRED);
	scene_find(&scene, 0, FOUND_USABLE);
	scene_enveloped(&scene, CIPHER_AES256_CBC);
	scene.recipients[0].addressed = NULL;
	scene.body.cipher_text[0] = '\0';
	test_plan_decide();
	ck_assert_int_eq(plan->reason, REASON_RECIPIENT_NOT_ADDRESSED);
	scene.body.cipher = NULL;
	test_plan_decide();
	ck_assert_int_eq(plan->reason, REASON_WEAK_CIPHER);
	test_plan_end();
}
END_TEST

static const struct {
	enum config_encrypt encrypt;
	enum config_accept_refuse pgp;
	enum action action;
	enum reason_id reason;
} pgps[] = {
    /* clang-format off */
    {ENCRYPT_REQUIRED, ACCEPT, ACTION_PASS, REASON_PGP_MIME},
    {ENCRYPT_REQUIRED, REJECT, ACTION_REFUSE, REASON_PGP_MIME},
    {ENCRYPT_PREFERRED, ACCEPT, ACTION_PASS, REASON_PGP_MIME},
    {ENCRYPT_PREFERRED, REJECT, ACTION_REFUSE, REASON_PGP_MIME},
    {ENCRYPT_NEVER, REJECT, ACTION_PASS, REASON_NEVER},
    /* clang-format on */
};

START_TEST(openpgp_counts_as_encrypted_by_rule)
{
	test_plan_begin();
	scene_add(&scene, "anna@partner.example", pgps[_i].encrypt);
	scene_find(&scene, 0, FOUND_USABLE);
	scene.facts.content = CONTENT_PGP_MIME;
	scene.rules[0].policy.pgp_mime = pgps[_i].pgp;
	test_plan_decide();
	ck_assert_int_eq(plan->action, pgps[_i].action);
	ck_assert_int_eq(plan->reason, pgps[_i].reason);
	ck_assert_uint_eq(plan->seal_count, 0);
	test_plan_end();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("plan_client");
	TCase *tcase = unit_case(suite, "client");

	tcase_add_loop_test(tcase, what_the_client_encrypted_is_compared_and_never_sealed, 0,
	    (int)ARRAY_LENGTH(enveloped));
	tcase_add_test(
	    tcase, without_a_rule_the_top_level_floor_holds_for_what_the_client_encrypted);
	tcase_add_test(tcase, one_recipient_the_client_forgot_stops_the_message);
	tcase_add_test(tcase, any_usable_digital_id_addressed_is_enough);
	tcase_add_test(tcase, nothing_said_of_recipient_infos_counts_as_not_addressed);
	tcase_add_loop_test(tcase, openpgp_counts_as_encrypted_by_rule, 0, (int)ARRAY_LENGTH(pgps));
	return unit_run(suite);
}
