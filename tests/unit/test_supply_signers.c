/* Fetching what lacks to judge who signed a message. */
#include "base/clock.h"
#include "test_supply.h"

/* Asks for whoever signed with this certificate; the CA's comes with the message. */
static struct ticket *
submit_signer(X509 *x509)
{
	struct certificate *certificate = certificate_from_x509(x509, NULL);
	struct certificate *ca = certificate_from_x509(t.ca, NULL);
	struct address address = fixture_address(ANNA);
	const struct signer_question question = {.certificate = certificate,
	    .others = &ca,
	    .other_count = 1,
	    .addresses = &address,
	    .address_count = 1};
	struct ticket *ticket = resolver_submit_signer(
	    t.fixture.resolver, &question, clock_monotonic_ms() + FIXTURE_PATIENCE);

	ck_assert_ptr_nonnull(ticket);
	certificate_unref(certificate);
	certificate_unref(ca);
	address_free(&address);
	return ticket;
}

START_TEST(a_signer_is_judged_without_a_look_up)
{
	X509 *anna = test_supply_person(ANNA);
	struct ticket *first;
	struct ticket *second;

	routes[OCSP].reply = test_supply_answer(anna, V_OCSP_CERTSTATUS_GOOD);
	test_supply_begin();
	first = submit_signer(anna);
	second = submit_signer(anna);
	test_supply_check(
	    test_supply_wait_for(first), REASON_OK, "good", "says the OCSP responder");
	test_supply_check(
	    test_supply_wait_for(second), REASON_OK, "good", "says the OCSP responder");
	/* The answer and the root's CRL, once for both; not the CA's certificate. */
	ck_assert_uint_eq(test_supply_requests(), 2);
	ck_assert_uint_eq(fixture_statistics(&t.fixture).searches, 0);
	ck_assert_uint_eq(fixture_statistics(&t.fixture).entries, 0);
	ticket_free(first);
	ticket_free(second);
	X509_free(anna);
}
END_TEST

START_TEST(a_signer_whose_issuer_is_missing_is_not_followed)
{
	X509 *anna = test_supply_person(ANNA);
	X509 *ca = t.ca;
	struct ticket *ticket;

	test_supply_begin();
	t.ca = t.root; /* comes with the message instead */
	ticket = submit_signer(anna);
	test_supply_check(test_supply_wait_for(ticket), REASON_UNTRUSTED_ISSUER, "unknown", "");
	ck_assert_uint_eq(test_supply_requests(), 0);
	ticket_free(ticket);
	t.ca = ca;
	X509_free(anna);
}
END_TEST

/* Whoever waits gives up, and the resolver ends while it is asked. */
START_TEST(a_signer_of_unknown_status_keeps_nobody)
{
	X509 *anna = test_supply_person(ANNA);
	struct ticket *left;
	struct ticket *ticket;

	test_supply_silence();
	test_supply_begin();
	left = submit_signer(anna);
	ticket_free(left);
	ticket = submit_signer(anna);
	while (test_supply_requests() == 0) {
		event_base_loop(t.base, EVLOOP_NONBLOCK);
		ck_assert(!ticket_wait(ticket, clock_monotonic_ms() + 2));
	}
	ck_assert_ptr_null(ticket_record(ticket));
	ticket_free(ticket);
	X509_free(anna);
}
END_TEST

void
test_supply_signers(TCase *tcase)
{
	tcase_add_test(tcase, a_signer_is_judged_without_a_look_up);
	tcase_add_test(tcase, a_signer_whose_issuer_is_missing_is_not_followed);
	tcase_add_test(tcase, a_signer_of_unknown_status_keeps_nobody);
}
