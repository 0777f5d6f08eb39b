/* SMIMECapabilities: every form of FACTS and of the wild, each entry for itself. */
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pki.h"
#include "smime/capabilities.h"
#include "unit.h"

#define AES128 "300B0609608648016503040102"
#define AES192 "300B0609608648016503040116"
#define AES256 "300B060960864801650304012A"
#define AES128_GCM "300B0609608648016503040106"
#define AES192_GCM "300B060960864801650304011A"
#define AES256_GCM "300B060960864801650304012E"
#define DES3 "300A06082A864886F70D0307"
#define DES "300706052B0E030207"
#define RC2_40 "300D06082A864886F70D0302020128"
#define RC2_64 "300D06082A864886F70D0302020140"
#define RC2_128 "300E06082A864886F70D030202020080"
#define OAEP_DEFAULT "300D06092A864886F70D0101073000"
#define OAEP_SHA256                                                                              \
	"303806092A864886F70D010107302B300D06096086480165030402010500301A06092A864886F70D010108" \
	"300D06096086480165030402010500"

/* The SEQUENCE around entries given in hex. */
static unsigned char *
list_of(const char *entries, size_t *size)
{
	char whole[8192];
	size_t inner = strlen(entries) / 2;
	long length;
	unsigned char *der;

	if (inner < 0x80)
		snprintf(whole, sizeof(whole), "30%02zX%s", inner, entries);
	else
		snprintf(whole, sizeof(whole), "3082%04zX%s", inner, entries);
	der = OPENSSL_hexstr2buf(whole, &length);
	ck_assert_ptr_nonnull(der);
	*size = (size_t)length;
	return der;
}

static bool
read_list(const char *entries, struct capabilities *capabilities)
{
	size_t size;
	unsigned char *der = list_of(entries, &size);
	bool read = capabilities_read(der, size, CAPABILITIES_SIGNED, capabilities);

	OPENSSL_free(der);
	return read;
}

static const struct {
	const char *entries;
	int cipher; /* -1: none */
	bool oaep;
	bool oaep_sha256;
} entries[] = {
    {RC2_40, CIPHER_RC2_40, false, false},
    {RC2_64, CIPHER_RC2_64, false, false},
    {RC2_128, CIPHER_RC2_128, false, false},
    {DES, CIPHER_DES, false, false},
    {DES3, CIPHER_DES3, false, false},
    {AES128, CIPHER_AES128_CBC, false, false},
    {AES192, CIPHER_AES192_CBC, false, false},
    {AES256, CIPHER_AES256_CBC, false, false},
    {AES128_GCM, CIPHER_AES128_GCM, false, false},
    {AES192_GCM, CIPHER_AES192_GCM, false, false},
    {AES256_GCM, CIPHER_AES256_GCM, false, false},
    /* RC2 INTEGER 58, wrapped; INTEGER 5; nothing; a negative; a giant. */
    {"300F06082A864886F70D0302300302013A", CIPHER_RC2_40, false, false},
    {"300D06082A864886F70D0302020105", CIPHER_RC2_40, false, false},
    {"300A06082A864886F70D0302", CIPHER_RC2_40, false, false},
    {"300D06082A864886F70D0302020180", CIPHER_RC2_40, false, false},
    {"301506082A864886F70D030202097FFFFFFFFFFFFFFFFF", CIPHER_RC2_40, false, false},
    /* RC4 with INTEGER 512. */
    {"300E06082A864886F70D030402020200", CIPHER_RC4, false, false},
    /* AES-256 with NULL where parameters should be absent. */
    {"300D060960864801650304012A0500", CIPHER_AES256_CBC, false, false},
    /* AES-256-wrap, rsaEncryption with and without NULL: no content ciphers. */
    {"300B060960864801650304012D", -1, false, false},
    {"300B06092A864886F70D010101", -1, false, false},
    {"300D06092A864886F70D0101010500", -1, false, false},
    {OAEP_DEFAULT, -1, true, false},
    {OAEP_SHA256, -1, false, true},
    /* The same with the tags that its syntax asks for. */
    {"303C06092A864886F70D010107302FA00F300D06096086480165030402010500A11C301A06092A864886F70D"
     "010108300D06096086480165030402010500",
	-1, false, true},
    /* With a label of its own: no form that we make. */
    {"302406092A864886F70D0101073017A215301306092A864886F70D010109040648656C6C6F21", -1, false,
	false},
    /* OAEP without its parameters promises nothing. */
    {"300B06092A864886F70D010107", -1, false, false},
    {"300D06092A864886F70D0101070500", -1, false, false},
    /* OAEP with SHA-256, but the mask of SHA-1: no form that we make. */
    {"301E06092A864886F70D0101073011A00F300D06096086480165030402010500", -1, false, false},
};

START_TEST(an_entry_is_read_by_its_parameters)
{
	struct capabilities capabilities;

	ck_assert(read_list(entries[_i].entries, &capabilities));
	if (entries[_i].cipher < 0) {
		ck_assert_uint_eq(capabilities.cipher_count, 0);
		ck_assert_int_eq(capabilities.from, CAPABILITIES_NONE);
	} else {
		ck_assert_uint_eq(capabilities.cipher_count, 1);
		ck_assert_int_eq((int)capabilities.ciphers[0], entries[_i].cipher);
		ck_assert_int_eq(capabilities.from, CAPABILITIES_SIGNED);
	}
	ck_assert_int_eq(capabilities.oaep, entries[_i].oaep);
	ck_assert_int_eq(capabilities.oaep_sha256, entries[_i].oaep_sha256);
}
END_TEST

START_TEST(order_is_kept_and_doubles_are_dropped)
{
	struct capabilities capabilities;

	ck_assert(
	    read_list(DES3 AES256 DES3 RC2_40 AES256 OAEP_SHA256 OAEP_DEFAULT, &capabilities));
	ck_assert_uint_eq(capabilities.cipher_count, 3);
	ck_assert_int_eq(capabilities.ciphers[0], CIPHER_DES3);
	ck_assert_int_eq(capabilities.ciphers[1], CIPHER_AES256_CBC);
	ck_assert_int_eq(capabilities.ciphers[2], CIPHER_RC2_40);
	ck_assert(capabilities.oaep && capabilities.oaep_sha256);
}
END_TEST

START_TEST(an_entry_that_is_none_does_not_fail_the_list)
{
	struct capabilities capabilities;

	/* An INTEGER; a SEQUENCE without object identifier; one with too much in it. */
	ck_assert(read_list("020105"
			    "3003020105"
			    "300F060960864801650304012A05000500" AES128,
	    &capabilities));
	ck_assert_uint_eq(capabilities.cipher_count, 1);
	ck_assert_int_eq(capabilities.ciphers[0], CIPHER_AES128_CBC);
	/* A length beyond the end ends the list there. */
	ck_assert(read_list(AES128 "307F06", &capabilities));
	ck_assert_uint_eq(capabilities.cipher_count, 1);
}
END_TEST

START_TEST(entries_beyond_the_limit_are_not_looked_at)
{
	char many[8000] = "";
	struct capabilities capabilities;
	int i;

	for (i = 0; i < CAPABILITIES_LIST_MAX; i++)
		strcat(many, AES128);
	strcat(many, AES256);
	ck_assert(read_list(many, &capabilities));
	ck_assert_uint_eq(capabilities.cipher_count, 1);
}
END_TEST

static const char *const no_lists[] = {
    "", "30", "3005", "0500", ("3080" AES128 "0000"), ("300D" AES128 "00"), ("310D" AES128), "FF"};

START_TEST(what_is_no_list_is_refused)
{
	long length = 0;
	unsigned char *der = OPENSSL_hexstr2buf(no_lists[_i], &length);
	struct capabilities capabilities;

	ck_assert(!capabilities_read(der, (size_t)length, CAPABILITIES_SIGNED, &capabilities));
	ck_assert_int_eq(capabilities.from, CAPABILITIES_NONE);
	ck_assert_uint_eq(capabilities.cipher_count, 0);
	OPENSSL_free(der);
}
END_TEST

START_TEST(no_list_cut_short_or_with_a_flipped_byte_is_overrun)
{
	size_t size;
	unsigned char *der = list_of(AES256 RC2_40 OAEP_SHA256 DES3, &size);
	struct capabilities capabilities;
	size_t i;

	for (i = 0; i < size; i++) {
		/* A copy of exactly this length: reading on is seen. */
		unsigned char *cut = OPENSSL_memdup(der, i == 0 ? 1 : i);

		ck_assert(!capabilities_read(cut, i, CAPABILITIES_SIGNED, &capabilities));
		OPENSSL_free(cut);
		der[i] ^= 0xff;
		capabilities_read(der, size, CAPABILITIES_SIGNED, &capabilities);
		ck_assert_uint_le(capabilities.cipher_count, 4);
		der[i] ^= 0xff;
	}
	OPENSSL_free(der);
}
END_TEST

static const struct {
	const char *entries;
	enum cipher_id by[CLIENT_COUNT];
} fallbacks[] = {
    {"", {CIPHER_RC2_40, CIPHER_DES3, CIPHER_AES256_CBC}},
    {AES256 DES3 RC2_40, {CIPHER_DES3, CIPHER_DES3, CIPHER_AES256_CBC}},
    {RC2_40 AES256, {CIPHER_RC2_40, CIPHER_RC2_40, CIPHER_RC2_40}},
    {AES256_GCM, {CIPHER_RC2_40, CIPHER_DES3, CIPHER_AES256_CBC}},
    {AES256_GCM AES128, {CIPHER_RC2_40, CIPHER_DES3, CIPHER_AES128_CBC}},
};

START_TEST(the_fallback_is_what_the_client_knows_or_its_default)
{
	struct capabilities capabilities;
	int client;

	ck_assert(read_list(fallbacks[_i].entries, &capabilities));
	for (client = 0; client < CLIENT_COUNT; client++)
		ck_assert_int_eq(capabilities_fallback(&capabilities, (enum client)client)->id,
		    fallbacks[_i].by[client]);
}
END_TEST

static X509 *
with_extension(const unsigned char *der, size_t size, const char *extension)
{
	const struct pki_certificate what = {
	    .capabilities = der, .capabilities_size = size, .extension = extension};
	EVP_PKEY *key = pki_key(PKI_RSA_2048, 0);
	X509 *x509 = pki_issue(&what, key, NULL, key);

	EVP_PKEY_free(key);
	return x509;
}

START_TEST(a_certificate_extension_is_read)
{
	struct capabilities capabilities;
	X509 *x509 = with_extension(pki_capabilities_aes256, pki_capabilities_aes256_size, NULL);

	ck_assert(capabilities_of_certificate(x509, &capabilities));
	ck_assert_int_eq(capabilities.from, CAPABILITIES_EXTENSION);
	ck_assert_int_eq(capabilities.ciphers[0], CIPHER_AES256_CBC);
	X509_free(x509);
}
END_TEST

START_TEST(no_extension_or_a_bad_one_says_nothing)
{
	static const unsigned char garbage[] = {0x04, 0x01, 0x00};
	struct capabilities capabilities;
	X509 *x509 = with_extension(NULL, 0, NULL);

	ck_assert(!capabilities_of_certificate(x509, &capabilities));
	X509_free(x509);
	x509 = with_extension(garbage, sizeof(garbage), NULL);
	ck_assert(!capabilities_of_certificate(x509, &capabilities));
	ck_assert_int_eq(capabilities.from, CAPABILITIES_NONE);
	X509_free(x509);
	/* Critical: RFC 4262 forbids it. */
	x509 = with_extension(NULL, 0, "1.2.840.113549.1.9.15=critical,DER:300D" AES256);
	ck_assert(!capabilities_of_certificate(x509, &capabilities));
	X509_free(x509);
	/* Twice. */
	x509 = with_extension(pki_capabilities_aes256, pki_capabilities_aes256_size,
	    "1.2.840.113549.1.9.15=DER:300D" AES256);
	ck_assert(!capabilities_of_certificate(x509, &capabilities));
	X509_free(x509);
}
END_TEST

START_TEST(the_extension_of_rfc_9216_names_no_content_cipher)
{
	char path[512];
	struct capabilities capabilities;
	X509 *dana;
	FILE *in;

	snprintf(path, sizeof(path), "%s/rfc9216/8.3-Dana_s_Encryption_End_Entity_Certificate.crt",
	    getenv("SMIME_CORPORA"));
	in = fopen(path, "r");
	ck_assert_msg(in != NULL, "%s", path);
	dana = PEM_read_X509(in, NULL, NULL, NULL);
	fclose(in);
	/* One entry: how a key is agreed on and wrapped. */
	ck_assert(capabilities_of_certificate(dana, &capabilities));
	ck_assert_uint_eq(capabilities.cipher_count, 0);
	ck_assert_int_eq(capabilities.from, CAPABILITIES_NONE);
	X509_free(dana);
}
END_TEST

START_TEST(names_are_stable)
{
	ck_assert_str_eq(capabilities_source_name(CAPABILITIES_NONE), "none");
	ck_assert_str_eq(capabilities_source_name(CAPABILITIES_ASSUMED), "assumed");
	ck_assert_str_eq(capabilities_source_name(CAPABILITIES_EXTENSION), "extension");
	ck_assert_str_eq(capabilities_source_name(CAPABILITIES_SIGNED), "signed");
	ck_assert_str_eq(capabilities_client_name(CLIENT_OUTLOOK_2002), "outlook-2002");
	ck_assert_str_eq(capabilities_client_name(CLIENT_OUTLOOK_2016), "outlook-2016");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("capabilities");
	TCase *tcase = unit_case(suite, "capabilities");

	tcase_add_loop_test(
	    tcase, an_entry_is_read_by_its_parameters, 0, (int)ARRAY_LENGTH(entries));
	tcase_add_test(tcase, order_is_kept_and_doubles_are_dropped);
	tcase_add_test(tcase, an_entry_that_is_none_does_not_fail_the_list);
	tcase_add_test(tcase, entries_beyond_the_limit_are_not_looked_at);
	tcase_add_loop_test(tcase, what_is_no_list_is_refused, 0, (int)ARRAY_LENGTH(no_lists));
	tcase_add_test(tcase, no_list_cut_short_or_with_a_flipped_byte_is_overrun);
	tcase_add_loop_test(tcase, the_fallback_is_what_the_client_knows_or_its_default, 0,
	    (int)ARRAY_LENGTH(fallbacks));
	tcase_add_test(tcase, a_certificate_extension_is_read);
	tcase_add_test(tcase, no_extension_or_a_bad_one_says_nothing);
	tcase_add_test(tcase, names_are_stable);
	if (getenv("SMIME_CORPORA") != NULL)
		tcase_add_test(tcase, the_extension_of_rfc_9216_names_no_content_cipher);
	return unit_run(suite);
}
