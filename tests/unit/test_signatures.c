/* Signatures of CMS objects: what is good is called so, and nothing else is. */
#include "test_signatures.h"

#include <stdio.h>
#include <stdlib.h>

#include "short_memory.h"

static const struct {
	enum who who;
	const EVP_MD *(*digest)(void);
	bool pss;
	const char *digest_name;
	const char *algorithm;
	int strength;
} algorithms[] = {
    {BY_RSA, EVP_sha256, false, "SHA-256", "RSA", 128},
    {BY_RSA, EVP_sha1, false, "SHA-1", "RSA", 63},
    {BY_RSA, EVP_md5, false, "MD5", "RSA", 39},
    {BY_RSA, EVP_sha224, false, "SHA-224", "RSA", 112},
    {BY_RSA_1024, EVP_sha256, false, "SHA-256", "RSA", 128},
    {BY_RSA, EVP_sha512, true, "SHA-512", "RSA-PSS", 256},
    {BY_RSA, EVP_sha1, true, "SHA-1", "RSA-PSS", 63},
    {BY_P256, EVP_sha256, false, "SHA-256", "ECDSA", 128},
    {BY_P384, EVP_sha384, false, "SHA-384", "ECDSA", 192},
    {BY_P521, EVP_sha512, false, "SHA-512", "ECDSA", 256},
    {BY_DSA, EVP_sha256, false, "SHA-256", "DSA", 128},
    {BY_DSA, EVP_sha1, false, "SHA-1", "DSA", 63},
    {BY_ED25519, EVP_sha512, false, "SHA-512", "Ed25519", 256},
};

START_TEST(what_is_signed_well_is_good_and_told_by_its_algorithms)
{
	struct signed_signer signer = test_signatures_signer_of(algorithms[_i].who);
	const struct layer_signature *signature;
	struct layer layer;

	signer.digest = algorithms[_i].digest();
	signer.pss = algorithms[_i].pss;
	layer = test_signatures_read_signer(&signer, CONTENT);
	ck_assert_uint_eq(layer.signature_count, 1);
	ck_assert_uint_eq(layer.certificate_count, 1);
	signature = &layer.signatures[0];
	test_signatures_expect(signature, LAYER_SIGNATURE_GOOD, "");
	ck_assert_ptr_eq(signature->certificate, layer.certificates[0]);
	ck_assert_str_eq(signature->digest, algorithms[_i].digest_name);
	ck_assert_str_eq(signature->algorithm, algorithms[_i].algorithm);
	ck_assert_int_eq(signature->digest_strength, algorithms[_i].strength);
	ck_assert_int_eq((long)signature->signing_time, AT);
	ck_assert_str_eq(signature->issuer, signature->certificate->issuer);
	ck_assert_str_eq(signature->serial, signature->certificate->serial);
	ck_assert_ptr_null(signature->key_id);
	layer_clear(&layer);
}
END_TEST

START_TEST(a_content_that_was_changed_is_bad)
{
	struct signed_signer signer = test_signatures_signer_of(algorithms[_i].who);
	struct layer layer;

	signer.digest = algorithms[_i].digest();
	signer.pss = algorithms[_i].pss;
	layer = test_signatures_read_signer(&signer, CHANGED);
	test_signatures_expect(
	    &layer.signatures[0], LAYER_SIGNATURE_BAD, "the content is not what was signed");
	layer_clear(&layer);
}
END_TEST

START_TEST(the_key_of_another_is_bad)
{
	struct signed_signer signer = test_signatures_signer_of(algorithms[_i].who);

	if (algorithms[_i].who != BY_RSA)
		return;
	signer.digest = algorithms[_i].digest();
	signer.pss = algorithms[_i].pss;
	signer.key = keys[BY_OTHER];
	test_signatures_expect_signer(
	    &signer, LAYER_SIGNATURE_BAD, "not made by its certificate's key");
}
END_TEST

/* Each byte of the attributes and the signature changed in turn: good is only what says the same, as
 * the names of algorithms, which nothing signs, may. */
START_TEST(no_byte_of_what_is_signed_can_change)
{
	static const char first[] = "\x30\x18\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03";
	static const char last[] = "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";
	struct signed_signer signer = test_signatures_signer_of(BY_P256);
	struct signed_what what = {.signers = &signer,
	    .signer_count = 1,
	    .content = CONTENT,
	    .certificates = &people[BY_P256],
	    .certificate_count = 1};
	struct buffer der = signed_make(&what);
	struct error err = ERROR_INIT;
	struct layer layer;
	size_t at = 0;
	size_t end;

	while (memcmp(der.data + at, first, sizeof(first) - 1) != 0)
		at++;
	for (end = at; memcmp(der.data + end, last, sizeof(last) - 1) != 0;)
		end++;
	for (; at < der.size; at++) {
		if (at == end)
			at += sizeof(last) - 1;
		der.data[at] ^= 0x01;
		if (test_signatures_read_changed(&der, &layer, &err)) {
			ck_assert(layer.signature_count == 0 ||
				  layer.signatures[0].state != LAYER_SIGNATURE_GOOD);
			layer_clear(&layer);
		}
		der.data[at] ^= 0x01;
	}
	buffer_free(&der);
}
END_TEST

START_TEST(a_signature_without_attributes_is_over_the_content)
{
	struct signed_signer signer = test_signatures_signer_of(_i == 0   ? BY_RSA
								: _i == 1 ? BY_P256
									  : BY_RSA);
	struct layer layer;

	signer.bare = true;
	signer.pss = _i == 2;
	test_signatures_expect_signer(&signer, LAYER_SIGNATURE_GOOD, "");
	layer = test_signatures_read_signer(&signer, CHANGED);
	test_signatures_expect(&layer.signatures[0], LAYER_SIGNATURE_BAD, "");
	ck_assert_int_eq((long)layer.signatures[0].signing_time, 0);
	layer_clear(&layer);
}
END_TEST

START_TEST(eddsa_over_the_content_itself_is_not_computed)
{
	struct signed_signer signer = test_signatures_signer_of(BY_ED25519);

	signer.bare = true;
	signer.digest = EVP_sha512();
	test_signatures_expect_signer(
	    &signer, LAYER_SIGNATURE_UNVERIFIABLE, "Ed25519 without signed attributes");
}
END_TEST

static void
expect_the_same_or_no_memory(const struct buffer *der, const char *content,
    unsigned long request_number, enum layer_signature_state state)
{
	CMS_ContentInfo *cms = test_signatures_parse(der);
	struct error err = ERROR_INIT;
	struct digests *digests = digests_all(&err);
	struct layer layer;
	int result;

	ck_assert_ptr_nonnull(cms);
	ck_assert_int_eq(digests_write(digests, content, strlen(content), &err), 0);
	memset(&layer, 0, sizeof(layer));
	short_memory_fail(request_number);
	result = signatures_read(cms, digests, &layer, &err);
	if (result == 0) {
		ck_assert_msg(layer.signatures[0].state == state, "request %lu: %s: %s",
		    request_number, layer_signature_state_name(layer.signatures[0].state),
		    layer.signatures[0].detail);
		ck_assert_uint_eq(layer.certificate_count, 1);
	} else {
		ck_assert(err.code == ERROR_TEMPORARY || err.code == ERROR_INTERNAL);
	}
	layer_clear(&layer);
	digests_free(digests);
	CMS_ContentInfo_free(cms);
}

/* Of an algorithm, good or bad: what is missing is memory, never a good signature or a certificate. */
static const int refused[] = {0, 5, 7, 12};

START_TEST(no_memory_is_not_taken_for_a_bad_signature)
{
	const int which = refused[_i];
	struct signed_signer signer = test_signatures_signer_of(algorithms[which].who);
	struct signed_what what = {.signers = &signer,
	    .signer_count = 1,
	    .content = CONTENT,
	    .certificates = &signer.certificate,
	    .certificate_count = 1};
	struct buffer der;
	unsigned long number;

	signer.digest = algorithms[which].digest();
	signer.pss = algorithms[which].pss;
	der = signed_make(&what);
	for (number = 1; number == 1 || short_memory_failed(); number++)
		expect_the_same_or_no_memory(&der, CONTENT, number, LAYER_SIGNATURE_GOOD);
	short_memory_fail(0);
	for (number = 1; number == 1 || short_memory_failed(); number++)
		expect_the_same_or_no_memory(&der, CHANGED, number, LAYER_SIGNATURE_BAD);
	short_memory_fail(0);
	buffer_free(&der);
}
END_TEST

/* The examples of RFC 4134, where the corpora are. */
static const struct {
	const char *name;
	size_t signers;
	enum layer_signature_state last;
	const char *algorithm;
	const char *why;
} examples[] = {
    {"4.1.bin", 1, LAYER_SIGNATURE_GOOD, "DSA", ""},
    {"4.2.bin", 1, LAYER_SIGNATURE_GOOD, "RSA", ""},
    {"4.3.bin", 1, LAYER_SIGNATURE_GOOD, "DSA", ""},
    {"4.4.bin", 1, LAYER_SIGNATURE_GOOD, "DSA", ""},
    {"4.5.bin", 1, LAYER_SIGNATURE_GOOD, "RSA", ""},
    /* The second signer's key leaves its parameters to its issuer's. */
    {"4.6.bin", 2, LAYER_SIGNATURE_UNVERIFIABLE, "DSA", "can't be read"},
    {"4.7.bin", 1, LAYER_SIGNATURE_GOOD, "DSA", ""},
    {"4.10.bin", 1, LAYER_SIGNATURE_GOOD, "DSA", ""},
    {"4.11.bin", 0, LAYER_SIGNATURE_GOOD, "", ""},
};

static struct buffer
read_file(const char *name)
{
	static char bytes[1 << 16];
	struct buffer file = BUFFER_INIT;
	char path[512];
	FILE *in;

	snprintf(path, sizeof(path), "%s/rfc4134/%s", getenv("SMIME_CORPORA"), name);
	in = fopen(path, "r");
	ck_assert_msg(in != NULL, "%s", path);
	ck_assert_int_eq(buffer_append(&file, bytes, fread(bytes, 1, sizeof(bytes), in), NULL), 0);
	fclose(in);
	return file;
}

START_TEST(rfc_4134_examples_verify)
{
	struct buffer der = read_file(examples[_i].name);
	struct buffer content = read_file("ExContent.bin");
	struct error err = ERROR_INIT;
	struct layer layer;
	size_t i;

	ck_assert_msg(
	    test_signatures_read_der(&der, content.data, &layer, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(layer.signature_count, examples[_i].signers);
	for (i = 0; i < layer.signature_count; i++) {
		if (i + 1 < layer.signature_count)
			test_signatures_expect(&layer.signatures[i], LAYER_SIGNATURE_GOOD, "");
		else
			test_signatures_expect(
			    &layer.signatures[i], examples[_i].last, examples[_i].why);
		ck_assert_str_eq(layer.signatures[i].algorithm, examples[_i].algorithm);
		ck_assert_str_eq(layer.signatures[i].digest, "SHA-1");
	}
	layer_clear(&layer);
	buffer_free(&content);
	buffer_free(&der);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("signatures");
	TCase *tcase = unit_case(suite, "signatures");
	const int algorithm_count = (int)ARRAY_LENGTH(algorithms);

	if (!short_memory_prepare())
		return EXIT_FAILURE;
	tcase_set_timeout(tcase, 120);
	tcase_add_unchecked_fixture(
	    tcase, test_signatures_make_people, test_signatures_free_people);
	tcase_add_loop_test(
	    tcase, what_is_signed_well_is_good_and_told_by_its_algorithms, 0, algorithm_count);
	tcase_add_loop_test(tcase, a_content_that_was_changed_is_bad, 0, algorithm_count);
	tcase_add_loop_test(tcase, the_key_of_another_is_bad, 0, algorithm_count);
	tcase_add_test(tcase, no_byte_of_what_is_signed_can_change);
	tcase_add_loop_test(tcase, a_signature_without_attributes_is_over_the_content, 0, 3);
	tcase_add_test(tcase, eddsa_over_the_content_itself_is_not_computed);
	test_signatures_attributes(tcase);
	test_signatures_signers(tcase);
	tcase_add_loop_test(
	    tcase, no_memory_is_not_taken_for_a_bad_signature, 0, (int)ARRAY_LENGTH(refused));
	if (getenv("SMIME_CORPORA") != NULL)
		tcase_add_loop_test(
		    tcase, rfc_4134_examples_verify, 0, (int)ARRAY_LENGTH(examples));
	return unit_run(suite);
}
