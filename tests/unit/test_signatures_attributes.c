/* Attributes, signed and not. */
#include "test_signatures.h"

#include <openssl/asn1.h>
#include <stdlib.h>

START_TEST(a_type_of_content_that_nobody_signed_is_malformed)
{
	struct signed_signer signer = test_signatures_signer_of(BY_RSA);
	struct signed_what what = {.signers = &signer,
	    .signer_count = 1,
	    .content = CONTENT,
	    .content_type = NID_id_smime_ct_TSTInfo,
	    .certificates = &people[BY_RSA],
	    .certificate_count = 1};
	struct layer layer;

	layer = test_signatures_read_object(&what, CONTENT);
	test_signatures_expect(
	    &layer.signatures[0], LAYER_SIGNATURE_MALFORMED, "another type of content");
	layer_clear(&layer);
	signer.content_type = NID_id_smime_ct_TSTInfo;
	layer = test_signatures_read_object(&what, CONTENT);
	test_signatures_expect(&layer.signatures[0], LAYER_SIGNATURE_GOOD, "");
	layer_clear(&layer);
	signer.bare = true;
	layer = test_signatures_read_object(&what, CONTENT);
	test_signatures_expect(&layer.signatures[0], LAYER_SIGNATURE_MALFORMED, "not plain data");
	layer_clear(&layer);
}
END_TEST

#define DATA_TYPE "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
#define TIME       \
	"\x17\x0d" \
	"250101000000Z"
#define LIST "\x30\x0d\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a"

static const struct {
	const char *oid;
	const char *values;
	size_t size;
	const char *why; /* NULL: it is good */
} attributes[] = {
    {"1.2.840.113549.1.9.3", DATA_TYPE, 11, "not exactly one content type"},
    {"1.2.840.113549.1.9.4", "\x04\x01\x00", 3, "not exactly one message digest"},
    {"1.2.840.113549.1.9.5", TIME, 15, "not exactly one signing time"},
    {"1.2.840.113549.1.9.15", LIST LIST, 30, "not exactly one list of capabilities"},
    {"1.2.840.113549.1.9.15", "", 0, "not exactly one list of capabilities"},
    {"1.2.840.113549.1.9.16.2.11", "\x05\x00\x05\x00", 4, "not exactly one preferred certificate"},
    {"1.3.6.1.4.1.311.16.4", "", 0, "not exactly one preferred certificate"},
    {"1.2.840.113549.1.9.15", "\x05\x00", 2, NULL}, {"1.2.3.4", "\x05\x00\x05\x00", 4, NULL},
    {"1.2.840.113549.1.9.6", "\x05\x00", 2, "an attribute stands where"}, /* a countersignature */
};

START_TEST(attributes_that_the_standards_forbid_are_malformed)
{
	struct signed_signer signer = test_signatures_signer_of(BY_RSA);
	struct buffer more = BUFFER_INIT;

	signed_make_attribute(&more, attributes[_i].oid,
	    (const unsigned char *)attributes[_i].values, attributes[_i].size);
	signer.attributes = &more;
	if (attributes[_i].why != NULL)
		test_signatures_expect_signer(
		    &signer, LAYER_SIGNATURE_MALFORMED, attributes[_i].why);
	else
		test_signatures_expect_signer(&signer, LAYER_SIGNATURE_GOOD, "");
	buffer_free(&more);
}
END_TEST

START_TEST(attributes_that_must_be_signed_are_malformed_elsewhere)
{
	struct signed_signer signer = test_signatures_signer_of(BY_RSA);
	struct buffer more = BUFFER_INIT;

	signed_make_attribute(
	    &more, "1.2.840.113549.1.9.15", (const unsigned char *)LIST, sizeof(LIST) - 1);
	signer.unsigned_attributes = &more;
	test_signatures_expect_signer(&signer, LAYER_SIGNATURE_MALFORMED, "outside what is signed");
	buffer_free(&more);
}
END_TEST

START_TEST(attributes_that_are_missing_or_doubled_are_malformed)
{
	struct signed_signer signer = test_signatures_signer_of(BY_RSA);

	signer.without_content_type = true;
	test_signatures_expect_signer(&signer, LAYER_SIGNATURE_MALFORMED, "no signed content type");
	signer = test_signatures_signer_of(BY_RSA);
	signer.without_digest = true;
	test_signatures_expect_signer(
	    &signer, LAYER_SIGNATURE_MALFORMED, "no signed message digest");
	signer = test_signatures_signer_of(BY_RSA);
	signer.twice_digest = true;
	test_signatures_expect_signer(
	    &signer, LAYER_SIGNATURE_MALFORMED, "not exactly one message digest");
	/* An empty set is not the same as none. */
	signer = test_signatures_signer_of(BY_RSA);
	signer.without_content_type = true;
	signer.without_digest = true;
	signer.signing_time = 0;
	test_signatures_expect_signer(&signer, LAYER_SIGNATURE_MALFORMED, "no signed content type");
}
END_TEST

START_TEST(a_signing_time_that_is_none_is_malformed)
{
	struct signed_signer signer = test_signatures_signer_of(BY_RSA);
	struct buffer more = BUFFER_INIT;

	signer.signing_time = 0;
	signed_make_attribute(
	    &more, "1.2.840.113549.1.9.5", (const unsigned char *)"\x17\x03now", 5);
	signer.attributes = &more;
	test_signatures_expect_signer(
	    &signer, LAYER_SIGNATURE_MALFORMED, "signing time can't be read");
	buffer_free(&more);
}
END_TEST

static bool
reads(const struct capabilities *capabilities, enum cipher_id cipher)
{
	for (size_t i = 0; i < capabilities->cipher_count; i++)
		if (capabilities->ciphers[i] == cipher)
			return true;
	return false;
}

START_TEST(capabilities_are_read_of_what_is_good)
{
	struct signed_signer signer = test_signatures_signer_of(BY_RSA);
	struct buffer more = BUFFER_INIT;
	struct layer layer;

	signed_make_attribute(
	    &more, "1.2.840.113549.1.9.15", pki_capabilities_aes256, pki_capabilities_aes256_size);
	signed_make_attribute(
	    &more, "1.2.840.113549.1.9.16.2.11", (const unsigned char *)"\x82\x01\x00", 3);
	signer.attributes = &more;
	layer = test_signatures_read_signer(&signer, CONTENT);
	test_signatures_expect(&layer.signatures[0], LAYER_SIGNATURE_GOOD, "");
	ck_assert_int_eq(layer.signatures[0].capabilities.from, CAPABILITIES_SIGNED);
	ck_assert(reads(&layer.signatures[0].capabilities, CIPHER_AES256_CBC));
	layer_clear(&layer);
	layer = test_signatures_read_signer(&signer, CHANGED);
	test_signatures_expect(&layer.signatures[0], LAYER_SIGNATURE_BAD, "");
	layer_clear(&layer);
	buffer_free(&more);
}
END_TEST

START_TEST(an_attribute_may_be_huge)
{
	size_t size = (size_t)300 << 10;
	unsigned char *value = calloc(1, size);
	struct signed_signer signer = test_signatures_signer_of(BY_RSA);
	struct buffer more = BUFFER_INIT;
	unsigned char *at = value;

	ASN1_put_object(&at, 0, (int)size - 5, V_ASN1_OCTET_STRING, V_ASN1_UNIVERSAL);
	ck_assert_int_eq(at - value, 5);
	signed_make_attribute(&more, "1.2.3.4", value, size);
	signer.attributes = &more;
	test_signatures_expect_signer(&signer, LAYER_SIGNATURE_GOOD, "");
	buffer_free(&more);
	free(value);
}
END_TEST

void
test_signatures_attributes(TCase *tcase)
{
	tcase_add_test(tcase, a_type_of_content_that_nobody_signed_is_malformed);
	tcase_add_loop_test(tcase, attributes_that_the_standards_forbid_are_malformed, 0,
	    (int)ARRAY_LENGTH(attributes));
	tcase_add_test(tcase, attributes_that_must_be_signed_are_malformed_elsewhere);
	tcase_add_test(tcase, attributes_that_are_missing_or_doubled_are_malformed);
	tcase_add_test(tcase, a_signing_time_that_is_none_is_malformed);
	tcase_add_test(tcase, capabilities_are_read_of_what_is_good);
	tcase_add_test(tcase, an_attribute_may_be_huge);
}
