/* How missing links are found, what else a section asks of a chain, and the words for it. */
#include "test_revocation.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

static void
take_issuer(const char *url, X509 *x509)
{
	size_t size;
	unsigned char *der = pki_der(x509, &size);
	const struct want *want = test_revocation_wanted(WANT_ISSUER, url);

	ck_assert_ptr_nonnull(want);
	ck_assert_int_eq(evidence_take(t.evidence, want, der, size, t.now, NULL), 0);
	OPENSSL_free(der);
}

START_TEST(a_missing_issuer_is_wanted_and_then_found)
{
	t.section.revocation = REVOCATION_OFF;
	test_revocation_load();
	(void)sk_X509_pop(t.extra);
	ck_assert_int_eq(test_revocation_judge_x509(t.leaf, false), REASON_UNTRUSTED_ISSUER);
	ck_assert_uint_eq(t.wants.count, 0);
	ck_assert_int_eq(test_revocation_judge_x509(t.leaf, true), REASON_ISSUER_UNAVAILABLE);
	ck_assert_uint_eq(t.wants.count, 1);
	take_issuer(CA_CERTIFICATE_URL, t.ca);
	ck_assert_int_eq(test_revocation_judge_x509(t.leaf, true), REASON_OK);
	ck_assert_uint_eq(t.wants.count, 0);
}
END_TEST

/* As for a judgement that had looked for it before it came. */
START_TEST(an_issuer_that_came_meanwhile_is_told)
{
	uint64_t before = evidence_told(t.evidence);

	t.section.revocation = REVOCATION_OFF;
	test_revocation_load();
	(void)sk_X509_pop(t.extra);
	test_revocation_judge_x509(t.leaf, true);
	ck_assert(!t.wants.came);
	take_issuer(CA_CERTIFICATE_URL, t.root);
	t.wants.since = before;
	test_revocation_judge_x509(t.leaf, true);
	ck_assert_uint_eq(t.wants.count, 0);
	ck_assert(t.wants.came);
	t.wants.since = evidence_told(t.evidence);
	test_revocation_judge_x509(t.leaf, true);
	ck_assert(!t.wants.came);
}
END_TEST

START_TEST(an_answer_that_came_meanwhile_is_told)
{
	uint64_t before = evidence_told(t.evidence);
	const struct status_answer what = {.certificate = t.leaf,
	    .issuer = t.ca,
	    .status = V_OCSP_CERTSTATUS_UNKNOWN,
	    .signer = t.ca,
	    .key = t.ca_key};
	size_t size;
	unsigned char *der = status_answer(&what, &size);

	test_revocation_judge();
	ck_assert(!t.wants.came);
	ck_assert_int_eq(evidence_take(t.evidence, test_revocation_wanted(WANT_OCSP, OCSP_URL), der,
			     size, t.now, NULL),
	    0);
	OPENSSL_free(der);
	t.wants.since = before;
	test_revocation_judge();
	ck_assert(t.wants.came);
	t.wants.since = evidence_told(t.evidence);
	test_revocation_judge();
	ck_assert(!t.wants.came);
}
END_TEST

START_TEST(two_missing_issuers_are_found_one_by_one)
{
	EVP_PKEY *key = pki_key(PKI_RSA_2048, 4);
	X509 *sub =
	    pki_issue(&(const struct pki_certificate){.subject = "Sub",
			  .ca = true,
			  .extension = "authorityInfoAccess=caIssuers;URI:http://aia.example/1"},
		key, t.ca, t.ca_key);
	X509 *leaf =
	    pki_issue(&(const struct pki_certificate){.email = ANNA,
			  .extension = "authorityInfoAccess=caIssuers;URI:http://aia.example/0"},
		t.key, sub, key);

	t.section.revocation = REVOCATION_OFF;
	test_revocation_load();
	(void)sk_X509_pop(t.extra);
	test_revocation_judge_x509(leaf, true);
	ck_assert_uint_eq(t.wants.count, 1);
	take_issuer("http://aia.example/0", sub);
	test_revocation_judge_x509(leaf, true);
	ck_assert_uint_eq(t.wants.count, 1);
	take_issuer("http://aia.example/1", t.ca);
	ck_assert_int_eq(test_revocation_judge_x509(leaf, true), REASON_OK);
	X509_free(sub);
	X509_free(leaf);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(an_issuer_that_did_not_sign_leads_nowhere)
{
	/* Of the CA's name, and with a URL of its own; the certificate is not signed by it. */
	X509 *namesake =
	    pki_issue(&(const struct pki_certificate){.subject = "CA",
			  .ca = true,
			  .extension = "authorityInfoAccess=caIssuers;URI:http://evil.example/"},
		t.key, t.root, t.root_key);
	X509 *leaf =
	    pki_issue(&(const struct pki_certificate){.email = ANNA}, t.key, t.ca, t.ca_key);

	sk_X509_set(t.extra, 0, namesake);
	ck_assert_int_ne(test_revocation_judge_x509(leaf, true), REASON_OK);
	ck_assert_uint_eq(t.wants.count, 0);
	X509_free(namesake);
	X509_free(leaf);
}
END_TEST

START_TEST(why_an_issuer_could_not_be_had_is_told)
{
	(void)sk_X509_pop(t.extra);
	test_revocation_judge_x509(t.leaf, true);
	test_revocation_has_failed(test_revocation_wanted(WANT_ISSUER, CA_CERTIFICATE_URL),
	    ERROR_PERMANENT, "http://aia.example/ca.crt: refused");
	test_revocation_judge_x509(t.leaf, true);
	ck_assert_uint_eq(t.wants.count, 0);
	ck_assert_ptr_nonnull(strstr(t.verdict.detail, "ca.crt: refused"));
	ck_assert_int_eq(t.verdict.reason, REASON_UNTRUSTED_ISSUER);
}
END_TEST

START_TEST(an_issuer_that_can_not_be_had_for_the_moment_is_waited_for_in_reason)
{
	struct wants wants = WANTS_INIT;
	time_t began = t.now;
	X509 *wrong = pki_issue(
	    &(const struct pki_certificate){
		.subject = "Anna", .email = "bob@corp.example", .extension2 = LEAF_ACCESS},
	    t.key, t.ca, t.ca_key);

	(void)sk_X509_pop(t.extra);
	ck_assert_int_eq(test_revocation_judge_x509(t.leaf, false), REASON_UNTRUSTED_ISSUER);
	ck_assert_int_eq(test_revocation_judge_x509(t.leaf, true), REASON_ISSUER_UNAVAILABLE);
	ck_assert(wants_add(&wants, WANT_ISSUER, CA_CERTIFICATE_URL, NULL, NULL));
	test_revocation_has_failed(&wants.items[0], ERROR_TEMPORARY, "timed out");
	ck_assert_int_eq(test_revocation_judge_x509(t.leaf, true), REASON_ISSUER_UNAVAILABLE);
	ck_assert_ptr_nonnull(strstr(t.verdict.detail, "; timed out"));
	ck_assert_int_eq(t.verdict.failed_depth, 0);
	ck_assert_int_le((long)t.verdict.valid_until, (long)t.now + TRUST_UNKNOWN_HOLDS);
	ck_assert_int_gt((long)t.verdict.valid_until, (long)t.now);
	/* What is wrong anyway is said at once. */
	ck_assert_int_eq(test_revocation_judge_x509(wrong, true), REASON_ADDRESS_MISMATCH);
	/* As often as it is tried, but not for ever. */
	for (t.now += 61; t.now < began + EVIDENCE_PATIENCE; t.now += 600) {
		test_revocation_has_failed(&wants.items[0], ERROR_TEMPORARY, "timed out");
		ck_assert_int_eq(
		    test_revocation_judge_x509(t.leaf, true), REASON_ISSUER_UNAVAILABLE);
	}
	test_revocation_has_failed(&wants.items[0], ERROR_TEMPORARY, "timed out");
	ck_assert_int_eq(test_revocation_judge_x509(t.leaf, true), REASON_UNTRUSTED_ISSUER);
	/* Whoever asks again the next day finds another outage. */
	t.now += EVIDENCE_PATIENCE + 61;
	test_revocation_has_failed(&wants.items[0], ERROR_TEMPORARY, "timed out");
	ck_assert_int_eq(test_revocation_judge_x509(t.leaf, true), REASON_ISSUER_UNAVAILABLE);
	/* What came, and does not help, is no outage. */
	test_revocation_has_failed(&wants.items[0], ERROR_INPUT, "it holds no certificate");
	ck_assert_int_eq(test_revocation_judge_x509(t.leaf, true), REASON_UNTRUSTED_ISSUER);
	wants_clear(&wants);
	X509_free(wrong);
}
END_TEST

START_TEST(an_expired_cross_certificate_beside_a_good_one_does_no_harm)
{
	X509 *expired = pki_issue(
	    &(const struct pki_certificate){
		.subject = "CA", .ca = true, .from_days = -20, .to_days = -10},
	    t.ca_key, t.root, t.root_key);
	X509 *other_root = pki_issue(
	    &(const struct pki_certificate){.subject = "Other", .ca = true}, t.key, NULL, t.key);
	X509 *crossed = pki_issue(&(const struct pki_certificate){.subject = "CA", .ca = true},
	    t.ca_key, other_root, t.key);
	X509 *const orders[][3] = {
	    {expired, crossed, t.ca}, {crossed, t.ca, expired}, {t.ca, expired, crossed}};
	size_t i;

	t.section.revocation = REVOCATION_OFF;
	test_revocation_load();
	for (i = 0; i < ARRAY_LENGTH(orders); i++) {
		sk_X509_zero(t.extra);
		ck_assert(sk_X509_push(t.extra, orders[i][0]) &&
			  sk_X509_push(t.extra, orders[i][1]) &&
			  sk_X509_push(t.extra, orders[i][2]));
		ck_assert_int_eq(test_revocation_judge(), REASON_OK);
	}
	X509_free(expired);
	X509_free(other_root);
	X509_free(crossed);
}
END_TEST

START_TEST(required_policies_must_hold)
{
	static char policy[] = "1.3.6.1.4.1.99999.1";
	char *policies[] = {policy};
	X509 *ca = pki_issue(&(const struct pki_certificate){.subject = "CA", .ca = true}, t.ca_key,
	    t.root, t.root_key);
	X509 *leaf = pki_issue(&(const struct pki_certificate){.email = ANNA}, t.key, ca, t.ca_key);
	X509 *other =
	    pki_issue(&(const struct pki_certificate){.email = ANNA}, t.key, ca, t.ca_key);

	status_add_extension(ca, "certificatePolicies", policy, NULL, t.root_key);
	status_add_extension(leaf, "certificatePolicies", policy, NULL, t.ca_key);
	status_add_extension(other, "certificatePolicies", "1.3.6.1.4.1.99999.2", NULL, t.ca_key);
	t.section.revocation = REVOCATION_OFF;
	t.section.policies = (struct strings){policies, 1};
	test_revocation_load();
	sk_X509_set(t.extra, 0, ca);
	ck_assert_int_eq(test_revocation_judge_x509(leaf, false), REASON_OK);
	ck_assert_int_eq(test_revocation_judge_x509(other, false), REASON_INVALID_CHAIN);
	ck_assert_ptr_nonnull(strstr(t.verdict.detail, "policies"));
	ck_assert_int_eq(test_revocation_judge_x509(t.leaf, false), REASON_INVALID_CHAIN);
	X509_free(ca);
	X509_free(leaf);
	X509_free(other);
}
END_TEST

static const struct {
	enum config_min_digest least;
	bool sha1;
	bool sha256;
} digests[] = {
    {MIN_DIGEST_SHA1, true, true},
    {MIN_DIGEST_SHA224, false, true},
    {MIN_DIGEST_SHA256, false, true},
    {MIN_DIGEST_SHA384, false, false},
};

START_TEST(the_weakest_digest_is_the_sections)
{
	X509 *weak = pki_issue(&(const struct pki_certificate){.email = ANNA, .digest = EVP_sha1()},
	    t.key, t.ca, t.ca_key);
	X509 *strong =
	    pki_issue(&(const struct pki_certificate){.email = ANNA, .digest = EVP_sha256()}, t.key,
		t.ca, t.ca_key);

	t.section.revocation = REVOCATION_OFF;
	t.section.min_digest = digests[_i].least;
	test_revocation_load();
	ck_assert_int_eq(test_revocation_judge_x509(weak, false),
	    digests[_i].sha1 ? REASON_OK : REASON_WEAK_DIGEST);
	ck_assert_int_eq(test_revocation_judge_x509(strong, false),
	    digests[_i].sha256 ? REASON_OK : REASON_WEAK_DIGEST);
	X509_free(weak);
	X509_free(strong);
}
END_TEST

/* Codes that need a purpose, callback, flag or kind of trust that we don't use; those that
 * X509_V_FLAG_X509_STRICT, CRL checking, DANE, Suite B, proxies, host and mail checks, and security
 * levels give. */
static const int impossible[] = {X509_V_ERR_UNABLE_TO_GET_CRL,
    X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE, X509_V_ERR_CRL_SIGNATURE_FAILURE,
    X509_V_ERR_CRL_NOT_YET_VALID, X509_V_ERR_CRL_HAS_EXPIRED,
    X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD, X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD,
    X509_V_ERR_CERT_REVOKED, X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, X509_V_ERR_KEYUSAGE_NO_CRL_SIGN,
    X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION, X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED,
    X509_V_ERR_PROXY_CERTIFICATES_NOT_ALLOWED, X509_V_ERR_APPLICATION_VERIFICATION,
    X509_V_ERR_DIFFERENT_CRL_SCOPE, X509_V_ERR_UNSUPPORTED_EXTENSION_FEATURE,
    X509_V_ERR_PROXY_SUBJECT_NAME_VIOLATION, X509_V_ERR_SUITE_B_INVALID_VERSION,
    X509_V_ERR_SUITE_B_INVALID_ALGORITHM, X509_V_ERR_SUITE_B_INVALID_CURVE,
    X509_V_ERR_SUITE_B_INVALID_SIGNATURE_ALGORITHM, X509_V_ERR_SUITE_B_LOS_NOT_ALLOWED,
    X509_V_ERR_SUITE_B_CANNOT_SIGN_P_384_WITH_P_256, X509_V_ERR_HOSTNAME_MISMATCH,
    X509_V_ERR_EMAIL_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH, X509_V_ERR_DANE_NO_MATCH,
    X509_V_ERR_EE_KEY_TOO_SMALL, X509_V_ERR_CA_KEY_TOO_SMALL, X509_V_ERR_CA_MD_TOO_WEAK,
    X509_V_ERR_CRL_PATH_VALIDATION_ERROR, X509_V_ERR_NO_VALID_SCTS, X509_V_ERR_OCSP_VERIFY_NEEDED,
    X509_V_ERR_OCSP_VERIFY_FAILED, X509_V_ERR_OCSP_CERT_UNKNOWN,
    X509_V_ERR_PATHLEN_INVALID_FOR_NON_CA, X509_V_ERR_PATHLEN_WITHOUT_KU_KEY_CERT_SIGN,
    X509_V_ERR_KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA, X509_V_ERR_ISSUER_NAME_EMPTY,
    X509_V_ERR_SUBJECT_NAME_EMPTY, X509_V_ERR_MISSING_AUTHORITY_KEY_IDENTIFIER,
    X509_V_ERR_MISSING_SUBJECT_KEY_IDENTIFIER, X509_V_ERR_EMPTY_SUBJECT_ALT_NAME,
    X509_V_ERR_EMPTY_SUBJECT_SAN_NOT_CRITICAL, X509_V_ERR_CA_BCONS_NOT_CRITICAL,
    X509_V_ERR_AUTHORITY_KEY_IDENTIFIER_CRITICAL, X509_V_ERR_SUBJECT_KEY_IDENTIFIER_CRITICAL,
    X509_V_ERR_CA_CERT_MISSING_KEY_USAGE, X509_V_ERR_EXTENSIONS_REQUIRE_VERSION_3};

static bool
has_words_or_can_not_occur(int error)
{
	size_t i;

	/* Memory is no fault of the chain: it is told apart before. */
	if (error == X509_V_ERR_OUT_OF_MEM || trust_fault_of(error) != TRUST_FAULT_LINK ||
	    trust_fault_words(error) != NULL)
		return true;
	for (i = 0; i < ARRAY_LENGTH(impossible); i++) {
		if (impossible[i] == error)
			return true;
	}
	return false;
}

START_TEST(every_error_of_openssl_has_words_or_can_not_occur)
{
	static const char none[] = "unknown certificate verification error";
	int error;
	int known = 0;

	for (error = 1; error < 1000; error++) {
		if (strcmp(X509_verify_cert_error_string(error), none) == 0)
			continue;
		known++;
		ck_assert_msg(has_words_or_can_not_occur(error), "%d: %s", error,
		    X509_verify_cert_error_string(error));
	}
	ck_assert_int_gt(known, 80);
	ck_assert(!has_words_or_can_not_occur(999));
}
END_TEST

void
test_revocation_issuers(TCase *tcase)
{
	tcase_add_test(tcase, a_missing_issuer_is_wanted_and_then_found);
	tcase_add_test(tcase, an_issuer_that_came_meanwhile_is_told);
	tcase_add_test(tcase, an_answer_that_came_meanwhile_is_told);
	tcase_add_test(tcase, two_missing_issuers_are_found_one_by_one);
	tcase_add_test(tcase, an_issuer_that_did_not_sign_leads_nowhere);
	tcase_add_test(tcase, why_an_issuer_could_not_be_had_is_told);
	tcase_add_test(tcase, an_issuer_that_can_not_be_had_for_the_moment_is_waited_for_in_reason);
	tcase_add_test(tcase, an_expired_cross_certificate_beside_a_good_one_does_no_harm);
	tcase_add_test(tcase, required_policies_must_hold);
	tcase_add_loop_test(
	    tcase, the_weakest_digest_is_the_sections, 0, (int)ARRAY_LENGTH(digests));
	tcase_add_test(tcase, every_error_of_openssl_has_words_or_can_not_occur);
}
