/* Judging, fetching what lacks, judging again: the resolver with an LDIF file and a scripted web
 * server. */
#include <arpa/inet.h>
#include <event2/event.h>
#include <event2/thread.h>
#include <netdb.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "directory_fixture.h"
#include "directory/supply.h"
#include "evidence_inside.h"
#include "fetch/fetch.h"
#include "fetch/startup.h"
#include "http_server.h"
#include "pki.h"
#include "status_make.h"
#include "unit.h"

enum place { OCSP, CA_CRL, ROOT_CRL, CA_CERT, MIDDLE_CERT, PLACES };

static struct http_route routes[PLACES + 1] = {
    [OCSP] = {"/ocsp", HTTP_DER, NULL},
    [CA_CRL] = {"/ca.crl", HTTP_DER, NULL},
    [ROOT_CRL] = {"/root.crl", HTTP_DER, NULL},
    [CA_CERT] = {"/ca.cer", HTTP_DER, NULL},
    [MIDDLE_CERT] = {"/middle.cer", HTTP_DER, NULL},
};

/* Root -> CA -> anna, with URLs of the server. */
static struct {
	struct fixture fixture;
	struct config_trust section;
	struct network loopback;
	char port[10];
	char *ports[1];
	struct event_base *base;
	struct http_server *server;
	EVP_PKEY *root_key, *ca_key, *key;
	X509 *root, *ca;
	char extensions[2][500];
	FILE *ldif;
} t;

static char all[] = "*";
static char *all_list[] = {all};

static const char *
url(enum place place)
{
	static char texts[PLACES][100];

	snprintf(texts[place], sizeof(texts[place]), "URI:http://127.0.0.1:%s%s", t.port,
	    routes[place].path);
	return texts[place];
}

/* Issues for an address, with what its URLs are. */
static X509 *
issue(const char *email, X509 *issuer, EVP_PKEY *issuer_key, const char *access, const char *point)
{
	const struct pki_certificate what = {.subject = email != NULL ? email : "CA",
	    .email = email,
	    .ca = email == NULL,
	    .extension = access,
	    .extension2 = point};

	return pki_issue(&what, email != NULL ? t.key : t.ca_key, issuer, issuer_key);
}

static const char *
extension(int place, const char *format, const char *first, const char *second)
{
	snprintf(t.extensions[place], sizeof(t.extensions[place]), format, first, second);
	return t.extensions[place];
}

static void
publish(const char *email, X509 *certificate)
{
	size_t size;
	unsigned char *der = pki_der(certificate, &size);
	char *text = malloc(size * 2);

	EVP_EncodeBlock((unsigned char *)text, der, (int)size);
	fprintf(t.ldif,
	    "dn: cn=%s,dc=example\nobjectClass: inetOrgPerson\ncn: x\nsn: x\nmail: %s\n"
	    "userCertificate;binary:: %s\n\n",
	    email, email, text);
	fflush(t.ldif);
	free(text);
	OPENSSL_free(der);
}

/* Someone of the CA, with both an OCSP responder and a CRL, and the CA's own certificate at a URL. */
static X509 *
person(const char *email)
{
	X509 *x509 = issue(email, t.ca, t.ca_key,
	    extension(0, "authorityInfoAccess=OCSP;%s,caIssuers;%s", url(OCSP), url(CA_CERT)),
	    extension(1, "crlDistributionPoints=%s%s", url(CA_CRL), ""));

	publish(email, x509);
	return x509;
}

static const char *
der_of(X509 *x509)
{
	size_t size;

	return (const char *)pki_der(x509, &size);
}

static const char *
list(X509 *issuer, EVP_PKEY *key, X509 *revoked)
{
	const struct status_crl what = {.number = 1, .entries = {{.certificate = revoked}}};
	size_t size;

	return (const char *)status_crl(&what, issuer, key, &size);
}

static const char *
answer(X509 *certificate, int status)
{
	const struct status_answer what = {.certificate = certificate,
	    .issuer = t.ca,
	    .status = status,
	    .signer = t.ca,
	    .key = t.ca_key};
	size_t size;

	return (const char *)status_answer(&what, &size);
}

static void
make_pki(void)
{
	t.root_key = pki_key(PKI_RSA_2048, 1);
	t.ca_key = pki_key(PKI_RSA_2048, 2);
	t.key = pki_key(PKI_RSA_2048, 3);
	t.root = pki_issue(&(const struct pki_certificate){.subject = "Root", .ca = true},
	    t.root_key, NULL, t.root_key);
	t.ca = issue(NULL, t.root, t.root_key, NULL,
	    extension(0, "crlDistributionPoints=%s%s", url(ROOT_CRL), ""));
	routes[ROOT_CRL].reply = list(t.root, t.root_key, NULL);
	routes[CA_CRL].reply = list(t.ca, t.ca_key, NULL);
	routes[CA_CERT].reply = der_of(t.ca);
}

static void
make_config(void)
{
	struct config *config = &t.fixture.config;

	fixture_init(&t.fixture, 1);
	fixture_folder(&t.fixture);
	t.fixture.directories[0].ldif = strdup(fixture_path(&t.fixture, "directory.ldif"));
	t.fixture.directories[0].follow_urls = true;
	t.ldif = fopen(t.fixture.directories[0].ldif, "w");
	ck_assert_ptr_nonnull(t.ldif);
	inet_pton(AF_INET6, "::ffff:127.0.0.0", &t.loopback.address);
	t.loopback.bits = 96 + 8;
	t.ports[0] = t.port;
	config->fetch = true;
	config->fetch_allow = (struct networks){&t.loopback, 1};
	config->fetch_ports = (struct strings){t.ports, 1};
	config->fetch_timeout = 60000;
	config->fetch_retry = 300000;
	config->fetch_size_limit = 256 << 10;
	config->crl_size_limit = 64 << 20;
	config->revocation_timeout = 200;
	t.section = (struct config_trust){.title = all,
	    .anchors = strdup(fixture_path(&t.fixture, "anchor.pem")),
	    .for_domains = {all_list, 1},
	    .revocation = REVOCATION_HARD,
	    .crl_grace = 3600 * 1000,
	    .min_rsa_bits = 2048,
	    .max_rsa_bits = 16384,
	    .min_ec_bits = 256,
	    .max_depth = 8,
	    .min_digest = MIN_DIGEST_SHA224};
	config->trusts = &t.section;
	config->trust_count = 1;
}

static void
setup(void)
{
	const struct evidence_limits limits = {.crl_size = 0};
	struct error err = ERROR_INIT;

	memset(&t, 0, sizeof(t));
	ck_assert_msg(fetch_startup(&err) == 0, "%s", err.text);
	/* Before the loop is made: names and workers wake it from threads of their own (fetch.h). */
	ck_assert_int_eq(evthread_use_pthreads(), 0);
	t.base = event_base_new();
	t.server = http_server_new(t.base, routes);
	snprintf(t.port, sizeof(t.port), "%d", http_server_port(t.server));
	make_config();
	make_pki();
	t.fixture.evidence = evidence_new(&limits, NULL);
	ck_assert_ptr_nonnull(t.fixture.evidence);
}

/* With all that was published. */
static void
begin(void)
{
	FILE *out = fopen(t.section.anchors, "w");
	struct error err = ERROR_INIT;

	ck_assert(out != NULL && PEM_write_X509(out, t.root));
	fclose(out);
	trust_unref(t.fixture.trust);
	t.fixture.trust = trust_load(&t.fixture.config, &err);
	ck_assert_msg(t.fixture.trust != NULL, "%s", err.text);
	fixture_start(&t.fixture);
}

static void
teardown(void)
{
	size_t i;

	fclose(t.ldif);
	fixture_end(&t.fixture);
	free(t.fixture.directories[0].ldif);
	free(t.section.anchors);
	http_server_free(t.server);
	event_base_free(t.base);
	X509_free(t.root);
	X509_free(t.ca);
	EVP_PKEY_free(t.root_key);
	EVP_PKEY_free(t.ca_key);
	EVP_PKEY_free(t.key);
	for (i = 0; i < PLACES; i++) {
		if (routes[i].kind == HTTP_DER)
			OPENSSL_free((void *)routes[i].reply);
		routes[i].kind = HTTP_DER;
		routes[i].reply = NULL;
	}
	fetch_shutdown();
}

/* Waits, while the web server serves. */
static const struct recipient *
wait_for(struct ticket *ticket)
{
	int64_t end = clock_monotonic_ms() + FIXTURE_PATIENCE;

	while (!ticket_wait(ticket, clock_monotonic_ms() + 2)) {
		event_base_loop(t.base, EVLOOP_NONBLOCK);
		ck_assert_msg(clock_monotonic_ms() < end, "no answer came");
	}
	ck_assert_ptr_nonnull(ticket_record(ticket));
	return ticket_record(ticket);
}

static void
check(const struct recipient *record, enum reason_id verdict, const char *revocation,
    const char *words)
{
	const struct digital_id *id = &record->digital_ids[0];
	const char *detail;

	ck_assert_uint_eq(record->digital_id_count, 1);
	detail = id->revocation_detail != NULL ? id->revocation_detail : "";
	ck_assert_msg(id->verdict == verdict && strcmp(id->revocation, revocation) == 0,
	    "%s, %s: %s; %s", reason_get(id->verdict)->code, id->revocation,
	    id->detail != NULL ? id->detail : "", detail);
	ck_assert_msg(strstr(detail, words) != NULL, "%s", detail);
}

static void
expect(const char *email, enum reason_id verdict, const char *revocation, const char *words)
{
	struct ticket *ticket = fixture_submit(&t.fixture, email);

	check(wait_for(ticket), verdict, revocation, words);
	ticket_free(ticket);
}

static size_t
requests(void)
{
	return http_server_seen(t.server)->requests;
}

#define ANNA "anna@corp.example"
#define BERT "bert@corp.example"

START_TEST(what_lacks_is_fetched_up_to_the_anchor)
{
	X509 *anna = person(ANNA);

	routes[OCSP].reply = answer(anna, V_OCSP_CERTSTATUS_GOOD);
	begin();
	/* The CA's certificate, then the answer and the root's CRL. */
	expect(ANNA, REASON_OK, "good", "not revoked, says the OCSP responder \"CN=CA\"");
	ck_assert_uint_eq(requests(), 3);
	expect(ANNA, REASON_OK, "good", "");
	ck_assert_uint_eq(requests(), 3);
	X509_free(anna);
}
END_TEST

START_TEST(what_is_revoked_is_found_out)
{
	X509 *anna = person(ANNA);
	X509 *bert = person(BERT);

	routes[OCSP].reply = answer(anna, V_OCSP_CERTSTATUS_REVOKED);
	OPENSSL_free((void *)routes[CA_CRL].reply);
	routes[CA_CRL].reply = list(t.ca, t.ca_key, bert);
	begin();
	expect(ANNA, REASON_REVOKED, "revoked", "says the OCSP responder");
	/* The answer is not about him: the CRL is, which is wanted then. */
	expect(BERT, REASON_REVOKED, "revoked", "says the CRL of \"CN=CA\"");
	X509_free(anna);
	X509_free(bert);
}
END_TEST

START_TEST(issuers_are_not_fetched_where_the_directory_may_not)
{
	X509 *anna = person(ANNA);

	t.fixture.directories[0].follow_urls = false;
	begin();
	expect(ANNA, REASON_UNTRUSTED_ISSUER, "unknown", "");
	ck_assert_uint_eq(requests(), 0);
	X509_free(anna);
}
END_TEST

START_TEST(without_fetch_nobody_is_asked)
{
	X509 *anna = person(ANNA);

	t.fixture.config.fetch = false;
	begin();
	expect(ANNA, REASON_UNTRUSTED_ISSUER, "unknown", "");
	ck_assert_uint_eq(http_server_seen(t.server)->connections, 0);
	X509_free(anna);
}
END_TEST

START_TEST(a_chain_that_lacks_two_is_made_whole)
{
	EVP_PKEY *low_key = pki_key(PKI_RSA_2048, 4);
	const struct pki_certificate what = {.subject = "Low",
	    .ca = true,
	    .extension = extension(0, "authorityInfoAccess=caIssuers;%s%s", url(CA_CERT), "")};
	X509 *low = pki_issue(&what, low_key, t.ca, t.ca_key);
	X509 *anna = issue(ANNA, low, low_key,
	    extension(0, "authorityInfoAccess=caIssuers;%s%s", url(MIDDLE_CERT), ""), NULL);

	routes[MIDDLE_CERT].reply = der_of(low);
	publish(ANNA, anna);
	t.section.revocation = REVOCATION_OFF;
	begin();
	expect(ANNA, REASON_OK, "off", "");
	ck_assert_uint_eq(requests(), 2);
	X509_free(low);
	X509_free(anna);
	EVP_PKEY_free(low_key);
}
END_TEST

START_TEST(what_several_want_is_fetched_once)
{
	X509 *anna = person(ANNA);
	X509 *bert = person(BERT);
	struct ticket *first;
	struct ticket *second;

	routes[OCSP].kind = HTTP_HANG_UP;
	begin();
	first = fixture_submit(&t.fixture, ANNA);
	second = fixture_submit(&t.fixture, BERT);
	check(wait_for(first), REASON_OK, "good", "says the CRL");
	check(wait_for(second), REASON_OK, "good", "says the CRL");
	/* A certificate and two CRLs. The responder is asked about one of the two; about the other, too,
	 * unless its CRL is at hand by then. */
	ck_assert_uint_ge(requests(), 4);
	ck_assert_uint_le(requests(), 5);
	ticket_free(first);
	ticket_free(second);
	X509_free(anna);
	X509_free(bert);
}
END_TEST

static void
silence(void)
{
	routes[OCSP].kind = HTTP_SILENT;
	OPENSSL_free((void *)routes[CA_CRL].reply);
	routes[CA_CRL].kind = HTTP_SILENT;
	routes[CA_CRL].reply = NULL;
}

START_TEST(who_is_usable_does_not_wait_for_long)
{
	X509 *anna = person(ANNA);
	int64_t begun;

	silence();
	t.section.revocation = REVOCATION_SOFT;
	begin();
	begun = clock_monotonic_ms();
	expect(ANNA, REASON_OK, "unknown", "no CRL and no OCSP answer is at hand");
	ck_assert_int_ge(clock_monotonic_ms() - begun, 200);
	ck_assert_int_lt(clock_monotonic_ms() - begun, FIXTURE_PATIENCE);
	X509_free(anna);
}
END_TEST

START_TEST(what_comes_late_serves_the_next)
{
	X509 *bert = issue(BERT, t.root, t.root_key, NULL,
	    extension(0, "crlDistributionPoints=%s%s", url(ROOT_CRL), ""));
	struct evidence_inside counts = {.crls = 0};
	int64_t end = clock_monotonic_ms() + FIXTURE_PATIENCE;
	struct ticket *ticket;

	publish(BERT, bert);
	t.section.revocation = REVOCATION_SOFT;
	t.fixture.config.revocation_timeout = 0;
	begin();
	/* The web server does not serve before he has been judged. */
	ticket = fixture_ask(&t.fixture, BERT);
	check(ticket_record(ticket), REASON_OK, "unknown", "");
	ticket_free(ticket);
	while (counts.crls == 0) {
		ck_assert_int_lt(clock_monotonic_ms(), end);
		event_base_loop(t.base, EVLOOP_NONBLOCK);
		counts = evidence_inside(t.fixture.evidence);
	}
	ticket = fixture_ask(&t.fixture, BERT);
	check(ticket_record(ticket), REASON_OK, "good", "");
	ticket_free(ticket);
	X509_free(bert);
}
END_TEST

START_TEST(others_are_judged_while_one_waits)
{
	X509 *anna = person(ANNA);
	X509 *bert = issue(BERT, t.root, t.root_key, NULL,
	    extension(0, "crlDistributionPoints=%s%s", url(ROOT_CRL), ""));
	struct ticket *waits;

	publish(BERT, bert);
	silence();
	begin();
	waits = fixture_submit(&t.fixture, ANNA);
	expect(BERT, REASON_OK, "good", "");
	ck_assert(!ticket_ready(waits));
	ticket_free(waits);
	X509_free(anna);
	X509_free(bert);
}
END_TEST

START_TEST(what_can_not_be_had_is_said_and_not_asked_again)
{
	X509 *anna = person(ANNA);
	size_t before;

	routes[OCSP].kind = HTTP_HANG_UP;
	OPENSSL_free((void *)routes[CA_CRL].reply);
	routes[CA_CRL].kind = HTTP_HANG_UP;
	routes[CA_CRL].reply = NULL;
	begin();
	expect(ANNA, REASON_REVOCATION_UNAVAILABLE, "unknown", "/ocsp");
	before = requests();
	expect(ANNA, REASON_REVOCATION_UNAVAILABLE, "unknown", "/ocsp");
	ck_assert_uint_eq(requests(), before);
	X509_free(anna);
}
END_TEST

START_TEST(what_nobody_signed_for_is_not_taken)
{
	X509 *anna = person(ANNA);

	routes[OCSP].reply = list(t.ca, t.ca_key, NULL); /* no answer at all */
	OPENSSL_free((void *)routes[CA_CRL].reply);
	routes[CA_CRL].reply = list(t.ca, t.root_key, NULL); /* of another key */
	begin();
	expect(ANNA, REASON_REVOCATION_UNAVAILABLE, "unknown", "");
	X509_free(anna);
}
END_TEST

START_TEST(a_resolver_ends_while_it_fetches)
{
	X509 *anna = person(ANNA);
	struct ticket *ticket;
	size_t before;

	silence();
	begin();
	ticket = fixture_submit(&t.fixture, ANNA);
	for (before = 0; requests() < 2 || requests() == before;)
		event_base_loop(t.base, EVLOOP_NONBLOCK);
	ticket_free(ticket);
	resolver_free(t.fixture.resolver);
	t.fixture.resolver = NULL;
	X509_free(anna);
}
END_TEST

START_TEST(what_was_fetched_outlives_a_reload)
{
	X509 *anna = person(ANNA);

	routes[OCSP].reply = answer(anna, V_OCSP_CERTSTATUS_GOOD);
	begin();
	expect(ANNA, REASON_OK, "good", "");
	ck_assert_uint_eq(requests(), 3);
	resolver_free(t.fixture.resolver);
	begin();
	expect(ANNA, REASON_OK, "good", "");
	ck_assert_uint_eq(requests(), 3);
	X509_free(anna);
}
END_TEST

START_TEST(what_is_used_is_fetched_again_ahead_of_its_end)
{
	X509 *bert = issue(BERT, t.root, t.root_key, NULL,
	    extension(0, "crlDistributionPoints=%s%s", url(ROOT_CRL), ""));
	const struct status_crl old = {.number = 1, .from = -90000, .to = 3600};
	struct ticket *ticket;
	size_t size;

	publish(BERT, bert);
	OPENSSL_free((void *)routes[ROOT_CRL].reply);
	routes[ROOT_CRL].reply = (const char *)status_crl(&old, t.root, t.root_key, &size);
	begin();
	expect(BERT, REASON_OK, "good", "");
	ck_assert_uint_eq(requests(), 1);
	/* What was just fetched is not wanted again; once it may be, nobody waits for it. */
	clock_hold_wall(clock_wall() + EVIDENCE_AGAIN + 1);
	ticket = fixture_ask(&t.fixture, BERT);
	check(ticket_record(ticket), REASON_OK, "good", "");
	ticket_free(ticket);
	while (requests() < 2)
		event_base_loop(t.base, EVLOOP_ONCE);
	expect(BERT, REASON_OK, "good", "");
	ck_assert_uint_eq(requests(), 2);
	X509_free(bert);
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
	x509 = issue(email, t.root, t.root_key,
	    extension(0, "authorityInfoAccess=OCSP;%s%s", responder, ""), NULL);
	publish(email, x509);
	X509_free(x509);
}

START_TEST(silent_responders_of_one_domain_keep_no_other_waiting)
{
	X509 *bert = issue(BERT, t.root, t.root_key, NULL,
	    extension(0, "crlDistributionPoints=%s%s", url(ROOT_CRL), ""));
	static const struct timeval moment = {0, 10000};
	struct ticket *tickets[EVIL];
	size_t refused = 0;
	char email[40];
	size_t i;

	publish(BERT, bert);
	silence();
	for (i = 0; i < EVIL; i++)
		publish_evil(i);
	begin();
	for (i = 0; i < EVIL; i++) {
		snprintf(email, sizeof(email), "evil%zu@evil.example", i);
		tickets[i] = fixture_submit(&t.fixture, email);
	}
	while (refused < EVIL - SHARE || requests() < FETCH_RUNNING_MAX / 2) {
		event_base_loopexit(t.base, &moment);
		event_base_loop(t.base, EVLOOP_ONCE);
		for (i = refused = 0; i < EVIL; i++)
			refused += ticket_ready(tickets[i]);
	}
	ck_assert_uint_eq(refused, EVIL - SHARE);
	/* His CRL is asked for next. */
	expect(BERT, REASON_OK, "good", "");
	ck_assert_uint_eq(requests(), FETCH_RUNNING_MAX / 2 + 1);
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
	silence();
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
	X509 *anna = person(ANNA);
	X509 *bert = issue(BERT, t.root, t.root_key, NULL,
	    extension(0, "crlDistributionPoints=%s%s", url(ROOT_CRL), ""));
	struct ticket *waits;

	publish(BERT, bert);
	silence();
	t.fixture.config.lookups_limit = 1;
	begin();
	waits = fixture_submit(&t.fixture, ANNA);
	while (requests() < 3) /* for her CA, and for her in vain */
		event_base_loop(t.base, EVLOOP_ONCE);
	ticket_free(waits);
	expect(BERT, REASON_OK, "good", "");
	X509_free(anna);
	X509_free(bert);
}
END_TEST

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
	X509 *anna = person(ANNA);
	struct ticket *first;
	struct ticket *second;

	routes[OCSP].reply = answer(anna, V_OCSP_CERTSTATUS_GOOD);
	begin();
	first = submit_signer(anna);
	second = submit_signer(anna);
	check(wait_for(first), REASON_OK, "good", "says the OCSP responder");
	check(wait_for(second), REASON_OK, "good", "says the OCSP responder");
	/* The answer and the root's CRL, once for both; not the CA's certificate. */
	ck_assert_uint_eq(requests(), 2);
	ck_assert_uint_eq(fixture_statistics(&t.fixture).searches, 0);
	ck_assert_uint_eq(fixture_statistics(&t.fixture).entries, 0);
	ticket_free(first);
	ticket_free(second);
	X509_free(anna);
}
END_TEST

START_TEST(a_signer_whose_issuer_is_missing_is_not_followed)
{
	X509 *anna = person(ANNA);
	X509 *ca = t.ca;
	struct ticket *ticket;

	begin();
	t.ca = t.root; /* comes with the message instead */
	ticket = submit_signer(anna);
	check(wait_for(ticket), REASON_UNTRUSTED_ISSUER, "unknown", "");
	ck_assert_uint_eq(requests(), 0);
	ticket_free(ticket);
	t.ca = ca;
	X509_free(anna);
}
END_TEST

/* Whoever waits gives up, and the resolver ends while it is asked. */
START_TEST(a_signer_of_unknown_status_keeps_nobody)
{
	X509 *anna = person(ANNA);
	struct ticket *left;
	struct ticket *ticket;

	silence();
	begin();
	left = submit_signer(anna);
	ticket_free(left);
	ticket = submit_signer(anna);
	while (requests() == 0) {
		event_base_loop(t.base, EVLOOP_NONBLOCK);
		ck_assert(!ticket_wait(ticket, clock_monotonic_ms() + 2));
	}
	ck_assert_ptr_null(ticket_record(ticket));
	ticket_free(ticket);
	X509_free(anna);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("supply");
	TCase *tcase = unit_case(suite, "supply");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_signer_is_judged_without_a_look_up);
	tcase_add_test(tcase, a_signer_whose_issuer_is_missing_is_not_followed);
	tcase_add_test(tcase, a_signer_of_unknown_status_keeps_nobody);
	tcase_add_test(tcase, what_lacks_is_fetched_up_to_the_anchor);
	tcase_add_test(tcase, what_is_revoked_is_found_out);
	tcase_add_test(tcase, issuers_are_not_fetched_where_the_directory_may_not);
	tcase_add_test(tcase, without_fetch_nobody_is_asked);
	tcase_add_test(tcase, a_chain_that_lacks_two_is_made_whole);
	tcase_add_test(tcase, what_several_want_is_fetched_once);
	tcase_add_test(tcase, who_is_usable_does_not_wait_for_long);
	tcase_add_test(tcase, what_comes_late_serves_the_next);
	tcase_add_test(tcase, others_are_judged_while_one_waits);
	tcase_add_test(tcase, what_can_not_be_had_is_said_and_not_asked_again);
	tcase_add_test(tcase, what_nobody_signed_for_is_not_taken);
	tcase_add_test(tcase, a_resolver_ends_while_it_fetches);
	tcase_add_test(tcase, what_was_fetched_outlives_a_reload);
	tcase_add_test(tcase, what_is_used_is_fetched_again_ahead_of_its_end);
	tcase_add_test(tcase, silent_responders_of_one_domain_keep_no_other_waiting);
	tcase_add_test(tcase, what_one_owner_is_refused_another_gets);
	tcase_add_test(tcase, a_question_that_waits_for_fetching_in_vain_leaves_its_place);
	return unit_run(suite);
}
