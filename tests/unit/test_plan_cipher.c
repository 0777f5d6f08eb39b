/* What a message is sealed to, and the evidence that is told of each recipient. */
#include <string.h>

#include "test_plan.h"
#include "unit.h"

static const enum cipher_id gcm_and_cbc[] = {CIPHER_AES256_GCM, CIPHER_AES256_CBC, CIPHER_UNKNOWN};
static const enum cipher_id only_gcm[] = {CIPHER_AES256_GCM, CIPHER_UNKNOWN};
static const enum cipher_id aes256[] = {CIPHER_AES256_CBC, CIPHER_UNKNOWN};
static const enum cipher_id aes128[] = {CIPHER_AES128_CBC, CIPHER_UNKNOWN};
static const enum cipher_id des3[] = {CIPHER_DES3, CIPHER_RC2_40, CIPHER_UNKNOWN};

static const struct {
	const enum cipher_id *anna; /* NULL: nothing known, assumed */
	const enum cipher_id *bob;
	enum cipher_id anna_floor;
	enum cipher_id bob_floor;
	enum cipher_id chosen; /* UNKNOWN: refused */
	size_t named;          /* then: who */
} ciphers[] = {
    /* clang-format off */
    {scene_modern, scene_modern, CIPHER_AES128_CBC, CIPHER_AES128_CBC, CIPHER_AES256_CBC, 0},
    {gcm_and_cbc, gcm_and_cbc, CIPHER_AES128_CBC, CIPHER_AES128_CBC, CIPHER_AES256_GCM, 0},
    {gcm_and_cbc, aes256, CIPHER_AES128_CBC, CIPHER_AES128_CBC, CIPHER_AES256_CBC, 0},
    {scene_modern, aes128, CIPHER_AES128_CBC, CIPHER_AES128_CBC, CIPHER_AES128_CBC, 0},
    {NULL, aes128, CIPHER_AES128_CBC, CIPHER_AES128_CBC, CIPHER_AES128_CBC, 0},
    {NULL, gcm_and_cbc, CIPHER_AES128_CBC, CIPHER_AES128_CBC, CIPHER_AES256_CBC, 0},
    {scene_modern, des3, CIPHER_DES3, CIPHER_DES3, CIPHER_DES3, 0},
    {scene_modern, des3, CIPHER_AES128_CBC, CIPHER_DES3, CIPHER_UNKNOWN, 1},
    {scene_modern, aes128, CIPHER_AES256_CBC, CIPHER_AES128_CBC, CIPHER_UNKNOWN, 1},
    {aes128, scene_modern, CIPHER_AES128_CBC, CIPHER_AES256_CBC, CIPHER_UNKNOWN, 0},
    {only_gcm, aes256, CIPHER_AES128_CBC, CIPHER_AES128_CBC, CIPHER_UNKNOWN, 1},
    {NULL, only_gcm, CIPHER_AES128_CBC, CIPHER_AES128_CBC, CIPHER_UNKNOWN, 0},
    /* clang-format on */
};

static void
offer(size_t i, const enum cipher_id *list, enum cipher_id floor)
{
	scene.rules[i].policy.floor = cipher_get(floor);
	if (list != NULL)
		scene_publish(&scene, i, REASON_OK, CAPABILITIES_SIGNED, list);
	else
		scene_publish(&scene, i, REASON_OK, CAPABILITIES_NONE, scene_nothing);
}

static void
set_up_ciphers(int row, enum config_encrypt encrypt)
{
	test_plan_begin();
	scene_add(&scene, "anna@partner.example", encrypt);
	scene_add(&scene, "bob@plain.example", encrypt);
	offer(0, ciphers[row].anna, ciphers[row].anna_floor);
	offer(1, ciphers[row].bob, ciphers[row].bob_floor);
}

START_TEST(the_strongest_cipher_that_all_read_and_every_floor_allows)
{
	set_up_ciphers(_i, ENCRYPT_REQUIRED);
	test_plan_decide();
	if (ciphers[_i].chosen != CIPHER_UNKNOWN) {
		ck_assert_int_eq(plan->action, ACTION_SEAL);
		ck_assert_str_eq(plan->cipher->name, cipher_get(ciphers[_i].chosen)->name);
		ck_assert_uint_eq(plan->seal_count, 2);
	} else {
		ck_assert_int_eq(plan->action, ACTION_REFUSE);
		ck_assert_int_eq(plan->reason, REASON_WEAK_CIPHER);
		ck_assert_uint_eq(plan->decider, ciphers[_i].named);
		ck_assert_int_eq(
		    plan->recipients[1 - ciphers[_i].named].reason, REASON_OTHER_RECIPIENT);
	}
	test_plan_end();
}
END_TEST

START_TEST(preferred_recipients_without_a_common_cipher_get_it_unsealed)
{
	set_up_ciphers(_i, ENCRYPT_PREFERRED);
	test_plan_decide();
	if (ciphers[_i].chosen == CIPHER_UNKNOWN) {
		ck_assert_int_eq(plan->action, ACTION_PASS);
		ck_assert_int_eq(plan->recipients[ciphers[_i].named].reason, REASON_WEAK_CIPHER);
		scene.rules[ciphers[_i].named].policy.unusable = REFUSE;
		test_plan_decide();
		ck_assert_int_eq(plan->action, ACTION_REFUSE);
	} else {
		ck_assert_int_eq(plan->action, ACTION_SEAL);
	}
	test_plan_end();
}
END_TEST

START_TEST(a_weak_offer_is_named_in_words)
{
	test_plan_begin();
	scene_add(&scene, "anna@partner.example", ENCRYPT_REQUIRED);
	scene_find(&scene, 0, FOUND_RC2);
	test_plan_decide();
	ck_assert_ptr_nonnull(strstr(plan->recipients[0].detail, "40-bit RC2"));
	ck_assert_ptr_nonnull(strstr(plan->recipients[0].detail, "AES-128-CBC"));
	ck_assert_ptr_null(plan->recipients[0].cipher);
	ck_assert_int_eq(plan->recipients[0].capabilities.from, CAPABILITIES_SIGNED);
	test_plan_end();
}
END_TEST

START_TEST(every_usable_digital_id_is_sealed_to)
{
	test_plan_begin();
	scene_add(&scene, "anna@partner.example", ENCRYPT_REQUIRED);
	scene_publish_modern(&scene, 0);
	scene_publish(&scene, 0, REASON_OK, CAPABILITIES_NONE, scene_nothing);
	scene_publish(&scene, 0, REASON_OK, CAPABILITIES_SIGNED, aes128);
	scene_publish(&scene, 0, REASON_EXPIRED, CAPABILITIES_SIGNED, scene_modern);
	test_plan_decide();
	ck_assert_int_eq(plan->cipher->id, CIPHER_AES256_CBC);
	ck_assert_uint_eq(plan->seal_count, 2);
	ck_assert_uint_eq(plan->seals[0].digital_id, 0);
	ck_assert_uint_eq(plan->seals[1].digital_id, 1);
	scene.rules[0].policy.digital_ids = DIGITAL_IDS_PREFERRED;
	test_plan_decide();
	ck_assert_uint_eq(plan->seal_count, 1);
	ck_assert_uint_eq(plan->seals[0].digital_id, 0);
	test_plan_end();
}
END_TEST

START_TEST(the_evidence_of_a_seal_is_a_digital_id_that_is_sealed_to)
{
	test_plan_begin();
	scene_add(&scene, "anna@partner.example", ENCRYPT_REQUIRED);
	scene_publish(&scene, 0, REASON_OK, CAPABILITIES_SIGNED, only_gcm);
	scene_publish(&scene, 0, REASON_OK, CAPABILITIES_SIGNED, aes256);
	scene_add(&scene, "bob@partner.example", ENCRYPT_REQUIRED);
	scene_publish(&scene, 1, REASON_OK, CAPABILITIES_SIGNED, aes256);
	test_plan_decide();
	ck_assert_int_eq(plan->cipher->id, CIPHER_AES256_CBC);
	ck_assert_ptr_eq(plan->recipients[0].evidence, &scene.ids[0][1]);
	ck_assert_ptr_eq(plan->recipients[1].evidence, &scene.ids[1][0]);
	ck_assert_int_eq(plan->recipients[0].cipher->id, CIPHER_AES256_GCM);
	test_plan_end();
}
END_TEST

static const struct {
	enum capabilities_source from;
	bool oaep;
	bool oaep_sha256;
	bool seal_oaep;
	bool seal_sha1;
} oaeps[] = {
    /* clang-format off */
    {CAPABILITIES_SIGNED, false, false, false, false},
    {CAPABILITIES_SIGNED, true, false, true, true},
    {CAPABILITIES_SIGNED, false, true, true, false},
    {CAPABILITIES_SIGNED, true, true, true, false},
    {CAPABILITIES_EXTENSION, false, true, true, false},
    {CAPABILITIES_NONE, true, true, false, false},
    /* clang-format on */
};

START_TEST(oaep_only_where_that_digital_id_advertises_it)
{
	struct digital_id *id;

	test_plan_begin();
	scene_add(&scene, "anna@partner.example", ENCRYPT_REQUIRED);
	id = scene_publish(&scene, 0, REASON_OK, oaeps[_i].from, aes256);
	id->capabilities.oaep = oaeps[_i].oaep;
	id->capabilities.oaep_sha256 = oaeps[_i].oaep_sha256;
	scene_publish(&scene, 0, REASON_OK, CAPABILITIES_NONE, scene_nothing);
	test_plan_decide();
	ck_assert_uint_eq(plan->seal_count, 2);
	ck_assert_int_eq(plan->seals[0].oaep, oaeps[_i].seal_oaep);
	ck_assert_int_eq(plan->seals[0].oaep_sha1, oaeps[_i].seal_sha1);
	ck_assert(!plan->seals[1].oaep && !plan->seals[1].oaep_sha1);
	test_plan_end();
}
END_TEST

/* Evidence. */

START_TEST(of_unusable_digital_ids_the_one_valid_longest_gives_the_reason)
{
	test_plan_begin();
	scene_add(&scene, "anna@partner.example", ENCRYPT_REQUIRED);
	scene_publish(&scene, 0, REASON_EXPIRED, CAPABILITIES_SIGNED, scene_modern);
	scene_publish(&scene, 0, REASON_UNTRUSTED_ISSUER, CAPABILITIES_NONE, scene_nothing);
	scene_publish(&scene, 0, REASON_MALFORMED, CAPABILITIES_NONE, scene_nothing);
	scene.ids[0][0].certificate->not_after -= 90 * SCENE_DAY;
	scene.ids[0][2].certificate = NULL;
	test_plan_decide();
	ck_assert_int_eq(plan->reason, REASON_UNTRUSTED_ISSUER);
	ck_assert_ptr_eq(plan->recipients[0].evidence, &scene.ids[0][1]);
	ck_assert_ptr_nonnull(strstr(plan->recipients[0].detail, "CN=Example Issuing CA"));
	ck_assert_ptr_nonnull(strstr(plan->recipients[0].detail, scene.serials[0][1]));
	test_plan_end();
}
END_TEST

START_TEST(where_waiting_may_make_one_usable_it_is_deferred)
{
	test_plan_begin();
	scene_add(&scene, "anna@partner.example", ENCRYPT_REQUIRED);
	scene_publish(&scene, 0, REASON_EXPIRED, CAPABILITIES_SIGNED, scene_modern);
	scene_publish(&scene, 0, REASON_REVOCATION_UNAVAILABLE, CAPABILITIES_SIGNED, scene_modern);
	scene.ids[0][1].certificate->not_after -= SCENE_DAY;
	test_plan_decide();
	ck_assert_int_eq(plan->action, ACTION_DEFER);
	ck_assert_int_eq(plan->reason, REASON_REVOCATION_UNAVAILABLE);
	test_plan_end();
}
END_TEST

START_TEST(a_stale_digital_id_is_noted_even_when_mail_goes_out)
{
	test_plan_begin();
	scene_add(&scene, "anna@partner.example", ENCRYPT_REQUIRED);
	scene_publish_modern(&scene, 0);
	scene_publish(&scene, 0, REASON_EXPIRED, CAPABILITIES_SIGNED, scene_modern)->stale = true;
	test_plan_decide();
	ck_assert_int_eq(plan->action, ACTION_SEAL);
	ck_assert(plan->recipients[0].stale);
	test_plan_end();
}
END_TEST

START_TEST(very_long_names_never_overrun_the_detail)
{
	static char longest[3000];
	size_t i;

	for (i = 0; i + 2 < sizeof(longest); i += 2)
		memcpy(longest + i, "\xc3\xa9", 2);
	test_plan_begin();
	scene_add(&scene, "anna@partner.example", ENCRYPT_REQUIRED);
	scene_find(&scene, 0, FOUND_EXPIRED);
	scene.certificates[0][0].subject = longest;
	scene.certificates[0][0].issuer = longest;
	scene.certificates[0][0].serial = longest;
	scene.ids[0][0].detail = longest;
	test_plan_decide();
	ck_assert_uint_lt(strlen(plan->recipients[0].detail), sizeof(plan->recipients[0].detail));
	ck_assert_ptr_nonnull(strstr(plan->recipients[0].detail, "valid from"));
	ck_assert_str_eq(plan->recipients[0].detail + strlen(plan->recipients[0].detail) - 6,
	    "\xc3\xa9 ..."); /* that there is more is seen */
	test_plan_end();
}
END_TEST

START_TEST(what_clients_would_have_used_is_told)
{
	test_plan_begin();
	scene_add(&scene, "anna@partner.example", ENCRYPT_REQUIRED);
	scene_add(&scene, "nobody@partner.example", ENCRYPT_REQUIRED);
	scene_find(&scene, 0, FOUND_ASSUMED);
	test_plan_decide();
	ck_assert_int_eq(plan->recipients[0].fallback[CLIENT_OUTLOOK_2002]->id, CIPHER_RC2_40);
	ck_assert_ptr_null(plan->recipients[1].fallback[CLIENT_OUTLOOK_2002]);
	test_plan_end();
}
END_TEST

static void
add_cipher_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, the_strongest_cipher_that_all_read_and_every_floor_allows, 0,
	    (int)ARRAY_LENGTH(ciphers));
	tcase_add_loop_test(tcase, preferred_recipients_without_a_common_cipher_get_it_unsealed, 0,
	    (int)ARRAY_LENGTH(ciphers));
	tcase_add_test(tcase, a_weak_offer_is_named_in_words);
	tcase_add_test(tcase, every_usable_digital_id_is_sealed_to);
	tcase_add_test(tcase, the_evidence_of_a_seal_is_a_digital_id_that_is_sealed_to);
	tcase_add_loop_test(
	    tcase, oaep_only_where_that_digital_id_advertises_it, 0, (int)ARRAY_LENGTH(oaeps));
	tcase_add_test(tcase, of_unusable_digital_ids_the_one_valid_longest_gives_the_reason);
	tcase_add_test(tcase, where_waiting_may_make_one_usable_it_is_deferred);
	tcase_add_test(tcase, a_stale_digital_id_is_noted_even_when_mail_goes_out);
	tcase_add_test(tcase, very_long_names_never_overrun_the_detail);
	tcase_add_test(tcase, what_clients_would_have_used_is_told);
}

int
main(void)
{
	Suite *suite = suite_create("plan_cipher");

	add_cipher_tests(unit_case(suite, "cipher"));
	return unit_run(suite);
}
