/* What the tests of recipient records share: a PKI, findings for Anna, and their judgement. */
#ifndef SMIME_TESTS_RECIPIENT_H
#define SMIME_TESTS_RECIPIENT_H

#include <string.h>
#include <time.h>

#include "pki.h"
#include "smime/recipient.h"
#include "smime/trust.h"
#include "unit.h"

#define ANNA "anna@corp.example"
#define DAY 86400L

extern struct recipient_test {
	EVP_PKEY *root_key, *ca_key, *key, *key2;
	X509 *root, *ca;
	STACK_OF(X509) * chain; /* the intermediate */
	struct trust *trust;
	struct findings *findings;
	struct recipient *recipient;
} recipient_test;

/* Before and after each test. */
void test_recipient_setup(void);
void test_recipient_teardown(void);

/* By the CA; of Anna, from and to so many days from now. X509_free(). */
X509 *test_recipient_issue(const struct pki_certificate *what, EVP_PKEY *key);
X509 *test_recipient_annas(int from_days, int to_days, EVP_PKEY *key);

/* Adds to what is found for Anna; a good blob is a usual one: AES capabilities, chain and all. */
void test_recipient_add_value(enum finding_kind kind, const unsigned char *value, size_t size);
void test_recipient_add_certificate(enum finding_kind kind, X509 *x509);
void test_recipient_add_blob(const struct pki_blob *what, X509 *signer, EVP_PKEY *key);
void test_recipient_add_good_blob(X509 *signer, EVP_PKEY *key);
void test_recipient_add_bare(X509 *x509);

/* recipient_test.recipient anew, now or at another time. Borrowed. */
struct recipient *test_recipient_judge_at(time_t at);
struct recipient *test_recipient_judge(void);

/* Whether a digital ID is of this certificate. */
bool test_recipient_is(const struct digital_id *id, X509 *x509);

void test_recipient_order(TCase *tcase);
void test_recipient_effort(TCase *tcase);

#endif
