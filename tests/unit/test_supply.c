/* Judging, fetching what lacks, judging again: the resolver with an LDIF file and a scripted web
 * server. */
#include "base/clock.h"
#include "smime/evidence.h"
#include "status_make.h"
#include "test_supply.h"

START_TEST(what_lacks_is_fetched_up_to_the_anchor)
{
	X509 *anna = test_supply_person(ANNA);

	routes[OCSP].reply = test_supply_answer(anna, V_OCSP_CERTSTATUS_GOOD);
	test_supply_begin();
	/* The CA's certificate, then the answer and the root's CRL. */
	test_supply_expect(
	    ANNA, REASON_OK, "good", "not revoked, says the OCSP responder \"CN=CA\"");
	ck_assert_uint_eq(test_supply_requests(), 3);
	test_supply_expect(ANNA, REASON_OK, "good", "");
	ck_assert_uint_eq(test_supply_requests(), 3);
	X509_free(anna);
}
END_TEST

START_TEST(what_is_revoked_is_found_out)
{
	X509 *anna = test_supply_person(ANNA);
	X509 *bert = test_supply_person(BERT);

	routes[OCSP].reply = test_supply_answer(anna, V_OCSP_CERTSTATUS_REVOKED);
	OPENSSL_free((void *)routes[CA_CRL].reply);
	routes[CA_CRL].reply = test_supply_list(t.ca, t.ca_key, bert);
	test_supply_begin();
	test_supply_expect(ANNA, REASON_REVOKED, "revoked", "says the OCSP responder");
	/* The answer is not about him: the CRL is, which is wanted then. */
	test_supply_expect(BERT, REASON_REVOKED, "revoked", "says the CRL of \"CN=CA\"");
	X509_free(anna);
	X509_free(bert);
}
END_TEST

START_TEST(issuers_are_not_fetched_where_the_directory_may_not)
{
	X509 *anna = test_supply_person(ANNA);

	t.fixture.directories[0].follow_urls = false;
	test_supply_begin();
	test_supply_expect(ANNA, REASON_UNTRUSTED_ISSUER, "unknown", "");
	ck_assert_uint_eq(test_supply_requests(), 0);
	X509_free(anna);
}
END_TEST

START_TEST(without_fetch_nobody_is_asked)
{
	X509 *anna = test_supply_person(ANNA);

	t.fixture.config.fetch = false;
	test_supply_begin();
	test_supply_expect(ANNA, REASON_UNTRUSTED_ISSUER, "unknown", "");
	ck_assert_uint_eq(http_server_seen(t.server)->connections, 0);
	X509_free(anna);
}
END_TEST

START_TEST(a_chain_that_lacks_two_is_made_whole)
{
	EVP_PKEY *low_key = pki_key(PKI_RSA_2048, 4);
	const struct pki_certificate what = {.subject = "Low",
	    .ca = true,
	    .extension = test_supply_extension(
		0, "authorityInfoAccess=caIssuers;%s%s", test_supply_url(CA_CERT), "")};
	X509 *low = pki_issue(&what, low_key, t.ca, t.ca_key);
	X509 *anna = test_supply_issue(ANNA, low, low_key,
	    test_supply_extension(
		0, "authorityInfoAccess=caIssuers;%s%s", test_supply_url(MIDDLE_CERT), ""),
	    NULL);

	routes[MIDDLE_CERT].reply = test_supply_der_of(low);
	test_supply_publish(ANNA, anna);
	t.section.revocation = REVOCATION_OFF;
	test_supply_begin();
	test_supply_expect(ANNA, REASON_OK, "off", "");
	ck_assert_uint_eq(test_supply_requests(), 2);
	X509_free(low);
	X509_free(anna);
	EVP_PKEY_free(low_key);
}
END_TEST

START_TEST(what_several_want_is_fetched_once)
{
	X509 *anna = test_supply_person(ANNA);
	X509 *bert = test_supply_person(BERT);
	struct ticket *first;
	struct ticket *second;

	routes[OCSP].kind = HTTP_HANG_UP;
	test_supply_begin();
	first = fixture_submit(&t.fixture, ANNA);
	second = fixture_submit(&t.fixture, BERT);
	test_supply_check(test_supply_wait_for(first), REASON_OK, "good", "says the CRL");
	test_supply_check(test_supply_wait_for(second), REASON_OK, "good", "says the CRL");
	/* A certificate and two CRLs. The responder is asked about one of the two; about the other, too,
	 * unless its CRL is at hand by then. */
	ck_assert_uint_ge(test_supply_requests(), 4);
	ck_assert_uint_le(test_supply_requests(), 5);
	ticket_free(first);
	ticket_free(second);
	X509_free(anna);
	X509_free(bert);
}
END_TEST

START_TEST(what_can_not_be_had_is_said_and_not_asked_again)
{
	X509 *anna = test_supply_person(ANNA);
	size_t before;

	routes[OCSP].kind = HTTP_HANG_UP;
	OPENSSL_free((void *)routes[CA_CRL].reply);
	routes[CA_CRL].kind = HTTP_HANG_UP;
	routes[CA_CRL].reply = NULL;
	test_supply_begin();
	test_supply_expect(ANNA, REASON_REVOCATION_UNAVAILABLE, "unknown", "/ocsp");
	before = test_supply_requests();
	test_supply_expect(ANNA, REASON_REVOCATION_UNAVAILABLE, "unknown", "/ocsp");
	ck_assert_uint_eq(test_supply_requests(), before);
	X509_free(anna);
}
END_TEST

START_TEST(what_nobody_signed_for_is_not_taken)
{
	X509 *anna = test_supply_person(ANNA);

	routes[OCSP].reply = test_supply_list(t.ca, t.ca_key, NULL); /* no answer at all */
	OPENSSL_free((void *)routes[CA_CRL].reply);
	routes[CA_CRL].reply = test_supply_list(t.ca, t.root_key, NULL); /* of another key */
	test_supply_begin();
	test_supply_expect(ANNA, REASON_REVOCATION_UNAVAILABLE, "unknown", "");
	X509_free(anna);
}
END_TEST

START_TEST(what_was_fetched_outlives_a_reload)
{
	X509 *anna = test_supply_person(ANNA);

	routes[OCSP].reply = test_supply_answer(anna, V_OCSP_CERTSTATUS_GOOD);
	test_supply_begin();
	test_supply_expect(ANNA, REASON_OK, "good", "");
	ck_assert_uint_eq(test_supply_requests(), 3);
	resolver_free(t.fixture.resolver);
	test_supply_begin();
	test_supply_expect(ANNA, REASON_OK, "good", "");
	ck_assert_uint_eq(test_supply_requests(), 3);
	X509_free(anna);
}
END_TEST

START_TEST(what_is_used_is_fetched_again_ahead_of_its_end)
{
	X509 *bert = test_supply_issue(BERT, t.root, t.root_key, NULL,
	    test_supply_extension(0, "crlDistributionPoints=%s%s", test_supply_url(ROOT_CRL), ""));
	const struct status_crl old = {.number = 1, .from = -90000, .to = 3600};
	struct ticket *ticket;
	size_t size;

	test_supply_publish(BERT, bert);
	OPENSSL_free((void *)routes[ROOT_CRL].reply);
	routes[ROOT_CRL].reply = (const char *)status_crl(&old, t.root, t.root_key, &size);
	test_supply_begin();
	test_supply_expect(BERT, REASON_OK, "good", "");
	ck_assert_uint_eq(test_supply_requests(), 1);
	/* What was just fetched is not wanted again; once it may be, nobody waits for it. */
	clock_hold_wall(clock_wall() + EVIDENCE_AGAIN + 1);
	ticket = fixture_ask(&t.fixture, BERT);
	test_supply_check(ticket_record(ticket), REASON_OK, "good", "");
	ticket_free(ticket);
	while (test_supply_requests() < 2)
		event_base_loop(t.base, EVLOOP_ONCE);
	test_supply_expect(BERT, REASON_OK, "good", "");
	ck_assert_uint_eq(test_supply_requests(), 2);
	X509_free(bert);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("supply");
	TCase *tcase = unit_case(suite, "supply");

	tcase_add_checked_fixture(tcase, test_supply_setup, test_supply_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, what_lacks_is_fetched_up_to_the_anchor);
	tcase_add_test(tcase, what_is_revoked_is_found_out);
	tcase_add_test(tcase, issuers_are_not_fetched_where_the_directory_may_not);
	tcase_add_test(tcase, without_fetch_nobody_is_asked);
	tcase_add_test(tcase, a_chain_that_lacks_two_is_made_whole);
	tcase_add_test(tcase, what_several_want_is_fetched_once);
	tcase_add_test(tcase, what_can_not_be_had_is_said_and_not_asked_again);
	tcase_add_test(tcase, what_nobody_signed_for_is_not_taken);
	tcase_add_test(tcase, what_was_fetched_outlives_a_reload);
	tcase_add_test(tcase, what_is_used_is_fetched_again_ahead_of_its_end);
	test_supply_waiting(tcase);
	test_supply_signers(tcase);
	return unit_run(suite);
}
