/* Recipient records: which digital ID stands first, and which is stale. */
#include <stdlib.h>

#include "base/clock.h"
#include "test_recipient.h"

START_TEST(an_expired_blob_beside_a_good_certificate_is_stale)
{
	X509 *old = test_recipient_annas(-400, -10, recipient_test.key);
	X509 *new = test_recipient_annas(-20, 0, recipient_test.key2);

	test_recipient_add_good_blob(old, recipient_test.key);
	test_recipient_add_bare(new);
	ck_assert_uint_eq(test_recipient_judge()->digital_id_count, 2);
	ck_assert(test_recipient_is(&recipient_test.recipient->digital_ids[0], new));
	ck_assert_int_eq(recipient_test.recipient->digital_ids[0].verdict, REASON_OK);
	ck_assert(!recipient_test.recipient->digital_ids[0].stale);
	ck_assert_int_eq(recipient_test.recipient->digital_ids[1].verdict, REASON_EXPIRED);
	ck_assert(recipient_test.recipient->digital_ids[1].stale);
	X509_free(old);
	X509_free(new);
}
END_TEST

START_TEST(a_superseded_blob_is_stale_and_comes_after_the_better_one)
{
	X509 *old = test_recipient_annas(-100, 0, recipient_test.key);
	X509 *new = test_recipient_annas(-10, 0, recipient_test.key2);

	test_recipient_add_good_blob(old, recipient_test.key);
	test_recipient_add_bare(new);
	ck_assert_uint_eq(test_recipient_judge()->digital_id_count, 2);
	ck_assert(test_recipient_is(&recipient_test.recipient->digital_ids[0], new));
	ck_assert(!recipient_test.recipient->digital_ids[0].stale);
	ck_assert_int_eq(recipient_test.recipient->digital_ids[1].verdict, REASON_OK);
	ck_assert(recipient_test.recipient->digital_ids[1].stale);
	X509_free(old);
	X509_free(new);
}
END_TEST

START_TEST(what_is_no_shadow_is_not_stale)
{
	X509 *old = test_recipient_annas(-100, 0, recipient_test.key);
	X509 *new = test_recipient_annas(-10, 0, recipient_test.key2);
	X509 *other = test_recipient_issue(
	    &(const struct pki_certificate){
		.subject = "Anna's telephone", .email = ANNA, .from_days = -5},
	    recipient_test.key2);
	size_t i;

	/* The newer one is in the blob; the bare one is the old; another subject's is newer. */
	test_recipient_add_good_blob(new, recipient_test.key2);
	test_recipient_add_bare(old);
	test_recipient_add_bare(other);
	ck_assert_uint_eq(test_recipient_judge()->digital_id_count, 3);
	ck_assert(test_recipient_is(&recipient_test.recipient->digital_ids[0], new));
	for (i = 0; i < 3; i++)
		ck_assert(!recipient_test.recipient->digital_ids[i].stale);
	X509_free(old);
	X509_free(new);
	X509_free(other);
}
END_TEST

START_TEST(a_blob_without_use_and_without_better_is_not_stale)
{
	X509 *old = test_recipient_annas(-400, -10, recipient_test.key);

	test_recipient_add_good_blob(old, recipient_test.key);
	test_recipient_add_value(FINDING_CERTIFICATE, (const unsigned char *)"0garbage", 8);
	ck_assert_uint_eq(test_recipient_judge()->digital_id_count, 2);
	ck_assert(!recipient_test.recipient->digital_ids[0].stale &&
		  !recipient_test.recipient->digital_ids[1].stale);
	X509_free(old);
}
END_TEST

START_TEST(a_malformed_blob_that_hides_a_good_certificate_is_stale)
{
	X509 *anna = test_recipient_annas(0, 0, recipient_test.key);

	test_recipient_add_certificate(FINDING_CA, recipient_test.ca);
	test_recipient_add_value(FINDING_BLOB, (const unsigned char *)"0garbage", 8);
	test_recipient_add_bare(anna);
	ck_assert(test_recipient_is(&test_recipient_judge()->digital_ids[0], anna));
	ck_assert_int_eq(recipient_test.recipient->digital_ids[1].verdict, REASON_MALFORMED);
	ck_assert(recipient_test.recipient->digital_ids[1].stale);
	X509_free(anna);
}
END_TEST

START_TEST(with_two_certificates_the_preferred_comes_first)
{
	X509 *signs = test_recipient_issue(
	    &(const struct pki_certificate){
		.subject = "Anna", .email = ANNA, .key_usage = "digitalSignature"},
	    recipient_test.key);
	X509 *old = test_recipient_issue(
	    &(const struct pki_certificate){
		.subject = "Anna", .email = ANNA, .from_days = -20, .key_usage = "keyEncipherment"},
	    recipient_test.key2);
	X509 *new = test_recipient_issue(
	    &(const struct pki_certificate){
		.subject = "Anna", .email = ANNA, .from_days = -2, .key_usage = "keyEncipherment"},
	    recipient_test.key2);

	ck_assert(sk_X509_push(recipient_test.chain, new));
	ck_assert(sk_X509_push(recipient_test.chain, old));
	test_recipient_add_blob(&(const struct pki_blob){.capabilities = pki_capabilities_aes256,
				    .capabilities_size = pki_capabilities_aes256_size,
				    .preference = old,
				    .chain = recipient_test.chain},
	    signs, recipient_test.key);
	/* The certificate that only signs is no digital ID of the blob. */
	ck_assert_uint_eq(test_recipient_judge()->digital_id_count, 2);
	ck_assert(test_recipient_is(&recipient_test.recipient->digital_ids[0], old));
	ck_assert(recipient_test.recipient->digital_ids[0].preferred);
	ck_assert(test_recipient_is(&recipient_test.recipient->digital_ids[1], new));
	ck_assert(!recipient_test.recipient->digital_ids[1].preferred &&
		  !recipient_test.recipient->digital_ids[1].stale);
	ck_assert_int_eq(
	    recipient_test.recipient->digital_ids[1].capabilities.from, CAPABILITIES_SIGNED);
	X509_free(signs);
	X509_free(old);
	X509_free(new);
}
END_TEST

/* Two blobs of one certificate, in either order. */
START_TEST(the_newest_signing_time_wins)
{
	X509 *anna = test_recipient_annas(-100, 0, recipient_test.key);
	const struct pki_blob old = {.capabilities = pki_capabilities_rc2_40,
	    .capabilities_size = pki_capabilities_rc2_40_size,
	    .preference = anna,
	    .chain = recipient_test.chain,
	    .signing_time_offset = -50 * DAY};
	const struct pki_blob new = {.capabilities = pki_capabilities_aes256,
	    .capabilities_size = pki_capabilities_aes256_size,
	    .chain = recipient_test.chain,
	    .signing_time_offset = -DAY};
	const struct digital_id *id;

	test_recipient_add_blob(_i == 0 ? &old : &new, anna, recipient_test.key);
	test_recipient_add_blob(_i == 0 ? &new : &old, anna, recipient_test.key);
	ck_assert_uint_eq(test_recipient_judge()->digital_id_count, 1);
	id = &recipient_test.recipient->digital_ids[0];
	ck_assert_int_eq(id->capabilities.ciphers[0], CIPHER_AES256_CBC);
	ck_assert_int_le(labs((long)(id->signing_time - (clock_wall() - DAY))), 5);
	ck_assert(!id->preferred); /* that was said by the older one */
	X509_free(anna);
}
END_TEST

START_TEST(bare_certificates_come_newest_first_and_usable_first)
{
	X509 *old = test_recipient_annas(-300, 0, recipient_test.key);
	X509 *new = test_recipient_annas(-3, 0, recipient_test.key2);
	X509 *expired = test_recipient_annas(-2, -1, recipient_test.key);

	test_recipient_add_certificate(FINDING_CA, recipient_test.ca);
	test_recipient_add_bare(expired);
	test_recipient_add_bare(old);
	test_recipient_add_bare(new);
	ck_assert_uint_eq(test_recipient_judge()->digital_id_count, 3);
	ck_assert(test_recipient_is(&recipient_test.recipient->digital_ids[0], new));
	ck_assert(test_recipient_is(&recipient_test.recipient->digital_ids[1], old));
	ck_assert(test_recipient_is(&recipient_test.recipient->digital_ids[2], expired));
	ck_assert(
	    !recipient_test.recipient->digital_ids[2].stale); /* nothing hides behind a bare one */
	X509_free(old);
	X509_free(new);
	X509_free(expired);
}
END_TEST

START_TEST(a_verified_blob_stands_before_a_newer_certificate_of_another_subject)
{
	X509 *anna = test_recipient_annas(-100, 0, recipient_test.key);
	X509 *other = test_recipient_issue(
	    &(const struct pki_certificate){
		.subject = "Anna's telephone", .email = ANNA, .from_days = -5},
	    recipient_test.key2);

	test_recipient_add_bare(other);
	test_recipient_add_good_blob(anna, recipient_test.key);
	ck_assert_uint_eq(test_recipient_judge()->digital_id_count, 2);
	ck_assert(test_recipient_is(&recipient_test.recipient->digital_ids[0], anna));
	X509_free(anna);
	X509_free(other);
}
END_TEST

void
test_recipient_order(TCase *tcase)
{
	tcase_add_test(tcase, an_expired_blob_beside_a_good_certificate_is_stale);
	tcase_add_test(tcase, a_superseded_blob_is_stale_and_comes_after_the_better_one);
	tcase_add_test(tcase, what_is_no_shadow_is_not_stale);
	tcase_add_test(tcase, a_blob_without_use_and_without_better_is_not_stale);
	tcase_add_test(tcase, a_malformed_blob_that_hides_a_good_certificate_is_stale);
	tcase_add_test(tcase, with_two_certificates_the_preferred_comes_first);
	tcase_add_loop_test(tcase, the_newest_signing_time_wins, 0, 2);
	tcase_add_test(tcase, bare_certificates_come_newest_first_and_usable_first);
	tcase_add_test(tcase, a_verified_blob_stands_before_a_newer_certificate_of_another_subject);
}
