/* Sealing: what comes out is opened by OpenSSL with the recipient's key, byte for byte. */
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/buffer.h"
#include "pki.h"
#include "smime/base64_lines.h"
#include "smime/seal.h"
#include "unit.h"

#define RECIPIENTS_MAX 3

struct party {
	EVP_PKEY *key;
	struct certificate *certificate;
};

static struct party
party_new(enum pki_key kind, int number)
{
	struct pki_certificate what = {.subject = "Recipient", .email = "r@example.org"};
	struct party party = {pki_key(kind, number), NULL};
	EVP_PKEY *ca_key = pki_key(PKI_P256, 0);
	X509 *ca =
	    pki_issue(&(struct pki_certificate){.subject = "CA", .ca = true}, ca_key, NULL, ca_key);
	X509 *x509 = pki_issue(&what, party.key, ca, ca_key);

	party.certificate = certificate_from_x509(x509, NULL);
	ck_assert_ptr_nonnull(party.certificate);
	X509_free(x509);
	X509_free(ca);
	EVP_PKEY_free(ca_key);
	return party;
}

static void
party_free(struct party *party)
{
	certificate_unref(party->certificate);
	EVP_PKEY_free(party->key);
}

static int
keep(void *context, const char *bytes, size_t size, struct error *err)
{
	return buffer_append(context, bytes, size, err);
}

/* Seals in chunks of this size; text holds the body on the wire then. */
static void
seal_all(const struct cipher *cipher, const struct seal_recipient *recipients, size_t count,
    const char *bytes, size_t size, size_t chunk, struct buffer *text)
{
	struct error err = ERROR_INIT;
	struct seal *seal = seal_new(cipher, recipients, count, keep, text, &err);
	size_t at;
	size_t taken;

	ck_assert_msg(seal != NULL, "%s", err.text);
	for (at = 0; at < size; at += taken) {
		taken = size - at < chunk ? size - at : chunk;
		ck_assert_msg(seal_write(seal, bytes + at, taken, &err) == 0, "%s", err.text);
	}
	ck_assert_msg(seal_finish(seal, &err) == 0, "%s", err.text);
	seal_free(seal);
}

static CMS_ContentInfo *
read_body(const struct buffer *text)
{
	BIO *memory = BIO_new_mem_buf(text->data, (int)text->size);
	BIO *base64 = BIO_push(BIO_new(BIO_f_base64()), memory);
	CMS_ContentInfo *cms = d2i_CMS_bio(base64, NULL);

	ck_assert_ptr_nonnull(cms);
	BIO_free_all(base64);
	return cms;
}

static void
check_opens(const struct buffer *text, const struct party *party, const char *bytes, size_t size)
{
	CMS_ContentInfo *cms = read_body(text);
	BIO *out = BIO_new(BIO_s_mem());
	char *data;

	ck_assert_int_eq(CMS_decrypt(cms, party->key, party->certificate->x509, NULL, out, 0), 1);
	ck_assert_int_eq(BIO_get_mem_data(out, &data), (long)size);
	ck_assert_int_eq(size == 0 ? 0 : memcmp(data, bytes, size), 0);
	BIO_free(out);
	CMS_ContentInfo_free(cms);
}

static char *
make_bytes(size_t size)
{
	char *bytes = malloc(size + 1);
	size_t i;

	ck_assert_ptr_nonnull(bytes);
	for (i = 0; i < size; i++)
		bytes[i] = (char)(i * 7 + i / 251); /* every byte, NUL among them */
	return bytes;
}

static const char *const produced[] = {
    "3des", "aes128-cbc", "aes192-cbc", "aes256-cbc", "aes128-gcm", "aes256-gcm"};

static const struct {
	enum pki_key key;
	bool oaep;
	bool oaep_sha1;
} keys[] = {
    {PKI_RSA_2048, false, false},
    {PKI_RSA_2048, true, true},
    {PKI_RSA_2048, true, false},
    {PKI_P256, false, false},
    {PKI_P384, false, false},
    {PKI_P521, true, true},
};

START_TEST(every_cipher_and_key_opens_byte_for_byte)
{
	const struct cipher *cipher = cipher_by_name(produced[_i]);
	char *bytes = make_bytes(5000);
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(keys); i++) {
		struct party party = party_new(keys[i].key, 0);
		struct seal_recipient to = {party.certificate, keys[i].oaep, keys[i].oaep_sha1};
		struct buffer text = BUFFER_INIT;

		seal_all(cipher, &to, 1, bytes, 5000, 5000, &text);
		check_opens(&text, &party, bytes, 5000);
		buffer_free(&text);
		party_free(&party);
	}
	free(bytes);
}
END_TEST

START_TEST(every_cipher_that_is_produced_is_tried)
{
	int id;
	size_t count = 0;

	for (id = 0; id < CIPHER_COUNT; id++)
		count += cipher_get((enum cipher_id)id)->produced;
	ck_assert_uint_eq(count, ARRAY_LENGTH(produced));
}
END_TEST

START_TEST(what_is_not_produced_is_refused)
{
	struct party party = party_new(PKI_RSA_2048, 0);
	struct seal_recipient to = {party.certificate, false, false};
	struct buffer text = BUFFER_INIT;
	int id;

	for (id = 0; id < CIPHER_COUNT; id++) {
		const struct cipher *cipher = cipher_get((enum cipher_id)id);
		struct error err = ERROR_INIT;

		if (cipher->produced)
			continue;
		ck_assert_ptr_null(seal_new(cipher, &to, 1, keep, &text, &err));
		ck_assert_int_eq(err.code, ERROR_INTERNAL);
	}
	ck_assert_uint_eq(text.size, 0);
	party_free(&party);
}
END_TEST

START_TEST(nobody_to_seal_to_is_refused)
{
	struct error err = ERROR_INIT;

	ck_assert_ptr_null(seal_new(cipher_get(CIPHER_AES256_CBC), NULL, 0, keep, NULL, &err));
	ck_assert_int_eq(err.code, ERROR_INTERNAL);
}
END_TEST

static const enum pki_key unsupported[] = {PKI_ED25519, PKI_X25519};

START_TEST(a_key_that_cannot_be_sealed_to_is_refused_and_named)
{
	struct party good = party_new(PKI_RSA_2048, 0);
	struct party bad = party_new(unsupported[_i], 0);
	struct seal_recipient to[] = {
	    {good.certificate, false, false}, {bad.certificate, false, false}};
	struct error err = ERROR_INIT;

	ck_assert_ptr_null(seal_new(cipher_get(CIPHER_AES256_CBC), to, 2, keep, NULL, &err));
	ck_assert_int_eq(err.code, ERROR_INPUT);
	ck_assert_msg(strstr(err.text, bad.certificate->serial) != NULL, "%s", err.text);
	ck_assert_msg(strstr(err.text, good.certificate->serial) == NULL ||
			  strcmp(good.certificate->serial, bad.certificate->serial) == 0,
	    "%s", err.text);
	party_free(&bad);
	party_free(&good);
}
END_TEST

/* An RSA key of 512 bits takes no OAEP with SHA-256: seen only when the key is used. */
START_TEST(a_key_that_fails_when_used_is_named)
{
	struct party good = party_new(PKI_P256, 0);
	struct party bad = {EVP_RSA_gen(512), NULL};
	struct seal_recipient to[2] = {{good.certificate, false, false}, {NULL, true, false}};
	EVP_PKEY *ca_key = pki_key(PKI_P256, 1);
	X509 *ca =
	    pki_issue(&(struct pki_certificate){.subject = "CA", .ca = true}, ca_key, NULL, ca_key);
	X509 *x509 = pki_issue(&(struct pki_certificate){.subject = "Short"}, bad.key, ca, ca_key);
	struct error err = ERROR_INIT;

	bad.certificate = certificate_from_x509(x509, NULL);
	to[1].certificate = bad.certificate;
	ck_assert_ptr_null(seal_new(cipher_get(CIPHER_AES256_CBC), to, 2, keep, NULL, &err));
	ck_assert_int_eq(err.code, ERROR_INPUT);
	ck_assert_msg(strstr(err.text, bad.certificate->serial) != NULL, "%s", err.text);
	X509_free(x509);
	X509_free(ca);
	EVP_PKEY_free(ca_key);
	party_free(&bad);
	party_free(&good);
}
END_TEST

START_TEST(every_recipient_opens_it)
{
	struct party parties[RECIPIENTS_MAX] = {
	    party_new(PKI_RSA_2048, 0), party_new(PKI_RSA_2048, 1), party_new(PKI_P256, 0)};
	struct party stranger = party_new(PKI_RSA_2048, 2);
	struct seal_recipient to[RECIPIENTS_MAX] = {{parties[0].certificate, false, false},
	    {parties[1].certificate, true, false}, {parties[2].certificate, false, false}};
	struct buffer text = BUFFER_INIT;
	CMS_ContentInfo *cms;
	BIO *out = BIO_new(BIO_s_mem());
	size_t i;

	seal_all(cipher_get(CIPHER_AES256_GCM), to, RECIPIENTS_MAX, "hello\r\n", 7, 7, &text);
	for (i = 0; i < RECIPIENTS_MAX; i++)
		check_opens(&text, &parties[i], "hello\r\n", 7);
	cms = read_body(&text);
	ck_assert_int_eq(
	    CMS_decrypt(cms, stranger.key, stranger.certificate->x509, NULL, out, 0), 0);
	CMS_ContentInfo_free(cms);
	BIO_free(out);
	buffer_free(&text);
	for (i = 0; i < RECIPIENTS_MAX; i++)
		party_free(&parties[i]);
	party_free(&stranger);
}
END_TEST

START_TEST(a_thousand_recipients_are_sealed_to)
{
	struct party party = party_new(PKI_RSA_2048, 0);
	static struct seal_recipient to[1000];
	struct buffer text = BUFFER_INIT;
	CMS_ContentInfo *cms;
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(to); i++)
		to[i] = (struct seal_recipient){party.certificate, false, false};
	seal_all(cipher_get(CIPHER_AES128_CBC), to, ARRAY_LENGTH(to), "x", 1, 1, &text);
	cms = read_body(&text);
	ck_assert_int_eq(sk_CMS_RecipientInfo_num(CMS_get0_RecipientInfos(cms)), 1000);
	CMS_ContentInfo_free(cms);
	buffer_free(&text);
	party_free(&party);
}
END_TEST

static const struct {
	size_t size;
	size_t chunk;
} splits[] = {{1, 1}, {15, 1}, {16, 16}, {17, 7}, {57, 57}, {3000, 1}, {4096, 4096}, {70000, 65535},
    {200001, 200001}, {1000003, 40009}};

START_TEST(any_size_in_any_chunks_opens)
{
	struct party party = party_new(PKI_RSA_2048, 0);
	struct seal_recipient to = {party.certificate, false, false};
	char *bytes = make_bytes(splits[_i].size);
	static const enum cipher_id ids[] = {CIPHER_AES256_CBC, CIPHER_AES256_GCM};
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(ids); i++) {
		struct buffer text = BUFFER_INIT;

		seal_all(
		    cipher_get(ids[i]), &to, 1, bytes, splits[_i].size, splits[_i].chunk, &text);
		check_opens(&text, &party, bytes, splits[_i].size);
		buffer_free(&text);
	}
	free(bytes);
	party_free(&party);
}
END_TEST

START_TEST(lines_end_with_crlf_and_are_no_longer_than_76)
{
	struct party party = party_new(PKI_RSA_2048, 0);
	struct seal_recipient to = {party.certificate, false, false};
	char *bytes = make_bytes(100000);
	struct buffer text = BUFFER_INIT;
	const char *line;
	const char *end;

	seal_all(cipher_get(CIPHER_AES128_GCM), &to, 1, bytes, 100000, 1234, &text);
	for (line = text.data; *line != '\0'; line = end + 1) {
		end = strchr(line, '\n');
		ck_assert_ptr_nonnull(end);
		ck_assert_int_le((int)(end - line), BASE64_LINE_TEXT + 1);
		ck_assert_int_gt((int)(end - line), 1);
		ck_assert_int_eq(end[-1], '\r');
		if (end[1] != '\0')
			ck_assert_int_eq((int)(end - line), BASE64_LINE_TEXT + 1);
	}
	ck_assert_uint_eq(strlen(text.data), text.size);
	buffer_free(&text);
	free(bytes);
	party_free(&party);
}
END_TEST

struct short_sink {
	size_t room;
};

static int
take_some(void *context, const char *bytes, size_t size, struct error *err)
{
	struct short_sink *sink = context;

	(void)bytes;
	if (size > sink->room)
		return error_set(err, ERROR_TEMPORARY, "the disk is full");
	sink->room -= size;
	return 0;
}

/* How many bytes short the sink is: fails with the first, in the middle, with the last line. */
static const size_t missing[] = {SIZE_MAX, 70000, 1};

START_TEST(a_sink_that_fails_ends_it)
{
	struct party party = party_new(PKI_RSA_2048, 0);
	struct seal_recipient to = {party.certificate, false, false};
	char *bytes = make_bytes(100000);
	struct buffer whole = BUFFER_INIT;
	struct short_sink sink = {0};
	struct error err = ERROR_INIT;
	struct seal *seal = seal_new(cipher_get(CIPHER_AES128_CBC), &to, 1, take_some, &sink, &err);
	int result;

	seal_all(cipher_get(CIPHER_AES128_CBC), &to, 1, bytes, 100000, 100000, &whole);
	sink.room = missing[_i] > whole.size ? 0 : whole.size - missing[_i];
	buffer_free(&whole);
	ck_assert_ptr_nonnull(seal);
	result = seal_write(seal, bytes, 100000, &err);
	if (result == 0)
		result = seal_finish(seal, &err);
	ck_assert_int_eq(result, -1);
	ck_assert_int_eq(err.code, ERROR_TEMPORARY);
	ck_assert_str_eq(err.text, "the disk is full");
	ck_assert_int_eq(seal_write(seal, "more", 4, &err), -1);
	ck_assert_int_eq(seal_finish(seal, &err), -1);
	ck_assert_int_eq(err.code, ERROR_INTERNAL);
	seal_free(seal);
	free(bytes);
	party_free(&party);
}
END_TEST

START_TEST(one_given_up_midway_is_freed)
{
	struct party party = party_new(PKI_P256, 0);
	struct seal_recipient to = {party.certificate, false, false};
	struct buffer text = BUFFER_INIT;
	struct error err = ERROR_INIT;
	struct seal *seal = seal_new(cipher_get(CIPHER_AES128_GCM), &to, 1, keep, &text, &err);

	ck_assert_msg(seal != NULL, "%s", err.text);
	ck_assert_int_eq(seal_write(seal, "begun", 5, &err), 0);
	seal_free(seal);
	seal_free(NULL);
	buffer_free(&text);
	party_free(&party);
}
END_TEST

START_TEST(an_entity_without_a_byte_is_refused)
{
	struct party party = party_new(PKI_P256, 0);
	struct seal_recipient to = {party.certificate, false, false};
	struct buffer text = BUFFER_INIT;
	struct error err = ERROR_INIT;
	struct seal *seal = seal_new(cipher_get(CIPHER_AES128_GCM), &to, 1, keep, &text, &err);

	ck_assert_int_eq(seal_write(seal, "", 0, &err), 0);
	ck_assert_int_eq(seal_finish(seal, &err), -1);
	ck_assert_int_eq(err.code, ERROR_INTERNAL);
	ck_assert_uint_eq(text.size, 0);
	seal_free(seal);
	party_free(&party);
}
END_TEST

START_TEST(once_finished_nothing_can_be_added)
{
	struct party party = party_new(PKI_RSA_2048, 0);
	struct seal_recipient to = {party.certificate, false, false};
	struct buffer text = BUFFER_INIT;
	struct error err = ERROR_INIT;
	struct seal *seal = seal_new(cipher_get(CIPHER_AES128_CBC), &to, 1, keep, &text, &err);
	size_t size;

	ck_assert_int_eq(seal_write(seal, "x", 1, &err), 0);
	ck_assert_int_eq(seal_finish(seal, &err), 0);
	size = text.size;
	ck_assert_int_eq(seal_write(seal, "x", 1, &err), -1);
	ck_assert_int_eq(seal_finish(seal, &err), -1);
	ck_assert_uint_eq(text.size, size);
	seal_free(seal);
	buffer_free(&text);
	party_free(&party);
}
END_TEST

/* What OpenSSL prints of the object: how the content key was encrypted. */
static void
check_printed(enum pki_key kind, struct seal_recipient to, const struct cipher *cipher,
    const char *const *wanted)
{
	struct party party = party_new(kind, 0);
	struct buffer text = BUFFER_INIT;
	CMS_ContentInfo *cms;
	BIO *out = BIO_new(BIO_s_mem());
	char *printed;

	to.certificate = party.certificate;
	seal_all(cipher, &to, 1, "x", 1, 1, &text);
	cms = read_body(&text);
	ck_assert_int_eq(CMS_ContentInfo_print_ctx(out, cms, 0, NULL), 1);
	BIO_write(out, "", 1);
	BIO_get_mem_data(out, &printed);
	for (; *wanted != NULL; wanted++)
		ck_assert_msg(strstr(printed, *wanted) != NULL, "no %s in %s", *wanted, printed);
	BIO_free(out);
	CMS_ContentInfo_free(cms);
	buffer_free(&text);
	party_free(&party);
}

static const struct {
	enum pki_key key;
	enum cipher_id cipher;
	struct seal_recipient to;
	const char *wanted[4];
} forms[] = {
    {PKI_P256, CIPHER_AES128_CBC, {0}, {"dhSinglePass-stdDH-sha256kdf-scheme", "id-aes128-wrap"}},
    {PKI_P256, CIPHER_DES3, {0}, {"dhSinglePass-stdDH-sha256kdf-scheme", "id-aes128-wrap"}},
    {PKI_P256, CIPHER_AES192_CBC, {0}, {"dhSinglePass-stdDH-sha256kdf-scheme", "id-aes192-wrap"}},
    {PKI_P384, CIPHER_AES256_CBC, {0}, {"dhSinglePass-stdDH-sha384kdf-scheme", "id-aes256-wrap"}},
    {PKI_P521, CIPHER_AES256_GCM, {0},
	{"dhSinglePass-stdDH-sha384kdf-scheme", "id-aes256-wrap", "id-smime-ct-authEnvelopedData"}},
    {PKI_RSA_2048, CIPHER_AES256_CBC, {0},
	{"rsaEncryption", "issuerAndSerialNumber", "pkcs7-envelopedData"}},
    {PKI_RSA_2048, CIPHER_AES256_CBC, {NULL, true, false}, {"rsaesOaep", "sha256", "mgf1"}},
    {PKI_RSA_2048, CIPHER_AES256_CBC, {NULL, true, true}, {"rsaesOaep"}},
};

START_TEST(the_content_key_is_encrypted_as_the_standards_say)
{
	check_printed(forms[_i].key, forms[_i].to, cipher_get(forms[_i].cipher), forms[_i].wanted);
}
END_TEST

START_TEST(the_header_fields_say_which_object_it_is)
{
	const struct seal_fields *cbc = seal_header_fields(cipher_get(CIPHER_AES256_CBC));
	const struct seal_fields *gcm = seal_header_fields(cipher_get(CIPHER_AES256_GCM));

	ck_assert_ptr_nonnull(strstr(cbc->content_type, "smime-type=enveloped-data"));
	ck_assert_ptr_nonnull(strstr(gcm->content_type, "smime-type=authEnveloped-data"));
	ck_assert_int_eq(cbc->content_type[0], ' ');
	ck_assert_str_eq(gcm->transfer_encoding, " base64");
	ck_assert_int_eq(gcm->disposition[0], ' ');
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("seal");
	TCase *tcase = unit_case(suite, "seal");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(
	    tcase, every_cipher_and_key_opens_byte_for_byte, 0, (int)ARRAY_LENGTH(produced));
	tcase_add_test(tcase, every_cipher_that_is_produced_is_tried);
	tcase_add_test(tcase, what_is_not_produced_is_refused);
	tcase_add_test(tcase, nobody_to_seal_to_is_refused);
	tcase_add_loop_test(tcase, a_key_that_cannot_be_sealed_to_is_refused_and_named, 0,
	    (int)ARRAY_LENGTH(unsupported));
	tcase_add_test(tcase, a_key_that_fails_when_used_is_named);
	tcase_add_test(tcase, every_recipient_opens_it);
	tcase_add_test(tcase, a_thousand_recipients_are_sealed_to);
	tcase_add_loop_test(tcase, any_size_in_any_chunks_opens, 0, (int)ARRAY_LENGTH(splits));
	tcase_add_test(tcase, lines_end_with_crlf_and_are_no_longer_than_76);
	tcase_add_loop_test(tcase, a_sink_that_fails_ends_it, 0, (int)ARRAY_LENGTH(missing));
	tcase_add_test(tcase, one_given_up_midway_is_freed);
	tcase_add_test(tcase, an_entity_without_a_byte_is_refused);
	tcase_add_test(tcase, once_finished_nothing_can_be_added);
	tcase_add_loop_test(
	    tcase, the_content_key_is_encrypted_as_the_standards_say, 0, (int)ARRAY_LENGTH(forms));
	tcase_add_test(tcase, the_header_fields_say_which_object_it_is);
	return unit_run(suite);
}
