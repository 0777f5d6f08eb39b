/* What the tests of supply share: a PKI, an LDIF file, a scripted web server, and the resolver. */
#ifndef SMIME_TESTS_SUPPLY_H
#define SMIME_TESTS_SUPPLY_H

#include <event2/event.h>
#include <openssl/ocsp.h>
#include <stdio.h>

#include "directory_fixture.h"
#include "http_server.h"
#include "pki.h"
#include "unit.h"

#define ANNA "anna@corp.example"
#define BERT "bert@corp.example"

enum place { OCSP, CA_CRL, ROOT_CRL, CA_CERT, MIDDLE_CERT, PLACES };
extern struct http_route routes[PLACES + 1];

/* Root -> CA -> anna, with URLs of the server. */
struct supply_test {
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
};
extern struct supply_test t;

/* Before and after each test. Between them test_supply_begin() starts the resolver, with all that was
 * published. */
void test_supply_setup(void);
void test_supply_teardown(void);
void test_supply_begin(void);

const char *test_supply_url(enum place place);

/* An extension from a format with two strings; place (0 or 1) is where it is kept. */
const char *test_supply_extension(
    int place, const char *format, const char *first, const char *second);

/* Issues for an address, with what its URLs are. */
X509 *test_supply_issue(
    const char *email, X509 *issuer, EVP_PKEY *issuer_key, const char *access, const char *point);
void test_supply_publish(const char *email, X509 *certificate);

/* Someone of the CA, with both an OCSP responder and a CRL, and the CA's own certificate at a URL. */
X509 *test_supply_person(const char *email);

/* What a route may reply: a certificate, a CRL (revoked may be NULL), an OCSP answer of the CA. */
const char *test_supply_der_of(X509 *x509);
const char *test_supply_list(X509 *issuer, EVP_PKEY *key, X509 *revoked);
const char *test_supply_answer(X509 *certificate, int status);

/* The responder and the place of the CA's CRL take the connection and say nothing. */
void test_supply_silence(void);

/* Waits, while the web server serves. */
const struct recipient *test_supply_wait_for(struct ticket *ticket);

/* That the one digital ID is judged so; words stand in what is said of its revocation. */
void test_supply_check(const struct recipient *record, enum reason_id verdict,
    const char *revocation, const char *words);
void test_supply_expect(
    const char *email, enum reason_id verdict, const char *revocation, const char *words);

/* How many the web server has seen. */
size_t test_supply_requests(void);

void test_supply_signers(TCase *tcase);
void test_supply_waiting(TCase *tcase);

#endif
