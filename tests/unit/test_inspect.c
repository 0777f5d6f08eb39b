/* Inspecting S/MIME: only what is, by its structure, one encrypted object counts as encrypted. */
#include "test_inspect.h"

#include "mail/startup.h"

static const struct {
	const char *openssl;
	enum cipher_id cipher;
	enum inspect_kind kind;
} ciphers[] = {
    {"aes-128-cbc", CIPHER_AES128_CBC, INSPECT_ENVELOPED},
    {"aes-192-cbc", CIPHER_AES192_CBC, INSPECT_ENVELOPED},
    {"aes-256-cbc", CIPHER_AES256_CBC, INSPECT_ENVELOPED},
    {"des-ede3-cbc", CIPHER_DES3, INSPECT_ENVELOPED},
    {"aes-128-gcm", CIPHER_AES128_GCM, INSPECT_AUTH_ENVELOPED},
    {"aes-192-gcm", CIPHER_AES192_GCM, INSPECT_AUTH_ENVELOPED},
    {"aes-256-gcm", CIPHER_AES256_GCM, INSPECT_AUTH_ENVELOPED},
};

START_TEST(what_openssl_makes_is_recognised)
{
	const EVP_CIPHER *cipher = EVP_get_cipherbyname(ciphers[_i].openssl);
	struct buffer der = cms_make(cipher, rsa, 0);
	struct buffer ber = cms_make_streamed(cipher, rsa);

	test_inspect_check_enveloped(&der, ciphers[_i].kind, ciphers[_i].cipher);
	test_inspect_check_enveloped(&ber, ciphers[_i].kind, ciphers[_i].cipher);
	ck_assert_str_eq(
	    test_inspect_look_der(&der).cipher_text, cipher_get(ciphers[_i].cipher)->title);
	buffer_free(&der);
	buffer_free(&ber);
}
END_TEST

static const size_t chunks[] = {1, 2, 7, 100, 100000};

START_TEST(chunks_make_no_difference)
{
	struct buffer ber = cms_make_streamed(EVP_aes_128_gcm(), rsa);
	struct buffer text = cms_make_base64(ber.data, ber.size);
	struct seen seen = test_inspect_look(ENTITY_BASE64, text.data, text.size, chunks[_i]);

	ck_assert_msg(seen.it.kind == INSPECT_AUTH_ENVELOPED, "%s", seen.it.detail);
	ck_assert_int_eq(seen.cipher->id, CIPHER_AES128_GCM);
	ck_assert(seen.rsa && !seen.other);
	seen = test_inspect_look(ENTITY_IDENTITY, ber.data, ber.size, chunks[_i]);
	ck_assert_msg(seen.it.kind == INSPECT_AUTH_ENVELOPED, "%s", seen.it.detail);
	seen = test_inspect_look(ENTITY_IDENTITY, ber.data, ber.size - 1, chunks[_i]);
	ck_assert_int_eq(seen.it.kind, INSPECT_READABLE);
	buffer_free(&ber);
	buffer_free(&text);
}
END_TEST

#define RC2 "\x06\x08\x2a\x86\x48\x86\xf7\x0d\x03\x02"
#define IV         \
	"\x04\x08" \
	"ABCDEFGH"

static const struct {
	const char *bytes;
	size_t size;
	enum cipher_id cipher;
	const char *text;
} algorithms[] = {
    {BYTES(RC2 "\x30\x0e\x02\x02\x00\xa0" IV), CIPHER_RC2_40, "40-bit RC2"},
    {BYTES(RC2 "\x30\x0d\x02\x01\x78" IV), CIPHER_RC2_64, "64-bit RC2"},
    {BYTES(RC2 "\x30\x0d\x02\x01\x3a" IV), CIPHER_RC2_128, "128-bit RC2"},
    {BYTES(RC2 "\x30\x0e\x02\x02\x01\x00" IV), CIPHER_RC2_128, "128-bit RC2"},
    {BYTES(RC2 "\x30\x0d\x02\x01\xc6" IV), CIPHER_RC2_40, "40-bit RC2"},
    {BYTES(RC2 "\x30\x15\x02\x09\x01\x00\x00\x00\x00\x00\x00\x00\x00" IV), CIPHER_RC2_40,
	"40-bit RC2"},
    {BYTES(RC2 "\x30\x00"), CIPHER_RC2_40, "40-bit RC2"},
    {BYTES(RC2 "\x30\x02\x05\x00"), CIPHER_RC2_40, "40-bit RC2"},
    {BYTES(RC2 IV), CIPHER_RC2_40, "40-bit RC2"},
    {BYTES(RC2), CIPHER_RC2_40, "40-bit RC2"},
    {BYTES("\x06\x05\x2b\x0e\x03\x02\x07" IV), CIPHER_DES, "single DES (56 bits)"},
    {BYTES("\x06\x08\x2a\x86\x48\x86\xf7\x0d\x03\x04\x05\x00"), CIPHER_RC4, "RC4"},
    {BYTES("\x06\x03\x2a\x03\x04" IV), CIPHER_UNKNOWN, "1.2.3.4"},
};

START_TEST(the_cipher_is_told_by_its_own_parameters)
{
	struct buffer der = cms_make(EVP_aes_128_cbc(), rsa, 0);
	struct cms_parts parts = cms_make_parts(&der);
	struct buffer whole;

	cms_make_replace(&parts.algorithm, 0x30, algorithms[_i].bytes, algorithms[_i].size);
	whole = cms_make_whole(&parts, false);
	test_inspect_check_enveloped(&whole, INSPECT_ENVELOPED, algorithms[_i].cipher);
	ck_assert_str_eq(test_inspect_look_der(&whole).cipher_text, algorithms[_i].text);
	buffer_free(&whole);
	cms_make_parts_free(&parts);
	buffer_free(&der);
}
END_TEST

/* Objects that are what they say, in forms that OpenSSL does not make. */
static void
in_indefinite_lengths(struct cms_parts *parts)
{
	(void)parts;
}

static void
with_originator_info(struct cms_parts *parts)
{
	cms_make_replace(&parts->originator, 0xa0, "\xa0\x00", 2);
}

static void
with_attributes(struct cms_parts *parts)
{
	cms_make_replace(&parts->attributes, 0xa1, "\x30\x07\x06\x03\x2a\x03\x04\x31\x00", 9);
}

static void
with_ciphertext_in_nested_pieces(struct cms_parts *parts)
{
	static const char pieces[] = "\x04\x05"
				     "12345"
				     "\x04\x00\x24\x80\x04\x03"
				     "123"
				     "\x00\x00"
				     "\x24\x0a\x04\x08"
				     "12345678";

	cms_make_replace(&parts->content, 0xa0, pieces, sizeof(pieces) - 1);
}

static void
with_ciphertext_in_long_lengths(struct cms_parts *parts)
{
	static const char content[] = "\x80\x88\x00\x00\x00\x00\x00\x00\x00\x10"
				      "1234567890123456";

	buffer_clear(&parts->content);
	ck_assert_int_eq(buffer_append(&parts->content, content, sizeof(content) - 1, NULL), 0);
}

static void
with_version_of_another_century(struct cms_parts *parts)
{
	cms_make_replace(&parts->version, 0x02, "\x04", 1);
}

static void (*const sound[])(struct cms_parts *) = {in_indefinite_lengths, with_originator_info,
    with_attributes, with_ciphertext_in_nested_pieces, with_ciphertext_in_long_lengths,
    with_version_of_another_century};

START_TEST(other_sound_forms_are_recognised)
{
	struct buffer der = cms_make(EVP_aes_128_cbc(), rsa, 0);
	struct cms_parts parts = cms_make_parts(&der);
	struct buffer whole;
	int indefinite;

	sound[_i](&parts);
	for (indefinite = 0; indefinite < 2; indefinite++) {
		whole = cms_make_whole(&parts, indefinite);
		test_inspect_check_enveloped(&whole, INSPECT_ENVELOPED, CIPHER_AES128_CBC);
		buffer_free(&whole);
	}
	cms_make_parts_free(&parts);
	buffer_free(&der);
}
END_TEST

START_TEST(authenticated_attributes_are_walked)
{
	struct buffer der = cms_make(EVP_aes_128_gcm(), rsa, 0);
	struct cms_parts parts = cms_make_parts(&der);
	struct buffer whole;

	with_attributes(&parts);
	cms_make_replace(&parts.unauthenticated, 0xa2, "\x30\x07\x06\x03\x2a\x03\x04\x31\x00", 9);
	whole = cms_make_whole(&parts, true);
	test_inspect_check_enveloped(&whole, INSPECT_AUTH_ENVELOPED, CIPHER_AES128_GCM);
	buffer_free(&whole);
	cms_make_parts_free(&parts);
	buffer_free(&der);
}
END_TEST

/* Many copies of one recipient info. */
static struct buffer
make_crowd(size_t recipients)
{
	struct buffer der = cms_make(EVP_aes_128_cbc(), rsa, 0);
	struct cms_parts parts = cms_make_parts(&der);
	struct buffer crowd = BUFFER_INIT;
	const unsigned char *at = (const unsigned char *)parts.recipients.data;
	struct buffer whole;
	long length;
	int tag;
	int class;
	size_t i;

	ASN1_get_object(&at, &length, &tag, &class, (long)parts.recipients.size);
	for (i = 0; i < recipients; i++)
		ck_assert_int_eq(buffer_append(&crowd, at, (size_t)length, NULL), 0);
	cms_make_replace(&parts.recipients, 0x31, crowd.data, crowd.size);
	whole = cms_make_whole(&parts, true);
	buffer_free(&crowd);
	cms_make_parts_free(&parts);
	buffer_free(&der);
	return whole;
}

START_TEST(as_many_recipients_as_allowed_are_read)
{
	struct buffer whole = make_crowd(INSPECT_RECIPIENTS_MAX);
	struct seen seen = test_inspect_look_der(&whole);

	ck_assert_msg(seen.it.kind == INSPECT_ENVELOPED, "%s", seen.it.detail);
	ck_assert_uint_eq(seen.recipients, INSPECT_RECIPIENTS_MAX);
	buffer_free(&whole);
	whole = make_crowd(INSPECT_RECIPIENTS_MAX + 1);
	test_inspect_check_readable(&whole, "more than 2000 recipient infos");
	buffer_free(&whole);
}
END_TEST

START_TEST(a_large_ciphertext_is_only_counted)
{
	static char block[1 << 20];
	struct buffer der = cms_make(EVP_aes_128_cbc(), rsa, 0);
	struct cms_parts parts = cms_make_parts(&der);
	struct buffer whole;
	struct buffer content = cms_make_value(0x80, block, sizeof(block));

	buffer_free(&parts.content);
	parts.content = content;
	whole = cms_make_whole(&parts, false);
	test_inspect_check_enveloped(&whole, INSPECT_ENVELOPED, CIPHER_AES128_CBC);
	buffer_free(&whole);
	cms_make_parts_free(&parts);
	buffer_free(&der);
}
END_TEST

START_TEST(a_key_identifier_addresses_its_certificate)
{
	struct buffer der = cms_make(EVP_aes_128_cbc(), rsa, CMS_USE_KEYID);

	test_inspect_check_enveloped(&der, INSPECT_ENVELOPED, CIPHER_AES128_CBC);
	buffer_free(&der);
}
END_TEST

static const unsigned int identifiers[] = {0, CMS_USE_KEYID};

START_TEST(a_key_agreement_addresses_its_certificate)
{
	EVP_PKEY *key = pki_key(PKI_P256, 1);
	X509 *certificate = cms_make_certificate(key);
	struct buffer der = cms_make(EVP_aes_256_cbc(), certificate, identifiers[_i]);
	struct entity_type type = {.claim = ENTITY_SMIME, .encoding = ENTITY_IDENTITY};
	struct inspect *inspect = inspect_new(&type, NULL);
	const struct inspection *it;

	ck_assert_int_eq(inspect_write(inspect, der.data, der.size, NULL), 0);
	ck_assert_int_eq(inspect_finish(inspect, &it, NULL), 0);
	ck_assert_msg(it->kind == INSPECT_ENVELOPED, "%s", it->detail);
	ck_assert(test_inspect_addressed(it, certificate));
	ck_assert(!test_inspect_addressed(it, rsa));
	inspect_free(inspect);
	buffer_free(&der);
	X509_free(certificate);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(several_recipients_are_all_addressed)
{
	CMS_ContentInfo *cms = CMS_encrypt(NULL, NULL, EVP_aes_128_cbc(), CMS_BINARY | CMS_PARTIAL);
	BIO *in = BIO_new_mem_buf("x", 1);
	struct buffer der;
	struct seen seen;

	ck_assert_ptr_nonnull(CMS_add1_recipient_cert(cms, rsa, 0));
	ck_assert_ptr_nonnull(CMS_add1_recipient_cert(cms, other, CMS_USE_KEYID));
	ck_assert_int_eq(CMS_final(cms, in, NULL, CMS_BINARY), 1);
	der = cms_make_der(cms);
	seen = test_inspect_look_der(&der);
	ck_assert_uint_eq(seen.recipients, 2);
	ck_assert(seen.rsa && seen.other);
	buffer_free(&der);
	BIO_free(in);
	CMS_ContentInfo_free(cms);
}
END_TEST

START_TEST(a_password_or_a_shared_key_addresses_nobody)
{
	CMS_ContentInfo *cms = CMS_encrypt(NULL, NULL, EVP_aes_128_cbc(), CMS_BINARY | CMS_PARTIAL);
	unsigned char *password = (unsigned char *)OPENSSL_strdup("secret");
	unsigned char *key = OPENSSL_zalloc(16);
	unsigned char *id = OPENSSL_zalloc(4);
	BIO *in = BIO_new_mem_buf("x", 1);
	struct buffer der;
	struct seen seen;

	ck_assert_ptr_nonnull(
	    CMS_add0_recipient_password(cms, -1, NID_undef, NID_undef, password, 6, NULL));
	ck_assert_ptr_nonnull(
	    CMS_add0_recipient_key(cms, NID_undef, key, 16, id, 4, NULL, NULL, NULL));
	ck_assert_int_eq(CMS_final(cms, in, NULL, CMS_BINARY), 1);
	der = cms_make_der(cms);
	seen = test_inspect_look_der(&der);
	ck_assert_msg(seen.it.kind == INSPECT_ENVELOPED, "%s", seen.it.detail);
	ck_assert_uint_eq(seen.recipients, 2);
	ck_assert(!seen.rsa && !seen.other);
	buffer_free(&der);
	BIO_free(in);
	CMS_ContentInfo_free(cms);
}
END_TEST

static void
add_sound(TCase *tcase)
{
	tcase_add_loop_test(tcase, what_openssl_makes_is_recognised, 0, (int)ARRAY_LENGTH(ciphers));
	tcase_add_loop_test(tcase, chunks_make_no_difference, 0, (int)ARRAY_LENGTH(chunks));
	tcase_add_loop_test(
	    tcase, the_cipher_is_told_by_its_own_parameters, 0, (int)ARRAY_LENGTH(algorithms));
	tcase_add_loop_test(tcase, other_sound_forms_are_recognised, 0, (int)ARRAY_LENGTH(sound));
	tcase_add_test(tcase, authenticated_attributes_are_walked);
	tcase_add_test(tcase, as_many_recipients_as_allowed_are_read);
	tcase_add_test(tcase, a_large_ciphertext_is_only_counted);
	tcase_add_test(tcase, a_key_identifier_addresses_its_certificate);
	tcase_add_loop_test(
	    tcase, a_key_agreement_addresses_its_certificate, 0, (int)ARRAY_LENGTH(identifiers));
	tcase_add_test(tcase, several_recipients_are_all_addressed);
	tcase_add_test(tcase, a_password_or_a_shared_key_addresses_nobody);
}

int
main(void)
{
	Suite *suite = suite_create("inspect");
	TCase *sound_case = unit_case(suite, "sound");
	TCase *unsound_case = unit_case(suite, "unsound");

	tcase_add_unchecked_fixture(
	    sound_case, test_inspect_make_parties, test_inspect_free_parties);
	tcase_add_unchecked_fixture(
	    unsound_case, test_inspect_make_parties, test_inspect_free_parties);
	tcase_set_timeout(sound_case, 60);
	tcase_set_timeout(unsound_case, 60);
	add_sound(sound_case);
	test_inspect_unsound(unsound_case);
	mail_startup();
	return unit_run(suite);
}
