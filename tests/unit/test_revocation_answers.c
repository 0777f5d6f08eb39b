/* What OCSP answers make of a chain, beside CRLs, and what is so of each of its links. */
#include "test_revocation.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

START_TEST(an_answer_decides_before_lists)
{
	test_revocation_give_root();
	test_revocation_give_answer(V_OCSP_CERTSTATUS_GOOD, 0, 0, 0);
	test_revocation_judge();
	test_revocation_expect(REASON_OK, "good", "OCSP responder");
	test_revocation_give_answer(V_OCSP_CERTSTATUS_REVOKED, CRL_REASON_SUPERSEDED, 0, 0);
	test_revocation_give_ca(&(const struct status_crl){.from = -9000});
	test_revocation_judge();
	test_revocation_expect(
	    REASON_REVOKED, "revoked", "(superseded), says the OCSP responder \"CN=CA\" on 20");
	ck_assert_int_ne((long)t.verdict.valid_until, 0);
	/* Revoked is for ever; on hold is not. */
	test_revocation_give_answer(
	    V_OCSP_CERTSTATUS_REVOKED, CRL_REASON_SUPERSEDED, -90000, -40000);
	test_revocation_judge();
	test_revocation_expect(REASON_REVOKED, "revoked", "superseded");
	test_revocation_give_answer(
	    V_OCSP_CERTSTATUS_REVOKED, CRL_REASON_CERTIFICATE_HOLD, -90000, -40000);
	test_revocation_judge();
	test_revocation_expect(REASON_OK, "good", "the CRL");
	test_revocation_give_answer(V_OCSP_CERTSTATUS_UNKNOWN, 0, 0, 0);
	test_revocation_judge();
	test_revocation_expect(REASON_OK, "good", "the CRL");
	test_revocation_give_ca(&(const struct status_crl){.to = -4000, .from = -8000});
	test_revocation_judge();
	test_revocation_expect(
	    REASON_REVOCATION_UNAVAILABLE, "unknown", "does not know the certificate");
}
END_TEST

static void
give_delegated(X509 *responder, EVP_PKEY *key, int status)
{
	const struct status_answer what = {.certificate = t.leaf,
	    .issuer = t.ca,
	    .status = status,
	    .signer = responder,
	    .key = key};
	char id[OCSP_ID_SIZE];
	size_t size;
	unsigned char *der = status_answer(&what, &size);

	ck_assert_int_eq(ocsp_id(t.leaf, t.ca, id, NULL), 0);
	ck_assert_int_eq(evidence_restore(t.evidence, id, der, size, NULL), 0);
	OPENSSL_free(der);
}

static X509 *
make_responder(EVP_PKEY *key, const char *extension)
{
	return pki_issue(&(const struct pki_certificate){.subject = "Responder",
			     .extended_usage = "OCSPSigning",
			     .extension = extension,
			     .extension2 = "crlDistributionPoints=URI:http://crl.example/r.crl"},
	    key, t.ca, t.ca_key);
}

/* Lists for the responder alone: they say nothing of the leaf. */
#define RESPONDER_SCOPE "critical,fullname:URI:http://crl.example/r.crl"

START_TEST(an_answer_counts_unless_its_delegate_may_be_revoked)
{
	EVP_PKEY *key = pki_key(PKI_RSA_2048, 4);
	X509 *responder = make_responder(key, NULL);

	test_revocation_give_root();
	give_delegated(responder, key, V_OCSP_CERTSTATUS_GOOD);
	test_revocation_judge();
	test_revocation_expect(REASON_REVOCATION_UNAVAILABLE, "unknown",
	    "its signer \"CN=Responder\" may be revoked: no CRL is at hand");
	ck_assert_ptr_nonnull(test_revocation_wanted(WANT_CRL, "http://crl.example/r.crl"));
	t.section.revocation = REVOCATION_SOFT;
	test_revocation_load();
	test_revocation_judge();
	test_revocation_expect(REASON_OK, "good", "OCSP responder \"CN=Responder\"");
	ck_assert_ptr_nonnull(test_revocation_wanted(WANT_CRL, "http://crl.example/r.crl"));
	t.section.revocation = REVOCATION_HARD;
	test_revocation_load();
	/* "Revoked" counts meanwhile. */
	give_delegated(responder, key, V_OCSP_CERTSTATUS_REVOKED);
	test_revocation_judge();
	test_revocation_expect(REASON_REVOKED, "revoked", "OCSP responder");
	give_delegated(responder, key, V_OCSP_CERTSTATUS_GOOD);
	test_revocation_give("crl r",
	    &(const struct status_crl){.from = -600, .to = 1200, .scope = RESPONDER_SCOPE}, t.ca,
	    t.ca_key);
	test_revocation_judge();
	test_revocation_expect(REASON_OK, "good", "OCSP responder");
	ck_assert_uint_eq(t.wants.count, 0);
	/* The CRL was made a moment after t.now. */
	ck_assert_int_le((long)t.verdict.valid_until, (long)time(NULL) + 1200);
	test_revocation_give("crl r",
	    &(const struct status_crl){
		.scope = RESPONDER_SCOPE, .from = -300, .entries = {{.certificate = responder}}},
	    t.ca, t.ca_key);
	test_revocation_judge();
	test_revocation_expect(
	    REASON_REVOCATION_UNAVAILABLE, "unknown", "its signer \"CN=Responder\" was revoked on");
	t.section.revocation = REVOCATION_SOFT;
	test_revocation_load();
	give_delegated(responder, key, V_OCSP_CERTSTATUS_REVOKED);
	test_revocation_judge();
	test_revocation_expect(REASON_OK, "unknown", "its signer \"CN=Responder\" was revoked on");
	X509_free(responder);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(a_delegate_that_need_not_be_checked_is_not)
{
	EVP_PKEY *key = pki_key(PKI_RSA_2048, 4);
	X509 *responder = make_responder(key, "noCheck=ignored");

	test_revocation_give_root();
	give_delegated(responder, key, V_OCSP_CERTSTATUS_GOOD);
	test_revocation_judge();
	test_revocation_expect(REASON_OK, "good", "OCSP responder \"CN=Responder\"");
	ck_assert_uint_eq(t.wants.count, 0);
	X509_free(responder);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(who_is_on_a_list_is_revoked_though_an_answer_says_good)
{
	test_revocation_give_root();
	test_revocation_give_answer(V_OCSP_CERTSTATUS_GOOD, 0, 0, 0);
	test_revocation_give_ca(&(const struct status_crl){.entries = {{.certificate = t.leaf}}});
	test_revocation_judge();
	test_revocation_expect(REASON_REVOKED, "revoked", "the CRL of \"CN=CA\"");
	/* A hold may be over. */
	test_revocation_give_ca(&(const struct status_crl){
	    .entries = {{.certificate = t.leaf, .reason = CRL_REASON_CERTIFICATE_HOLD + 1}}});
	test_revocation_judge();
	test_revocation_expect(REASON_OK, "good", "OCSP responder");
}
END_TEST

START_TEST(a_list_is_wanted_for_each_issuer_by_itself)
{
	struct wants others = WANTS_INIT;

	test_revocation_give_root();
	test_revocation_judge();
	test_revocation_has_failed(
	    test_revocation_wanted(WANT_OCSP, OCSP_URL), ERROR_PERMANENT, "no answer");
	/* Somebody else names the same URL, and what is there is not signed by that one's issuer. */
	ck_assert(wants_add(&others, WANT_CRL, CA_URL, t.ca, t.root));
	test_revocation_has_failed(&others.items[0], ERROR_PERMANENT, "not signed by the issuer");
	test_revocation_judge();
	ck_assert_ptr_nonnull(test_revocation_wanted(WANT_CRL, CA_URL));
	ck_assert_str_ne(test_revocation_wanted(WANT_CRL, CA_URL)->key, others.items[0].key);
	wants_clear(&others);
}
END_TEST

START_TEST(a_revoked_ca_makes_the_chain_revoked)
{
	test_revocation_give_answer(V_OCSP_CERTSTATUS_GOOD, 0, 0, 0);
	test_revocation_judge();
	test_revocation_expect(
	    REASON_REVOCATION_UNAVAILABLE, "unknown", "the CA certificate \"CN=CA\"");
	ck_assert_int_eq(t.verdict.failed_depth, 1);
	test_revocation_give("crl " ROOT_URL,
	    &(const struct status_crl){.entries = {{.certificate = t.ca}}}, t.root, t.root_key);
	test_revocation_judge();
	test_revocation_expect(
	    REASON_REVOKED, "revoked", "the CA certificate \"CN=CA\": revoked on");
	ck_assert_int_eq(t.verdict.failed_depth, 1);
	ck_assert_str_eq(t.verdict.failed_subject, "CN=CA");
	ck_assert_int_ne((long)t.verdict.failed_until, 0);
}
END_TEST

START_TEST(a_way_around_a_revoked_ca_is_found)
{
	X509 *again = pki_issue(
	    &(const struct pki_certificate){.subject = "CA", .ca = true, .extension = ROOT_POINT},
	    t.ca_key, t.root, t.root_key);

	ck_assert(sk_X509_push(t.extra, again));
	test_revocation_give_answer(V_OCSP_CERTSTATUS_GOOD, 0, 0, 0);
	test_revocation_give("crl " ROOT_URL,
	    &(const struct status_crl){.entries = {{.certificate = t.ca}}}, t.root, t.root_key);
	test_revocation_judge();
	test_revocation_expect(REASON_OK, "good", "");
	/* The other way round, OpenSSL takes the other one first. */
	sk_X509_set(t.extra, 0, again);
	sk_X509_set(t.extra, 1, t.ca);
	test_revocation_judge();
	test_revocation_expect(REASON_OK, "good", "");
	X509_free(again);
}
END_TEST

START_TEST(configured_lists_count)
{
	size_t size;
	unsigned char *der =
	    status_crl(&(const struct status_crl){.entries = {{.certificate = t.leaf}}}, t.ca,
		t.ca_key, &size);

	snprintf(t.crls, sizeof(t.crls), "/tmp/test-revocation-XXXXXX");
	test_revocation_write(t.crls, NULL, der, size);
	t.section.crls = t.crls;
	test_revocation_load();
	test_revocation_judge();
	test_revocation_expect(REASON_REVOKED, "revoked", "the CRL of \"CN=CA\"");
	OPENSSL_free(der);
}
END_TEST

START_TEST(an_anchor_is_not_looked_up)
{
	unlink(t.anchors);
	snprintf(t.anchors, sizeof(t.anchors), "/tmp/test-revocation-XXXXXX");
	test_revocation_write(t.anchors, t.ca, NULL, 0);
	test_revocation_load();
	test_revocation_give_answer(V_OCSP_CERTSTATUS_GOOD, 0, 0, 0);
	test_revocation_judge();
	test_revocation_expect(REASON_OK, "good", "OCSP");
	ck_assert_uint_eq(t.wants.count, 0);
}
END_TEST

void
test_revocation_answers(TCase *tcase)
{
	tcase_add_test(tcase, an_answer_decides_before_lists);
	tcase_add_test(tcase, an_answer_counts_unless_its_delegate_may_be_revoked);
	tcase_add_test(tcase, a_delegate_that_need_not_be_checked_is_not);
	tcase_add_test(tcase, who_is_on_a_list_is_revoked_though_an_answer_says_good);
	tcase_add_test(tcase, a_list_is_wanted_for_each_issuer_by_itself);
	tcase_add_test(tcase, a_revoked_ca_makes_the_chain_revoked);
	tcase_add_test(tcase, a_way_around_a_revoked_ca_is_found);
	tcase_add_test(tcase, configured_lists_count);
	tcase_add_test(tcase, an_anchor_is_not_looked_up);
}
