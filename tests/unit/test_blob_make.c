/* Blobs that are made here: they say what was asked for, to our own reader and to OpenSSL. */
#include <openssl/cms.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "pki.h"
#include "short_memory.h"
#include "smime/blob.h"
#include "smime/blob_make.h"
#include "unit.h"

static struct {
	EVP_PKEY *ca_key, *sign_key, *encrypt_key;
	X509 *ca, *signer, *encrypts;
	STACK_OF(X509) * chain;
} pki;
static struct error err;

static X509 *
issue(const char *usage, EVP_PKEY *key)
{
	return pki_issue(
	    &(const struct pki_certificate){
		.subject = "Anna", .email = "anna@corp.example", .key_usage = usage},
	    key, pki.ca, pki.ca_key);
}

static void
setup(void)
{
	static const struct error none = ERROR_INIT;

	err = none;
	pki.ca_key = pki_key(PKI_P256, 1);
	pki.sign_key = pki_key(PKI_RSA_2048, 2);
	pki.encrypt_key = pki_key(PKI_RSA_2048, 3);
	pki.ca = pki_issue(&(const struct pki_certificate){.subject = "CA", .ca = true}, pki.ca_key,
	    NULL, pki.ca_key);
	pki.signer = issue(NULL, pki.sign_key);
	pki.encrypts = issue("keyEncipherment", pki.encrypt_key);
	pki.chain = sk_X509_new_null();
	ck_assert(sk_X509_push(pki.chain, pki.ca));
}

static void
teardown(void)
{
	sk_X509_free(pki.chain);
	X509_free(pki.ca);
	X509_free(pki.signer);
	X509_free(pki.encrypts);
	EVP_PKEY_free(pki.ca_key);
	EVP_PKEY_free(pki.sign_key);
	EVP_PKEY_free(pki.encrypt_key);
	ck_assert_uint_eq(ERR_peek_error(), 0);
}

/* Made, read and verified. */
static struct blob *
make(X509 *encrypt_to, const char *names)
{
	X509_ALGORS *capabilities = blob_capabilities(names, &err);
	const struct blob_recipe recipe = {
	    pki.signer, pki.sign_key, encrypt_to, pki.chain, capabilities};
	unsigned char *der;
	struct blob *blob;
	size_t size;

	ck_assert_msg(capabilities != NULL, "%s", err.text);
	ck_assert_msg(blob_make(&recipe, &der, &size, &err) == 0, "%s", err.text);
	blob = blob_read(der, size, &err);
	ck_assert_msg(blob != NULL, "%s", err.text);
	blob_verify(blob, clock_wall());
	ck_assert_msg(blob->verified, "%s", blob->note);
	OPENSSL_free(der);
	sk_X509_ALGOR_pop_free(capabilities, X509_ALGOR_free);
	return blob;
}

static const char *const lists[] = {BLOB_CAPABILITIES_DEFAULT,
    "aes256-gcm,aes128-gcm,aes256-cbc,aes192-cbc,aes128-cbc,3des,rc2-128,rc2-64,des-cbc,rc2-40",
    "3des"};

START_TEST(capabilities_are_read_back_in_their_order)
{
	struct blob *blob = make(NULL, lists[_i]);
	char names[200] = "";
	size_t i;

	for (i = 0; i < blob->capabilities.cipher_count; i++) {
		strcat(names, i > 0 ? "," : "");
		strcat(names, cipher_get(blob->capabilities.ciphers[i])->name);
	}
	ck_assert_str_eq(names, lists[_i]);
	ck_assert(!blob->capabilities.oaep && !blob->capabilities.oaep_sha256);
	blob_free(blob);
}
END_TEST

START_TEST(oaep_is_promised_in_both_forms)
{
	struct blob *blob = make(NULL, "oaep-sha256,aes256-cbc,oaep");

	ck_assert(blob->capabilities.oaep && blob->capabilities.oaep_sha256);
	blob_free(blob);
}
END_TEST

START_TEST(the_chain_stands_in_it_each_certificate_once_and_it_is_dated)
{
	struct blob *blob;

	ck_assert(sk_X509_push(pki.chain, pki.signer)); /* as PKCS#12 files have it now and then */
	blob = make(NULL, "aes256-cbc");
	ck_assert_int_eq(sk_X509_num(blob->certificates), 2);
	ck_assert_int_eq(X509_cmp(blob->signer, pki.signer), 0);
	ck_assert_int_eq(X509_cmp(blob->preferred, pki.signer), 0);
	ck_assert(blob->signing_time > clock_wall() - 600 && blob->signing_time <= clock_wall());
	blob_free(blob);
}
END_TEST

START_TEST(another_certificate_may_be_the_one_to_encrypt_to)
{
	struct blob *blob = make(pki.encrypts, "aes256-cbc");

	ck_assert_int_eq(X509_cmp(blob->signer, pki.signer), 0);
	ck_assert_int_eq(X509_cmp(blob->preferred, pki.encrypts), 0);
	blob_free(blob);
}
END_TEST

START_TEST(openssl_verifies_it_and_finds_both_preferences)
{
	static const char *const oids[] = {"1.2.840.113549.1.9.16.2.11", "1.3.6.1.4.1.311.16.4"};
	struct blob *blob = make(NULL, "aes256-cbc");
	CMS_SignerInfo *signer = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(blob->cms), 0);
	BIO *nothing = BIO_new_mem_buf("", 0);
	X509_STORE *store = X509_STORE_new();
	ASN1_OBJECT *object;
	size_t i;

	ck_assert_int_eq(X509_STORE_add_cert(store, pki.ca), 1);
	ck_assert_int_eq(CMS_verify(blob->cms, NULL, store, nothing, NULL, CMS_BINARY), 1);
	for (i = 0; i < ARRAY_LENGTH(oids); i++) {
		object = OBJ_txt2obj(oids[i], 1);
		ck_assert_int_ge(CMS_signed_get_attr_by_OBJ(signer, object, -1), 0);
		ASN1_OBJECT_free(object);
	}
	X509_STORE_free(store);
	BIO_free(nothing);
	blob_free(blob);
}
END_TEST

START_TEST(what_is_no_capability_is_named)
{
	static const char *const wrong[] = {"", "aes256-cbc,", "nonsense", "unknown",
	    "aes256-cbc,a-name-that-is-longer-than-any-cipher-has-and-than-the-room-for-one-is"};
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(wrong); i++) {
		ck_assert_ptr_null(blob_capabilities(wrong[i], &err));
		ck_assert_int_eq(err.code, ERROR_INPUT);
		ck_assert_ptr_nonnull(strstr(err.text, "is no capability"));
	}
}
END_TEST

static void
refused(const struct blob_recipe *recipe, enum error_code code, const char *words)
{
	unsigned char *der;
	size_t size;

	ck_assert_int_eq(blob_make(recipe, &der, &size, &err), -1);
	ck_assert_ptr_null(der);
	ck_assert_int_eq(err.code, code);
	ck_assert_msg(strstr(err.text, words) != NULL, "%s", err.text);
}

START_TEST(a_key_that_is_not_the_signers_or_can_not_sign_is_refused)
{
	X509_ALGORS *capabilities = blob_capabilities("aes256-cbc", &err);
	struct blob_recipe recipe = {pki.signer, pki.encrypt_key, NULL, pki.chain, capabilities};
	EVP_PKEY *key = pki_key(PKI_X25519, 1);
	X509 *x509 = issue("keyAgreement", key);

	refused(&recipe, ERROR_INPUT, "not that of the certificate");
	recipe.signer = x509;
	recipe.key = key;
	refused(&recipe, ERROR_INPUT, "signing");
	X509_free(x509);
	EVP_PKEY_free(key);
	sk_X509_ALGOR_pop_free(capabilities, X509_ALGOR_free);
}
END_TEST

START_TEST(more_certificates_than_a_reader_takes_are_refused)
{
	X509_ALGORS *capabilities = blob_capabilities("aes256-cbc", &err);
	const struct blob_recipe recipe = {pki.signer, pki.sign_key, NULL, pki.chain, capabilities};

	while (sk_X509_num(pki.chain) <= BLOB_CERTIFICATES_MAX)
		ck_assert(sk_X509_push(pki.chain, pki.ca));
	refused(&recipe, ERROR_LIMIT, "certificates in the chain");
	sk_X509_ALGOR_pop_free(capabilities, X509_ALGOR_free);
}
END_TEST

/* All that was asked for is in it. */
static void
is_complete(const unsigned char *der, size_t size)
{
	struct blob *blob = blob_read(der, size, &err);

	ck_assert_msg(blob != NULL, "%s", err.text);
	blob_verify(blob, clock_wall());
	ck_assert_msg(blob->verified, "%s", blob->note);
	ck_assert_int_eq(sk_X509_num(blob->certificates), 2);
	ck_assert_uint_eq(blob->capabilities.cipher_count, 4);
	ck_assert_ptr_nonnull(blob->preferred);
	blob_free(blob);
}

START_TEST(without_memory_nothing_is_made_rather_than_half_of_it)
{
	X509_ALGORS *capabilities = blob_capabilities(BLOB_CAPABILITIES_DEFAULT, &err);
	EVP_PKEY *key = pki_key(PKI_P256, 2);
	X509 *signer = issue(NULL, key);
	const struct blob_recipe recipe = {signer, key, NULL, pki.chain, capabilities};
	unsigned long failures = 0;
	unsigned long n = 1;
	unsigned char *der;
	bool reached;
	size_t size;
	int result;

	do {
		short_memory_fail(n);
		n += 3; /* each would take long under a sanitizer */
		result = blob_make(&recipe, &der, &size, &err);
		reached = short_memory_failed();
		short_memory_fail(0);
		failures += result != 0;
		ck_assert_int_eq(result == 0, der != NULL);
		if (result == 0)
			is_complete(der, size);
		OPENSSL_free(der);
		ERR_clear_error();
	} while (reached);
	ck_assert_int_eq(result, 0);
	ck_assert_uint_gt(failures, 30);
	X509_free(signer);
	EVP_PKEY_free(key);
	sk_X509_ALGOR_pop_free(capabilities, X509_ALGOR_free);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("blob_make");
	TCase *tcase = unit_case(suite, "blob_make");

	if (!short_memory_prepare())
		return EXIT_FAILURE;
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(
	    tcase, capabilities_are_read_back_in_their_order, 0, (int)ARRAY_LENGTH(lists));
	tcase_add_test(tcase, oaep_is_promised_in_both_forms);
	tcase_add_test(tcase, the_chain_stands_in_it_each_certificate_once_and_it_is_dated);
	tcase_add_test(tcase, another_certificate_may_be_the_one_to_encrypt_to);
	tcase_add_test(tcase, openssl_verifies_it_and_finds_both_preferences);
	tcase_add_test(tcase, what_is_no_capability_is_named);
	tcase_add_test(tcase, a_key_that_is_not_the_signers_or_can_not_sign_is_refused);
	tcase_add_test(tcase, more_certificates_than_a_reader_takes_are_refused);
	tcase_add_test(tcase, without_memory_nothing_is_made_rather_than_half_of_it);
	return unit_run(suite);
}
