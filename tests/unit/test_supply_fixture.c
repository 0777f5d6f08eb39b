/* What the tests of supply share. */
#include <arpa/inet.h>
#include <event2/thread.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fetch/startup.h"
#include "smime/evidence.h"
#include "status_make.h"
#include "test_supply.h"

struct http_route routes[PLACES + 1] = {
    [OCSP] = {"/ocsp", HTTP_DER, NULL},
    [CA_CRL] = {"/ca.crl", HTTP_DER, NULL},
    [ROOT_CRL] = {"/root.crl", HTTP_DER, NULL},
    [CA_CERT] = {"/ca.cer", HTTP_DER, NULL},
    [MIDDLE_CERT] = {"/middle.cer", HTTP_DER, NULL},
};
struct supply_test t;

static char all[] = "*";
static char *all_list[] = {all};

const char *
test_supply_url(enum place place)
{
	static char texts[PLACES][100];

	snprintf(texts[place], sizeof(texts[place]), "URI:http://127.0.0.1:%s%s", t.port,
	    routes[place].path);
	return texts[place];
}

X509 *
test_supply_issue(
    const char *email, X509 *issuer, EVP_PKEY *issuer_key, const char *access, const char *point)
{
	const struct pki_certificate what = {.subject = email != NULL ? email : "CA",
	    .email = email,
	    .ca = email == NULL,
	    .extension = access,
	    .extension2 = point};

	return pki_issue(&what, email != NULL ? t.key : t.ca_key, issuer, issuer_key);
}

const char *
test_supply_extension(int place, const char *format, const char *first, const char *second)
{
	snprintf(t.extensions[place], sizeof(t.extensions[place]), format, first, second);
	return t.extensions[place];
}

void
test_supply_publish(const char *email, X509 *certificate)
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

X509 *
test_supply_person(const char *email)
{
	X509 *x509 = test_supply_issue(email, t.ca, t.ca_key,
	    test_supply_extension(0, "authorityInfoAccess=OCSP;%s,caIssuers;%s",
		test_supply_url(OCSP), test_supply_url(CA_CERT)),
	    test_supply_extension(1, "crlDistributionPoints=%s%s", test_supply_url(CA_CRL), ""));

	test_supply_publish(email, x509);
	return x509;
}

const char *
test_supply_der_of(X509 *x509)
{
	size_t size;

	return (const char *)pki_der(x509, &size);
}

const char *
test_supply_list(X509 *issuer, EVP_PKEY *key, X509 *revoked)
{
	const struct status_crl what = {.number = 1, .entries = {{.certificate = revoked}}};
	size_t size;

	return (const char *)status_crl(&what, issuer, key, &size);
}

const char *
test_supply_answer(X509 *certificate, int status)
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
	t.ca = test_supply_issue(NULL, t.root, t.root_key, NULL,
	    test_supply_extension(0, "crlDistributionPoints=%s%s", test_supply_url(ROOT_CRL), ""));
	routes[ROOT_CRL].reply = test_supply_list(t.root, t.root_key, NULL);
	routes[CA_CRL].reply = test_supply_list(t.ca, t.ca_key, NULL);
	routes[CA_CERT].reply = test_supply_der_of(t.ca);
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

void
test_supply_setup(void)
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

void
test_supply_begin(void)
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

void
test_supply_teardown(void)
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

const struct recipient *
test_supply_wait_for(struct ticket *ticket)
{
	int64_t end = clock_monotonic_ms() + FIXTURE_PATIENCE;

	while (!ticket_wait(ticket, clock_monotonic_ms() + 2)) {
		event_base_loop(t.base, EVLOOP_NONBLOCK);
		ck_assert_msg(clock_monotonic_ms() < end, "no answer came");
	}
	ck_assert_ptr_nonnull(ticket_record(ticket));
	return ticket_record(ticket);
}

void
test_supply_check(const struct recipient *record, enum reason_id verdict, const char *revocation,
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

void
test_supply_expect(
    const char *email, enum reason_id verdict, const char *revocation, const char *words)
{
	struct ticket *ticket = fixture_submit(&t.fixture, email);

	test_supply_check(test_supply_wait_for(ticket), verdict, revocation, words);
	ticket_free(ticket);
}

size_t
test_supply_requests(void)
{
	return http_server_seen(t.server)->requests;
}

void
test_supply_silence(void)
{
	routes[OCSP].kind = HTTP_SILENT;
	OPENSSL_free((void *)routes[CA_CRL].reply);
	routes[CA_CRL].kind = HTTP_SILENT;
	routes[CA_CRL].reply = NULL;
}
