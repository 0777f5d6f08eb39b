/* Recipient records: from what directories hold to digital IDs, judged and put in order. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "test_recipient.h"

START_TEST(nothing_published_is_none)
{
	ck_assert_int_eq(test_recipient_judge()->state, RECIPIENT_NONE);
	ck_assert_uint_eq(recipient_test.recipient->digital_id_count, 0);
	ck_assert_ptr_null(recipient_test.recipient->detail);
	/* CA certificates alone are no digital IDs. */
	test_recipient_add_certificate(FINDING_CA, recipient_test.ca);
	ck_assert_int_eq(test_recipient_judge()->state, RECIPIENT_NONE);
}
END_TEST

START_TEST(a_directory_that_can_not_be_asked_is_unavailable)
{
	struct address anna = ADDRESS_INIT;
	struct recipient *recipient;

	ck_assert_int_eq(address_parse(ANNA, &anna, NULL), 0);
	recipient = recipient_unavailable(&anna, "gal: no answer");
	ck_assert_int_eq(recipient->state, RECIPIENT_UNAVAILABLE);
	ck_assert_str_eq(recipient->detail, "gal: no answer");
	ck_assert_ptr_eq(recipient_ref(recipient), recipient);
	recipient_unref(recipient);
	recipient_unref(recipient);
	address_free(&anna);
}
END_TEST

START_TEST(a_verified_blob_speaks_for_its_certificate)
{
	X509 *anna = test_recipient_annas(0, 0, recipient_test.key);
	const struct digital_id *id;

	test_recipient_add_bare(anna);
	test_recipient_add_good_blob(anna, recipient_test.key);
	ck_assert_int_eq(test_recipient_judge()->state, RECIPIENT_FOUND);
	ck_assert_uint_eq(recipient_test.recipient->digital_id_count, 1);
	id = &recipient_test.recipient->digital_ids[0];
	ck_assert(test_recipient_is(id, anna));
	ck_assert_int_eq(id->verdict, REASON_OK);
	ck_assert(id->from_blob && id->blob_signed && !id->preferred && !id->stale);
	ck_assert_str_eq(id->attribute, "userSMIMECertificate");
	ck_assert_str_eq(id->directory, "gal");
	ck_assert_str_eq(id->dn, "uid=anna,dc=corp,dc=example");
	ck_assert_int_eq(id->capabilities.from, CAPABILITIES_SIGNED);
	ck_assert_int_eq(id->capabilities.ciphers[0], CIPHER_AES256_CBC);
	ck_assert_int_ne((long)id->signing_time, 0);
	ck_assert_int_eq(id->failed_depth, -1);
	ck_assert_str_eq(id->revocation, "unknown");
	ck_assert_ptr_null(id->detail);
	X509_free(anna);
}
END_TEST

START_TEST(a_blob_of_an_untrusted_signer_gives_no_capabilities)
{
	X509 *self = pki_issue(&(const struct pki_certificate){.subject = "Anna", .email = ANNA},
	    recipient_test.key, NULL, recipient_test.key);
	const struct digital_id *id;

	test_recipient_add_good_blob(self, recipient_test.key);
	id = &test_recipient_judge()->digital_ids[0];
	ck_assert_int_eq(id->verdict, REASON_UNTRUSTED_ISSUER);
	ck_assert(id->from_blob && !id->blob_signed);
	ck_assert_int_eq(id->capabilities.from, CAPABILITIES_NONE);
	ck_assert_ptr_nonnull(strstr(id->detail, "does not count: its signer is not accepted"));
	ck_assert_str_eq(id->failed_subject, "CN=Anna");
	X509_free(self);
}
END_TEST

/* Anna's good certificate in a blob that somebody else signed. */
START_TEST(a_blob_signed_for_another_address_gives_certificates_only)
{
	X509 *eve = test_recipient_issue(
	    &(const struct pki_certificate){.subject = "Anna", .email = "eve@corp.example"},
	    recipient_test.key2);
	X509 *anna = test_recipient_annas(0, 0, recipient_test.key);
	const struct digital_id *id;

	ck_assert(sk_X509_push(recipient_test.chain, anna));
	test_recipient_add_blob(&(const struct pki_blob){.capabilities = pki_capabilities_rc2_40,
				    .capabilities_size = pki_capabilities_rc2_40_size,
				    .preference = anna,
				    .chain = recipient_test.chain},
	    eve, recipient_test.key2);
	ck_assert_uint_eq(test_recipient_judge()->digital_id_count, 2);
	id = &recipient_test.recipient->digital_ids[0];
	ck_assert(test_recipient_is(id, anna));
	ck_assert_int_eq(id->verdict, REASON_OK);
	ck_assert(!id->blob_signed && !id->preferred);
	ck_assert_int_eq(id->capabilities.from, CAPABILITIES_NONE);
	ck_assert_ptr_nonnull(strstr(id->detail, "address-mismatch"));
	id = &recipient_test.recipient->digital_ids[1];
	ck_assert(test_recipient_is(id, eve));
	ck_assert_int_eq(id->verdict, REASON_ADDRESS_MISMATCH);
	ck_assert_ptr_nonnull(strstr(id->detail, "issued to eve@corp.example, not to " ANNA));
	X509_free(eve);
	X509_free(anna);
}
END_TEST

START_TEST(a_signature_that_fails_gives_certificates_only)
{
	X509 *anna = test_recipient_annas(0, 0, recipient_test.key);
	size_t size;
	unsigned char *der =
	    pki_blob(&(const struct pki_blob){.capabilities = pki_capabilities_aes256,
			 .capabilities_size = pki_capabilities_aes256_size,
			 .chain = recipient_test.chain},
		anna, recipient_test.key, &size);
	const struct digital_id *id;

	der[size - 1] ^= 1;
	test_recipient_add_value(FINDING_BLOB, der, size);
	id = &test_recipient_judge()->digital_ids[0];
	ck_assert_int_eq(id->verdict, REASON_OK);
	ck_assert(!id->blob_signed);
	ck_assert_int_eq(id->capabilities.from, CAPABILITIES_NONE);
	ck_assert_str_eq(
	    id->detail, "the signature of the published blob does not count: it does not verify");
	OPENSSL_free(der);
	X509_free(anna);
}
END_TEST

START_TEST(the_extension_counts_only_without_signed_data_and_when_trusted)
{
	struct pki_certificate what = {.subject = "Anna",
	    .email = ANNA,
	    .capabilities = pki_capabilities_3des,
	    .capabilities_size = pki_capabilities_3des_size};
	X509 *anna = test_recipient_issue(&what, recipient_test.key);
	X509 *self = pki_issue(&what, recipient_test.key, NULL, recipient_test.key);

	test_recipient_add_certificate(FINDING_CA, recipient_test.ca);
	test_recipient_add_bare(anna);
	ck_assert_int_eq(
	    test_recipient_judge()->digital_ids[0].capabilities.from, CAPABILITIES_EXTENSION);
	ck_assert_int_eq(
	    recipient_test.recipient->digital_ids[0].capabilities.ciphers[0], CIPHER_DES3);
	test_recipient_add_good_blob(anna, recipient_test.key);
	ck_assert_int_eq(
	    test_recipient_judge()->digital_ids[0].capabilities.from, CAPABILITIES_SIGNED);
	ck_assert_int_eq(
	    recipient_test.recipient->digital_ids[0].capabilities.ciphers[0], CIPHER_AES256_CBC);
	test_recipient_add_bare(self);
	ck_assert_uint_eq(test_recipient_judge()->digital_id_count, 2);
	ck_assert(test_recipient_is(&recipient_test.recipient->digital_ids[1], self));
	ck_assert_int_eq(
	    recipient_test.recipient->digital_ids[1].capabilities.from, CAPABILITIES_NONE);
	X509_free(anna);
	X509_free(self);
}
END_TEST

START_TEST(chains_come_from_the_entry_and_from_any_blob)
{
	X509 *bare = test_recipient_annas(0, 0, recipient_test.key);
	X509 *bob = test_recipient_issue(
	    &(const struct pki_certificate){.email = "bob@corp.example"}, recipient_test.key2);

	test_recipient_add_bare(bare);
	ck_assert_int_eq(test_recipient_judge()->digital_ids[0].verdict, REASON_UNTRUSTED_ISSUER);
	test_recipient_add_good_blob(bob, recipient_test.key2);
	ck_assert_uint_eq(test_recipient_judge()->digital_id_count, 2);
	ck_assert(test_recipient_is(&recipient_test.recipient->digital_ids[0], bare));
	ck_assert_int_eq(recipient_test.recipient->digital_ids[0].verdict, REASON_OK);
	X509_free(bare);
	X509_free(bob);
}
END_TEST

START_TEST(values_that_are_none_are_malformed_digital_ids)
{
	static const char *const garbage[] = {"", "0", "0\x82", "garbage", "\x03"};
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(garbage); i++) {
		test_recipient_add_value(
		    FINDING_BLOB, (const unsigned char *)garbage[i], strlen(garbage[i]));
		test_recipient_add_value(
		    FINDING_CERTIFICATE, (const unsigned char *)garbage[i], strlen(garbage[i]));
		test_recipient_add_value(
		    FINDING_CA, (const unsigned char *)garbage[i], strlen(garbage[i]));
	}
	ck_assert_int_eq(test_recipient_judge()->state, RECIPIENT_FOUND);
	ck_assert_uint_eq(recipient_test.recipient->digital_id_count, 2 * ARRAY_LENGTH(garbage));
	for (i = 0; i < recipient_test.recipient->digital_id_count; i++) {
		const struct digital_id *id = &recipient_test.recipient->digital_ids[i];

		ck_assert_ptr_null(id->certificate);
		ck_assert_int_eq(id->verdict, REASON_MALFORMED);
		ck_assert_ptr_nonnull(id->detail);
		ck_assert_ptr_nonnull(id->attribute);
		ck_assert_int_eq(id->failed_depth, -1);
	}
}
END_TEST

START_TEST(an_oversized_value_is_malformed)
{
	static char name[] = "x";
	struct finding finding = {.kind = FINDING_BLOB,
	    .directory = name,
	    .dn = name,
	    .attribute = name,
	    .oversized = true};

	ck_assert_int_eq(findings_add(recipient_test.findings, &finding, NULL), 0);
	ck_assert_int_eq(test_recipient_judge()->state, RECIPIENT_FOUND);
	ck_assert_int_eq(recipient_test.recipient->digital_ids[0].verdict, REASON_MALFORMED);
	ck_assert_ptr_nonnull(
	    strstr(recipient_test.recipient->digital_ids[0].detail, "value-size-limit"));
}
END_TEST

START_TEST(values_beyond_the_limit_are_left_out_and_told)
{
	unsigned char value[8] = "0000";
	int i;

	for (i = 0; i < RECIPIENT_DIGITAL_IDS_MAX + 20; i++) {
		value[4] = (unsigned char)i;
		test_recipient_add_value(FINDING_CERTIFICATE, value, 5);
	}
	recipient_test.findings->left_out = 3;
	ck_assert_uint_eq(test_recipient_judge()->digital_id_count, RECIPIENT_DIGITAL_IDS_MAX);
	ck_assert_str_eq(
	    recipient_test.recipient->detail, "23 published values were not looked at");
}
END_TEST

START_TEST(an_entry_binds_only_where_allowed_and_alone)
{
	static char name[] = "x";
	X509 *nobody = test_recipient_issue(
	    &(const struct pki_certificate){.subject = "Anna"}, recipient_test.key);
	struct finding finding = {.kind = FINDING_BLOB,
	    .directory = name,
	    .dn = name,
	    .attribute = name,
	    .bind_by_entry = true};

	test_recipient_add_good_blob(nobody, recipient_test.key);
	ck_assert_int_eq(test_recipient_judge()->digital_ids[0].verdict, REASON_ADDRESS_MISMATCH);
	ck_assert(!recipient_test.recipient->digital_ids[0].blob_signed);
	findings_unref(recipient_test.findings);
	recipient_test.findings = findings_new();
	finding.value = pki_blob(&(const struct pki_blob){.capabilities = pki_capabilities_aes256,
				     .capabilities_size = pki_capabilities_aes256_size,
				     .chain = recipient_test.chain},
	    nobody, recipient_test.key, &finding.size);
	ck_assert_int_eq(findings_add(recipient_test.findings, &finding, NULL), 0);
	ck_assert_int_eq(test_recipient_judge()->digital_ids[0].verdict, REASON_OK);
	ck_assert(recipient_test.recipient->digital_ids[0].blob_signed);
	recipient_test.findings->many_entries = true;
	recipient_test.findings->entries = 2;
	ck_assert_int_eq(test_recipient_judge()->digital_ids[0].verdict, REASON_ADDRESS_MISMATCH);
	ck_assert(!recipient_test.recipient->digital_ids[0].blob_signed);
	ck_assert_str_eq(recipient_test.recipient->detail,
	    "2 directory entries claim the address: none of them binds a certificate");
	OPENSSL_free(finding.value);
	X509_free(nobody);
}
END_TEST

START_TEST(the_older_form_is_judged_without_capabilities)
{
	X509 *anna = test_recipient_annas(0, 0, recipient_test.key);
	unsigned char value[4096];
	size_t size;
	unsigned char *der = pki_der(anna, &size);
	const struct digital_id *id;

	value[0] = 0x03;
	value[1] = 0x00;
	value[2] = (unsigned char)((size + 4) & 0xff);
	value[3] = (unsigned char)((size + 4) >> 8);
	memcpy(value + 4, der, size);
	test_recipient_add_certificate(FINDING_CA, recipient_test.ca);
	test_recipient_add_value(FINDING_BLOB, value, size + 4);
	id = &test_recipient_judge()->digital_ids[0];
	ck_assert(test_recipient_is(id, anna));
	ck_assert_int_eq(id->verdict, REASON_OK);
	ck_assert(id->from_blob && !id->blob_signed && !id->preferred);
	ck_assert_int_eq(id->capabilities.from, CAPABILITIES_NONE);
	OPENSSL_free(der);
	X509_free(anna);
}
END_TEST

START_TEST(an_elliptic_curve_recipient_is_usable)
{
	EVP_PKEY *key = pki_key(PKI_P256, 0);
	X509 *anna = test_recipient_annas(0, 0, key);

	test_recipient_add_good_blob(anna, key);
	ck_assert_int_eq(test_recipient_judge()->digital_ids[0].verdict, REASON_OK);
	ck_assert(recipient_test.recipient->digital_ids[0].blob_signed);
	X509_free(anna);
	EVP_PKEY_free(key);
}
END_TEST

/* anna+news@ was asked for, and anna's entry found: her certificate names anna@. */
START_TEST(a_certificate_may_name_the_address_that_its_entry_was_found_by)
{
	static char found_by[] = ANNA;
	static char name[] = "x";
	struct address asked = ADDRESS_INIT;
	struct finding finding = {
	    .kind = FINDING_CERTIFICATE, .directory = name, .dn = name, .attribute = name};
	X509 *anna = test_recipient_annas(0, 0, recipient_test.key);
	X509 *other = test_recipient_issue(
	    &(const struct pki_certificate){.subject = "Bert", .email = "bert@corp.example"},
	    recipient_test.key2);
	size_t i;

	ck_assert_int_eq(address_parse("anna+news@corp.example", &asked, NULL), 0);
	test_recipient_add_certificate(FINDING_CA, recipient_test.ca);
	for (i = 0; i < 2; i++) {
		finding.value = pki_der(i == 0 ? anna : other, &finding.size);
		finding.address = found_by;
		ck_assert_int_eq(findings_add(recipient_test.findings, &finding, NULL), 0);
		OPENSSL_free(finding.value);
	}
	recipient_test.recipient = recipient_judge(recipient_test.trust,
	    &(const struct recipient_question){
		.findings = recipient_test.findings, .address = &asked, .at = clock_wall()},
	    NULL);
	ck_assert_uint_eq(recipient_test.recipient->digital_id_count, 2);
	ck_assert(test_recipient_is(&recipient_test.recipient->digital_ids[0], anna));
	ck_assert_int_eq(recipient_test.recipient->digital_ids[0].verdict, REASON_OK);
	ck_assert_int_eq(recipient_test.recipient->digital_ids[1].verdict, REASON_ADDRESS_MISMATCH);
	recipient_unref(recipient_test.recipient);
	findings_unref(recipient_test.findings);
	/* Not found by it: the address asked for must stand in the certificate. */
	recipient_test.findings = findings_new();
	test_recipient_add_certificate(FINDING_CA, recipient_test.ca);
	test_recipient_add_bare(anna);
	recipient_test.recipient = recipient_judge(recipient_test.trust,
	    &(const struct recipient_question){
		.findings = recipient_test.findings, .address = &asked, .at = clock_wall()},
	    NULL);
	ck_assert_int_eq(recipient_test.recipient->digital_ids[0].verdict, REASON_ADDRESS_MISMATCH);
	address_free(&asked);
	X509_free(anna);
	X509_free(other);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("recipient");
	TCase *tcase = unit_case(suite, "recipient");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, test_recipient_setup, test_recipient_teardown);
	tcase_add_test(tcase, nothing_published_is_none);
	tcase_add_test(tcase, a_directory_that_can_not_be_asked_is_unavailable);
	tcase_add_test(tcase, a_verified_blob_speaks_for_its_certificate);
	tcase_add_test(tcase, a_blob_of_an_untrusted_signer_gives_no_capabilities);
	tcase_add_test(tcase, a_blob_signed_for_another_address_gives_certificates_only);
	tcase_add_test(tcase, a_signature_that_fails_gives_certificates_only);
	tcase_add_test(tcase, the_extension_counts_only_without_signed_data_and_when_trusted);
	tcase_add_test(tcase, chains_come_from_the_entry_and_from_any_blob);
	tcase_add_test(tcase, values_that_are_none_are_malformed_digital_ids);
	tcase_add_test(tcase, an_oversized_value_is_malformed);
	tcase_add_test(tcase, values_beyond_the_limit_are_left_out_and_told);
	tcase_add_test(tcase, an_entry_binds_only_where_allowed_and_alone);
	tcase_add_test(tcase, the_older_form_is_judged_without_capabilities);
	tcase_add_test(tcase, an_elliptic_curve_recipient_is_usable);
	tcase_add_test(tcase, a_certificate_may_name_the_address_that_its_entry_was_found_by);
	test_recipient_order(tcase);
	test_recipient_effort(tcase);
	return unit_run(suite);
}
