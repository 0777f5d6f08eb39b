/* The signer of a message, judged: now, and as of when it was signed; for whom, and by what means. */
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "pki.h"
#include "smime/evidence.h"
#include "smime/signer.h"
#include "smime/want.h"
#include "status_make.h"
#include "unit.h"

#define ANNA "anna@corp.example"
#define BERT "bert@corp.example"
#define DAY 86400L
#define CRL_URL "http://crl.example/ca.crl"
#define POINT "crlDistributionPoints=URI:" CRL_URL
#define ACCESS "authorityInfoAccess=caIssuers;URI:http://aia.example/ca.cer"

static struct {
	EVP_PKEY *root_key, *ca_key, *key;
	X509 *root, *ca;
	struct certificate *others[1];
	struct trust *trust;
	struct evidence *evidence;
	struct wants wants;
	struct address addresses[2];
	size_t address_count;
	struct recipient *record;
} t;

static struct trust *
trust_in(X509 *anchor, enum config_revocation revocation)
{
	static char all[] = "*";
	char *domains[] = {all};
	char file[] = "/tmp/test-signer-XXXXXX";
	struct config_trust section = {.title = all,
	    .anchors = file,
	    .for_domains = {domains, 1},
	    .revocation = revocation,
	    .crl_grace = 3600 * 1000,
	    .min_rsa_bits = 2048,
	    .max_rsa_bits = 16384,
	    .min_ec_bits = 256,
	    .max_depth = 8,
	    .min_digest = MIN_DIGEST_SHA224};
	struct config config = {.trusts = &section, .trust_count = 1};
	struct error err = ERROR_INIT;
	FILE *out = fdopen(mkstemp(file), "w");
	struct trust *trust;

	ck_assert(out != NULL && PEM_write_X509(out, anchor));
	fclose(out);
	trust = trust_load(&config, &err);
	ck_assert_msg(trust != NULL, "%s", err.text);
	unlink(file);
	return trust;
}

static void
say_from(const char *first, const char *second)
{
	const char *texts[] = {first, second};
	size_t i;

	for (i = 0; i < t.address_count; i++)
		address_free(&t.addresses[i]);
	t.address_count = 0;
	for (i = 0; i < 2 && texts[i] != NULL; i++)
		ck_assert_int_eq(address_parse(texts[i], &t.addresses[t.address_count++], NULL), 0);
}

static void
setup(void)
{
	const struct evidence_limits limits = {.crl_size = 0};

	memset(&t, 0, sizeof(t));
	t.root_key = pki_key(PKI_RSA_2048, 1);
	t.ca_key = pki_key(PKI_RSA_2048, 2);
	t.key = pki_key(PKI_RSA_2048, 3);
	t.root = pki_issue(
	    &(const struct pki_certificate){.subject = "Root", .ca = true, .from_days = -900},
	    t.root_key, NULL, t.root_key);
	t.ca = pki_issue(
	    &(const struct pki_certificate){.subject = "CA", .ca = true, .from_days = -900},
	    t.ca_key, t.root, t.root_key);
	t.others[0] = certificate_from_x509(t.ca, NULL);
	t.evidence = evidence_new(&limits, NULL);
	t.trust = trust_in(t.root, REVOCATION_OFF);
	say_from(ANNA, NULL);
}

static void
teardown(void)
{
	say_from(NULL, NULL);
	recipient_unref(t.record);
	wants_clear(&t.wants);
	evidence_unref(t.evidence);
	trust_unref(t.trust);
	certificate_unref(t.others[0]);
	X509_free(t.root);
	X509_free(t.ca);
	EVP_PKEY_free(t.root_key);
	EVP_PKEY_free(t.ca_key);
	EVP_PKEY_free(t.key);
}

static void
check_revocation(void)
{
	trust_unref(t.trust);
	t.trust = trust_in(t.root, REVOCATION_HARD);
}

/* Judges a certificate of the CA; with it, or alone. */
static const struct digital_id *
judge(X509 *x509, bool with_ca, time_t signing_time)
{
	struct certificate *certificate = certificate_from_x509(x509, NULL);
	const struct signer_question question = {.certificate = certificate,
	    .others = t.others,
	    .other_count = with_ca ? 1 : 0,
	    .addresses = t.addresses,
	    .address_count = t.address_count,
	    .signing_time = signing_time};
	const struct signer_means means = {
	    .at = clock_wall(), .evidence = t.evidence, .wants = &t.wants};
	struct error err = ERROR_INIT;
	struct signer *signer = signer_new(&question, false, &err);

	ck_assert_msg(signer != NULL, "%s", err.text);
	certificate_unref(certificate);
	recipient_unref(t.record);
	wants_clear(&t.wants);
	t.record = signer_judge(t.trust, signer, &means, &err);
	ck_assert_msg(t.record != NULL, "%s", err.text);
	signer_free(signer);
	ck_assert_int_eq(t.record->state, RECIPIENT_FOUND);
	ck_assert_uint_ge(t.record->digital_id_count, 1);
	return &t.record->digital_ids[0];
}

static void
expect_verdict(const struct digital_id *id, enum reason_id verdict, const char *words)
{
	const char *detail = id->detail != NULL ? id->detail : "";

	ck_assert_msg(id->verdict == verdict && strstr(detail, words) != NULL, "%s: %s",
	    reason_get(id->verdict)->code, detail);
}

static void
expect(const struct pki_certificate *what, EVP_PKEY *key, enum reason_id verdict, const char *words)
{
	X509 *x509 = pki_issue(what, key, t.ca, t.ca_key);

	expect_verdict(judge(x509, true, 0), verdict, words);
	ck_assert_uint_eq(t.record->digital_id_count, 1);
	X509_free(x509);
}

START_TEST(who_may_sign_for_the_sender_is_well)
{
	expect(&(const struct pki_certificate){.email = ANNA}, t.key, REASON_OK, "");
	ck_assert_str_eq(t.record->address, ANNA);
	ck_assert_str_eq(t.record->digital_ids[0].attribute, "signature");
	expect(&(const struct pki_certificate){.email = ANNA, .key_usage = "nonRepudiation"}, t.key,
	    REASON_OK, "");
}
END_TEST

START_TEST(any_address_of_from_and_sender_will_do)
{
	say_from(BERT, ANNA);
	expect(&(const struct pki_certificate){.email = ANNA}, t.key, REASON_OK, "");
	ck_assert_str_eq(t.record->address, ANNA);
	say_from("ANNA@corp.example", NULL);
	expect(&(const struct pki_certificate){.email = ANNA}, t.key, REASON_OK, "");
	say_from(BERT, "carl@corp.example");
	expect(&(const struct pki_certificate){.email = ANNA}, t.key, REASON_ADDRESS_MISMATCH,
	    "issued to " ANNA ", not to " BERT);
	expect(&(const struct pki_certificate){.email = NULL}, t.key, REASON_ADDRESS_MISMATCH,
	    "issued to no mail address");
	say_from(NULL, NULL);
	expect(
	    &(const struct pki_certificate){.email = ANNA}, t.key, REASON_ADDRESS_MISMATCH, ANNA);
}
END_TEST

START_TEST(who_may_not_sign_is_unfit)
{
	EVP_PKEY *small = pki_key(PKI_RSA_1024, 0);

	expect(&(const struct pki_certificate){.email = ANNA, .key_usage = "keyEncipherment"},
	    t.key, REASON_WRONG_USAGE, "signing mail");
	expect(&(const struct pki_certificate){.email = ANNA, .extended_usage = "serverAuth"},
	    t.key, REASON_WRONG_USAGE, "signing mail");
	expect(&(const struct pki_certificate){.email = ANNA}, small, REASON_WEAK_KEY, "1024 bits");
	expect(&(const struct pki_certificate){.email = ANNA, .digest = EVP_sha1()}, t.key,
	    REASON_WEAK_DIGEST, "sha1");
	EVP_PKEY_free(small);
}
END_TEST

START_TEST(an_unknown_ca_is_named)
{
	EVP_PKEY *key = pki_key(PKI_RSA_2048, 4);
	X509 *other = pki_issue(
	    &(const struct pki_certificate){.subject = "Other", .ca = true}, key, NULL, key);
	X509 *x509 = pki_issue(&(const struct pki_certificate){.email = ANNA}, t.key, other, key);
	struct certificate *own = t.others[0];
	const struct digital_id *id;

	t.others[0] = certificate_from_x509(other, NULL);
	id = judge(x509, true, 0);
	expect_verdict(id, REASON_UNTRUSTED_ISSUER, "");
	ck_assert_ptr_nonnull(id->authority);
	ck_assert_str_eq(id->authority->subject, "CN=Other");
	certificate_unref(t.others[0]);
	t.others[0] = own;
	X509_free(x509);
	X509_free(other);
	EVP_PKEY_free(key);
}
END_TEST

static const struct {
	int from_days;
	int to_days;
	long signed_days;
	enum reason_id now;
	enum reason_id then; /* REASON_COUNT: not judged */
} times[] = {
    {-30, -2, -10, REASON_EXPIRED, REASON_OK},
    {-30, -2, -60, REASON_EXPIRED, REASON_NOT_YET_VALID},
    {-30, -2, -1, REASON_EXPIRED, REASON_EXPIRED},
    {2, 30, 5, REASON_NOT_YET_VALID, REASON_OK},
    {-30, 30, -60, REASON_OK, REASON_COUNT},
};

START_TEST(what_has_expired_is_judged_as_of_signing_too)
{
	const struct pki_certificate what = {
	    .email = ANNA, .from_days = times[_i].from_days, .to_days = times[_i].to_days};
	X509 *x509 = pki_issue(&what, t.key, t.ca, t.ca_key);

	expect_verdict(
	    judge(x509, true, clock_wall() + times[_i].signed_days * DAY), times[_i].now, "");
	ck_assert_uint_eq(t.record->digital_id_count, times[_i].then == REASON_COUNT ? 1 : 2);
	if (times[_i].then != REASON_COUNT)
		expect_verdict(&t.record->digital_ids[1], times[_i].then, "");
	/* It was not said when. */
	judge(x509, true, 0);
	ck_assert_uint_eq(t.record->digital_id_count, 1);
	X509_free(x509);
}
END_TEST

static void
give_crl(X509 *revoked)
{
	const struct status_crl what = {.number = 1, .entries = {{.certificate = revoked}}};
	size_t size;
	unsigned char *der = status_crl(&what, t.ca, t.ca_key, &size);

	ck_assert_int_eq(evidence_restore(t.evidence, "crl " CRL_URL, der, size, NULL), 0);
	OPENSSL_free(der);
}

START_TEST(revocation_is_asked_for_once_the_chain_stands)
{
	X509 *x509 = pki_issue(&(const struct pki_certificate){.email = ANNA, .extension = POINT},
	    t.key, t.ca, t.ca_key);

	check_revocation();
	expect_verdict(judge(x509, true, 0), REASON_REVOCATION_UNAVAILABLE, "");
	ck_assert_uint_eq(t.wants.count, 1);
	ck_assert_str_eq(t.wants.items[0].url, CRL_URL);
	give_crl(x509);
	expect_verdict(judge(x509, true, 0), REASON_REVOKED, "");
	ck_assert_str_eq(t.record->digital_ids[0].revocation, "revoked");
	X509_free(x509);
}
END_TEST

START_TEST(who_sends_mail_does_not_make_us_ask)
{
	X509 *x509 = pki_issue(
	    &(const struct pki_certificate){
		.email = ANNA, .extension = POINT, .extension2 = ACCESS},
	    t.key, t.ca, t.ca_key);

	check_revocation();
	judge(x509, false, 0);
	ck_assert_int_ne(t.record->digital_ids[0].verdict, REASON_OK);
	ck_assert_uint_eq(t.wants.count, 0);
	X509_free(x509);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("signer");
	TCase *tcase = unit_case(suite, "signer");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, who_may_sign_for_the_sender_is_well);
	tcase_add_test(tcase, any_address_of_from_and_sender_will_do);
	tcase_add_test(tcase, who_may_not_sign_is_unfit);
	tcase_add_test(tcase, an_unknown_ca_is_named);
	tcase_add_loop_test(
	    tcase, what_has_expired_is_judged_as_of_signing_too, 0, (int)ARRAY_LENGTH(times));
	tcase_add_test(tcase, revocation_is_asked_for_once_the_chain_stands);
	tcase_add_test(tcase, who_sends_mail_does_not_make_us_ask);
	return unit_run(suite);
}
