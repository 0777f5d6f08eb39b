#include "test_recipient.h"

#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

struct recipient_test recipient_test;

/* Trust in the root, from a folder as the daemon reads it. */
static struct trust *
trust_in(X509 *anchor)
{
	static char all[] = "*";
	char *domains[] = {all};
	char file[] = "/tmp/test-recipient-XXXXXX";
	struct config_trust section = {.title = all,
	    .anchors = file,
	    .for_domains = {domains, 1},
	    .revocation = REVOCATION_SOFT,
	    .min_rsa_bits = 2048,
	    .max_rsa_bits = 16384,
	    .min_ec_bits = 256,
	    .max_depth = 8,
	    .min_digest = MIN_DIGEST_SHA224};
	struct config config = {.trusts = &section, .trust_count = 1};
	struct error err = ERROR_INIT;
	struct trust *trust;
	int descriptor = mkstemp(file);
	FILE *out = fdopen(descriptor, "w");

	ck_assert_ptr_nonnull(out);
	ck_assert(PEM_write_X509(out, anchor));
	fclose(out);
	trust = trust_load(&config, &err);
	ck_assert_msg(trust != NULL, "%s", err.text);
	unlink(file);
	return trust;
}

void
test_recipient_setup(void)
{
	recipient_test.root_key = pki_key(PKI_RSA_2048, 1);
	recipient_test.ca_key = pki_key(PKI_RSA_2048, 2);
	recipient_test.key = pki_key(PKI_RSA_2048, 3);
	recipient_test.key2 = pki_key(PKI_RSA_2048, 4);
	recipient_test.root =
	    pki_issue(&(const struct pki_certificate){.subject = "Root", .ca = true},
		recipient_test.root_key, NULL, recipient_test.root_key);
	recipient_test.ca = pki_issue(&(const struct pki_certificate){.subject = "CA", .ca = true},
	    recipient_test.ca_key, recipient_test.root, recipient_test.root_key);
	recipient_test.chain = sk_X509_new_null();
	ck_assert(sk_X509_push(recipient_test.chain, recipient_test.ca));
	recipient_test.trust = trust_in(recipient_test.root);
	recipient_test.findings = findings_new();
	recipient_test.recipient = NULL;
	ck_assert_ptr_nonnull(recipient_test.findings);
}

void
test_recipient_teardown(void)
{
	recipient_unref(recipient_test.recipient);
	findings_unref(recipient_test.findings);
	trust_unref(recipient_test.trust);
	sk_X509_free(recipient_test.chain);
	X509_free(recipient_test.root);
	X509_free(recipient_test.ca);
	EVP_PKEY_free(recipient_test.root_key);
	EVP_PKEY_free(recipient_test.ca_key);
	EVP_PKEY_free(recipient_test.key);
	EVP_PKEY_free(recipient_test.key2);
}

X509 *
test_recipient_issue(const struct pki_certificate *what, EVP_PKEY *key)
{
	return pki_issue(what, key, recipient_test.ca, recipient_test.ca_key);
}

X509 *
test_recipient_annas(int from_days, int to_days, EVP_PKEY *key)
{
	return test_recipient_issue(
	    &(const struct pki_certificate){
		.subject = "Anna", .email = ANNA, .from_days = from_days, .to_days = to_days},
	    key);
}

void
test_recipient_add_value(enum finding_kind kind, const unsigned char *value, size_t size)
{
	static char directory[] = "gal";
	static char dn[] = "uid=anna,dc=corp,dc=example";
	static char blob[] = "userSMIMECertificate";
	static char certificate[] = "userCertificate";
	struct finding finding = {.kind = kind,
	    .directory = directory,
	    .dn = dn,
	    .attribute = kind == FINDING_BLOB ? blob : certificate,
	    .value = size > 0 ? OPENSSL_memdup(value, size) : NULL,
	    .size = size};

	ck_assert_int_eq(findings_add(recipient_test.findings, &finding, NULL), 0);
	OPENSSL_free(finding.value);
	recipient_test.findings->entries = 1;
}

void
test_recipient_add_certificate(enum finding_kind kind, X509 *x509)
{
	size_t size;
	unsigned char *der = pki_der(x509, &size);

	test_recipient_add_value(kind, der, size);
	OPENSSL_free(der);
}

void
test_recipient_add_blob(const struct pki_blob *what, X509 *signer, EVP_PKEY *key)
{
	size_t size;
	unsigned char *der = pki_blob(what, signer, key, &size);

	test_recipient_add_value(FINDING_BLOB, der, size);
	OPENSSL_free(der);
}

/* A usual blob: AES capabilities, chain and all. */
void
test_recipient_add_good_blob(X509 *signer, EVP_PKEY *key)
{
	test_recipient_add_blob(&(const struct pki_blob){.capabilities = pki_capabilities_aes256,
				    .capabilities_size = pki_capabilities_aes256_size,
				    .chain = recipient_test.chain},
	    signer, key);
}

void
test_recipient_add_bare(X509 *x509)
{
	test_recipient_add_certificate(FINDING_CERTIFICATE, x509);
}

struct recipient *
test_recipient_judge_at(time_t at)
{
	struct address anna = ADDRESS_INIT;
	struct error err = ERROR_INIT;

	ck_assert_int_eq(address_parse(ANNA, &anna, NULL), 0);
	recipient_unref(recipient_test.recipient);
	recipient_test.recipient = recipient_judge(recipient_test.trust,
	    &(const struct recipient_question){
		.findings = recipient_test.findings, .address = &anna, .at = at},
	    &err);
	ck_assert_msg(recipient_test.recipient != NULL, "%s", err.text);
	ck_assert_str_eq(recipient_test.recipient->address, ANNA);
	address_free(&anna);
	return recipient_test.recipient;
}

struct recipient *
test_recipient_judge(void)
{
	return test_recipient_judge_at(clock_wall());
}

bool
test_recipient_is(const struct digital_id *id, X509 *x509)
{
	return id->certificate != NULL && X509_cmp(id->certificate->x509, x509) == 0;
}
