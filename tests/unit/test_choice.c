/* Which digital IDs and ciphers one recipient's record offers under a policy. */
#include "policy/choice.h"
#include "scene.h"
#include "unit.h"

static const enum cipher_id gcm[] = {CIPHER_AES256_GCM, CIPHER_UNKNOWN};
static const enum cipher_id aes256[] = {CIPHER_AES256_CBC, CIPHER_UNKNOWN};
static const enum cipher_id aes128[] = {CIPHER_AES128_CBC, CIPHER_UNKNOWN};
static const enum cipher_id des3[] = {CIPHER_DES3, CIPHER_RC2_40, CIPHER_UNKNOWN};
static const enum cipher_id rc2[] = {CIPHER_RC2_40, CIPHER_UNKNOWN};
static const enum cipher_id chacha[] = {CIPHER_CHACHA20, CIPHER_UNKNOWN};

static struct scene scene;

static void
begin(void)
{
	scene_init(&scene);
	scene_add(&scene, "anna@partner.example", ENCRYPT_REQUIRED);
}

static void
publish(enum capabilities_source from, const enum cipher_id *ciphers)
{
	scene_publish(&scene, 0, REASON_OK, from, ciphers);
}

static void
choose(struct choice *choice)
{
	choice_make(&scene.records[0], &scene.rules[0].policy, choice);
}

static bool
takes(const struct choice *choice, size_t digital_id, enum cipher_id cipher)
{
	return choice_takes(
	    choice, &scene.records[0], digital_id, &scene.rules[0].policy, cipher_get(cipher));
}

START_TEST(a_list_that_ends_in_rc2_40_is_read_by_its_strongest)
{
	struct choice choice;

	begin();
	publish(CAPABILITIES_SIGNED, scene_modern);
	choose(&choice);
	ck_assert_int_eq(choice.best->id, CIPHER_AES256_CBC);
	ck_assert_int_eq(choice.capabilities.from, CAPABILITIES_SIGNED);
	ck_assert(!takes(&choice, 0, CIPHER_RC2_40));
}
END_TEST

START_TEST(a_cipher_that_is_only_recognised_is_never_chosen)
{
	struct choice choice;

	begin();
	publish(CAPABILITIES_SIGNED, rc2);
	choose(&choice);
	ck_assert(choice.known);
	ck_assert_ptr_null(choice.best);
	begin();
	publish(CAPABILITIES_SIGNED, chacha);
	choose(&choice);
	ck_assert_ptr_null(choice.best);
	ck_assert_int_eq(choice_strongest_named(&choice.capabilities)->id, CIPHER_CHACHA20);
}
END_TEST

START_TEST(what_is_assumed_brings_weaker_aes_cbc_but_no_gcm)
{
	struct choice choice;

	begin();
	publish(CAPABILITIES_NONE, scene_nothing);
	choose(&choice);
	ck_assert_int_eq(choice.capabilities.from, CAPABILITIES_ASSUMED);
	ck_assert_int_eq(choice.best->id, CIPHER_AES256_CBC);
	ck_assert(takes(&choice, 0, CIPHER_AES192_CBC));
	ck_assert(takes(&choice, 0, CIPHER_AES128_CBC));
	ck_assert(!takes(&choice, 0, CIPHER_AES128_GCM));
	ck_assert(!takes(&choice, 0, CIPHER_DES3));
}
END_TEST

START_TEST(nothing_stronger_than_the_assumed_cipher_is_assumed)
{
	struct choice choice;

	begin();
	scene.rules[0].policy.assumed_cipher = cipher_get(CIPHER_AES128_CBC);
	publish(CAPABILITIES_NONE, scene_nothing);
	choose(&choice);
	ck_assert_int_eq(choice.best->id, CIPHER_AES128_CBC);
	ck_assert(!takes(&choice, 0, CIPHER_AES256_CBC));
	scene.rules[0].policy.assumed_cipher = cipher_get(CIPHER_DES3);
	choose(&choice);
	ck_assert_int_eq(choice.best->id, CIPHER_DES3);
	ck_assert(!takes(&choice, 0, CIPHER_AES128_CBC));
}
END_TEST

START_TEST(a_list_without_any_cipher_says_nothing_about_ciphers)
{
	struct choice choice;

	begin();
	publish(CAPABILITIES_SIGNED, scene_nothing);
	choose(&choice);
	ck_assert_int_eq(choice.capabilities.from, CAPABILITIES_ASSUMED);
	scene.rules[0].policy.unknown_capabilities = UNKNOWN_REFUSE;
	choose(&choice);
	ck_assert(!choice.known);
	ck_assert_uint_eq(choice.usable, 1);
}
END_TEST

START_TEST(an_unknown_digital_id_is_left_out_where_unknown_is_refused)
{
	struct choice choice;

	begin();
	scene.rules[0].policy.unknown_capabilities = UNKNOWN_REFUSE;
	publish(CAPABILITIES_NONE, scene_nothing);
	publish(CAPABILITIES_EXTENSION, aes128);
	choose(&choice);
	ck_assert_int_eq(choice.best->id, CIPHER_AES128_CBC);
	ck_assert_uint_eq(choice.digital_id, 1);
	ck_assert(!takes(&choice, 0, CIPHER_AES128_CBC));
	ck_assert(takes(&choice, 1, CIPHER_AES128_CBC));
}
END_TEST

START_TEST(an_id_that_would_pull_the_cipher_down_is_left_out)
{
	struct choice choice;

	begin();
	publish(CAPABILITIES_SIGNED, aes128);
	publish(CAPABILITIES_SIGNED, aes256);
	publish(CAPABILITIES_NONE, scene_nothing);
	choose(&choice);
	ck_assert_int_eq(choice.best->id, CIPHER_AES256_CBC);
	ck_assert_uint_eq(choice.digital_id, 1);
	ck_assert(!takes(&choice, 0, CIPHER_AES256_CBC));
	ck_assert(takes(&choice, 1, CIPHER_AES256_CBC));
	ck_assert(takes(&choice, 2, CIPHER_AES256_CBC));
	ck_assert(takes(&choice, 0, CIPHER_AES128_CBC));
	ck_assert(!takes(&choice, 1, CIPHER_AES128_CBC));
}
END_TEST

START_TEST(with_preferred_only_the_first_id_above_the_floor_counts)
{
	struct choice choice;

	begin();
	scene.rules[0].policy.digital_ids = DIGITAL_IDS_PREFERRED;
	publish(CAPABILITIES_SIGNED, des3);
	publish(CAPABILITIES_SIGNED, aes128);
	publish(CAPABILITIES_SIGNED, gcm);
	choose(&choice);
	ck_assert_uint_eq(choice.digital_id, 1);
	ck_assert_int_eq(choice.best->id, CIPHER_AES128_CBC);
	ck_assert(!takes(&choice, 2, CIPHER_AES256_GCM));
	ck_assert(!takes(&choice, 0, CIPHER_DES3));
	ck_assert_ptr_null(choice_strongest(choice.readable, cipher_get(CIPHER_AES256_CBC)));
}
END_TEST

START_TEST(with_preferred_and_nothing_above_the_floor_the_first_is_named)
{
	struct choice choice;

	begin();
	scene.rules[0].policy.digital_ids = DIGITAL_IDS_PREFERRED;
	publish(CAPABILITIES_SIGNED, rc2);
	publish(CAPABILITIES_SIGNED, des3);
	choose(&choice);
	ck_assert_uint_eq(choice.digital_id, 0);
	ck_assert_int_eq(choice_strongest_named(&choice.capabilities)->id, CIPHER_RC2_40);
}
END_TEST

START_TEST(digital_ids_that_are_not_ok_offer_nothing)
{
	struct choice choice;

	begin();
	scene_publish(&scene, 0, REASON_EXPIRED, CAPABILITIES_SIGNED, gcm);
	publish(CAPABILITIES_SIGNED, aes128);
	scene.ids[0][1].certificate = NULL;
	choose(&choice);
	ck_assert_uint_eq(choice.usable, 0);
	ck_assert(!choice.known);
	choice_make(NULL, &scene.rules[0].policy, &choice);
	ck_assert_uint_eq(choice.usable, 0);
}
END_TEST

START_TEST(the_strongest_is_bounded_by_the_floor)
{
	struct choice choice;

	begin();
	publish(CAPABILITIES_SIGNED, des3);
	choose(&choice);
	ck_assert_ptr_null(choice_strongest(choice.readable, cipher_get(CIPHER_AES128_CBC)));
	ck_assert_int_eq(
	    choice_strongest(choice.readable, cipher_get(CIPHER_DES3))->id, CIPHER_DES3);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("choice");
	TCase *tcase = unit_case(suite, "choice");

	tcase_add_test(tcase, a_list_that_ends_in_rc2_40_is_read_by_its_strongest);
	tcase_add_test(tcase, a_cipher_that_is_only_recognised_is_never_chosen);
	tcase_add_test(tcase, what_is_assumed_brings_weaker_aes_cbc_but_no_gcm);
	tcase_add_test(tcase, nothing_stronger_than_the_assumed_cipher_is_assumed);
	tcase_add_test(tcase, a_list_without_any_cipher_says_nothing_about_ciphers);
	tcase_add_test(tcase, an_unknown_digital_id_is_left_out_where_unknown_is_refused);
	tcase_add_test(tcase, an_id_that_would_pull_the_cipher_down_is_left_out);
	tcase_add_test(tcase, with_preferred_only_the_first_id_above_the_floor_counts);
	tcase_add_test(tcase, with_preferred_and_nothing_above_the_floor_the_first_is_named);
	tcase_add_test(tcase, digital_ids_that_are_not_ok_offer_nothing);
	tcase_add_test(tcase, the_strongest_is_bounded_by_the_floor);
	return unit_run(suite);
}
