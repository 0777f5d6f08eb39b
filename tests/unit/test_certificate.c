/* Certificates: what is read of them, and whom they are for. */
#include <malloc.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pki.h"
#include "smime/certificate.h"
#include "unit.h"

static struct certificate *
make(const struct pki_certificate *what, enum pki_key kind)
{
	EVP_PKEY *ca_key = pki_key(PKI_RSA_2048, 7);
	EVP_PKEY *key = pki_key(kind, 0);
	X509 *ca = pki_issue(
	    &(const struct pki_certificate){.subject = "CA", .ca = true}, ca_key, NULL, ca_key);
	X509 *x509 = pki_issue(what, key, ca, ca_key);
	struct certificate *certificate = certificate_from_x509(x509, NULL);

	ck_assert_ptr_nonnull(certificate);
	X509_free(x509);
	X509_free(ca);
	EVP_PKEY_free(key);
	EVP_PKEY_free(ca_key);
	return certificate;
}

static bool
has(const struct certificate *certificate, const char *text, bool exact_local)
{
	struct address address = ADDRESS_INIT;
	bool answer;

	ck_assert_int_eq(address_parse(text, &address, NULL), 0);
	answer = certificate_has_address(certificate, &address, exact_local);
	address_free(&address);
	return answer;
}

START_TEST(what_people_and_records_need_is_read)
{
	struct certificate *made =
	    make(&(const struct pki_certificate){.subject = "Anna, of J\xc3\xbclich",
		     .email = "anna@Corp.Example"},
		PKI_RSA_2048);
	size_t size;
	unsigned char *der = pki_der(made->x509, &size);
	struct certificate *certificate = certificate_from_der(der, size, NULL);

	ck_assert_ptr_nonnull(certificate);
	ck_assert_str_eq(certificate->subject, "CN=Anna\\, of J\xc3\xbclich");
	ck_assert_str_eq(certificate->issuer, "CN=CA");
	ck_assert_uint_eq(strlen(certificate->serial), 30);
	ck_assert_uint_eq(strlen(certificate->sha256), 64);
	ck_assert_str_eq(certificate->sha256, made->sha256);
	ck_assert_int_eq((long)(certificate->not_after - certificate->not_before), 366 * 86400);
	ck_assert_uint_eq(certificate->address_count, 1);
	ck_assert_str_eq(certificate->addresses[0], "anna@corp.example");
	ck_assert_int_eq(certificate_key_kind(certificate), KEY_RSA);
	ck_assert_int_eq(certificate_key_bits(certificate), 2048);
	ck_assert_ptr_eq(certificate_ref(certificate), certificate);
	certificate_unref(certificate);
	certificate_unref(certificate);
	certificate_unref(made);
	certificate_unref(NULL);
	OPENSSL_free(der);
}
END_TEST

static const struct {
	struct pki_certificate what;
	const char *address;
	bool exact_local;
	bool matches;
} matches[] = {
    {{.email = "anna@corp.example"}, "anna@corp.example", true, true},
    {{.email = "anna@corp.example"}, "anna@CORP.example", true, true},
    {{.email = "Anna@corp.example"}, "anna@corp.example", false, true},
    {{.email = "Anna@corp.example"}, "anna@corp.example", true, false},
    {{.email = "bob@corp.example"}, "anna@corp.example", false, false},
    {{.email = "bob@corp.example", .email2 = "anna@corp.example"}, "anna@corp.example", false,
	true},
    /* The subject speaks only where no alternative name does. */
    {{.subject_email = "anna@corp.example"}, "anna@corp.example", false, true},
    {{.subject_email = "anna@corp.example", .email = "bob@corp.example"}, "anna@corp.example",
	false, false},
    {{.subject_email = "anna@corp.example", .smtp_utf8 = "j\xc3\xbcrg@corp.example"},
	"anna@corp.example", false, false},
    {{.subject_email = "anna@corp.example", .extension = "subjectAltName=DNS:corp.example"},
	"anna@corp.example", false, true},
    /* RFC 9598 with A-labels, RFC 8398 with U-labels. */
    {{.smtp_utf8 = "j\xc3\xbcrg@xn--bcher-kva.example"},
	"j\xc3\xbcrg@b\xc3\xbc"
	"cher.example",
	false, true},
    {{.smtp_utf8 = "j\xc3\xbcrg@b\xc3\xbc"
		   "cher.example"},
	"j\xc3\xbcrg@xn--bcher-kva.example", false, true},
    /* What an SMTP command may write, a certificate may not. */
    {{.email = "<anna@corp.example>"}, "anna@corp.example", false, false},
    {{.email = "@relay.example:anna@corp.example"}, "anna@corp.example", false, false},
    {{.email = "j\xc3\xbcrg@corp.example"}, "j\xc3\xbcrg@corp.example", false, false},
    {{.email = "anna@corp.example\nbob@corp.example"}, "anna@corp.example", false, false},
    {{.email = "not an address"}, "anna@corp.example", false, false},
    {{.subject = "anna@corp.example"}, "anna@corp.example", false, false},
};

START_TEST(an_address_is_matched)
{
	struct certificate *certificate = make(&matches[_i].what, PKI_RSA_2048);

	ck_assert_int_eq(
	    has(certificate, matches[_i].address, matches[_i].exact_local), matches[_i].matches);
	certificate_unref(certificate);
}
END_TEST

START_TEST(an_address_hidden_behind_a_nul_does_not_match)
{
	static const char hidden[] = "anna@corp.example\0.evil.example";
	EVP_PKEY *key = pki_key(PKI_RSA_2048, 0);
	X509 *x509 = pki_issue(&(const struct pki_certificate){.subject = "x"}, key, NULL, key);
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *string = ASN1_IA5STRING_new();
	struct certificate *certificate;

	ck_assert(ASN1_STRING_set(string, hidden, (int)sizeof(hidden) - 1));
	GENERAL_NAME_set0_value(name, GEN_EMAIL, string);
	ck_assert(sk_GENERAL_NAME_push(names, name));
	ck_assert_int_eq(X509_add1_ext_i2d(x509, NID_subject_alt_name, names, 0, 0), 1);
	ck_assert(X509_sign(x509, key, EVP_sha256()) > 0);
	certificate = certificate_from_x509(x509, NULL);
	ck_assert_ptr_nonnull(certificate);
	ck_assert(!has(certificate, "anna@corp.example", false));
	/* But it is not a certificate without address, which an entry could bind. */
	ck_assert_uint_eq(certificate->address_count, 1);
	certificate_unref(certificate);
	GENERAL_NAMES_free(names);
	X509_free(x509);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(a_longest_name_and_too_many_addresses_are_cut)
{
	char subject[65];
	struct certificate *certificate;
	EVP_PKEY *key = pki_key(PKI_RSA_2048, 0);
	X509 *x509 = pki_issue(&(const struct pki_certificate){.subject = "x"}, key, NULL, key);
	X509_NAME *name = X509_NAME_new();
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
	int i;

	memset(subject, 'u', sizeof(subject) - 1);
	subject[sizeof(subject) - 1] = '\0';
	for (i = 0; i < 100; i++)
		ck_assert(X509_NAME_add_entry_by_txt(
		    name, "OU", MBSTRING_UTF8, (unsigned char *)subject, -1, -1, 0));
	ck_assert(X509_set_subject_name(x509, name));
	X509_NAME_free(name);
	for (i = 0; i < CERTIFICATE_ADDRESSES_MAX + 10; i++) {
		GENERAL_NAME *one = GENERAL_NAME_new();
		ASN1_STRING *string = ASN1_IA5STRING_new();
		char text[40];

		snprintf(text, sizeof(text), "user%d@corp.example", i);
		ck_assert(ASN1_STRING_set(string, text, -1));
		GENERAL_NAME_set0_value(one, GEN_EMAIL, string);
		ck_assert(sk_GENERAL_NAME_push(names, one));
	}
	ck_assert_int_eq(X509_add1_ext_i2d(x509, NID_subject_alt_name, names, 0, 0), 1);
	certificate = certificate_from_x509(x509, NULL);
	ck_assert_ptr_nonnull(certificate);
	ck_assert_uint_le(strlen(certificate->subject), CERTIFICATE_NAME_MAX + 3);
	ck_assert_str_eq(certificate->subject + strlen(certificate->subject) - 3, "...");
	ck_assert_uint_eq(certificate->address_count, CERTIFICATE_ADDRESSES_MAX);
	certificate_unref(certificate);
	GENERAL_NAMES_free(names);
	X509_free(x509);
	EVP_PKEY_free(key);
}
END_TEST

static const struct {
	enum pki_key key;
	const char *usage;
	const char *extended;
	enum key_kind kind;
	bool may_encrypt;
	bool may_sign;
} keys[] = {
    {PKI_RSA_2048, NULL, NULL, KEY_RSA, true, true},
    {PKI_RSA_2048, "-", "-", KEY_RSA, true, true},
    {PKI_RSA_2048, "digitalSignature", NULL, KEY_RSA, false, true},
    {PKI_RSA_2048, "nonRepudiation", NULL, KEY_RSA, false, true},
    {PKI_RSA_2048, "keyEncipherment", NULL, KEY_RSA, true, false},
    {PKI_RSA_2048, "keyAgreement", NULL, KEY_RSA, false, false},
    {PKI_RSA_2048, "dataEncipherment", NULL, KEY_RSA, false, false},
    {PKI_RSA_2048, NULL, "serverAuth", KEY_RSA, false, false},
    {PKI_RSA_2048, NULL, "serverAuth,emailProtection", KEY_RSA, true, true},
    {PKI_RSA_2048, NULL, "anyExtendedKeyUsage", KEY_RSA, true, true},
    {PKI_P256, "keyAgreement", NULL, KEY_EC, true, false},
    {PKI_P256, "keyEncipherment", NULL, KEY_EC, false, false},
    {PKI_P384, NULL, NULL, KEY_EC, true, true},
    {PKI_P521, NULL, NULL, KEY_EC, true, true},
    {PKI_X25519, NULL, NULL, KEY_UNSUPPORTED, true, false},
    {PKI_ED25519, NULL, NULL, KEY_UNSUPPORTED, false, true},
};

START_TEST(key_and_usage_are_told)
{
	struct certificate *certificate =
	    make(&(const struct pki_certificate){.email = "anna@corp.example",
		     .key_usage = keys[_i].usage,
		     .extended_usage = keys[_i].extended},
		keys[_i].key);

	ck_assert_int_eq(certificate_key_kind(certificate), keys[_i].kind);
	ck_assert_int_eq(certificate_may_encrypt(certificate->x509), keys[_i].may_encrypt);
	ck_assert_int_eq(certificate_may_sign(certificate->x509), keys[_i].may_sign);
	certificate_unref(certificate);
}
END_TEST

START_TEST(a_curve_by_explicit_parameters_or_another_one_is_unsupported)
{
	EVP_PKEY *rsa = pki_key(PKI_RSA_2048, 7);
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x509;
	struct certificate *certificate;
	unsigned char *der = NULL;
	const unsigned char *next;
	int size;

	ck_assert(EVP_PKEY_set_utf8_string_param(key, "encoding", "explicit"));
	x509 = pki_issue(&(const struct pki_certificate){.subject = "x"}, key, NULL, key);
	size = i2d_X509(x509, &der);
	ck_assert_int_gt(size, 0);
	X509_free(x509);
	next = der;
	x509 = d2i_X509(NULL, &next, size);
	certificate = certificate_from_x509(x509, NULL);
	ck_assert_int_eq(certificate_key_kind(certificate), KEY_UNSUPPORTED);
	certificate_unref(certificate);
	X509_free(x509);
	OPENSSL_free(der);
	EVP_PKEY_free(key);
	key = EVP_EC_gen("secp256k1");
	x509 = pki_issue(&(const struct pki_certificate){.subject = "x"}, key, NULL, key);
	certificate = certificate_from_x509(x509, NULL);
	ck_assert_int_eq(certificate_key_kind(certificate), KEY_UNSUPPORTED);
	certificate_unref(certificate);
	X509_free(x509);
	EVP_PKEY_free(key);
	EVP_PKEY_free(rsa);
}
END_TEST

START_TEST(a_certificate_cut_anywhere_is_refused)
{
	struct certificate *made =
	    make(&(const struct pki_certificate){.email = "anna@corp.example"}, PKI_P256);
	struct error err = ERROR_INIT;
	size_t size;
	unsigned char *der = pki_der(made->x509, &size);
	size_t i;

	for (i = 0; i < size; i++) {
		unsigned char *cut = OPENSSL_memdup(der, i == 0 ? 1 : i);

		ck_assert_ptr_null(certificate_from_der(cut, i, &err));
		ck_assert_int_eq(err.code, ERROR_INPUT);
		OPENSSL_free(cut);
	}
	certificate_unref(made);
	OPENSSL_free(der);
}
END_TEST

START_TEST(a_certificate_with_any_byte_changed_is_survived)
{
	struct certificate *made =
	    make(&(const struct pki_certificate){.email = "anna@corp.example"}, PKI_P256);
	size_t size;
	unsigned char *der = pki_der(made->x509, &size);
	size_t i;
	int bit;

	for (i = 0; i < size; i++) {
		for (bit = 0; bit < 8; bit++) {
			struct error err = ERROR_INIT;
			struct certificate *certificate;

			der[i] ^= (unsigned char)(1 << bit);
			certificate = certificate_from_der(der, size, &err);
			ck_assert(certificate != NULL || err.code == ERROR_INPUT);
			if (certificate != NULL) {
				certificate_key_kind(certificate);
				certificate_may_encrypt(certificate->x509);
			}
			certificate_unref(certificate);
			der[i] ^= (unsigned char)(1 << bit);
		}
	}
	certificate_unref(made);
	OPENSSL_free(der);
}
END_TEST

START_TEST(garbage_trailing_bytes_and_giants_are_refused)
{
	struct certificate *made =
	    make(&(const struct pki_certificate){.email = "anna@corp.example"}, PKI_P256);
	struct error err = ERROR_INIT;
	size_t size;
	unsigned char *der = pki_der(made->x509, &size);
	size_t big = CERTIFICATE_SIZE_MAX + 1;
	unsigned char *more = calloc(1, big);

	ck_assert_ptr_nonnull(more);
	memcpy(more, der, size);
	ck_assert_ptr_null(certificate_from_der(more, size + 1, &err));
	ck_assert_int_eq(err.code, ERROR_INPUT);
	ck_assert_ptr_null(certificate_from_der(more, big, &err));
	ck_assert_int_eq(err.code, ERROR_INPUT);
	memset(more, 0x30, big); /* nested as deep as it is long */
	ck_assert_ptr_null(certificate_from_der(more, CERTIFICATE_SIZE_MAX, &err));
	memset(more, 0xa3, big);
	ck_assert_ptr_null(certificate_from_der(more, CERTIFICATE_SIZE_MAX, &err));
	free(more);
	certificate_unref(made);
	OPENSSL_free(der);
}
END_TEST

#define COPIES 20

/* What OpenSSL and we take for a certificate, measured. With a sanitizer's allocator nothing is seen. */
static size_t
measure(const unsigned char *der, size_t size, size_t *told)
{
	struct certificate *certificates[COPIES + 1];
	size_t before = 0;
	size_t after;
	int i;

	for (i = 0; i <= COPIES; i++) {
		if (i == 1)
			before = mallinfo2().uordblks + mallinfo2().hblkhd;
		certificates[i] = certificate_from_der(der, size, NULL);
		ck_assert_ptr_nonnull(certificates[i]);
	}
	after = mallinfo2().uordblks + mallinfo2().hblkhd;
	*told = certificates[0]->bytes;
	for (i = 0; i <= COPIES; i++)
		certificate_unref(certificates[i]);
	return (after - before) / COPIES;
}

/* An extension of many small values. */
static char *
many(const char *start, const char *value, int count)
{
	size_t room = strlen(start) + strlen(value) * (size_t)count + 1;
	char *text = malloc(room);
	char *end = stpcpy(text, start);

	while (count-- > 0)
		end = stpcpy(end, value);
	return text;
}

START_TEST(what_a_certificate_takes_of_the_memory_is_known)
{
	char *extension = NULL;
	struct pki_certificate what = {.subject = "Anna", .email = "anna@example.org"};
	size_t told;
	size_t real;
	size_t size;
	unsigned char *der;
	struct certificate *made;

	if (_i == 1) /* alternative names */
		extension = many("subjectAltName=email:b@c", ",email:a@b", 10000);
	else if (_i == 2) /* autonomous systems (RFC 3779 3.2.3): 10,000 integers of one octet */
		extension =
		    many("sbgp-autonomousSysNum=DER:30827538a082753430827530", "020101", 10000);
	else if (_i == 3) /* one large value */
		extension = many("nsComment=", "0123456789", 20000);
	what.email = _i == 1 ? NULL : what.email;
	what.extension = extension;
	made = make(&what, PKI_RSA_2048);
	der = pki_der(made->x509, &size);
	real = measure(der, size, &told);
	ck_assert_msg(told >= real, "%zu of %zu", told, real);
	ck_assert_msg(real == 0 || told < real * 5, "%zu for %zu", told, real);
	certificate_unref(made);
	OPENSSL_free(der);
	free(extension);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("certificate");
	TCase *tcase = unit_case(suite, "certificate");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, what_people_and_records_need_is_read);
	tcase_add_loop_test(tcase, an_address_is_matched, 0, (int)ARRAY_LENGTH(matches));
	tcase_add_test(tcase, an_address_hidden_behind_a_nul_does_not_match);
	tcase_add_test(tcase, a_longest_name_and_too_many_addresses_are_cut);
	tcase_add_loop_test(tcase, key_and_usage_are_told, 0, (int)ARRAY_LENGTH(keys));
	tcase_add_test(tcase, a_curve_by_explicit_parameters_or_another_one_is_unsupported);
	tcase_add_loop_test(tcase, what_a_certificate_takes_of_the_memory_is_known, 0, 4);
	tcase_add_test(tcase, a_certificate_cut_anywhere_is_refused);
	tcase_add_test(tcase, a_certificate_with_any_byte_changed_is_survived);
	tcase_add_test(tcase, garbage_trailing_bytes_and_giants_are_refused);
	return unit_run(suite);
}
