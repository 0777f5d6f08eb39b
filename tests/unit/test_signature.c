/* smime/signature: the keys that others' signatures are verified by. */
#include <openssl/err.h>

#include "pki.h"
#include "short_memory.h"
#include "smime/signature.h"
#include "unit.h"

static const struct error none = ERROR_INIT;
static struct error err;

static void
setup(void)
{
	err = none;
}

static int
cost_of(const EVP_PKEY *key)
{
	int cost = -1;

	ck_assert_msg(signature_cost(key, &cost, &err) == 0, "%s", err.text);
	return cost;
}

/* Any key can stand in a certificate: it costs nothing to make the largest. */
static const struct {
	int bits;
	int exponent_bits;
	int cost;
} rsa[] = {
    {2048, 17, 1}, {2048, 64, 2}, {2048, 65, 0}, {2048, 2040, 0}, {8192, 17, 5}, {8192, 64, 17},
    {2048, 30000, 0}, /* more than OpenSSL reads at once */
};

START_TEST(an_rsa_key_costs_by_its_size_and_exponent)
{
	EVP_PKEY *key = pki_made_up_key(rsa[_i].bits, rsa[_i].exponent_bits);
	bool bearable;

	ck_assert_int_eq(cost_of(key), rsa[_i].cost);
	ck_assert_int_eq(signature_exponent_is_bearable(key, &bearable, &err), 0);
	ck_assert(bearable == (rsa[_i].cost > 0));
	ck_assert(signature_key_is_bearable(key, rsa[_i].bits));
	ck_assert(!signature_key_is_bearable(key, rsa[_i].bits - 1));
	EVP_PKEY_free(key);
}
END_TEST

static const struct {
	enum pki_key kind;
	int cost;
} others[] = {{PKI_P256, 2}, {PKI_P384, 8}, {PKI_P521, 8}, {PKI_ED25519, 5}};

START_TEST(a_key_of_another_kind_costs_by_that)
{
	EVP_PKEY *key = pki_key(others[_i].kind, 0);
	bool bearable = false;

	ck_assert_int_eq(cost_of(key), others[_i].cost);
	ck_assert_int_eq(signature_exponent_is_bearable(key, &bearable, &err), 0);
	ck_assert(bearable);
	ck_assert(signature_key_is_bearable(key, 0));
	EVP_PKEY_free(key);
}
END_TEST

static const struct {
	const char *name;
	int cost;
} curves[] = {{"prime256v1", 2}, {"sect233r1", 5}, {"sect409r1", 14}};

START_TEST(a_binary_curve_costs_more)
{
	EVP_PKEY *key = EVP_EC_gen(curves[_i].name);

	ck_assert_ptr_nonnull(key);
	ck_assert_int_eq(cost_of(key), curves[_i].cost);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(a_curve_that_nobody_uses_is_too_much)
{
	EVP_PKEY *key = EVP_EC_gen("sect571r1");

	ck_assert_ptr_nonnull(key);
	ck_assert(!signature_key_is_bearable(key, SIGNATURE_KEY_BITS_MAX));
	ck_assert_int_eq(cost_of(key), 0);
	EVP_PKEY_free(key);
}
END_TEST

/* What is too large stays so; memory is there again later. */
START_TEST(a_key_that_can_not_be_looked_at_for_lack_of_memory_is_not_too_large)
{
	static const struct pki_certificate what = {.subject = "CA", .ca = true};
	EVP_PKEY *key = pki_key(PKI_RSA_2048, 0);
	X509 *x509 = pki_issue(&what, key, NULL, key);
	unsigned long failures = 0;
	unsigned long n = 0;
	bool bearable;
	bool reached;
	int result;

	do {
		err = none;
		short_memory_fail(++n);
		result = signature_is_bearable_by(x509, &bearable, &err);
		reached = short_memory_failed();
		short_memory_fail(0);
		ck_assert(result == 0 ? bearable : err.code == ERROR_TEMPORARY);
		ck_assert_uint_eq(ERR_peek_error(), 0);
		failures += result != 0;
	} while (reached);
	ck_assert_int_eq(result, 0);
	ck_assert_uint_gt(failures, 0);
	X509_free(x509);
	EVP_PKEY_free(key);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("signature");
	TCase *tcase = unit_case(suite, "keys");

	if (!short_memory_prepare())
		return EXIT_FAILURE;
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(
	    tcase, an_rsa_key_costs_by_its_size_and_exponent, 0, (int)ARRAY_LENGTH(rsa));
	tcase_add_loop_test(
	    tcase, a_key_of_another_kind_costs_by_that, 0, (int)ARRAY_LENGTH(others));
	tcase_add_loop_test(tcase, a_binary_curve_costs_more, 0, (int)ARRAY_LENGTH(curves));
	tcase_add_test(tcase, a_curve_that_nobody_uses_is_too_much);
	tcase_add_test(tcase, a_key_that_can_not_be_looked_at_for_lack_of_memory_is_not_too_large);
	return unit_run(suite);
}
