#include "test_revocation.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

struct revocation t;

static char all[] = "*";
static char *all_list[] = {all};

void
test_revocation_write(char *path, X509 *certificate, const unsigned char *der, size_t size)
{
	FILE *out = fdopen(mkstemp(path), "w");

	ck_assert_ptr_nonnull(out);
	if (certificate != NULL)
		ck_assert(PEM_write_X509(out, certificate));
	else
		ck_assert_uint_eq(fwrite(der, 1, size, out), size);
	fclose(out);
}

void
test_revocation_load(void)
{
	struct config config = {.trusts = &t.section, .trust_count = 1};
	struct error err = ERROR_INIT;

	trust_unref(t.trust);
	t.trust = trust_load(&config, &err);
	ck_assert_msg(t.trust != NULL, "%s", err.text);
}

static void
make_pki(void)
{
	t.root_key = pki_key(PKI_RSA_2048, 1);
	t.ca_key = pki_key(PKI_RSA_2048, 2);
	t.key = pki_key(PKI_RSA_2048, 3);
	t.root = pki_issue(&(const struct pki_certificate){.subject = "Root", .ca = true},
	    t.root_key, NULL, t.root_key);
	t.ca = pki_issue(
	    &(const struct pki_certificate){
		.subject = "CA", .ca = true, .extension = ROOT_POINT, .extension2 = CA_ACCESS},
	    t.ca_key, t.root, t.root_key);
	t.leaf = pki_issue(
	    &(const struct pki_certificate){
		.subject = "Anna", .email = ANNA, .extension = CA_POINT, .extension2 = LEAF_ACCESS},
	    t.key, t.ca, t.ca_key);
}

void
test_revocation_setup(void)
{
	const struct evidence_limits limits = {.crl_size = 0};

	make_pki();
	t.extra = sk_X509_new_null();
	ck_assert(sk_X509_push(t.extra, t.ca));
	t.evidence = evidence_new(&limits, NULL);
	t.now = clock_wall();
	snprintf(t.anchors, sizeof(t.anchors), "/tmp/test-revocation-XXXXXX");
	test_revocation_write(t.anchors, t.root, NULL, 0);
	t.section = (struct config_trust){.title = all,
	    .anchors = t.anchors,
	    .for_domains = {all_list, 1},
	    .revocation = REVOCATION_HARD,
	    .crl_grace = 3600 * 1000,
	    .min_rsa_bits = 2048,
	    .max_rsa_bits = 16384,
	    .min_ec_bits = 256,
	    .max_depth = 8,
	    .min_digest = MIN_DIGEST_SHA224};
	test_revocation_load();
}

void
test_revocation_teardown(void)
{
	unlink(t.anchors);
	if (t.crls[0] != '\0')
		unlink(t.crls);
	trust_verdict_clear(&t.verdict);
	wants_clear(&t.wants);
	trust_unref(t.trust);
	evidence_unref(t.evidence);
	sk_X509_free(t.extra);
	X509_free(t.root);
	X509_free(t.ca);
	X509_free(t.leaf);
	EVP_PKEY_free(t.root_key);
	EVP_PKEY_free(t.ca_key);
	EVP_PKEY_free(t.key);
}

enum reason_id
test_revocation_judge_x509(X509 *x509, bool may_follow)
{
	struct certificate *certificate = certificate_from_x509(x509, NULL);
	struct address anna = ADDRESS_INIT;
	const struct trust_question question = {.certificate = certificate,
	    .extra = t.extra,
	    .purpose = TRUST_ENCRYPT,
	    .address = &anna,
	    .at = t.now,
	    .evidence = t.evidence,
	    .may_follow = may_follow,
	    .wants = &t.wants};
	struct error err = ERROR_INIT;

	ck_assert_int_eq(address_parse(ANNA, &anna, NULL), 0);
	trust_verdict_clear(&t.verdict);
	wants_clear(&t.wants);
	ck_assert_msg(trust_judge(t.trust, &question, &t.verdict, &err) == 0, "%s", err.text);
	address_free(&anna);
	certificate_unref(certificate);
	return t.verdict.reason;
}

enum reason_id
test_revocation_judge(void)
{
	return test_revocation_judge_x509(t.leaf, false);
}

const struct want *
test_revocation_wanted(enum want_kind kind, const char *url)
{
	size_t i;

	for (i = 0; i < t.wants.count; i++) {
		if (t.wants.items[i].kind == kind && strcmp(t.wants.items[i].url, url) == 0)
			return &t.wants.items[i];
	}
	return NULL;
}

void
test_revocation_expect(enum reason_id reason, const char *revocation, const char *words)
{
	ck_assert_msg(t.verdict.reason == reason, "%s: %s (%s)", reason_get(t.verdict.reason)->code,
	    t.verdict.detail, t.verdict.revocation_detail);
	ck_assert_str_eq(t.verdict.revocation, revocation);
	ck_assert_msg(strstr(t.verdict.revocation_detail, words) != NULL, "\"%s\"",
	    t.verdict.revocation_detail);
}

void
test_revocation_give(const char *key, const struct status_crl *what, X509 *issuer, EVP_PKEY *key_of)
{
	size_t size;
	unsigned char *der = status_crl(what, issuer, key_of, &size);

	ck_assert_int_eq(evidence_restore(t.evidence, key, der, size, NULL), 0);
	OPENSSL_free(der);
}

void
test_revocation_give_root(void)
{
	test_revocation_give(
	    "crl " ROOT_URL, &(const struct status_crl){.number = 1}, t.root, t.root_key);
}

void
test_revocation_give_ca(const struct status_crl *what)
{
	test_revocation_give("crl " CA_URL, what, t.ca, t.ca_key);
}

void
test_revocation_give_answer(int status, int reason, int from, int to)
{
	const struct status_answer what = {.certificate = t.leaf,
	    .issuer = t.ca,
	    .status = status,
	    .reason = reason,
	    .from = from,
	    .to = to,
	    .signer = t.ca,
	    .key = t.ca_key};
	char id[OCSP_ID_SIZE];
	size_t size;
	unsigned char *der = status_answer(&what, &size);

	ck_assert_int_eq(ocsp_id(t.leaf, t.ca, id, NULL), 0);
	ck_assert_int_eq(evidence_restore(t.evidence, id, der, size, NULL), 0);
	OPENSSL_free(der);
}

void
test_revocation_has_failed(const struct want *want, enum error_code code, const char *words)
{
	struct error err = ERROR_INIT;

	error_set(&err, code, "%s", words);
	evidence_failed(t.evidence, want, t.now, t.now + 60, &err);
}
