/* Fetching what lacks: who waits for it, and who need not. */
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "directory/supply.h"
#include "evidence_inside.h"
#include "fetch/fetch.h"
#include "test_supply.h"

START_TEST(who_is_usable_does_not_wait_for_long)
{
	X509 *anna = test_supply_person(ANNA);
	int64_t begun;

	test_supply_silence();
	t.section.revocation = REVOCATION_SOFT;
	test_supply_begin();
	begun = clock_monotonic_ms();
	test_supply_expect(ANNA, REASON_OK, "unknown", "no CRL and no OCSP answer is at hand");
	ck_assert_int_ge(clock_monotonic_ms() - begun, 200);
	ck_assert_int_lt(clock_monotonic_ms() - begun, FIXTURE_PATIENCE);
	X509_free(anna);
}
END_TEST

START_TEST(what_comes_late_serves_the_next)
{
	X509 *bert = test_supply_issue(BERT, t.root, t.root_key, NULL,
	    test_supply_extension(0, "crlDistributionPoints=%s%s", test_supply_url(ROOT_CRL), ""));
	struct evidence_inside counts = {.crls = 0};
	int64_t end = clock_monotonic_ms() + FIXTURE_PATIENCE;
	struct ticket *ticket;

	test_supply_publish(BERT, bert);
	t.section.revocation = REVOCATION_SOFT;
	t.fixture.config.revocation_timeout = 0;
	test_supply_begin();
	/* The web server does not serve before he has been judged. */
	ticket = fixture_ask(&t.fixture, BERT);
	test_supply_check(ticket_record(ticket), REASON_OK, "unknown", "");
	ticket_free(ticket);
	while (counts.crls == 0) {
		ck_assert_int_lt(clock_monotonic_ms(), end);
		event_base_loop(t.base, EVLOOP_NONBLOCK);
		counts = evidence_inside(t.fixture.evidence);
	}
	ticket = fixture_ask(&t.fixture, BERT);
	test_supply_check(ticket_record(ticket), REASON_OK, "good", "");
	ticket_free(ticket);
	X509_free(bert);
}
END_TEST

START_TEST(others_are_judged_while_one_waits)
{
	X509 *anna = test_supply_person(ANNA);
	X509 *bert = test_supply_issue(BERT, t.root, t.root_key, NULL,
	    test_supply_extension(0, "crlDistributionPoints=%s%s", test_supply_url(ROOT_CRL), ""));
	struct ticket *waits;

	test_supply_publish(BERT, bert);
	test_supply_silence();
	test_supply_begin();
	waits = fixture_submit(&t.fixture, ANNA);
	test_supply_expect(BERT, REASON_OK, "good", "");
	ck_assert(!ticket_ready(waits));
	ticket_free(waits);
	X509_free(anna);
	X509_free(bert);
}
END_TEST

START_TEST(a_resolver_ends_while_it_fetches)
{
	X509 *anna = test_supply_person(ANNA);
	struct ticket *ticket;
	size_t before;

	test_supply_silence();
	test_supply_begin();
	ticket = fixture_submit(&t.fixture, ANNA);
	for (before = 0; test_supply_requests() < 2 || test_supply_requests() == before;)
		event_base_loop(t.base, EVLOOP_NONBLOCK);
	ticket_free(ticket);
	resolver_free(t.fixture.resolver);
	t.fixture.resolver = NULL;
	X509_free(anna);
}
END_TEST

/* All hosts so called are the web server. */
int
getaddrinfo(const char *name, const char *service UNUSED, const struct addrinfo *hints UNUSED,
    struct addrinfo **found)
{
	struct addrinfo *info;
	struct sockaddr_in *in;

	if (name == NULL || strncmp(name, "host", 4) != 0)
		return EAI_NONAME;
	info = calloc(1, sizeof(*info) + sizeof(*in));
	in = (struct sockaddr_in *)(void *)(info + 1);
	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	info->ai_family = AF_INET;
	info->ai_addr = (struct sockaddr *)in;
	*found = info;
	return 0;
}

void
freeaddrinfo(struct addrinfo *info)
{
	free(info);
}

#define SHARE (FETCH_FLIGHTS_MAX / 2)
#define EVIL (SHARE + 10)

/* Someone whose certificate names an OCSP responder of his own, that never answers. */
static void
publish_evil(size_t number)
{
	char responder[100];
	char email[40];
	X509 *x509;

	snprintf(responder, sizeof(responder), "URI:http://host%zu.example:%s%s", number, t.port,
	    routes[OCSP].path);
	snprintf(email, sizeof(email), "evil%zu@evil.example", number);
	x509 = test_supply_issue(email, t.root, t.root_key,
	    test_supply_extension(0, "authorityInfoAccess=OCSP;%s%s", responder, ""), NULL);
	test_supply_publish(email, x509);
	X509_free(x509);
}

START_TEST(silent_responders_of_one_domain_keep_no_other_waiting)
{
	X509 *bert = test_supply_issue(BERT, t.root, t.root_key, NULL,
	    test_supply_extension(0, "crlDistributionPoints=%s%s", test_supply_url(ROOT_CRL), ""));
	static const struct timeval moment = {0, 10000};
	struct ticket *tickets[EVIL];
	size_t refused = 0;
	char email[40];
	size_t i;

	test_supply_publish(BERT, bert);
	test_supply_silence();
	for (i = 0; i < EVIL; i++)
		publish_evil(i);
	test_supply_begin();
	for (i = 0; i < EVIL; i++) {
		snprintf(email, sizeof(email), "evil%zu@evil.example", i);
		tickets[i] = fixture_submit(&t.fixture, email);
	}
	while (refused < EVIL - SHARE || test_supply_requests() < FETCH_RUNNING_MAX / 2) {
		event_base_loopexit(t.base, &moment);
		event_base_loop(t.base, EVLOOP_ONCE);
		for (i = refused = 0; i < EVIL; i++)
			refused += ticket_ready(tickets[i]);
	}
	ck_assert_uint_eq(refused, EVIL - SHARE);
	/* His CRL is asked for next. */
	test_supply_expect(BERT, REASON_OK, "good", "");
	ck_assert_uint_eq(test_supply_requests(), FETCH_RUNNING_MAX / 2 + 1);
	for (i = refused = 0; i < EVIL; i++) {
		if (!ticket_ready(tickets[i])) {
			ticket_free(tickets[i]);
			continue;
		}
		refused++;
		ck_assert_int_eq(ticket_record(tickets[i])->state, RECIPIENT_UNAVAILABLE);
		ck_assert_str_eq(ticket_record(tickets[i])->detail,
		    "too much is being fetched for \"evil.example\"");
		ticket_free(tickets[i]);
	}
	ck_assert_uint_eq(refused, EVIL - SHARE);
	X509_free(bert);
}
END_TEST

/* How the order of a test ended. */
static void
on_end(void *context, enum supply_end end)
{
	*(int *)context = (int)end;
}

static void
want_crl(struct wants *wants, const char *host, const char *path)
{
	char text[200];

	snprintf(text, sizeof(text), "http://%s:%s%s", host, t.port, path);
	ck_assert(wants_add(wants, WANT_CRL, text, NULL, t.root));
}

static int
order(struct supply *supply, const char *owner, const char *path, struct order **kept)
{
	struct wants wants = WANTS_INIT;
	static int end;
	struct order *order;

	end = -1;
	want_crl(&wants, "host.example", path);
	order = supply_ask(
	    supply, owner, &wants, clock_monotonic_ms() + FIXTURE_PATIENCE, on_end, &end, NULL);
	ck_assert_ptr_nonnull(order);
	if (kept != NULL)
		*kept = order;
	while (kept == NULL && end < 0)
		event_base_loop(t.base, EVLOOP_ONCE);
	return end;
}

START_TEST(what_one_owner_is_refused_another_gets)
{
	struct error err = ERROR_INIT;
	struct evidence_inside counts;
	struct worker_pool *helpers = worker_pool_new(t.base, 1, 10, "tests", &err);
	struct supply *supply =
	    supply_new(&t.fixture.config, t.fixture.evidence, t.base, helpers, &err);
	struct wants wants = WANTS_INIT;
	struct order *waits;
	char host[30];
	size_t i;

	ck_assert_msg(supply != NULL, "%s", err.text);
	test_supply_silence();
	for (i = 0; i < SHARE; i++) {
		snprintf(host, sizeof(host), "host%zu.example", i);
		want_crl(&wants, host, routes[CA_CRL].path);
		supply_fetch(supply, "evil", &wants);
	}
	ck_assert_int_eq(order(supply, "evil", routes[ROOT_CRL].path, NULL), SUPPLY_REFUSED);
	counts = evidence_inside(t.fixture.evidence);
	ck_assert_uint_eq(counts.pauses, 0); /* nobody else hears of it */
	ck_assert_int_eq(order(supply, "good", routes[ROOT_CRL].path, NULL), SUPPLY_ALL);
	counts = evidence_inside(t.fixture.evidence);
	ck_assert_uint_eq(counts.crls, 1);
	/* One that is taken back is never told. */
	ck_assert_int_eq(order(supply, "good", routes[CA_CRL].path, &waits), -1);
	supply_cancel(waits);
	supply_stop(supply);
	worker_pool_free(helpers);
	supply_free(supply);
}
END_TEST

START_TEST(a_question_that_waits_for_fetching_in_vain_leaves_its_place)
{
	X509 *anna = test_supply_person(ANNA);
	X509 *bert = test_supply_issue(BERT, t.root, t.root_key, NULL,
	    test_supply_extension(0, "crlDistributionPoints=%s%s", test_supply_url(ROOT_CRL), ""));
	struct ticket *waits;

	test_supply_publish(BERT, bert);
	test_supply_silence();
	t.fixture.config.lookups_limit = 1;
	test_supply_begin();
	waits = fixture_submit(&t.fixture, ANNA);
	while (test_supply_requests() < 3) /* for her CA, and for her in vain */
		event_base_loop(t.base, EVLOOP_ONCE);
	ticket_free(waits);
	test_supply_expect(BERT, REASON_OK, "good", "");
	X509_free(anna);
	X509_free(bert);
}
END_TEST

void
test_supply_waiting(TCase *tcase)
{
	tcase_add_test(tcase, who_is_usable_does_not_wait_for_long);
	tcase_add_test(tcase, what_comes_late_serves_the_next);
	tcase_add_test(tcase, others_are_judged_while_one_waits);
	tcase_add_test(tcase, a_resolver_ends_while_it_fetches);
	tcase_add_test(tcase, silent_responders_of_one_domain_keep_no_other_waiting);
	tcase_add_test(tcase, what_one_owner_is_refused_another_gets);
	tcase_add_test(tcase, a_question_that_waits_for_fetching_in_vain_leaves_its_place);
}
