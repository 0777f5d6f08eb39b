/* What the tests of judging by evidence share: a chain with places to ask at, and what is known of it. */
#ifndef SMIME_TESTS_REVOCATION_H
#define SMIME_TESTS_REVOCATION_H

#include <openssl/ocsp.h>
#include <string.h>
#include <time.h>

#include "pki.h"
#include "smime/evidence.h"
#include "smime/trust_section.h"
#include "status_make.h"
#include "unit.h"

#define ANNA "anna@corp.example"
#define CA_POINT "crlDistributionPoints=URI:http://crl.example/ca.crl"
#define ROOT_POINT "crlDistributionPoints=URI:http://crl.example/root.crl"
#define ROOT_URL "http://crl.example/root.crl"
#define CA_URL "http://crl.example/ca.crl"
#define OCSP_URL "http://ocsp.example/"
#define CA_CERTIFICATE_URL "http://aia.example/ca.crt"
#define LEAF_ACCESS "authorityInfoAccess=OCSP;URI:" OCSP_URL ",caIssuers;URI:" CA_CERTIFICATE_URL
#define CA_ACCESS "authorityInfoAccess=caIssuers;URI:http://aia.example/root.crt"

/* Root -> CA -> leaf, each with a place to ask at. */
struct revocation {
	EVP_PKEY *root_key, *ca_key, *key;
	X509 *root, *ca, *leaf;
	STACK_OF(X509) * extra;
	struct evidence *evidence;
	struct wants wants;
	struct config_trust section;
	struct trust *trust;
	struct trust_verdict verdict;
	time_t now;
	char anchors[32];
	char crls[32];
};

extern struct revocation t;

void test_revocation_setup(void);
void test_revocation_teardown(void);

/* To a new file that path is a template of: a certificate as PEM, or else the bytes. */
void test_revocation_write(char *path, X509 *certificate, const unsigned char *der, size_t size);

/* The section, anew. */
void test_revocation_load(void);

/* Judges by the evidence, as of t.now; t.verdict and t.wants tell. */
enum reason_id test_revocation_judge_x509(X509 *x509, bool may_follow);

/* The leaf, whose URLs of issuers are not followed. */
enum reason_id test_revocation_judge(void);

/* What is wanted there; NULL: nothing. */
const struct want *test_revocation_wanted(enum want_kind kind, const char *url);

/* Of the last judgement. */
void test_revocation_expect(enum reason_id reason, const char *revocation, const char *words);

/* A list as if fetched, or as a state folder had it: unchecked. */
void test_revocation_give(
    const char *key, const struct status_crl *what, X509 *issuer, EVP_PKEY *key_of);

void test_revocation_give_root(void);

void test_revocation_give_ca(const struct status_crl *what);

/* Of the CA about the leaf; from and to: seconds from now. */
void test_revocation_give_answer(int status, int reason, int from, int to);

/* As if it had been asked for in vain just now. */
void test_revocation_has_failed(const struct want *want, enum error_code code, const char *words);

void test_revocation_answers(TCase *tcase);
void test_revocation_issuers(TCase *tcase);

#endif
