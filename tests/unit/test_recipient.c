/* Recipient records: from what directories hold to digital IDs, judged and put in order. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "pki.h"
#include "smime/evidence.h"
#include "smime/recipient.h"
#include "smime/trust.h"
#include "unit.h"

#define ANNA "anna@corp.example"
#define DAY 86400L

static struct {
	EVP_PKEY *root_key, *ca_key, *key, *key2;
	X509 *root, *ca;
	STACK_OF(X509) * chain; /* the intermediate */
	struct trust *trust;
	struct findings *findings;
	struct recipient *recipient;
} t;

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

static void
setup(void)
{
	t.root_key = pki_key(PKI_RSA_2048, 1);
	t.ca_key = pki_key(PKI_RSA_2048, 2);
	t.key = pki_key(PKI_RSA_2048, 3);
	t.key2 = pki_key(PKI_RSA_2048, 4);
	t.root = pki_issue(&(const struct pki_certificate){.subject = "Root", .ca = true},
	    t.root_key, NULL, t.root_key);
	t.ca = pki_issue(&(const struct pki_certificate){.subject = "CA", .ca = true}, t.ca_key,
	    t.root, t.root_key);
	t.chain = sk_X509_new_null();
	ck_assert(sk_X509_push(t.chain, t.ca));
	t.trust = trust_in(t.root);
	t.findings = findings_new();
	t.recipient = NULL;
	ck_assert_ptr_nonnull(t.findings);
}

static void
teardown(void)
{
	recipient_unref(t.recipient);
	findings_unref(t.findings);
	trust_unref(t.trust);
	sk_X509_free(t.chain);
	X509_free(t.root);
	X509_free(t.ca);
	EVP_PKEY_free(t.root_key);
	EVP_PKEY_free(t.ca_key);
	EVP_PKEY_free(t.key);
	EVP_PKEY_free(t.key2);
}

static X509 *
issue(const struct pki_certificate *what, EVP_PKEY *key)
{
	return pki_issue(what, key, t.ca, t.ca_key);
}

static X509 *
annas(int from_days, int to_days, EVP_PKEY *key)
{
	return issue(
	    &(const struct pki_certificate){
		.subject = "Anna", .email = ANNA, .from_days = from_days, .to_days = to_days},
	    key);
}

static void
add_value(enum finding_kind kind, const unsigned char *value, size_t size)
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

	ck_assert_int_eq(findings_add(t.findings, &finding, NULL), 0);
	OPENSSL_free(finding.value);
	t.findings->entries = 1;
}

static void
add_certificate(enum finding_kind kind, X509 *x509)
{
	size_t size;
	unsigned char *der = pki_der(x509, &size);

	add_value(kind, der, size);
	OPENSSL_free(der);
}

static void
add_blob(const struct pki_blob *what, X509 *signer, EVP_PKEY *key)
{
	size_t size;
	unsigned char *der = pki_blob(what, signer, key, &size);

	add_value(FINDING_BLOB, der, size);
	OPENSSL_free(der);
}

/* A usual blob: AES capabilities, chain and all. */
static void
add_good_blob(X509 *signer, EVP_PKEY *key)
{
	add_blob(&(const struct pki_blob){.capabilities = pki_capabilities_aes256,
		     .capabilities_size = pki_capabilities_aes256_size,
		     .chain = t.chain},
	    signer, key);
}

static void
add_bare(X509 *x509)
{
	add_certificate(FINDING_CERTIFICATE, x509);
}

static struct recipient *
judge_at(time_t at)
{
	struct address anna = ADDRESS_INIT;
	struct error err = ERROR_INIT;

	ck_assert_int_eq(address_parse(ANNA, &anna, NULL), 0);
	recipient_unref(t.recipient);
	t.recipient = recipient_judge(t.trust,
	    &(const struct recipient_question){.findings = t.findings, .address = &anna, .at = at},
	    &err);
	ck_assert_msg(t.recipient != NULL, "%s", err.text);
	ck_assert_str_eq(t.recipient->address, ANNA);
	address_free(&anna);
	return t.recipient;
}

static struct recipient *
judge(void)
{
	return judge_at(clock_wall());
}

static bool
is(const struct digital_id *id, X509 *x509)
{
	return id->certificate != NULL && X509_cmp(id->certificate->x509, x509) == 0;
}

START_TEST(nothing_published_is_none)
{
	ck_assert_int_eq(judge()->state, RECIPIENT_NONE);
	ck_assert_uint_eq(t.recipient->digital_id_count, 0);
	ck_assert_ptr_null(t.recipient->detail);
	/* CA certificates alone are no digital IDs. */
	add_certificate(FINDING_CA, t.ca);
	ck_assert_int_eq(judge()->state, RECIPIENT_NONE);
}
END_TEST

START_TEST(a_directory_that_can_not_be_asked_is_unavailable)
{
	struct address anna = ADDRESS_INIT;
	struct recipient *recipient;

	ck_assert_int_eq(address_parse(ANNA, &anna, NULL), 0);
	recipient = recipient_unavailable(&anna, "gal: no answer");
	ck_assert_int_eq(recipient->state, RECIPIENT_UNAVAILABLE);
	ck_assert_str_eq(recipient->detail, "gal: no answer");
	ck_assert_ptr_eq(recipient_ref(recipient), recipient);
	recipient_unref(recipient);
	recipient_unref(recipient);
	address_free(&anna);
}
END_TEST

START_TEST(a_verified_blob_speaks_for_its_certificate)
{
	X509 *anna = annas(0, 0, t.key);
	const struct digital_id *id;

	add_bare(anna);
	add_good_blob(anna, t.key);
	ck_assert_int_eq(judge()->state, RECIPIENT_FOUND);
	ck_assert_uint_eq(t.recipient->digital_id_count, 1);
	id = &t.recipient->digital_ids[0];
	ck_assert(is(id, anna));
	ck_assert_int_eq(id->verdict, REASON_OK);
	ck_assert(id->from_blob && id->blob_signed && !id->preferred && !id->stale);
	ck_assert_str_eq(id->attribute, "userSMIMECertificate");
	ck_assert_str_eq(id->directory, "gal");
	ck_assert_str_eq(id->dn, "uid=anna,dc=corp,dc=example");
	ck_assert_int_eq(id->capabilities.from, CAPABILITIES_SIGNED);
	ck_assert_int_eq(id->capabilities.ciphers[0], CIPHER_AES256_CBC);
	ck_assert_int_ne((long)id->signing_time, 0);
	ck_assert_int_eq(id->failed_depth, -1);
	ck_assert_str_eq(id->revocation, "unknown");
	ck_assert_ptr_null(id->detail);
	X509_free(anna);
}
END_TEST

START_TEST(a_blob_of_an_untrusted_signer_gives_no_capabilities)
{
	X509 *self = pki_issue(
	    &(const struct pki_certificate){.subject = "Anna", .email = ANNA}, t.key, NULL, t.key);
	const struct digital_id *id;

	add_good_blob(self, t.key);
	id = &judge()->digital_ids[0];
	ck_assert_int_eq(id->verdict, REASON_UNTRUSTED_ISSUER);
	ck_assert(id->from_blob && !id->blob_signed);
	ck_assert_int_eq(id->capabilities.from, CAPABILITIES_NONE);
	ck_assert_ptr_nonnull(strstr(id->detail, "does not count: its signer is not accepted"));
	ck_assert_str_eq(id->failed_subject, "CN=Anna");
	X509_free(self);
}
END_TEST

/* Anna's good certificate in a blob that somebody else signed. */
START_TEST(a_blob_signed_for_another_address_gives_certificates_only)
{
	X509 *eve =
	    issue(&(const struct pki_certificate){.subject = "Anna", .email = "eve@corp.example"},
		t.key2);
	X509 *anna = annas(0, 0, t.key);
	const struct digital_id *id;

	ck_assert(sk_X509_push(t.chain, anna));
	add_blob(&(const struct pki_blob){.capabilities = pki_capabilities_rc2_40,
		     .capabilities_size = pki_capabilities_rc2_40_size,
		     .preference = anna,
		     .chain = t.chain},
	    eve, t.key2);
	ck_assert_uint_eq(judge()->digital_id_count, 2);
	id = &t.recipient->digital_ids[0];
	ck_assert(is(id, anna));
	ck_assert_int_eq(id->verdict, REASON_OK);
	ck_assert(!id->blob_signed && !id->preferred);
	ck_assert_int_eq(id->capabilities.from, CAPABILITIES_NONE);
	ck_assert_ptr_nonnull(strstr(id->detail, "address-mismatch"));
	id = &t.recipient->digital_ids[1];
	ck_assert(is(id, eve));
	ck_assert_int_eq(id->verdict, REASON_ADDRESS_MISMATCH);
	ck_assert_ptr_nonnull(strstr(id->detail, "issued to eve@corp.example, not to " ANNA));
	X509_free(eve);
	X509_free(anna);
}
END_TEST

START_TEST(a_signature_that_fails_gives_certificates_only)
{
	X509 *anna = annas(0, 0, t.key);
	size_t size;
	unsigned char *der =
	    pki_blob(&(const struct pki_blob){.capabilities = pki_capabilities_aes256,
			 .capabilities_size = pki_capabilities_aes256_size,
			 .chain = t.chain},
		anna, t.key, &size);
	const struct digital_id *id;

	der[size - 1] ^= 1;
	add_value(FINDING_BLOB, der, size);
	id = &judge()->digital_ids[0];
	ck_assert_int_eq(id->verdict, REASON_OK);
	ck_assert(!id->blob_signed);
	ck_assert_int_eq(id->capabilities.from, CAPABILITIES_NONE);
	ck_assert_str_eq(
	    id->detail, "the signature of the published blob does not count: it does not verify");
	OPENSSL_free(der);
	X509_free(anna);
}
END_TEST

START_TEST(the_extension_counts_only_without_signed_data_and_when_trusted)
{
	struct pki_certificate what = {.subject = "Anna",
	    .email = ANNA,
	    .capabilities = pki_capabilities_3des,
	    .capabilities_size = pki_capabilities_3des_size};
	X509 *anna = issue(&what, t.key);
	X509 *self = pki_issue(&what, t.key, NULL, t.key);

	add_certificate(FINDING_CA, t.ca);
	add_bare(anna);
	ck_assert_int_eq(judge()->digital_ids[0].capabilities.from, CAPABILITIES_EXTENSION);
	ck_assert_int_eq(t.recipient->digital_ids[0].capabilities.ciphers[0], CIPHER_DES3);
	add_good_blob(anna, t.key);
	ck_assert_int_eq(judge()->digital_ids[0].capabilities.from, CAPABILITIES_SIGNED);
	ck_assert_int_eq(t.recipient->digital_ids[0].capabilities.ciphers[0], CIPHER_AES256_CBC);
	add_bare(self);
	ck_assert_uint_eq(judge()->digital_id_count, 2);
	ck_assert(is(&t.recipient->digital_ids[1], self));
	ck_assert_int_eq(t.recipient->digital_ids[1].capabilities.from, CAPABILITIES_NONE);
	X509_free(anna);
	X509_free(self);
}
END_TEST

START_TEST(chains_come_from_the_entry_and_from_any_blob)
{
	X509 *bare = annas(0, 0, t.key);
	X509 *bob = issue(&(const struct pki_certificate){.email = "bob@corp.example"}, t.key2);

	add_bare(bare);
	ck_assert_int_eq(judge()->digital_ids[0].verdict, REASON_UNTRUSTED_ISSUER);
	add_good_blob(bob, t.key2);
	ck_assert_uint_eq(judge()->digital_id_count, 2);
	ck_assert(is(&t.recipient->digital_ids[0], bare));
	ck_assert_int_eq(t.recipient->digital_ids[0].verdict, REASON_OK);
	X509_free(bare);
	X509_free(bob);
}
END_TEST

START_TEST(an_expired_blob_beside_a_good_certificate_is_stale)
{
	X509 *old = annas(-400, -10, t.key);
	X509 *new = annas(-20, 0, t.key2);

	add_good_blob(old, t.key);
	add_bare(new);
	ck_assert_uint_eq(judge()->digital_id_count, 2);
	ck_assert(is(&t.recipient->digital_ids[0], new));
	ck_assert_int_eq(t.recipient->digital_ids[0].verdict, REASON_OK);
	ck_assert(!t.recipient->digital_ids[0].stale);
	ck_assert_int_eq(t.recipient->digital_ids[1].verdict, REASON_EXPIRED);
	ck_assert(t.recipient->digital_ids[1].stale);
	X509_free(old);
	X509_free(new);
}
END_TEST

START_TEST(a_superseded_blob_is_stale_and_comes_after_the_better_one)
{
	X509 *old = annas(-100, 0, t.key);
	X509 *new = annas(-10, 0, t.key2);

	add_good_blob(old, t.key);
	add_bare(new);
	ck_assert_uint_eq(judge()->digital_id_count, 2);
	ck_assert(is(&t.recipient->digital_ids[0], new));
	ck_assert(!t.recipient->digital_ids[0].stale);
	ck_assert_int_eq(t.recipient->digital_ids[1].verdict, REASON_OK);
	ck_assert(t.recipient->digital_ids[1].stale);
	X509_free(old);
	X509_free(new);
}
END_TEST

START_TEST(what_is_no_shadow_is_not_stale)
{
	X509 *old = annas(-100, 0, t.key);
	X509 *new = annas(-10, 0, t.key2);
	X509 *other = issue(
	    &(const struct pki_certificate){
		.subject = "Anna's telephone", .email = ANNA, .from_days = -5},
	    t.key2);
	size_t i;

	/* The newer one is in the blob; the bare one is the old; another subject's is newer. */
	add_good_blob(new, t.key2);
	add_bare(old);
	add_bare(other);
	ck_assert_uint_eq(judge()->digital_id_count, 3);
	ck_assert(is(&t.recipient->digital_ids[0], new));
	for (i = 0; i < 3; i++)
		ck_assert(!t.recipient->digital_ids[i].stale);
	X509_free(old);
	X509_free(new);
	X509_free(other);
}
END_TEST

START_TEST(a_blob_without_use_and_without_better_is_not_stale)
{
	X509 *old = annas(-400, -10, t.key);

	add_good_blob(old, t.key);
	add_value(FINDING_CERTIFICATE, (const unsigned char *)"0garbage", 8);
	ck_assert_uint_eq(judge()->digital_id_count, 2);
	ck_assert(!t.recipient->digital_ids[0].stale && !t.recipient->digital_ids[1].stale);
	X509_free(old);
}
END_TEST

START_TEST(a_malformed_blob_that_hides_a_good_certificate_is_stale)
{
	X509 *anna = annas(0, 0, t.key);

	add_certificate(FINDING_CA, t.ca);
	add_value(FINDING_BLOB, (const unsigned char *)"0garbage", 8);
	add_bare(anna);
	ck_assert(is(&judge()->digital_ids[0], anna));
	ck_assert_int_eq(t.recipient->digital_ids[1].verdict, REASON_MALFORMED);
	ck_assert(t.recipient->digital_ids[1].stale);
	X509_free(anna);
}
END_TEST

START_TEST(values_that_are_none_are_malformed_digital_ids)
{
	static const char *const garbage[] = {"", "0", "0\x82", "garbage", "\x03"};
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(garbage); i++) {
		add_value(FINDING_BLOB, (const unsigned char *)garbage[i], strlen(garbage[i]));
		add_value(
		    FINDING_CERTIFICATE, (const unsigned char *)garbage[i], strlen(garbage[i]));
		add_value(FINDING_CA, (const unsigned char *)garbage[i], strlen(garbage[i]));
	}
	ck_assert_int_eq(judge()->state, RECIPIENT_FOUND);
	ck_assert_uint_eq(t.recipient->digital_id_count, 2 * ARRAY_LENGTH(garbage));
	for (i = 0; i < t.recipient->digital_id_count; i++) {
		const struct digital_id *id = &t.recipient->digital_ids[i];

		ck_assert_ptr_null(id->certificate);
		ck_assert_int_eq(id->verdict, REASON_MALFORMED);
		ck_assert_ptr_nonnull(id->detail);
		ck_assert_ptr_nonnull(id->attribute);
		ck_assert_int_eq(id->failed_depth, -1);
	}
}
END_TEST

START_TEST(an_oversized_value_is_malformed)
{
	static char name[] = "x";
	struct finding finding = {.kind = FINDING_BLOB,
	    .directory = name,
	    .dn = name,
	    .attribute = name,
	    .oversized = true};

	ck_assert_int_eq(findings_add(t.findings, &finding, NULL), 0);
	ck_assert_int_eq(judge()->state, RECIPIENT_FOUND);
	ck_assert_int_eq(t.recipient->digital_ids[0].verdict, REASON_MALFORMED);
	ck_assert_ptr_nonnull(strstr(t.recipient->digital_ids[0].detail, "value-size-limit"));
}
END_TEST

START_TEST(values_beyond_the_limit_are_left_out_and_told)
{
	unsigned char value[8] = "0000";
	int i;

	for (i = 0; i < RECIPIENT_DIGITAL_IDS_MAX + 20; i++) {
		value[4] = (unsigned char)i;
		add_value(FINDING_CERTIFICATE, value, 5);
	}
	t.findings->left_out = 3;
	ck_assert_uint_eq(judge()->digital_id_count, RECIPIENT_DIGITAL_IDS_MAX);
	ck_assert_str_eq(t.recipient->detail, "23 published values were not looked at");
}
END_TEST

START_TEST(an_entry_binds_only_where_allowed_and_alone)
{
	static char name[] = "x";
	X509 *nobody = issue(&(const struct pki_certificate){.subject = "Anna"}, t.key);
	struct finding finding = {.kind = FINDING_BLOB,
	    .directory = name,
	    .dn = name,
	    .attribute = name,
	    .bind_by_entry = true};

	add_good_blob(nobody, t.key);
	ck_assert_int_eq(judge()->digital_ids[0].verdict, REASON_ADDRESS_MISMATCH);
	ck_assert(!t.recipient->digital_ids[0].blob_signed);
	findings_unref(t.findings);
	t.findings = findings_new();
	finding.value = pki_blob(&(const struct pki_blob){.capabilities = pki_capabilities_aes256,
				     .capabilities_size = pki_capabilities_aes256_size,
				     .chain = t.chain},
	    nobody, t.key, &finding.size);
	ck_assert_int_eq(findings_add(t.findings, &finding, NULL), 0);
	ck_assert_int_eq(judge()->digital_ids[0].verdict, REASON_OK);
	ck_assert(t.recipient->digital_ids[0].blob_signed);
	t.findings->many_entries = true;
	t.findings->entries = 2;
	ck_assert_int_eq(judge()->digital_ids[0].verdict, REASON_ADDRESS_MISMATCH);
	ck_assert(!t.recipient->digital_ids[0].blob_signed);
	ck_assert_str_eq(t.recipient->detail,
	    "2 directory entries claim the address: none of them binds a certificate");
	OPENSSL_free(finding.value);
	X509_free(nobody);
}
END_TEST

START_TEST(with_two_certificates_the_preferred_comes_first)
{
	X509 *signs = issue(
	    &(const struct pki_certificate){
		.subject = "Anna", .email = ANNA, .key_usage = "digitalSignature"},
	    t.key);
	X509 *old = issue(
	    &(const struct pki_certificate){
		.subject = "Anna", .email = ANNA, .from_days = -20, .key_usage = "keyEncipherment"},
	    t.key2);
	X509 *new = issue(
	    &(const struct pki_certificate){
		.subject = "Anna", .email = ANNA, .from_days = -2, .key_usage = "keyEncipherment"},
	    t.key2);

	ck_assert(sk_X509_push(t.chain, new));
	ck_assert(sk_X509_push(t.chain, old));
	add_blob(&(const struct pki_blob){.capabilities = pki_capabilities_aes256,
		     .capabilities_size = pki_capabilities_aes256_size,
		     .preference = old,
		     .chain = t.chain},
	    signs, t.key);
	/* The certificate that only signs is no digital ID of the blob. */
	ck_assert_uint_eq(judge()->digital_id_count, 2);
	ck_assert(is(&t.recipient->digital_ids[0], old));
	ck_assert(t.recipient->digital_ids[0].preferred);
	ck_assert(is(&t.recipient->digital_ids[1], new));
	ck_assert(!t.recipient->digital_ids[1].preferred && !t.recipient->digital_ids[1].stale);
	ck_assert_int_eq(t.recipient->digital_ids[1].capabilities.from, CAPABILITIES_SIGNED);
	X509_free(signs);
	X509_free(old);
	X509_free(new);
}
END_TEST

/* Two blobs of one certificate, in either order. */
START_TEST(the_newest_signing_time_wins)
{
	X509 *anna = annas(-100, 0, t.key);
	const struct pki_blob old = {.capabilities = pki_capabilities_rc2_40,
	    .capabilities_size = pki_capabilities_rc2_40_size,
	    .preference = anna,
	    .chain = t.chain,
	    .signing_time_offset = -50 * DAY};
	const struct pki_blob new = {.capabilities = pki_capabilities_aes256,
	    .capabilities_size = pki_capabilities_aes256_size,
	    .chain = t.chain,
	    .signing_time_offset = -DAY};
	const struct digital_id *id;

	add_blob(_i == 0 ? &old : &new, anna, t.key);
	add_blob(_i == 0 ? &new : &old, anna, t.key);
	ck_assert_uint_eq(judge()->digital_id_count, 1);
	id = &t.recipient->digital_ids[0];
	ck_assert_int_eq(id->capabilities.ciphers[0], CIPHER_AES256_CBC);
	ck_assert_int_le(labs((long)(id->signing_time - (clock_wall() - DAY))), 5);
	ck_assert(!id->preferred); /* that was said by the older one */
	X509_free(anna);
}
END_TEST

START_TEST(bare_certificates_come_newest_first_and_usable_first)
{
	X509 *old = annas(-300, 0, t.key);
	X509 *new = annas(-3, 0, t.key2);
	X509 *expired = annas(-2, -1, t.key);

	add_certificate(FINDING_CA, t.ca);
	add_bare(expired);
	add_bare(old);
	add_bare(new);
	ck_assert_uint_eq(judge()->digital_id_count, 3);
	ck_assert(is(&t.recipient->digital_ids[0], new));
	ck_assert(is(&t.recipient->digital_ids[1], old));
	ck_assert(is(&t.recipient->digital_ids[2], expired));
	ck_assert(!t.recipient->digital_ids[2].stale); /* nothing hides behind a bare one */
	X509_free(old);
	X509_free(new);
	X509_free(expired);
}
END_TEST

START_TEST(a_verified_blob_stands_before_a_newer_certificate_of_another_subject)
{
	X509 *anna = annas(-100, 0, t.key);
	X509 *other = issue(
	    &(const struct pki_certificate){
		.subject = "Anna's telephone", .email = ANNA, .from_days = -5},
	    t.key2);

	add_bare(other);
	add_good_blob(anna, t.key);
	ck_assert_uint_eq(judge()->digital_id_count, 2);
	ck_assert(is(&t.recipient->digital_ids[0], anna));
	X509_free(anna);
	X509_free(other);
}
END_TEST

START_TEST(a_judgement_holds_until_something_begins_or_ends)
{
	X509 *anna = annas(0, 0, t.key);
	time_t now = clock_wall();

	add_good_blob(anna, t.key);
	ck_assert_int_eq((long)(judge_at(now)->valid_until - now), DAY);
	ck_assert_int_eq((long)t.recipient->judged_at, (long)now);
	now += 365 * DAY - 3600;
	ck_assert_int_eq(judge_at(now)->digital_ids[0].verdict, REASON_OK);
	ck_assert_int_gt((long)(t.recipient->valid_until - now), 3000);
	ck_assert_int_le((long)(t.recipient->valid_until - now), 3600);
	ck_assert_int_eq(
	    judge_at(t.recipient->valid_until)->digital_ids[0].verdict, REASON_EXPIRED);
	X509_free(anna);
	anna = annas(10, 20, t.key);
	findings_unref(t.findings);
	t.findings = findings_new();
	add_good_blob(anna, t.key);
	now = clock_wall() + 10 * DAY - 3600;
	ck_assert_int_eq(judge_at(now)->digital_ids[0].verdict, REASON_NOT_YET_VALID);
	ck_assert_int_le((long)(t.recipient->valid_until - now), 3600);
	ck_assert_int_eq(judge_at(t.recipient->valid_until)->digital_ids[0].verdict, REASON_OK);
	X509_free(anna);
}
END_TEST

START_TEST(the_older_form_is_judged_without_capabilities)
{
	X509 *anna = annas(0, 0, t.key);
	unsigned char value[4096];
	size_t size;
	unsigned char *der = pki_der(anna, &size);
	const struct digital_id *id;

	value[0] = 0x03;
	value[1] = 0x00;
	value[2] = (unsigned char)((size + 4) & 0xff);
	value[3] = (unsigned char)((size + 4) >> 8);
	memcpy(value + 4, der, size);
	add_certificate(FINDING_CA, t.ca);
	add_value(FINDING_BLOB, value, size + 4);
	id = &judge()->digital_ids[0];
	ck_assert(is(id, anna));
	ck_assert_int_eq(id->verdict, REASON_OK);
	ck_assert(id->from_blob && !id->blob_signed && !id->preferred);
	ck_assert_int_eq(id->capabilities.from, CAPABILITIES_NONE);
	OPENSSL_free(der);
	X509_free(anna);
}
END_TEST

START_TEST(an_elliptic_curve_recipient_is_usable)
{
	EVP_PKEY *key = pki_key(PKI_P256, 0);
	X509 *anna = annas(0, 0, key);

	add_good_blob(anna, key);
	ck_assert_int_eq(judge()->digital_ids[0].verdict, REASON_OK);
	ck_assert(t.recipient->digital_ids[0].blob_signed);
	X509_free(anna);
	EVP_PKEY_free(key);
}
END_TEST

/* anna+news@ was asked for, and anna's entry found: her certificate names anna@. */
START_TEST(a_certificate_may_name_the_address_that_its_entry_was_found_by)
{
	static char found_by[] = ANNA;
	static char name[] = "x";
	struct address asked = ADDRESS_INIT;
	struct finding finding = {
	    .kind = FINDING_CERTIFICATE, .directory = name, .dn = name, .attribute = name};
	X509 *anna = annas(0, 0, t.key);
	X509 *other =
	    issue(&(const struct pki_certificate){.subject = "Bert", .email = "bert@corp.example"},
		t.key2);
	size_t i;

	ck_assert_int_eq(address_parse("anna+news@corp.example", &asked, NULL), 0);
	add_certificate(FINDING_CA, t.ca);
	for (i = 0; i < 2; i++) {
		finding.value = pki_der(i == 0 ? anna : other, &finding.size);
		finding.address = found_by;
		ck_assert_int_eq(findings_add(t.findings, &finding, NULL), 0);
		OPENSSL_free(finding.value);
	}
	t.recipient = recipient_judge(t.trust,
	    &(const struct recipient_question){
		.findings = t.findings, .address = &asked, .at = clock_wall()},
	    NULL);
	ck_assert_uint_eq(t.recipient->digital_id_count, 2);
	ck_assert(is(&t.recipient->digital_ids[0], anna));
	ck_assert_int_eq(t.recipient->digital_ids[0].verdict, REASON_OK);
	ck_assert_int_eq(t.recipient->digital_ids[1].verdict, REASON_ADDRESS_MISMATCH);
	recipient_unref(t.recipient);
	findings_unref(t.findings);
	/* Not found by it: the address asked for must stand in the certificate. */
	t.findings = findings_new();
	add_certificate(FINDING_CA, t.ca);
	add_bare(anna);
	t.recipient = recipient_judge(t.trust,
	    &(const struct recipient_question){
		.findings = t.findings, .address = &asked, .at = clock_wall()},
	    NULL);
	ck_assert_int_eq(t.recipient->digital_ids[0].verdict, REASON_ADDRESS_MISMATCH);
	address_free(&asked);
	X509_free(anna);
	X509_free(other);
}
END_TEST

START_TEST(a_group_holds_no_longer_than_its_members)
{
	struct address address = ADDRESS_INIT;
	time_t now = clock_wall();
	struct recipient *group;
	X509 *anna = annas(-1, 1, t.key);

	ck_assert_int_eq(address_parse("team@corp.example", &address, NULL), 0);
	group = recipient_group(&address, "a note", now, NULL);
	ck_assert_int_eq(group->state, RECIPIENT_GROUP);
	ck_assert_str_eq(group->detail, "a note");
	ck_assert_uint_eq(group->member_count, 0);
	ck_assert_int_gt(group->valid_until, now);
	add_bare(anna);
	judge();
	t.recipient->valid_until = now + 100;
	ck_assert_int_eq(recipient_group_add(group, t.recipient, NULL), 0);
	ck_assert_int_eq(recipient_group_add_nameless(group, "cn=printer", NULL), 0);
	ck_assert_int_eq(recipient_group_add(group, t.recipient, NULL), 0);
	ck_assert_int_eq(group->valid_until, now + 100);
	ck_assert_uint_eq(group->member_count, 3);
	ck_assert_int_eq(group->members[1]->state, RECIPIENT_NONE);
	ck_assert_str_eq(group->members[1]->address, "team@corp.example");
	ck_assert_str_eq(group->members[1]->detail, "cn=printer");
	recipient_unref(group);
	ck_assert_int_eq(t.recipient->references, 1);
	address_free(&address);
	X509_free(anna);
}
END_TEST

START_TEST(a_record_from_old_findings_says_so)
{
	judge();
	t.recipient->detail = strdup("a note");
	ck_assert_int_eq(recipient_set_stale(t.recipient, 1795341600, NULL), 0);
	ck_assert(t.recipient->stale_if_error);
	ck_assert_str_eq(t.recipient->detail,
	    "no server could be asked: this was found at 2026-11-22T10:00:00Z; a note");
}
END_TEST

START_TEST(what_is_missing_is_wanted_where_the_directory_allows)
{
	X509 *anna =
	    issue(&(const struct pki_certificate){.subject = "Anna",
		      .email = ANNA,
		      .extension = "authorityInfoAccess=caIssuers;URI:http://aia.example/ca,"
				   "OCSP;URI:http://ocsp.example/"},
		t.key);
	const struct evidence_limits limits = {.crl_size = 0};
	struct evidence *evidence = evidence_new(&limits, NULL);
	struct wants wants = WANTS_INIT;
	struct address address = ADDRESS_INIT;
	const struct recipient_question question = {.findings = t.findings,
	    .address = &address,
	    .at = clock_wall(),
	    .evidence = evidence,
	    .wants = &wants};
	unsigned char *der;
	size_t size;

	ck_assert_int_eq(address_parse(ANNA, &address, NULL), 0);
	add_bare(anna);
	t.recipient = recipient_judge(t.trust, &question, NULL);
	ck_assert_int_ne(t.recipient->digital_ids[0].verdict, REASON_OK);
	ck_assert_uint_eq(wants.count, 0);
	recipient_unref(t.recipient);
	t.findings->items[0].may_follow = true;
	t.recipient = recipient_judge(t.trust, &question, NULL);
	ck_assert_int_ne(t.recipient->digital_ids[0].verdict, REASON_OK);
	ck_assert_uint_eq(wants.count, 1);
	der = pki_der(t.ca, &size);
	ck_assert_int_eq(
	    evidence_take(evidence, &wants.items[0], der, size, clock_wall(), NULL), 0);
	wants_clear(&wants);
	recipient_unref(t.recipient);
	t.recipient = recipient_judge(t.trust, &question, NULL);
	ck_assert_int_eq(t.recipient->digital_ids[0].verdict, REASON_OK);
	ck_assert_str_eq(t.recipient->digital_ids[0].revocation, "unknown");
	ck_assert_ptr_nonnull(t.recipient->digital_ids[0].revocation_detail);
	/* Not known, so not held for long. */
	ck_assert_int_le((long)(t.recipient->valid_until - question.at), 300);
	ck_assert_uint_eq(wants.count, 1);
	ck_assert_int_eq(wants.items[0].kind, WANT_OCSP);
	wants_clear(&wants);
	evidence_unref(evidence);
	address_free(&address);
	OPENSSL_free(der);
	X509_free(anna);
}
END_TEST

/* An RSA key, not one of anybody: by the size of its exponent verifying takes 6 ms. */
static EVP_PKEY *
slow_key(void)
{
	BIGNUM *modulus = BN_new();
	BIGNUM *exponent = BN_new();
	OSSL_PARAM_BLD *parts = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *parameters;
	EVP_PKEY *key = NULL;

	ck_assert(BN_rand(modulus, 3072, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD));
	ck_assert(BN_rand(exponent, 3071, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD));
	ck_assert(OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_N, modulus));
	ck_assert(OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_E, exponent));
	parameters = OSSL_PARAM_BLD_to_param(parts);
	ck_assert_int_eq(EVP_PKEY_fromdata_init(context), 1);
	ck_assert_int_eq(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters), 1);
	EVP_PKEY_CTX_free(context);
	OSSL_PARAM_free(parameters);
	OSSL_PARAM_BLD_free(parts);
	BN_free(modulus);
	BN_free(exponent);
	return key;
}

static double
cpu_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1000000;
}

/* Of CAs that could all have issued each other and the certificates, with keys that take long: as
 * many as an entry may have took a minute. An anchor is in reach, or nobody would look. */
START_TEST(an_entry_that_is_made_to_keep_us_busy_is_given_up)
{
	static const struct pki_certificate twin = {.subject = "Root", .ca = true};
	EVP_PKEY *signs = _i == 0 ? pki_key(PKI_RSA_3072, 0) : pki_key(PKI_P521, 0);
	EVP_PKEY *slow = _i == 0 ? slow_key() : pki_key(PKI_P521, 0);
	X509 *top = pki_issue(&twin, signs, NULL, signs);
	double before;
	int i;

	for (i = 0; i < 63; i++) {
		X509 *ca = pki_issue(&twin, slow, top, signs);

		add_certificate(FINDING_CA, ca);
		X509_free(ca);
	}
	for (i = 0; i < 90; i++) {
		X509 *leaf =
		    pki_issue(&(const struct pki_certificate){.email = ANNA}, t.key, top, signs);

		add_certificate(FINDING_CERTIFICATE, leaf);
		X509_free(leaf);
	}
	before = cpu_time();
	judge();
	/* TRUST_EFFORT_MAX is 160 ms; the rest is parsing, and for slow machines. */
	ck_assert_double_lt(cpu_time() - before, 1000);
	ck_assert_uint_eq(t.recipient->digital_id_count, 90);
	for (i = 0; i < 90; i++)
		ck_assert_int_ne(t.recipient->digital_ids[i].verdict, REASON_OK);
	X509_free(top);
	EVP_PKEY_free(signs);
	EVP_PKEY_free(slow);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("recipient");
	TCase *tcase = unit_case(suite, "recipient");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, what_is_missing_is_wanted_where_the_directory_allows);
	tcase_add_test(tcase, nothing_published_is_none);
	tcase_add_test(tcase, a_directory_that_can_not_be_asked_is_unavailable);
	tcase_add_test(tcase, a_verified_blob_speaks_for_its_certificate);
	tcase_add_test(tcase, a_blob_of_an_untrusted_signer_gives_no_capabilities);
	tcase_add_test(tcase, a_blob_signed_for_another_address_gives_certificates_only);
	tcase_add_test(tcase, a_signature_that_fails_gives_certificates_only);
	tcase_add_test(tcase, the_extension_counts_only_without_signed_data_and_when_trusted);
	tcase_add_test(tcase, chains_come_from_the_entry_and_from_any_blob);
	tcase_add_test(tcase, an_expired_blob_beside_a_good_certificate_is_stale);
	tcase_add_test(tcase, a_superseded_blob_is_stale_and_comes_after_the_better_one);
	tcase_add_test(tcase, what_is_no_shadow_is_not_stale);
	tcase_add_test(tcase, a_blob_without_use_and_without_better_is_not_stale);
	tcase_add_test(tcase, a_malformed_blob_that_hides_a_good_certificate_is_stale);
	tcase_add_test(tcase, values_that_are_none_are_malformed_digital_ids);
	tcase_add_test(tcase, an_oversized_value_is_malformed);
	tcase_add_test(tcase, values_beyond_the_limit_are_left_out_and_told);
	tcase_add_test(tcase, an_entry_binds_only_where_allowed_and_alone);
	tcase_add_test(tcase, with_two_certificates_the_preferred_comes_first);
	tcase_add_loop_test(tcase, the_newest_signing_time_wins, 0, 2);
	tcase_add_test(tcase, bare_certificates_come_newest_first_and_usable_first);
	tcase_add_test(tcase, a_verified_blob_stands_before_a_newer_certificate_of_another_subject);
	tcase_add_test(tcase, a_judgement_holds_until_something_begins_or_ends);
	tcase_add_test(tcase, the_older_form_is_judged_without_capabilities);
	tcase_add_test(tcase, an_elliptic_curve_recipient_is_usable);
	tcase_add_test(tcase, a_certificate_may_name_the_address_that_its_entry_was_found_by);
	tcase_add_test(tcase, a_group_holds_no_longer_than_its_members);
	tcase_add_test(tcase, a_record_from_old_findings_says_so);
	tcase_add_loop_test(tcase, an_entry_that_is_made_to_keep_us_busy_is_given_up, 0, 2);
	return unit_run(suite);
}
