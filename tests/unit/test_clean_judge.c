/* What of an entry is dead: by what is thought of each digital ID, and what would be left. */
#include <stdlib.h>
#include <string.h>

#include "clean.h"
#include "pki.h"
#include "unit.h"

#define ALL (~(clean_reasons)0)
#define EXPIRED CLEAN_BIT(REASON_EXPIRED)
#define STALE CLEAN_BIT(REASON_STALE)

enum who { OLD, NEW, ALIAS, WHO_COUNT };

static EVP_PKEY *key;
static X509 *ca;
static X509 *x509[WHO_COUNT];
static struct certificate *certificates[WHO_COUNT];
static struct digital_id ids[WHO_COUNT];
static struct recipient record;
static struct address addresses[2];
static struct census_value values[4];
static unsigned char *bytes[4];
static struct census_entry entry;
static struct clean_finding finding;
static struct error err;

static void
issue(enum who who, const char *email, int from_days)
{
	x509[who] = pki_issue(
	    &(const struct pki_certificate){
		.subject = "Anna", .email = email, .from_days = from_days},
	    key, ca, key);
	certificates[who] = certificate_from_x509(x509[who], &err);
	ck_assert_msg(certificates[who] != NULL, "%s", err.text);
	ids[who] = (struct digital_id){.certificate = certificates[who], .verdict = REASON_OK};
}

static void
setup(void)
{
	static const struct error none = ERROR_INIT;

	err = none;
	key = pki_key(PKI_RSA_2048, 1);
	ca =
	    pki_issue(&(const struct pki_certificate){.subject = "CA", .ca = true}, key, NULL, key);
	issue(OLD, "anna@corp.example", -20);
	issue(NEW, "anna@corp.example", -2);
	issue(ALIAS, "alias@corp.example", -3);
	ck_assert_int_eq(address_parse("anna@corp.example", &addresses[0], &err), 0);
	ck_assert_int_eq(address_parse("alias@corp.example", &addresses[1], &err), 0);
	record = (struct recipient){.state = RECIPIENT_FOUND, .digital_ids = ids};
	record.digital_id_count = WHO_COUNT;
	entry = (struct census_entry){
	    .dn = (char *)"uid=anna", .addresses = addresses, .address_count = 1, .values = values};
	finding =
	    (struct clean_finding){.entry = &entry, .address = &addresses[0], .record = &record};
}

static void
teardown(void)
{
	size_t i;

	clean_finding_clear(&finding);
	for (i = 0; i < entry.value_count; i++)
		OPENSSL_free(bytes[i]);
	for (i = 0; i < WHO_COUNT; i++) {
		certificate_unref(certificates[i]);
		X509_free(x509[i]);
	}
	address_free(&addresses[0]);
	address_free(&addresses[1]);
	X509_free(ca);
	EVP_PKEY_free(key);
}

static void
add(enum finding_kind kind, unsigned char *value, size_t size)
{
	bytes[entry.value_count] = value;
	values[entry.value_count++] =
	    (struct census_value){.kind = kind, .value = value, .size = size};
}

static void
add_bare(enum who who)
{
	size_t size;
	unsigned char *der = pki_der(x509[who], &size);

	add(FINDING_CERTIFICATE, der, size);
}

/* With the CA's certificate, and another one's, in it. */
static void
add_blob(enum who who, X509 *other)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	struct pki_blob what = {.chain = chain};
	unsigned char *der;
	size_t size;

	ck_assert(sk_X509_push(chain, ca));
	ck_assert(other == NULL || sk_X509_push(chain, other));
	der = pki_blob(&what, x509[who], key, &size);
	sk_X509_free(chain);
	add(FINDING_BLOB, der, size);
}

/* How many are dead. */
static size_t
judge(clean_reasons reasons)
{
	clean_finding_clear(&finding);
	finding =
	    (struct clean_finding){.entry = &entry, .address = &addresses[0], .record = &record};
	ck_assert_msg(clean_judge(&finding, reasons, &err) == 0, "%s", err.text);
	return finding.count;
}

START_TEST(what_is_expired_goes_from_both_attributes)
{
	add_bare(OLD);
	add_blob(OLD, NULL);
	add_bare(NEW);
	ids[OLD].verdict = REASON_EXPIRED;
	ck_assert_uint_eq(judge(clean_reasons_default()), 2);
	ck_assert_uint_eq(finding.dead[0], EXPIRED);
	ck_assert_uint_eq(finding.dead[1], EXPIRED);
	ck_assert_uint_eq(finding.dead[2], 0);
	ck_assert_uint_eq(judge(STALE), 0);
}
END_TEST

START_TEST(a_blob_with_one_living_certificate_stays)
{
	add_blob(OLD, x509[NEW]);
	ids[OLD].verdict = REASON_EXPIRED;
	ck_assert_uint_eq(judge(clean_reasons_default()), 0);
	ids[NEW].verdict = REASON_EXPIRED;
	ck_assert_uint_eq(judge(clean_reasons_default()), 1);
}
END_TEST

static const enum reason_id maybe_good[] = {REASON_NOT_YET_VALID, REASON_INCOMPLETE_CHAIN,
    REASON_REVOCATION_UNAVAILABLE, REASON_DIRECTORY_UNAVAILABLE, REASON_INTERNAL_ERROR};

START_TEST(what_may_yet_be_good_is_not_dead_whatever_stands_beside_it)
{
	clean_reasons all = clean_reasons_default();

	ck_assert_int_eq(clean_reasons_read("revoked,untrusted-issuer,invalid-chain,wrong-usage,"
					    "address-mismatch,weak-key,weak-digest,"
					    "key-unsupported,superseded",
			     &all, &err),
	    0);
	add_blob(OLD, NULL);
	add_bare(OLD);
	add_bare(NEW);
	ids[OLD].verdict = maybe_good[_i];
	ids[OLD].stale = true;
	ck_assert_uint_eq(judge(all), 0);
}
END_TEST

START_TEST(stale_is_what_hides_the_better_one_and_not_its_own_certificate)
{
	add_blob(OLD, NULL);
	add_bare(OLD);
	add_bare(NEW);
	ids[OLD].stale = true;
	ck_assert_uint_eq(judge(clean_reasons_default()), 1);
	ck_assert_uint_eq(finding.dead[0], STALE);
	ids[OLD].verdict = REASON_UNTRUSTED_ISSUER;
	ck_assert_uint_eq(judge(clean_reasons_default()), 0);
	ids[OLD].verdict = REASON_REVOKED;
	ck_assert_uint_eq(judge(clean_reasons_default()), 1);
}
END_TEST

START_TEST(what_cannot_be_read_is_malformed_and_what_is_too_large_is_unknown)
{
	add(FINDING_BLOB, OPENSSL_memdup("\x30\x03nonsense", 10), 10);
	add(FINDING_CERTIFICATE, OPENSSL_memdup("nonsense", 8), 8);
	add(FINDING_BLOB, NULL, 5000);
	add(FINDING_CA, OPENSSL_memdup("nonsense", 8), 8);
	ck_assert_uint_eq(judge(clean_reasons_default()), 2);
	ck_assert_uint_eq(finding.dead[0], CLEAN_BIT(REASON_MALFORMED));
	ck_assert_uint_eq(finding.dead[1], CLEAN_BIT(REASON_MALFORMED));
	ck_assert_uint_eq(judge(EXPIRED), 0);
}
END_TEST

START_TEST(what_was_not_judged_stays)
{
	add_blob(OLD, NULL);
	add_bare(OLD);
	ids[OLD].verdict = REASON_EXPIRED;
	record.digital_id_count = 0;
	ck_assert_uint_eq(judge(ALL), 0);
}
END_TEST

START_TEST(a_certificate_of_another_of_the_entrys_addresses_is_no_mismatch)
{
	add_bare(ALIAS);
	ids[ALIAS].verdict = REASON_ADDRESS_MISMATCH;
	ck_assert_uint_eq(judge(CLEAN_BIT(REASON_ADDRESS_MISMATCH)), 1);
	entry.address_count = 2;
	ck_assert_uint_eq(judge(CLEAN_BIT(REASON_ADDRESS_MISMATCH)), 0);
}
END_TEST

START_TEST(superseded_is_only_what_a_newer_usable_one_stands_beside)
{
	add_bare(OLD);
	add_bare(NEW);
	record.digital_id_count = 2;
	ck_assert_uint_eq(judge(clean_reasons_default()), 0);
	ck_assert_uint_eq(judge(CLEAN_BIT(CLEAN_SUPERSEDED)), 1);
	ck_assert_uint_ne(finding.dead[0], 0);
	ids[NEW].verdict = REASON_REVOKED;
	ck_assert_uint_eq(judge(CLEAN_BIT(CLEAN_SUPERSEDED)), 0);
}
END_TEST

START_TEST(an_entry_is_spared_where_something_usable_would_be_lost)
{
	struct digital_id now[WHO_COUNT];
	struct recipient after = record;

	add_blob(OLD, NULL);
	add_bare(NEW);
	ids[OLD].verdict = REASON_EXPIRED;
	record.digital_id_count = 2;
	after.digital_ids = now;
	after.digital_id_count = 1;
	now[0] = ids[NEW];
	ck_assert_uint_eq(judge(clean_reasons_default()), 1);
	clean_judge_again(&finding, clean_reasons_default(), &after);
	ck_assert_ptr_null(finding.spared);
	now[0].verdict = REASON_INCOMPLETE_CHAIN;
	clean_judge_again(&finding, clean_reasons_default(), &after);
	ck_assert_ptr_nonnull(strstr(finding.spared, "chain"));
	ck_assert_uint_eq(judge(clean_reasons_default()), 1);
	clean_judge_again(&finding, clean_reasons_default(), NULL);
	ck_assert_ptr_nonnull(strstr(finding.spared, "could not be judged"));
	after.state = RECIPIENT_UNAVAILABLE;
	ck_assert_uint_eq(judge(clean_reasons_default()), 1);
	clean_judge_again(&finding, clean_reasons_default(), &after);
	ck_assert_ptr_nonnull(finding.spared);
}
END_TEST

START_TEST(reasons_are_named_and_those_that_pass_by_are_none)
{
	static const char *const wrong[] = {
	    "", "expired,", "incomplete-chain", "not-yet-valid", "ok", "revocation-unavailable"};
	clean_reasons reasons = 0;
	size_t i;

	ck_assert_int_eq(clean_reasons_read("expired,superseded", &reasons, &err), 0);
	ck_assert_uint_eq(reasons, EXPIRED | CLEAN_BIT(CLEAN_SUPERSEDED));
	for (i = 0; i < ARRAY_LENGTH(wrong); i++) {
		ck_assert_int_eq(clean_reasons_read(wrong[i], &reasons, &err), -1);
		ck_assert_ptr_nonnull(strstr(err.text, "is none of: expired stale"));
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("clean_judge");
	TCase *tcase = unit_case(suite, "clean_judge");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, what_is_expired_goes_from_both_attributes);
	tcase_add_test(tcase, a_blob_with_one_living_certificate_stays);
	tcase_add_loop_test(tcase, what_may_yet_be_good_is_not_dead_whatever_stands_beside_it, 0,
	    (int)ARRAY_LENGTH(maybe_good));
	tcase_add_test(tcase, stale_is_what_hides_the_better_one_and_not_its_own_certificate);
	tcase_add_test(tcase, what_cannot_be_read_is_malformed_and_what_is_too_large_is_unknown);
	tcase_add_test(tcase, what_was_not_judged_stays);
	tcase_add_test(tcase, a_certificate_of_another_of_the_entrys_addresses_is_no_mismatch);
	tcase_add_test(tcase, superseded_is_only_what_a_newer_usable_one_stands_beside);
	tcase_add_test(tcase, an_entry_is_spared_where_something_usable_would_be_lost);
	tcase_add_test(tcase, reasons_are_named_and_those_that_pass_by_are_none);
	return unit_run(suite);
}
