/* OCSP: who may answer, for whom, and how long it counts. */
#include <openssl/ocsp.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "pki.h"
#include "smime/ocsp.h"
#include "status_make.h"
#include "unit.h"

#define STRENGTH 112

static struct {
	EVP_PKEY *ca_key, *key, *responder_key;
	X509 *ca, *leaf, *leaf2, *responder;
	unsigned char *request;
	size_t request_size;
} t;

static void
setup(void)
{
	t.ca_key = pki_key(PKI_RSA_2048, 1);
	t.key = pki_key(PKI_RSA_2048, 2);
	t.responder_key = pki_key(PKI_RSA_2048, 3);
	t.ca = pki_issue(
	    &(const struct pki_certificate){.subject = "CA", .ca = true}, t.ca_key, NULL, t.ca_key);
	t.leaf =
	    pki_issue(&(const struct pki_certificate){.subject = "Anna"}, t.key, t.ca, t.ca_key);
	t.leaf2 =
	    pki_issue(&(const struct pki_certificate){.subject = "Bob"}, t.key, t.ca, t.ca_key);
	t.responder = pki_issue(&(const struct pki_certificate){.subject = "Responder",
				    .extended_usage = "OCSPSigning",
				    .extension = "noCheck=ignored"},
	    t.responder_key, t.ca, t.ca_key);
	ck_assert_int_eq(ocsp_request(t.leaf, t.ca, &t.request, &t.request_size, NULL), 0);
}

static void
teardown(void)
{
	OPENSSL_free(t.request);
	X509_free(t.ca);
	X509_free(t.leaf);
	X509_free(t.leaf2);
	X509_free(t.responder);
	EVP_PKEY_free(t.ca_key);
	EVP_PKEY_free(t.key);
	EVP_PKEY_free(t.responder_key);
}

/* An answer about the leaf, by the CA; the tests change what they are about. */
static struct status_answer
plain(void)
{
	return (struct status_answer){
	    .certificate = t.leaf, .issuer = t.ca, .signer = t.ca, .key = t.ca_key};
}

static struct status_answer
delegated(void)
{
	struct status_answer what = plain();

	what.signer = t.responder;
	what.key = t.responder_key;
	return what;
}

static struct ocsp_answer *
read_answer(const struct status_answer *what, bool asked, struct error *err)
{
	size_t size;
	unsigned char *der = status_answer(what, &size);
	struct ocsp_answer *answer =
	    ocsp_read(der, size, asked ? t.request : NULL, asked ? t.request_size : 0, err);

	OPENSSL_free(der);
	return answer;
}

/* What comes of it; ERROR_NONE if it counts. */
static enum error_code
check_at(const struct status_answer *what, time_t at, struct ocsp_says *says)
{
	struct error err = ERROR_INIT;
	struct ocsp_answer *answer = read_answer(what, true, &err);
	enum error_code code;

	if (answer == NULL)
		return err.code;
	code =
	    ocsp_check(answer, t.leaf, t.ca, at, STRENGTH, says, &err) == 0 ? ERROR_NONE : err.code;
	/* The same again, as it is remembered. */
	if (code == ERROR_NONE)
		ck_assert_int_eq(ocsp_check(answer, t.leaf, t.ca, at, STRENGTH, says, &err), 0);
	ocsp_unref(answer);
	return code;
}

static enum error_code
check(const struct status_answer *what, struct ocsp_says *says)
{
	return check_at(what, clock_wall(), says);
}

START_TEST(the_issuer_answers)
{
	struct status_answer what = plain();
	struct ocsp_says says;
	time_t now = clock_wall();

	what.request = t.request;
	what.request_size = t.request_size;
	ck_assert_int_eq(check(&what, &says), ERROR_NONE);
	ck_assert_int_eq(says.status, STATUS_GOOD);
	ck_assert_str_eq(says.responder, "CN=CA");
	ck_assert_int_le(labs((long)(says.until - now - 86400)), 10);
	what.status = V_OCSP_CERTSTATUS_REVOKED;
	what.reason = CRL_REASON_SUPERSEDED;
	what.without_certificate = true;
	ck_assert_int_eq(check(&what, &says), ERROR_NONE);
	ck_assert_int_eq(says.status, STATUS_REVOKED);
	ck_assert_int_eq(says.reason, CRL_REASON_SUPERSEDED);
	ck_assert_int_le(labs((long)(says.revoked_at - now + 7200)), 10);
	what.status = V_OCSP_CERTSTATUS_UNKNOWN;
	ck_assert_int_eq(check(&what, &says), ERROR_NONE);
	ck_assert_int_eq(says.status, STATUS_UNKNOWN);
}
END_TEST

START_TEST(whom_the_issuer_certified_for_it_answers)
{
	struct status_answer what = delegated();
	struct ocsp_says says;

	ck_assert_int_eq(check(&what, &says), ERROR_NONE);
	ck_assert_int_eq(says.status, STATUS_GOOD);
	ck_assert_str_eq(says.responder, "CN=Responder");
	what.without_certificate = true;
	ck_assert_int_eq(check(&what, &says), ERROR_INPUT);
}
END_TEST

START_TEST(nobody_else_answers)
{
	struct status_answer what = delegated();
	X509 *other_ca = pki_issue(&(const struct pki_certificate){.subject = "Other", .ca = true},
	    t.responder_key, NULL, t.responder_key);
	X509 *namesake = pki_issue(&(const struct pki_certificate){.subject = "CA", .ca = true},
	    t.responder_key, NULL, t.responder_key);
	X509 *of_other = pki_issue(&(const struct pki_certificate){.subject = "Responder",
				       .extended_usage = "OCSPSigning"},
	    t.responder_key, other_ca, t.responder_key);
	X509 *person = pki_issue(
	    &(const struct pki_certificate){.subject = "Eve"}, t.responder_key, t.ca, t.ca_key);
	X509 *expired = pki_issue(&(const struct pki_certificate){.subject = "Responder",
				      .extended_usage = "OCSPSigning",
				      .from_days = -20,
				      .to_days = -10},
	    t.responder_key, t.ca, t.ca_key);
	X509 *const signers[] = {other_ca, namesake, of_other, person, expired};
	struct ocsp_says says;
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(signers); i++) {
		what.signer = signers[i];
		ck_assert_msg(check(&what, &says) == ERROR_INPUT, "%zu", i);
	}
	X509_free(other_ca);
	X509_free(namesake);
	X509_free(of_other);
	X509_free(person);
	X509_free(expired);
}
END_TEST

START_TEST(an_answer_about_another_certificate_says_nothing)
{
	struct status_answer what = plain();
	struct ocsp_says says;
	char id[OCSP_ID_SIZE];
	char other[OCSP_ID_SIZE];

	what.certificate = t.leaf2;
	ck_assert_int_eq(check(&what, &says), ERROR_INPUT);
	ck_assert_int_eq(ocsp_id(t.leaf, t.ca, id, NULL), 0);
	ck_assert_int_eq(ocsp_id(t.leaf2, t.ca, other, NULL), 0);
	ck_assert_uint_eq(strlen(id), OCSP_ID_SIZE - 1);
	ck_assert_str_ne(id, other);
}
END_TEST

START_TEST(an_answer_to_another_request_is_refused)
{
	struct status_answer what = plain();
	struct ocsp_says says;
	unsigned char *request;
	size_t size;

	ck_assert_int_eq(ocsp_request(t.leaf, t.ca, &request, &size, NULL), 0);
	what.request = request;
	what.request_size = size;
	ck_assert_int_eq(check(&what, &says), ERROR_INPUT);
	OPENSSL_free(request);
}
END_TEST

START_TEST(an_answer_counts_between_its_dates)
{
	struct status_answer what = plain();
	struct ocsp_says says;
	time_t now = clock_wall();

	ck_assert_int_eq(check_at(&what, now + 86400 + OCSP_SKEW / 2, &says), ERROR_NONE);
	ck_assert_int_eq(check_at(&what, now + 86400 + OCSP_SKEW + 10, &says), ERROR_LIMIT);
	ck_assert_int_eq(says.status, STATUS_GOOD);
	what.from = OCSP_SKEW / 2;
	ck_assert_int_eq(check(&what, &says), ERROR_NONE);
	what.from = OCSP_SKEW + 100;
	ck_assert_int_eq(check(&what, &says), ERROR_INPUT);
	what.from = -10;
	what.endless = true;
	ck_assert_int_eq(check(&what, &says), ERROR_NONE);
	what.from = -OCSP_LIFE - OCSP_SKEW - 10;
	ck_assert_int_eq(check(&what, &says), ERROR_LIMIT);
}
END_TEST

START_TEST(a_weak_digest_is_refused)
{
	struct status_answer what = plain();
	X509 *weak = pki_issue(
	    &(const struct pki_certificate){
		.subject = "Responder", .extended_usage = "OCSPSigning", .digest = EVP_sha1()},
	    t.responder_key, t.ca, t.ca_key);
	struct ocsp_says says;

	what.digest = EVP_sha1();
	ck_assert_int_eq(check(&what, &says), ERROR_INPUT);
	what = delegated();
	what.signer = weak;
	ck_assert_int_eq(check(&what, &says), ERROR_INPUT);
	X509_free(weak);
}
END_TEST

START_TEST(what_a_responder_refuses_is_told)
{
	struct status_answer what = plain();
	struct ocsp_says says;

	what.response = OCSP_RESPONSE_STATUS_TRYLATER;
	ck_assert_int_eq(check(&what, &says), ERROR_TEMPORARY);
	what.response = OCSP_RESPONSE_STATUS_UNAUTHORIZED;
	ck_assert_int_eq(check(&what, &says), ERROR_PERMANENT);
}
END_TEST

START_TEST(no_damaged_octet_makes_another_answer)
{
	struct status_answer what = plain();
	size_t size;
	unsigned char *der;
	struct error err = ERROR_INIT;
	struct ocsp_says says;
	size_t i;

	what.without_certificate = true;
	der = status_answer(&what, &size);
	for (i = 0; i < size; i++) {
		struct ocsp_answer *answer;

		ck_assert_ptr_null(ocsp_read(der, i, NULL, 0, &err));
		ck_assert_int_eq(err.code, ERROR_INPUT);
		der[i] ^= 0x55;
		answer = ocsp_read(der, size, NULL, 0, &err);
		if (answer != NULL &&
		    ocsp_check(answer, t.leaf, t.ca, clock_wall(), STRENGTH, &says, &err) == 0)
			ck_assert_int_eq(says.status, STATUS_GOOD);
		ocsp_unref(answer);
		der[i] ^= 0x55;
	}
	OPENSSL_free(der);
	ck_assert_ptr_null(ocsp_read(t.request, t.request_size, NULL, 0, &err));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ocsp");
	TCase *tcase = unit_case(suite, "ocsp");

	tcase_set_timeout(tcase, 120); /* keys are made, under sanitizers too */
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, the_issuer_answers);
	tcase_add_test(tcase, whom_the_issuer_certified_for_it_answers);
	tcase_add_test(tcase, nobody_else_answers);
	tcase_add_test(tcase, an_answer_about_another_certificate_says_nothing);
	tcase_add_test(tcase, an_answer_to_another_request_is_refused);
	tcase_add_test(tcase, an_answer_counts_between_its_dates);
	tcase_add_test(tcase, a_weak_digest_is_refused);
	tcase_add_test(tcase, what_a_responder_refuses_is_told);
	tcase_add_test(tcase, no_damaged_octet_makes_another_answer);
	return unit_run(suite);
}
