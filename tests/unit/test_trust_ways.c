/* smime/trust: how a chain is found, and what stands in its way. */
#include <string.h>

#include "test_trust.h"

START_TEST(configured_intermediates_complete_a_chain)
{
	struct folder folder;
	struct config_trust says;
	struct trust *trust;

	test_trust_folder_make(&folder);
	test_trust_folder_add(&folder, "ca.pem", pki.ca, pki.ca);
	says = test_trust_section(all_domains, &pki.folder, &folder);
	trust = test_trust_load(&says, 1);
	ck_assert_uint_eq(trust_anchor_count(trust), 1);
	ck_assert_uint_eq(trust_inside_intermediates(trust), 1);
	ck_assert_int_eq(test_trust_judge_now(trust, pki.leaf, NULL), REASON_OK);
	trust_unref(trust);
	/* But they are not trusted by themselves. */
	says = test_trust_section(all_domains, NULL, &folder);
	trust = test_trust_load(&says, 1);
	ck_assert_int_eq(test_trust_judge_now(trust, pki.leaf, NULL), REASON_UNTRUSTED_ISSUER);
	trust_unref(trust);
	test_trust_folder_remove(&folder);
}
END_TEST

START_TEST(a_missing_intermediate_of_a_known_authority_is_an_incomplete_chain)
{
	struct trust_verdict verdict;
	struct trust *trust;
	X509 *leaf;
	EVP_PKEY *key = pki_key(PKI_RSA_2048, 4);
	X509 *renewed = test_trust_issue_ca("CA", key, pki.root, pki.root_key, 0, 0);

	/* The certificate tells its issuer's issuer, which is an anchor. */
	leaf = pki_issue(&(const struct pki_certificate){.email = ANNA,
			     .extension = "authorityKeyIdentifier=issuer:always"},
	    pki.key, pki.ca, pki.ca_key);
	ck_assert_int_eq(X509_get_ext_by_NID(leaf, NID_authority_key_identifier, -1) >= 0, 1);
	/* pki_issue() has put in a first one: leave only the second. */
	X509_EXTENSION_free(
	    X509_delete_ext(leaf, X509_get_ext_by_NID(leaf, NID_authority_key_identifier, -1)));
	ck_assert(X509_sign(leaf, pki.ca_key, EVP_sha256()) > 0);
	trust = test_trust_root();
	ck_assert_int_eq(test_trust_judge(trust, leaf, NULL, TRUST_ENCRYPT, clock_wall(), &verdict),
	    REASON_INCOMPLETE_CHAIN);
	ck_assert_str_eq(verdict.detail, "the CA certificate of \"CN=CA\" is missing");
	ck_assert_str_eq(verdict.failed_issuer, "CN=CA");
	trust_verdict_clear(&verdict);
	/* Another certificate of the issuer's name is there, with another key. */
	ck_assert(sk_X509_push(pki.extra, renewed));
	ck_assert_int_eq(test_trust_judge_now(trust, pki.leaf, pki.extra), REASON_INCOMPLETE_CHAIN);
	trust_unref(trust);
	X509_free(leaf);
	X509_free(renewed);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(an_impostor_with_an_anchors_name_is_not_trusted)
{
	EVP_PKEY *key = pki_key(PKI_RSA_2048, 4);
	X509 *impostor = test_trust_issue_ca("Root", key, NULL, key, 0, 0);
	X509 *leaf =
	    pki_issue(&(const struct pki_certificate){.email = ANNA}, pki.key, impostor, key);
	struct trust *trust = test_trust_root();
	struct trust_verdict verdict;

	ck_assert(sk_X509_push(pki.extra, impostor));
	ck_assert_int_eq(
	    test_trust_judge(trust, leaf, pki.extra, TRUST_ENCRYPT, clock_wall(), &verdict),
	    REASON_UNTRUSTED_ISSUER);
	ck_assert_ptr_nonnull(strstr(verdict.detail, "has another key"));
	trust_verdict_clear(&verdict);
	trust_unref(trust);
	X509_free(leaf);
	X509_free(impostor);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(a_forged_signature_is_an_invalid_chain)
{
	X509 *forged = pki_issue(
	    &(const struct pki_certificate){.email = ANNA}, pki.key, pki.ca, pki.root_key);
	struct trust *trust = test_trust_root();
	struct trust_verdict verdict;

	ck_assert(sk_X509_push(pki.extra, pki.ca));
	ck_assert_int_eq(
	    test_trust_judge(trust, forged, pki.extra, TRUST_ENCRYPT, clock_wall(), &verdict),
	    REASON_INVALID_CHAIN);
	ck_assert_ptr_nonnull(strstr(verdict.detail, "not signed by the key of its issuer"));
	trust_verdict_clear(&verdict);
	trust_unref(trust);
	X509_free(forged);
}
END_TEST

/* The intermediate under another certificate: expired, forged, or from elsewhere. */
START_TEST(a_bad_twin_of_an_intermediate_does_not_hide_the_good_one)
{
	EVP_PKEY *key = pki_key(PKI_RSA_2048, 4);
	X509 *stranger = test_trust_issue_ca("Stranger", key, NULL, key, 0, 0);
	X509 *twins[4];
	struct trust *trust = test_trust_root();
	size_t i;

	twins[0] = test_trust_issue_ca("CA", pki.ca_key, pki.root, pki.root_key, -30, -10);
	twins[1] = test_trust_issue_ca("CA", pki.ca_key, pki.root, key, 0, 0);
	twins[2] = test_trust_issue_ca("CA", pki.ca_key, stranger, key, 0, 0);
	twins[3] = test_trust_issue_ca("CA", pki.ca_key, NULL, pki.ca_key, 0, 0);
	for (i = 0; i < ARRAY_LENGTH(twins); i++) {
		ck_assert(sk_X509_push(pki.extra, twins[i]));
		ck_assert(sk_X509_push(pki.extra, stranger));
	}
	ck_assert_int_ne(test_trust_judge_now(trust, pki.leaf, pki.extra), REASON_OK);
	ck_assert(sk_X509_push(pki.extra, pki.ca));
	ck_assert_int_eq(test_trust_judge_now(trust, pki.leaf, pki.extra), REASON_OK);
	trust_unref(trust);
	for (i = 0; i < ARRAY_LENGTH(twins); i++)
		X509_free(twins[i]);
	X509_free(stranger);
	EVP_PKEY_free(key);
}
END_TEST

/* More forged ones than ways are tried, and an anchor that is no good beside one that is. */
START_TEST(neither_many_bad_twins_nor_a_dead_anchor_hide_the_good_way)
{
	EVP_PKEY *key = pki_key(PKI_RSA_2048, 4);
	X509 *dead_root = test_trust_issue_ca("Dead", key, NULL, key, -30, -10);
	X509 *by_dead = test_trust_issue_ca("CA", pki.ca_key, dead_root, key, 0, 0);
	X509 *forged[20];
	struct trust *trust;
	size_t i;

	test_trust_folder_add(&pki.folder, "dead.pem", dead_root, NULL);
	trust = test_trust_root();
	ck_assert(sk_X509_push(pki.extra, by_dead));
	for (i = 0; i < ARRAY_LENGTH(forged); i++) {
		forged[i] = test_trust_issue_ca("CA", pki.ca_key, pki.root, key, 0, 100 + (int)i);
		ck_assert(sk_X509_push(pki.extra, forged[i]));
	}
	ck_assert_int_eq(test_trust_judge_now(trust, pki.leaf, pki.extra), REASON_INVALID_CHAIN);
	ck_assert(sk_X509_push(pki.extra, pki.ca));
	ck_assert_int_eq(test_trust_judge_now(trust, pki.leaf, pki.extra), REASON_OK);
	trust_unref(trust);
	for (i = 0; i < ARRAY_LENGTH(forged); i++)
		X509_free(forged[i]);
	X509_free(by_dead);
	X509_free(dead_root);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(cross_signed_authorities_in_a_circle_end)
{
	EVP_PKEY *key = pki_key(PKI_RSA_2048, 4);
	X509 *a = test_trust_issue_ca("A", key, NULL, key, 0, 0);
	X509 *b_by_a = test_trust_issue_ca("CA", pki.ca_key, a, key, 0, 0);
	X509 *a_by_b = test_trust_issue_ca("A", key, b_by_a, pki.ca_key, 0, 0);
	struct trust *trust = test_trust_root();

	ck_assert(sk_X509_push(pki.extra, b_by_a));
	ck_assert(sk_X509_push(pki.extra, a_by_b));
	ck_assert_int_ne(test_trust_judge_now(trust, pki.leaf, pki.extra), REASON_OK);
	ck_assert(sk_X509_push(pki.extra, pki.ca));
	ck_assert_int_eq(test_trust_judge_now(trust, pki.leaf, pki.extra), REASON_OK);
	trust_unref(trust);
	X509_free(a);
	X509_free(b_by_a);
	X509_free(a_by_b);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(many_certificates_of_one_name_cost_little)
{
	struct trust *trust = test_trust_root();
	int64_t begun;
	X509 *twins[200];
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(twins); i++) {
		twins[i] = test_trust_issue_ca("CA", pki.ca_key, pki.ca, pki.ca_key, 0, 0);
		ck_assert(sk_X509_push(pki.extra, twins[i]));
	}
	begun = clock_monotonic_ms();
	for (i = 0; i < 10; i++)
		ck_assert_int_ne(test_trust_judge_now(trust, pki.leaf, pki.extra), REASON_OK);
	ck_assert_int_lt(clock_monotonic_ms() - begun, 5000);
	trust_unref(trust);
	for (i = 0; i < ARRAY_LENGTH(twins); i++)
		X509_free(twins[i]);
}
END_TEST

START_TEST(a_chain_of_exactly_the_greatest_depth_is_taken)
{
	struct config_trust says = test_trust_section(all_domains, &pki.folder, NULL);
	struct trust_verdict verdict;
	struct trust *trust;
	X509 *second = test_trust_issue_ca("Second", pki.ca_key, pki.ca, pki.ca_key, 0, 0);
	X509 *leaf =
	    pki_issue(&(const struct pki_certificate){.email = ANNA}, pki.key, second, pki.ca_key);

	ck_assert(sk_X509_push(pki.extra, pki.ca));
	ck_assert(sk_X509_push(pki.extra, second));
	says.max_depth = 2;
	trust = test_trust_load(&says, 1);
	ck_assert_int_eq(test_trust_judge_now(trust, leaf, pki.extra), REASON_OK);
	trust_unref(trust);
	says.max_depth = 1;
	trust = test_trust_load(&says, 1);
	ck_assert_int_eq(
	    test_trust_judge(trust, leaf, pki.extra, TRUST_ENCRYPT, clock_wall(), &verdict),
	    REASON_INVALID_CHAIN);
	ck_assert_ptr_nonnull(strstr(verdict.detail, "too long"));
	trust_verdict_clear(&verdict);
	trust_unref(trust);
	X509_free(leaf);
	X509_free(second);
}
END_TEST

START_TEST(a_certificate_that_is_no_ca_can_not_issue)
{
	X509 *person = pki_issue(
	    &(const struct pki_certificate){
		.subject = "Eve", .email = "eve@corp.example", .key_usage = "-"},
	    pki.ca_key, pki.root, pki.root_key);
	X509 *leaf =
	    pki_issue(&(const struct pki_certificate){.email = ANNA}, pki.key, person, pki.ca_key);
	struct trust *trust = test_trust_root();

	ck_assert(sk_X509_push(pki.extra, person));
	ck_assert_int_eq(test_trust_judge_now(trust, leaf, pki.extra), REASON_INVALID_CHAIN);
	trust_unref(trust);
	X509_free(leaf);
	/* keyCertSign alone makes none (RFC 5280 4.2.1.9). */
	X509_free(person);
	person =
	    pki_issue(&(const struct pki_certificate){.subject = "Eve", .key_usage = "keyCertSign"},
		pki.ca_key, pki.root, pki.root_key);
	leaf =
	    pki_issue(&(const struct pki_certificate){.email = ANNA}, pki.key, person, pki.ca_key);
	ck_assert(sk_X509_push(pki.extra, person));
	trust = test_trust_root();
	ck_assert_int_eq(test_trust_judge_now(trust, leaf, pki.extra), REASON_INVALID_CHAIN);
	trust_unref(trust);
	X509_free(leaf);
	X509_free(person);
}
END_TEST

void
test_trust_ways(TCase *tcase)
{
	tcase_add_test(tcase, configured_intermediates_complete_a_chain);
	tcase_add_test(tcase, a_missing_intermediate_of_a_known_authority_is_an_incomplete_chain);
	tcase_add_test(tcase, an_impostor_with_an_anchors_name_is_not_trusted);
	tcase_add_test(tcase, a_forged_signature_is_an_invalid_chain);
	tcase_add_test(tcase, a_bad_twin_of_an_intermediate_does_not_hide_the_good_one);
	tcase_add_test(tcase, neither_many_bad_twins_nor_a_dead_anchor_hide_the_good_way);
	tcase_add_test(tcase, cross_signed_authorities_in_a_circle_end);
	tcase_add_test(tcase, many_certificates_of_one_name_cost_little);
	tcase_add_test(tcase, a_chain_of_exactly_the_greatest_depth_is_taken);
	tcase_add_test(tcase, a_certificate_that_is_no_ca_can_not_issue);
}
