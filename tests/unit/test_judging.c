/* directory/judging: who is judged when, and by which trust. */
#include <event2/event.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "directory/resolver_private.h"
#include "pki.h"
#include "scripted.h"
#include "unit.h"

static struct fixture fixture;

static void
setup(void)
{
	fixture_init(&fixture, 1);
	scripted_use_certificate(&fixture, 100);
}

static void
teardown(void)
{
	fixture_end(&fixture);
}

static void
expect_found(const char *address)
{
	ck_assert_msg(fixture_state(&fixture, address, NULL) == RECIPIENT_FOUND, "%s", address);
}

static void
add_finding(struct findings *findings, bool ca, X509 *x509)
{
	struct finding finding = {.kind = ca ? FINDING_CA : FINDING_CERTIFICATE,
	    .directory = (char *)"first",
	    .dn = (char *)"cn=slow",
	    .attribute = (char *)(ca ? "cACertificate" : "userCertificate")};

	finding.value = pki_der(x509, &finding.size);
	finding.bind_by_entry = true;
	ck_assert_int_eq(findings_add(findings, &finding, NULL), 0);
	OPENSSL_free(finding.value);
}

/* As slow to judge as anything may be (TRUST_EFFORT_MAX): certificates, and CAs with keys that take long
 * and the anchor's name, each of which may have issued them and each other, but none has. */
static struct findings *
slow_findings(int cas, int certificates)
{
	static const struct pki_certificate twin = {
	    .subject = "CA", .no_identifiers = true, .ca = true};
	static const struct pki_certificate user = {.subject = "User", .no_identifiers = true};
	struct findings *findings = findings_new();
	EVP_PKEY *key = pki_key(PKI_P521, 0);
	EVP_PKEY *other = pki_key(PKI_P521, 1);
	X509 *top = pki_issue(&twin, key, NULL, key);
	X509 *x509;
	int i;

	for (i = 0; i < cas + certificates; i++) {
		x509 = pki_issue(i < cas ? &twin : &user, other, top, key);
		add_finding(findings, i < cas, x509);
		X509_free(x509);
	}
	X509_free(top);
	EVP_PKEY_free(other);
	EVP_PKEY_free(key);
	return findings;
}

static struct ticket *
submit_findings(const char *text, struct findings *findings)
{
	struct address address = fixture_address(text);
	struct ticket *ticket = resolver_submit_findings(
	    fixture.resolver, &address, findings, clock_monotonic_ms() + FIXTURE_PATIENCE);

	ck_assert_ptr_nonnull(ticket);
	address_free(&address);
	return ticket;
}

static void
submit_slow(struct ticket **tickets, size_t count)
{
	struct findings *findings = slow_findings(40, 20);
	size_t i;

	for (i = 0; i < count; i++)
		tickets[i] = submit_findings("a@slow.example", findings);
	findings_unref(findings);
}

/* How many were ready; they are no more. */
static size_t
free_tickets(struct ticket **tickets, size_t count)
{
	size_t ready = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		ready += ticket_ready(tickets[i]);
		ticket_free(tickets[i]);
	}
	return ready;
}

START_TEST(what_is_slow_to_judge_keeps_no_other_domain_waiting)
{
	struct ticket *slow[300];

	scripted_begin(&fixture);
	submit_slow(slow, ARRAY_LENGTH(slow));
	expect_found("found@example.org");
	ck_assert_uint_lt(free_tickets(slow, ARRAY_LENGTH(slow)), ARRAY_LENGTH(slow) / 2);
}
END_TEST

/* Whether by their size they are seen to be slow, or it turns out. */
START_TEST(slow_ones_of_many_domains_keep_nobody_else_waiting)
{
	struct findings *findings = _i == 0 ? slow_findings(40, 20) : slow_findings(15, 10);
	struct ticket *slow[60];
	char address[60];
	size_t i;

	scripted_begin(&fixture);
	for (i = 0; i < ARRAY_LENGTH(slow); i++) {
		snprintf(address, sizeof(address), "a@slow%zu.example", i);
		slow[i] = submit_findings(address, findings);
	}
	expect_found("found@example.org");
	ck_assert_uint_lt(free_tickets(slow, ARRAY_LENGTH(slow)), ARRAY_LENGTH(slow) / 2);
	findings_unref(findings);
}
END_TEST

static void
trust_instead(X509 *anchor)
{
	FILE *file = fopen(fixture_path(&fixture, "anchor.pem"), "w");

	ck_assert_ptr_nonnull(file);
	ck_assert(PEM_write_X509(file, anchor));
	fclose(file);
	trust_unref(fixture.trust);
	fixture.trust = trust_load(&fixture.config, NULL);
	ck_assert_ptr_nonnull(fixture.trust);
}

/* Many CAs could have issued the certificate, and the last one has. */
static struct findings *
findings_with_the_issuer_last(void)
{
	static const struct pki_certificate ca = {.subject = "CA", .ca = true};
	static const struct pki_certificate issuer = {
	    .subject = "Issuer", .no_identifiers = true, .ca = true};
	static const struct pki_certificate user = {.subject = "User", .no_identifiers = true};
	struct findings *findings = findings_new();
	EVP_PKEY *keys[] = {pki_key(PKI_P521, 0), pki_key(PKI_P521, 1)};
	X509 *anchor = pki_issue(&ca, keys[0], NULL, keys[0]);
	X509 *above[20];
	X509 *x509;
	size_t i;

	trust_instead(anchor);
	for (i = 0; i < ARRAY_LENGTH(above); i++) {
		above[i] = pki_issue(&issuer, keys[i + 1 < ARRAY_LENGTH(above)], anchor, keys[0]);
		add_finding(findings, true, above[i]);
	}
	x509 = pki_issue(&user, keys[0], above[i - 1], keys[0]);
	add_finding(findings, false, x509);
	X509_free(x509);
	for (i = 0; i < ARRAY_LENGTH(above); i++)
		X509_free(above[i]);
	X509_free(anchor);
	EVP_PKEY_free(keys[0]);
	EVP_PKEY_free(keys[1]);
	return findings;
}

START_TEST(what_takes_more_than_the_first_effort_is_judged_with_all)
{
	struct findings *findings = findings_with_the_issuer_last();
	struct ticket *ticket;

	scripted_begin(&fixture);
	ticket = submit_findings("a@slow.example", findings);
	ck_assert(ticket_wait(ticket, clock_monotonic_ms() + FIXTURE_PATIENCE));
	ck_assert_int_eq(ticket_record(ticket)->state, RECIPIENT_FOUND);
	ck_assert_uint_eq(ticket_record(ticket)->digital_id_count, 1);
	ck_assert_int_eq(ticket_record(ticket)->digital_ids[0].verdict, REASON_OK);
	ticket_free(ticket);
	findings_unref(findings);
}
END_TEST

START_TEST(what_waits_to_be_judged_for_nobody_leaves_its_place)
{
	struct ticket *slow[10];
	struct ticket *never;

	fixture.config.lookups_limit = ARRAY_LENGTH(slow);
	scripted_begin(&fixture);
	submit_slow(slow, ARRAY_LENGTH(slow));
	/* So all have been begun, and one more is to make them as many again. */
	ck_assert(ticket_wait(slow[0], clock_monotonic_ms() + FIXTURE_PATIENCE));
	never = fixture_submit(&fixture, "never@example.org");
	free_tickets(slow, ARRAY_LENGTH(slow));
	expect_found("found1@example.org");
	expect_found("found2@example.org");
	ck_assert(!ticket_ready(never));
	ticket_free(never);
}
END_TEST

/* What keeps a judge. */
static struct gate {
	atomic_bool closed;
	atomic_bool open;
} gates[2];

static void
run_gate(void *job)
{
	struct gate *gate = job;

	atomic_store(&gate->closed, true);
	while (!atomic_load(&gate->open))
		sched_yield();
}

static void
nothing(void *job UNUSED)
{
}

static void
nothing_done(void *job UNUSED, bool ran UNUSED)
{
}

static bool
is_closed(void *context)
{
	return atomic_load(&((struct gate *)context)->closed);
}

/* Keeps both judges. */
static void
close_gates(void)
{
	static const char *const owners[] = {"1", "2"};
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(gates); i++) {
		ck_assert_ptr_nonnull(worker_submit_for(
		    fixture.resolver->judges, owners[i], run_gate, nothing_done, &gates[i], NULL));
		ck_assert(fixture_until(is_closed, &gates[i]));
	}
}

/* A job that is judged after all that waits now, and tells whether a ticket was answered by then. */
static struct mark {
	struct ticket *ticket;
	atomic_bool waits;
	atomic_bool done;
	bool was_ready;
} mark;

static void
on_mark(void *job UNUSED, bool ran UNUSED)
{
	mark.was_ready = ticket_ready(mark.ticket);
	atomic_store(&mark.done, true);
}

static void
put_mark(evutil_socket_t fd UNUSED, short what UNUSED, void *context UNUSED)
{
	ck_assert_ptr_nonnull(
	    worker_submit_for(fixture.resolver->judges, "mark", nothing, on_mark, NULL, NULL));
	atomic_store(&mark.waits, true);
}

static bool
is_true(void *context)
{
	return atomic_load((atomic_bool *)context);
}

/* The loop has it; whatever it did at once with it is done when the loop does something else. */
static bool
is_taken(void *context)
{
	struct ticket *ticket = context;
	bool taken;

	pthread_mutex_lock(&fixture.resolver->mutex);
	taken = ticket->list != &fixture.resolver->inbox;
	pthread_mutex_unlock(&fixture.resolver->mutex);
	return taken;
}

/* Else it would be judged twice: by the trust from when it came, and by what is in force. */
START_TEST(what_waits_for_its_turn_is_judged_by_the_trust_in_force_then)
{
	static const struct timeval at_once = {0, 0};
	struct trust *other = trust_load(&fixture.config, NULL);
	struct findings *findings = slow_findings(1, 1);

	scripted_begin(&fixture);
	close_gates();
	mark.ticket = submit_findings("a@example.org", findings);
	ck_assert(fixture_until(is_taken, mark.ticket));
	event_base_once(fixture.resolver->base, -1, EV_TIMEOUT, put_mark, NULL, &at_once);
	ck_assert(fixture_until(is_true, &mark.waits));
	resolver_replace_trust(fixture.resolver, other);
	atomic_store(&gates[0].open, true);
	ck_assert(fixture_until(is_true, &mark.done));
	atomic_store(&gates[1].open, true);
	ck_assert(mark.was_ready);
	ticket_free(mark.ticket);
	findings_unref(findings);
	trust_unref(other);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("judging");
	TCase *tcase = unit_case(suite, "judging");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, what_is_slow_to_judge_keeps_no_other_domain_waiting);
	tcase_add_loop_test(tcase, slow_ones_of_many_domains_keep_nobody_else_waiting, 0, 2);
	tcase_add_test(tcase, what_takes_more_than_the_first_effort_is_judged_with_all);
	tcase_add_test(tcase, what_waits_to_be_judged_for_nobody_leaves_its_place);
	tcase_add_test(tcase, what_waits_for_its_turn_is_judged_by_the_trust_in_force_then);
	return unit_run(suite);
}
