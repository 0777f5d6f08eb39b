/* Bodies that say S/MIME, and are no encrypted object from their first byte to their last. */
#include "test_inspect.h"

#include "smime/tlv.h"

START_TEST(what_is_signed_is_said_to_be)
{
	struct buffer der = cms_make_signed(rsa, rsa_key, "x", 1, 0);

	test_inspect_check_readable(&der, "it says S/MIME, but the CMS object is SignedData");
	buffer_free(&der);
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
			ck_assert_int_eq(
			    test_inspect_look(ENTITY_IDENTITY, objects[i].data, size, 64).it.kind,
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
		test_inspect_look_der(&ber);
		ber.data[bit / 8] = (char)(ber.data[bit / 8] ^ 1 << bit % 8);
	}
	buffer_free(&ber);
}
END_TEST

static const unsigned char octets8[8] = {1, 2, 3, 4, 5, 6, 7, 8};

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
		test_inspect_check_readable(&whole, unsound[_i].why);
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
		struct seen seen =
		    test_inspect_look(ENTITY_IDENTITY, raw[_i].bytes, raw[_i].size, chunk);

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
		test_inspect_check_readable(&whole, "deeper than");
		buffer_free(&whole);
		cms_make_parts_free(&parts);
	}
	buffer_free(&deep);
	buffer_free(&der);
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
	test_inspect_check_readable(&whole, "beside its content");
	buffer_free(&whole);
	/* Half a million empty values. */
	for (i = 0; i < sizeof(large); i += 2)
		large[i] = 5;
	cms_make_replace(&parts.originator, 0xa0, large, sizeof(large) / 2);
	whole = cms_make_whole(&parts, false);
	test_inspect_check_readable(&whole, "beside its content");
	buffer_free(&whole);
	buffer_free(&certificates);
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
	seen = test_inspect_look(surroundings[_i].encoding, body.data, body.size, 50);
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

	ck_assert_int_eq(
	    test_inspect_look(ENTITY_BASE64, text.data, text.size, 9).it.kind, INSPECT_ENVELOPED);
	text.data[200] = '*';
	ck_assert_int_eq(
	    test_inspect_look(ENTITY_BASE64, text.data, text.size, 9).it.kind, INSPECT_READABLE);
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
	test_inspect_check_readable(&twice, "something follows");
	text = cms_make_base64(twice.data, twice.size);
	ck_assert_int_eq(
	    test_inspect_look(ENTITY_BASE64, text.data, text.size, 70).it.kind, INSPECT_READABLE);
	buffer_free(&text);
	buffer_free(&twice);
	buffer_free(&der);
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

void
test_inspect_unsound(TCase *tcase)
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
