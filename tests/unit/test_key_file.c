/* Files with somebody's certificate and key: what is taken from each kind, and what is refused. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pki.h"
#include "short_memory.h"
#include "smime/key_file.h"
#include "unit.h"

static char folder[] = "/tmp/test-key-file-XXXXXX";
static char path[64];
static char other[64];
static struct error err;
static struct key_file file;
static EVP_PKEY *ca_key, *key;
static X509 *ca, *own;
static const char *password; /* that is given when asked; NULL: nobody is there */
static int asked;

static int
ask(void *context, const char *name, char *into, struct error *error)
{
	ck_assert_ptr_eq(context, &asked);
	ck_assert_ptr_nonnull(strstr(name, folder));
	asked++;
	if (password == NULL)
		return error_set(error, ERROR_INPUT, "nobody is there");
	snprintf(into, KEY_FILE_PASSWORD_MAX, "%s", password);
	return 0;
}

static void
setup(void)
{
	static const struct error none = ERROR_INIT;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/file", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
	err = none;
	password = NULL;
	asked = 0;
	ca_key = pki_key(PKI_P256, 1);
	key = pki_key(PKI_RSA_2048, 2);
	ca = pki_issue(
	    &(const struct pki_certificate){.subject = "CA", .ca = true}, ca_key, NULL, ca_key);
	own = pki_issue(&(const struct pki_certificate){.subject = "Anna"}, key, ca, ca_key);
}

static void
teardown(void)
{
	ck_assert_uint_eq(ERR_peek_error(), 0);
	X509_free(own);
	X509_free(ca);
	EVP_PKEY_free(key);
	EVP_PKEY_free(ca_key);
	unlink(path);
	unlink(other);
	ck_assert_int_eq(rmdir(folder), 0);
}

static BIO *
create(const char *name)
{
	BIO *out = BIO_new_file(name, "w");

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(chmod(name, 0600), 0);
	return out;
}

static void
write_pem(const char *name, X509 *first, X509 *second, EVP_PKEY *secret, const char *pass)
{
	BIO *out = create(name);

	if (first != NULL)
		ck_assert(PEM_write_bio_X509(out, first));
	if (second != NULL)
		ck_assert(PEM_write_bio_X509(out, second));
	if (secret != NULL)
		ck_assert(PEM_write_bio_PKCS8PrivateKey(out, secret,
		    pass != NULL ? EVP_aes_256_cbc() : NULL, pass,
		    pass != NULL ? (int)strlen(pass) : 0, NULL, NULL));
	BIO_free(out);
}

static void
write_pkcs12(const char *pass)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	BIO *out = create(path);
	PKCS12 *p12;

	ck_assert(sk_X509_push(chain, ca));
	p12 = PKCS12_create(pass, "anna", key, own, chain, 0, 0, 1, 1, 0);
	ck_assert_ptr_nonnull(p12);
	ck_assert(i2d_PKCS12_bio(out, p12));
	PKCS12_free(p12);
	sk_X509_free(chain);
	BIO_free(out);
}

static int
read_it(const char *key_path)
{
	return key_file_read(path, key_path, ask, &asked, &file, &err);
}

/* Anna's certificate, her key, and the CA's. */
static void
taken(bool with_key)
{
	ck_assert_int_eq(X509_cmp(file.certificate, own), 0);
	ck_assert_int_eq(sk_X509_num(file.others), 1);
	ck_assert_int_eq(X509_cmp(sk_X509_value(file.others, 0), ca), 0);
	ck_assert_int_eq(file.key != NULL, with_key);
	if (with_key)
		ck_assert_int_eq(EVP_PKEY_eq(file.key, key), 1);
	key_file_clear(&file);
	ck_assert_ptr_null(file.key);
}

static void
refused(const char *key_path, const char *words)
{
	ck_assert_int_eq(read_it(key_path), -1);
	ck_assert_int_eq(err.code, ERROR_INPUT);
	ck_assert_msg(strstr(err.text, words) != NULL, "%s", err.text);
	ck_assert_ptr_null(file.certificate);
	ck_assert_ptr_null(file.key);
	ck_assert_ptr_null(file.others);
}

START_TEST(pem_gives_certificate_key_and_chain_in_any_order)
{
	write_pem(path, own, ca, key, NULL);
	ck_assert_msg(read_it(NULL) == 0, "%s", err.text);
	taken(true);
	write_pem(path, ca, own, key, NULL);
	ck_assert_msg(read_it(NULL) == 0, "%s", err.text);
	taken(true);
	write_pem(path, ca, own, NULL, NULL);
	ck_assert_msg(read_it(NULL) == 0, "%s", err.text);
	taken(false);
	write_pem(other, NULL, NULL, key, NULL);
	ck_assert_msg(read_it(other) == 0, "%s", err.text);
	taken(true);
	ck_assert_int_eq(asked, 0);
}
END_TEST

START_TEST(what_is_encrypted_asks_once_for_its_password)
{
	password = "open";
	write_pem(path, own, ca, key, "open");
	ck_assert_msg(read_it(NULL) == 0, "%s", err.text);
	taken(true);
	write_pkcs12("open");
	ck_assert_msg(read_it(NULL) == 0, "%s", err.text);
	taken(true);
	ck_assert_int_eq(asked, 2);
	write_pkcs12("");
	ck_assert_msg(read_it(NULL) == 0, "%s", err.text);
	taken(true);
	ck_assert_int_eq(asked, 2);
}
END_TEST

START_TEST(a_wrong_password_and_none_are_told_apart)
{
	write_pem(path, own, ca, key, "open");
	refused(NULL, "nobody is there");
	password = "wrong";
	refused(NULL, "is the password right?");
	write_pkcs12("open");
	refused(NULL, "is wrong");
	password = NULL;
	refused(NULL, "nobody is there");
}
END_TEST

START_TEST(a_key_that_everybody_can_read_is_refused_and_a_certificate_is_not)
{
	write_pem(path, own, ca, key, NULL);
	ck_assert_int_eq(chmod(path, 0644), 0);
	refused(NULL, "\"chmod o= ");
	write_pkcs12("open");
	ck_assert_int_eq(chmod(path, 0644), 0);
	refused(NULL, "\"chmod o= ");
	write_pem(path, own, ca, NULL, NULL);
	ck_assert_int_eq(chmod(path, 0644), 0);
	ck_assert_msg(read_it(NULL) == 0, "%s", err.text);
	taken(false);
	write_pem(other, NULL, NULL, key, NULL);
	ck_assert_int_eq(chmod(other, 0644), 0);
	refused(other, "\"chmod o= ");
}
END_TEST

START_TEST(key_and_certificate_must_belong_together)
{
	write_pem(path, own, NULL, ca_key, NULL);
	refused(NULL, "no certificate of the private key");
	write_pem(path, own, ca, NULL, NULL);
	write_pem(other, own, NULL, NULL, NULL);
	refused(other, "holds no private key");
}
END_TEST

START_TEST(one_certificate_in_der_will_do)
{
	BIO *out = create(path);

	ck_assert(i2d_X509_bio(out, own));
	BIO_free(out);
	ck_assert_msg(read_it(NULL) == 0, "%s", err.text);
	ck_assert_int_eq(X509_cmp(file.certificate, own), 0);
	write_pem(other, ca, NULL, NULL, NULL);
	ck_assert_msg(key_file_add_chain(&file, other, &err) == 0, "%s", err.text);
	taken(false);
}
END_TEST

START_TEST(what_is_none_of_it_is_refused)
{
	static const char *const texts[] = {"", "nonsense", "0nonsense",
	    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
	    "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"};
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(texts); i++) {
		BIO *out = create(path);

		ck_assert(BIO_puts(out, texts[i]) >= 0);
		BIO_free(out);
		refused(NULL, path);
	}
	unlink(path);
	ck_assert_int_eq(read_it(NULL), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "No such file"));
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	refused(NULL, "not a regular file");
}
END_TEST

/* Whatever allocation fails: an error, or all of it. step: not each of thousands is tried. */
static void
read_with_little_memory(unsigned long step)
{
	unsigned long n = 1;
	bool reached;
	int result;

	do {
		short_memory_fail(n);
		n += step;
		result = read_it(NULL);
		reached = short_memory_failed();
		short_memory_fail(0);
		ERR_clear_error();
		if (result == 0)
			taken(true);
		else
			ck_assert_ptr_null(file.key);
	} while (reached);
	ck_assert_int_eq(result, 0);
	ck_assert_uint_gt(n, 50);
}

START_TEST(without_memory_nothing_is_taken_rather_than_half_of_it)
{
	write_pem(path, own, ca, key, NULL);
	read_with_little_memory(7);
	password = "open";
	write_pkcs12("open");
	read_with_little_memory(31);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("key_file");
	TCase *tcase = unit_case(suite, "key_file");

	if (!short_memory_prepare())
		return EXIT_FAILURE;
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, pem_gives_certificate_key_and_chain_in_any_order);
	tcase_add_test(tcase, what_is_encrypted_asks_once_for_its_password);
	tcase_add_test(tcase, a_wrong_password_and_none_are_told_apart);
	tcase_add_test(tcase, a_key_that_everybody_can_read_is_refused_and_a_certificate_is_not);
	tcase_add_test(tcase, key_and_certificate_must_belong_together);
	tcase_add_test(tcase, one_certificate_in_der_will_do);
	tcase_add_test(tcase, what_is_none_of_it_is_refused);
	tcase_add_test(tcase, without_memory_nothing_is_taken_rather_than_half_of_it);
	return unit_run(suite);
}
