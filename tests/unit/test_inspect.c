/* Inspecting S/MIME: only what is, by its structure, one encrypted object counts as encrypted. */
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/buffer.h"
#include "cms_make.h"
#include "pki.h"
#include "inspect/claims.h"
#include "inspect/inspect.h"
#include "smime/tlv.h"
#include "mail/startup.h"
#include "unit.h"

static EVP_PKEY *rsa_key;
static X509 *rsa;
static X509 *other;

static void
make_parties(void)
{
	EVP_PKEY *other_key = pki_key(PKI_RSA_2048, 1);

	rsa_key = pki_key(PKI_RSA_2048, 0);
	rsa = cms_make_certificate(rsa_key);
	other = cms_make_certificate(other_key);
	EVP_PKEY_free(other_key);
}

static void
free_parties(void)
{
	X509_free(rsa);
	X509_free(other);
	EVP_PKEY_free(rsa_key);
}

/* What came of an inspection, and whether it addressed rsa and other. */
struct seen {
	struct inspection it;
	bool rsa;
	bool other;
	size_t recipients;
};

static bool
addressed(const struct inspection *it, X509 *x509)
{
	struct certificate *certificate = certificate_from_x509(x509, NULL);
	struct claims *claims;
	bool result;

	if (it->kind != INSPECT_ENVELOPED && it->kind != INSPECT_AUTH_ENVELOPED) {
		certificate_unref(certificate);
		return false;
	}
	claims = claims_new(&it->layers[0], NULL);
	ck_assert(certificate != NULL && claims != NULL);
	result = claims_take(claims, certificate);
	claims_free(claims);
	certificate_unref(certificate);
	return result;
}

static struct seen
look(enum entity_encoding encoding, const void *bytes, size_t size, size_t chunk)
{
	struct entity_type type = {.claim = ENTITY_SMIME, .encoding = encoding};
	struct error err = ERROR_INIT;
	struct inspect *inspect = inspect_new(&type, &err);
	const struct inspection *it;
	const char *at = bytes;
	struct seen seen;
	size_t taken;

	ck_assert_ptr_nonnull(inspect);
	for (; size > 0; at += taken, size -= taken) {
		taken = size < chunk ? size : chunk;
		ck_assert_msg(inspect_write(inspect, at, taken, &err) == 0, "%s", err.text);
	}
	ck_assert_msg(inspect_finish(inspect, &it, &err) == 0, "%s", err.text);
	seen = (struct seen){*it, addressed(it, rsa), addressed(it, other),
	    it->layer_count > 0 ? it->layers[0].recipient_count : 0};
	if (it->kind == INSPECT_READABLE) {
		ck_assert_str_ne(it->detail, "");
		ck_assert(!seen.rsa && !seen.other);
	} else {
		ck_assert_str_eq(it->detail, "");
		ck_assert_ptr_nonnull(it->cipher);
	}
	inspect_free(inspect);
	return seen;
}

static struct seen
look_der(const struct buffer *der)
{
	return look(ENTITY_IDENTITY, der->data, der->size, der->size);
}

static void
check_readable(const struct buffer *der, const char *why)
{
	struct seen seen = look_der(der);

	ck_assert_int_eq(seen.it.kind, INSPECT_READABLE);
	ck_assert_msg(
	    strstr(seen.it.detail, why) != NULL, "\"%s\" instead of \"%s\"", seen.it.detail, why);
}

static void
check_enveloped(const struct buffer *der, enum inspect_kind kind, enum cipher_id cipher)
{
	struct seen seen = look_der(der);

	ck_assert_msg(seen.it.kind == kind, "%s", seen.it.detail);
	ck_assert_int_eq(seen.it.cipher->id, cipher);
	ck_assert_uint_eq(seen.recipients, 1);
	ck_assert(seen.rsa);
	ck_assert(!seen.other);
}

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

	check_enveloped(&der, ciphers[_i].kind, ciphers[_i].cipher);
	check_enveloped(&ber, ciphers[_i].kind, ciphers[_i].cipher);
	ck_assert_str_eq(look_der(&der).it.cipher_text, cipher_get(ciphers[_i].cipher)->title);
	buffer_free(&der);
	buffer_free(&ber);
}
END_TEST

START_TEST(what_is_signed_is_said_to_be)
{
	struct buffer der = cms_make_signed(rsa, rsa_key, "x", 1, 0);

	check_readable(&der, "it says S/MIME, but the CMS object is SignedData");
	buffer_free(&der);
}
END_TEST

static const size_t chunks[] = {1, 2, 7, 100, 100000};

START_TEST(chunks_make_no_difference)
{
	struct buffer ber = cms_make_streamed(EVP_aes_128_gcm(), rsa);
	struct buffer text = cms_make_base64(ber.data, ber.size);
	struct seen seen = look(ENTITY_BASE64, text.data, text.size, chunks[_i]);

	ck_assert_msg(seen.it.kind == INSPECT_AUTH_ENVELOPED, "%s", seen.it.detail);
	ck_assert_int_eq(seen.it.cipher->id, CIPHER_AES128_GCM);
	ck_assert(seen.rsa && !seen.other);
	seen = look(ENTITY_IDENTITY, ber.data, ber.size, chunks[_i]);
	ck_assert_msg(seen.it.kind == INSPECT_AUTH_ENVELOPED, "%s", seen.it.detail);
	seen = look(ENTITY_IDENTITY, ber.data, ber.size - 1, chunks[_i]);
	ck_assert_int_eq(seen.it.kind, INSPECT_READABLE);
	buffer_free(&ber);
	buffer_free(&text);
}
END_TEST

START_TEST(every_prefix_is_readable)
{
	struct buffer objects[3] = {cms_make(EVP_aes_128_cbc(), rsa, 0),
	    cms_make_streamed(EVP_aes_128_cbc(), rsa), cms_make_streamed(EVP_aes_256_gcm(), rsa)};
	size_t i;
	size_t size;

	for (i = 0; i < ARRAY_LENGTH(objects); i++) {
		for (size = 0; size < objects[i].size; size++)
			ck_assert_int_eq(look(ENTITY_IDENTITY, objects[i].data, size, 64).it.kind,
			    INSPECT_READABLE);
		buffer_free(&objects[i]);
	}
}
END_TEST

START_TEST(a_flipped_bit_is_survived)
{
	struct buffer ber = cms_make_streamed(EVP_aes_128_gcm(), rsa);
	size_t bit;

	for (bit = 0; bit < ber.size * 8; bit += 3) {
		ber.data[bit / 8] = (char)(ber.data[bit / 8] ^ 1 << bit % 8);
		look_der(&ber);
		ber.data[bit / 8] = (char)(ber.data[bit / 8] ^ 1 << bit % 8);
	}
	buffer_free(&ber);
}
END_TEST

static const unsigned char octets8[8] = {1, 2, 3, 4, 5, 6, 7, 8};

#define RC2 "\x06\x08\x2a\x86\x48\x86\xf7\x0d\x03\x02"
#define IV         \
	"\x04\x08" \
	"ABCDEFGH"
#define BYTES(literal) literal, sizeof(literal) - 1

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
	check_enveloped(&whole, INSPECT_ENVELOPED, algorithms[_i].cipher);
	ck_assert_str_eq(look_der(&whole).it.cipher_text, algorithms[_i].text);
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
		check_enveloped(&whole, INSPECT_ENVELOPED, CIPHER_AES128_CBC);
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
	check_enveloped(&whole, INSPECT_AUTH_ENVELOPED, CIPHER_AES128_GCM);
	buffer_free(&whole);
	cms_make_parts_free(&parts);
	buffer_free(&der);
}
END_TEST

/* Objects that prove nothing. */
static void
no_recipients(struct cms_parts *parts)
{
	cms_make_replace(&parts->recipients, 0x31, NULL, 0);
}

static void
recipients_missing(struct cms_parts *parts)
{
	buffer_clear(&parts->recipients);
}

static void
ciphertext_missing(struct cms_parts *parts)
{
	buffer_clear(&parts->content);
}

static void
ciphertext_empty(struct cms_parts *parts)
{
	cms_make_replace(&parts->content, 0x80, NULL, 0);
}

static void
ciphertext_of_empty_pieces(struct cms_parts *parts)
{
	cms_make_replace(&parts->content, 0xa0, "\x04\x00\x04\x00", 4);
}

static void
ciphertext_of_texts(struct cms_parts *parts)
{
	cms_make_replace(&parts->content, 0xa0,
	    "\x0c\x10"
	    "1234567890123456",
	    18);
}

static void
ciphertext_not_in_blocks(struct cms_parts *parts)
{
	cms_make_replace(&parts->content, 0x80, "12345678901234567", 17);
}

static void
version_missing(struct cms_parts *parts)
{
	buffer_clear(&parts->version);
}

static void
version_that_is_a_text(struct cms_parts *parts)
{
	cms_make_replace(&parts->version, 0x0c, "3", 1);
}

static void
algorithm_missing(struct cms_parts *parts)
{
	buffer_clear(&parts->algorithm);
}

static void
algorithm_without_identifier(struct cms_parts *parts)
{
	cms_make_replace(&parts->algorithm, 0x30, octets8, 0);
}

static void
recipients_that_are_none(struct cms_parts *parts)
{
	cms_make_replace(&parts->recipients, 0x31, "\x0c\x05hello", 7);
}

static void
unknown_type(struct cms_parts *parts)
{
	cms_make_replace(&parts->type, 0x06, "\x2a\x03\x04", 3);
}

static void
endless_type(struct cms_parts *parts)
{
	char longer[200];

	memset(longer, 1, sizeof(longer));
	cms_make_replace(&parts->type, 0x06, longer, sizeof(longer));
}

static void
something_after_the_attributes(struct cms_parts *parts)
{
	cms_make_replace(&parts->mac, 0x0c, "hello", 5);
}

static void
large_attributes(struct cms_parts *parts)
{
	static char many[100000];
	struct buffer value = cms_make_value(TLV_OCTET_STRING, many, sizeof(many));

	cms_make_replace(&parts->attributes, 0xa1, value.data, value.size);
	buffer_free(&value);
}

static void
signed_data(struct cms_parts *parts)
{
	cms_make_replace(&parts->type, 0x06, "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", 9);
}

static void
compressed_data(struct cms_parts *parts)
{
	cms_make_replace(&parts->type, 0x06, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x09", 11);
}

static void
encrypted_data(struct cms_parts *parts)
{
	cms_make_replace(&parts->type, 0x06, "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06", 9);
}

static void
auth_enveloped_without_mac(struct cms_parts *parts)
{
	cms_make_replace(&parts->type, 0x06, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17", 11);
}

static void
auth_enveloped_with_empty_mac(struct cms_parts *parts)
{
	auth_enveloped_without_mac(parts);
	cms_make_replace(&parts->mac, 0x04, NULL, 0);
}

static const struct {
	void (*change)(struct cms_parts *parts);
	const char *why;
} unsound[] = {
    {no_recipients, "encrypted for nobody"},
    {recipients_missing, "recipientInfos is missing"},
    {ciphertext_missing, "encryptedContent is missing"},
    {ciphertext_empty, "encryptedContent is empty"},
    {ciphertext_of_empty_pieces, "encryptedContent is empty"},
    {ciphertext_of_texts, "not an octet string"},
    {ciphertext_not_in_blocks, "whole block"},
    {version_missing, "version is missing"},
    {version_that_is_a_text, "version is missing"},
    {algorithm_missing, "contentEncryptionAlgorithm is missing"},
    {algorithm_without_identifier, "can't be read"},
    {recipients_that_are_none, "can't be read"},
    {unknown_type, "unknown type"},
    {endless_type, "too long"},
    {something_after_the_attributes, "more than it should"},
    {large_attributes, "follow the ciphertext"},
    {signed_data, "signerInfos is missing"},
    {compressed_data, "is CompressedData"},
    {encrypted_data, "addressed to nobody"},
    {auth_enveloped_without_mac, "mac is missing"},
    {auth_enveloped_with_empty_mac, "mac is empty"},
};

START_TEST(what_is_not_one_encrypted_object_is_readable)
{
	struct buffer der = cms_make(EVP_aes_128_cbc(), rsa, 0);
	struct cms_parts parts = cms_make_parts(&der);
	struct buffer whole;
	int indefinite;

	unsound[_i].change(&parts);
	for (indefinite = 0; indefinite < 2; indefinite++) {
		whole = cms_make_whole(&parts, indefinite);
		check_readable(&whole, unsound[_i].why);
		buffer_free(&whole);
	}
	cms_make_parts_free(&parts);
	buffer_free(&der);
}
END_TEST

static const struct {
	const char *bytes;
	size_t size;
	const char *why;
} raw[] = {
    {BYTES(""), "cut off"},
    {BYTES("\x30"), "cut off"},
    {BYTES("\x30\x00"), "contentType is missing"},
    {BYTES("\x30\x80\x00\x00"), "contentType is missing"},
    {BYTES("\x00\x00"), "end-of-contents"},
    {BYTES("\x30\x02\x00\x00"), "end-of-contents"},
    {BYTES("\x30\x84\xff\xff\xff\xff\x06\x84\xff\xff\xff\xff"), "longer than"},
    {BYTES("\x30\x80\x06\x84\xff\xff\xff\xff"
	   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
	"too long"},
    {BYTES("\x30\x88\xff\xff\xff\xff\xff\xff\xff\xff\x06\x00"), "longer than"},
    {BYTES("\x30\x88\x7f\xff\xff\xff\xff\xff\xff\xff\x06\x88\x7f\xff\xff\xff\xff\xff\xff\xff"),
	"longer than"},
    {BYTES("\x30\x89\x01\x00\x00\x00\x00\x00\x00\x00\x00"), "64 bits"},
    {BYTES("\x30\xff"), "64 bits"},
    {BYTES("\x3f\x01\x00"), "tag"},
    {BYTES("\x30\x03\x06\x02\x2a\x03"), "longer than"},
    {BYTES("\x30\x80\x06\x80\x00\x00"), "without a length"},
    {BYTES("\x30\x01\x06\x01"), "cut off by the end"},
    {BYTES("-----BEGIN PKCS7-----\r\nMIIB\r\n-----END PKCS7-----\r\n"), "no CMS object"},
    {BYTES("Hello,\r\n\r\nthis is plain.\r\n"), "no CMS object"},
};

START_TEST(what_is_no_object_is_readable)
{
	size_t chunk;

	for (chunk = 1; chunk < 4; chunk++) {
		struct seen seen = look(ENTITY_IDENTITY, raw[_i].bytes, raw[_i].size, chunk);

		ck_assert_int_eq(seen.it.kind, INSPECT_READABLE);
		ck_assert_msg(strstr(seen.it.detail, raw[_i].why) != NULL, "%s", seen.it.detail);
	}
}
END_TEST

/* A thousand values within each other, in every place where any are skipped or kept. */
START_TEST(deep_nesting_is_readable)
{
	static const unsigned char open[2] = {0x30, 0x80};
	struct buffer der = cms_make(EVP_aes_128_cbc(), rsa, 0);
	struct buffer deep = BUFFER_INIT;
	struct buffer whole;
	size_t i;
	size_t place;

	for (i = 0; i < 1000; i++)
		ck_assert_int_eq(buffer_append(&deep, open, sizeof(open), NULL), 0);
	for (place = 0; place < 4; place++) {
		struct cms_parts parts = cms_make_parts(&der);
		struct buffer *const at[] = {
		    &parts.originator, &parts.recipients, &parts.content, &parts.attributes};
		static const unsigned char tags[] = {0xa0, 0x31, 0xa0, 0xa1};

		cms_make_replace(at[place], tags[place], deep.data, deep.size);
		if (place == 2) {
			for (i = 6; i < at[place]->size; i += 2)
				at[place]->data[i] = 0x24;
		}
		whole = cms_make_whole(&parts, true);
		check_readable(&whole, "deeper than");
		buffer_free(&whole);
		cms_make_parts_free(&parts);
	}
	buffer_free(&deep);
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
	struct seen seen = look_der(&whole);

	ck_assert_msg(seen.it.kind == INSPECT_ENVELOPED, "%s", seen.it.detail);
	ck_assert_uint_eq(seen.recipients, INSPECT_RECIPIENTS_MAX);
	buffer_free(&whole);
	whole = make_crowd(INSPECT_RECIPIENTS_MAX + 1);
	check_readable(&whole, "more than 2000 recipient infos");
	buffer_free(&whole);
}
END_TEST

START_TEST(a_front_too_large_is_readable)
{
	static char large[INSPECT_FRONT_MAX];
	struct buffer der = cms_make(EVP_aes_128_cbc(), rsa, 0);
	struct cms_parts parts = cms_make_parts(&der);
	struct buffer certificates = cms_make_value(0x04, large, sizeof(large));
	struct buffer whole;
	size_t i;

	cms_make_replace(&parts.originator, 0xa0, certificates.data, certificates.size);
	whole = cms_make_whole(&parts, false);
	check_readable(&whole, "beside its content");
	buffer_free(&whole);
	/* Half a million empty values. */
	for (i = 0; i < sizeof(large); i += 2)
		large[i] = 5;
	cms_make_replace(&parts.originator, 0xa0, large, sizeof(large) / 2);
	whole = cms_make_whole(&parts, false);
	check_readable(&whole, "beside its content");
	buffer_free(&whole);
	buffer_free(&certificates);
	cms_make_parts_free(&parts);
	buffer_free(&der);
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
	check_enveloped(&whole, INSPECT_ENVELOPED, CIPHER_AES128_CBC);
	buffer_free(&whole);
	cms_make_parts_free(&parts);
	buffer_free(&der);
}
END_TEST

/* What stands around the object in the body. */
static const struct {
	enum entity_encoding encoding;
	const char *before;
	const char *after;
	bool enveloped;
} surroundings[] = {
    {ENTITY_BASE64, "", "", true},
    {ENTITY_BASE64, "\r\n", "\r\n \t\r\n\r\n", true},
    {ENTITY_BASE64, "", "And now in plain: the password is secret.\r\n", false},
    {ENTITY_BASE64, "", "QUJD\r\n", false},
    {ENTITY_BASE64, "", "QUI\r\n", false},
    {ENTITY_BASE64, "", "-- \r\nThis list has a footer\r\n", false},
    {ENTITY_BASE64, "Hello!\r\n", "", false},
    {ENTITY_BASE64, "QUJD", "", false},
    {ENTITY_BASE64, "-----BEGIN CMS-----\r\n", "-----END CMS-----\r\n", false},
    {ENTITY_IDENTITY, "", "", true},
    {ENTITY_IDENTITY, "", "\r\n", true},
    {ENTITY_IDENTITY, "", "\n", true},
    {ENTITY_IDENTITY, "", "\r\n\r\n", false},
    {ENTITY_IDENTITY, "", "\n\n", false},
    {ENTITY_IDENTITY, "", "\r", false},
    {ENTITY_IDENTITY, "", " ", false},
    {ENTITY_IDENTITY, "", "plain", false},
    {ENTITY_IDENTITY, "\r\n", "", false},
};

START_TEST(nothing_but_white_space_may_stand_around_it)
{
	struct buffer object = cms_make(EVP_aes_128_cbc(), rsa, 0);
	struct buffer body = BUFFER_INIT;
	struct seen seen;

	if (surroundings[_i].encoding == ENTITY_BASE64) {
		struct buffer text = cms_make_base64(object.data, object.size);

		buffer_free(&object);
		object = text;
	}
	ck_assert_int_eq(buffer_append_text(&body, surroundings[_i].before, NULL), 0);
	ck_assert_int_eq(buffer_append(&body, object.data, object.size, NULL), 0);
	ck_assert_int_eq(buffer_append_text(&body, surroundings[_i].after, NULL), 0);
	seen = look(surroundings[_i].encoding, body.data, body.size, 50);
	ck_assert_msg((seen.it.kind == INSPECT_ENVELOPED) == surroundings[_i].enveloped, "%s",
	    seen.it.detail);
	buffer_free(&body);
	buffer_free(&object);
}
END_TEST

START_TEST(garbage_within_the_base64_is_readable)
{
	struct buffer der = cms_make(EVP_aes_128_cbc(), rsa, 0);
	struct buffer text = cms_make_base64(der.data, der.size);

	ck_assert_int_eq(look(ENTITY_BASE64, text.data, text.size, 9).it.kind, INSPECT_ENVELOPED);
	text.data[200] = '*';
	ck_assert_int_eq(look(ENTITY_BASE64, text.data, text.size, 9).it.kind, INSPECT_READABLE);
	buffer_free(&text);
	buffer_free(&der);
}
END_TEST

START_TEST(two_objects_are_readable)
{
	struct buffer der = cms_make(EVP_aes_128_cbc(), rsa, 0);
	struct buffer twice = BUFFER_INIT;
	struct buffer text;

	ck_assert_int_eq(buffer_append(&twice, der.data, der.size, NULL), 0);
	ck_assert_int_eq(buffer_append(&twice, der.data, der.size, NULL), 0);
	check_readable(&twice, "something follows");
	text = cms_make_base64(twice.data, twice.size);
	ck_assert_int_eq(look(ENTITY_BASE64, text.data, text.size, 70).it.kind, INSPECT_READABLE);
	buffer_free(&text);
	buffer_free(&twice);
	buffer_free(&der);
}
END_TEST

START_TEST(a_key_identifier_addresses_its_certificate)
{
	struct buffer der = cms_make(EVP_aes_128_cbc(), rsa, CMS_USE_KEYID);

	check_enveloped(&der, INSPECT_ENVELOPED, CIPHER_AES128_CBC);
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
	ck_assert(addressed(it, certificate));
	ck_assert(!addressed(it, rsa));
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
	seen = look_der(&der);
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
	seen = look_der(&der);
	ck_assert_msg(seen.it.kind == INSPECT_ENVELOPED, "%s", seen.it.detail);
	ck_assert_uint_eq(seen.recipients, 2);
	ck_assert(!seen.rsa && !seen.other);
	buffer_free(&der);
	BIO_free(in);
	CMS_ContentInfo_free(cms);
}
END_TEST

START_TEST(what_claims_nothing_is_readable)
{
	struct entity_type type = {.claim = ENTITY_PLAIN};
	struct inspect *inspect = inspect_new(&type, NULL);
	const struct inspection *it;

	ck_assert_int_eq(inspect_write(inspect, "0", 1, NULL), 0);
	ck_assert_int_eq(inspect_finish(inspect, &it, NULL), 0);
	ck_assert_int_eq(it->kind, INSPECT_READABLE);
	inspect_free(inspect);
	inspect_free(NULL);
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

static void
add_unsound(TCase *tcase)
{
	tcase_add_test(tcase, what_is_signed_is_said_to_be);
	tcase_add_test(tcase, every_prefix_is_readable);
	tcase_add_test(tcase, a_flipped_bit_is_survived);
	tcase_add_loop_test(
	    tcase, what_is_not_one_encrypted_object_is_readable, 0, (int)ARRAY_LENGTH(unsound));
	tcase_add_loop_test(tcase, what_is_no_object_is_readable, 0, (int)ARRAY_LENGTH(raw));
	tcase_add_test(tcase, deep_nesting_is_readable);
	tcase_add_test(tcase, a_front_too_large_is_readable);
	tcase_add_loop_test(
	    tcase, nothing_but_white_space_may_stand_around_it, 0, (int)ARRAY_LENGTH(surroundings));
	tcase_add_test(tcase, garbage_within_the_base64_is_readable);
	tcase_add_test(tcase, two_objects_are_readable);
	tcase_add_test(tcase, what_claims_nothing_is_readable);
}

int
main(void)
{
	Suite *suite = suite_create("inspect");
	TCase *sound_case = unit_case(suite, "sound");
	TCase *unsound_case = unit_case(suite, "unsound");

	tcase_add_unchecked_fixture(sound_case, make_parties, free_parties);
	tcase_add_unchecked_fixture(unsound_case, make_parties, free_parties);
	tcase_set_timeout(sound_case, 60);
	tcase_set_timeout(unsound_case, 60);
	add_sound(sound_case);
	add_unsound(unsound_case);
	mail_startup();
	return unit_run(suite);
}
