/* Whose signature it is, by which key. */
#include "test_signatures.h"

START_TEST(two_signers_are_told_apart)
{
	struct signed_signer signers[] = {
	    test_signatures_signer_of(BY_RSA), test_signatures_signer_of(BY_P256)};
	X509 *certificates[] = {people[BY_P256], people[BY_OTHER], people[BY_RSA]};
	struct signed_what what = {.signers = signers,
	    .signer_count = 2,
	    .content = CONTENT,
	    .certificates = certificates,
	    .certificate_count = 3};
	struct layer layer;

	signers[0].key = keys[BY_OTHER];
	layer = test_signatures_read_object(&what, CONTENT);
	ck_assert_uint_eq(layer.signature_count, 2);
	ck_assert_uint_eq(layer.certificate_count, 3);
	test_signatures_expect(&layer.signatures[0], LAYER_SIGNATURE_BAD, "");
	test_signatures_expect(&layer.signatures[1], LAYER_SIGNATURE_GOOD, "");
	ck_assert_ptr_eq(layer.signatures[0].certificate, layer.certificates[2]);
	ck_assert_ptr_eq(layer.signatures[1].certificate, layer.certificates[0]);
	layer_clear(&layer);
}
END_TEST

START_TEST(certificates_alone_have_no_signature)
{
	struct signed_what what = {
	    .content = CONTENT, .certificates = people, .certificate_count = WHO_COUNT};
	struct layer layer = test_signatures_read_object(&what, "");

	ck_assert_uint_eq(layer.signature_count, 0);
	ck_assert_uint_eq(layer.certificate_count, WHO_COUNT);
	layer_clear(&layer);
}
END_TEST

START_TEST(a_signer_without_its_certificate_is_named)
{
	struct signed_signer signer = test_signatures_signer_of(BY_RSA);
	struct signed_what what = {.signers = &signer, .signer_count = 1, .content = CONTENT};
	struct layer layer;

	if (_i == 1) { /* somebody else's comes with it */
		what.certificates = &people[BY_OTHER];
		what.certificate_count = 1;
	}
	signer.by_key_id = _i == 2;
	layer = test_signatures_read_object(&what, CONTENT);
	test_signatures_expect(
	    &layer.signatures[0], LAYER_SIGNATURE_NO_CERTIFICATE, "does not come with it");
	ck_assert_ptr_null(layer.signatures[0].certificate);
	ck_assert_int_eq(layer.signatures[0].issuer != NULL, _i != 2);
	ck_assert_int_eq(layer.signatures[0].key_id != NULL, _i == 2);
	layer_clear(&layer);
}
END_TEST

START_TEST(a_signer_may_be_named_by_its_key)
{
	struct signed_signer signer = test_signatures_signer_of(BY_RSA);
	struct layer layer;

	signer.by_key_id = true;
	layer = test_signatures_read_signer(&signer, CONTENT);
	test_signatures_expect(&layer.signatures[0], LAYER_SIGNATURE_GOOD, "");
	ck_assert_uint_eq(strlen(layer.signatures[0].key_id), 40);
	ck_assert_ptr_null(layer.signatures[0].serial);
	layer_clear(&layer);
}
END_TEST

/* The same issuer and serial number, another key. */
static X509 *
make_twin(X509 *original, EVP_PKEY *key)
{
	X509 *twin = X509_dup(original);

	ck_assert_int_eq(X509_set_pubkey(twin, key), 1);
	ck_assert_int_gt(X509_sign(twin, key, EVP_sha256()), 0);
	return twin;
}

START_TEST(of_twins_the_one_whose_key_verifies_is_the_signer)
{
	struct signed_signer signer = test_signatures_signer_of(BY_RSA);
	X509 *twin = make_twin(people[BY_RSA], keys[_i == 0 ? BY_OTHER : BY_P256]);
	X509 *certificates[] = {twin, people[BY_RSA], twin};
	struct signed_what what = {.signers = &signer,
	    .signer_count = 1,
	    .content = CONTENT,
	    .certificates = certificates,
	    .certificate_count = 3};
	struct layer layer = test_signatures_read_object(&what, CONTENT);

	test_signatures_expect(&layer.signatures[0], LAYER_SIGNATURE_GOOD, "");
	ck_assert_ptr_eq(layer.signatures[0].certificate, layer.certificates[1]);
	layer_clear(&layer);
	X509_free(twin);
}
END_TEST

START_TEST(a_key_of_another_kind_is_bad)
{
	struct signed_signer signer = test_signatures_signer_of(BY_RSA);

	signer.key = keys[BY_P256];
	test_signatures_expect_signer(&signer, LAYER_SIGNATURE_BAD, "another kind of key");
}
END_TEST

/* 1.2.3.4 */
static const unsigned char strange[] = {0x30, 0x05, 0x06, 0x03, 0x2a, 0x03, 0x04};

START_TEST(what_nobody_knows_can_not_be_verified)
{
	struct signed_signer signer = test_signatures_signer_of(BY_RSA);

	signer.algorithm = strange;
	signer.algorithm_size = sizeof(strange);
	test_signatures_expect_signer(&signer, LAYER_SIGNATURE_UNVERIFIABLE, "1.2.3.4");
	signer = test_signatures_signer_of(BY_RSA);
	signer.digest = EVP_sha3_256();
	test_signatures_expect_signer(&signer, LAYER_SIGNATURE_UNVERIFIABLE, "SHA3-256");
}
END_TEST

static const struct {
	int bits;
	int exponent_bits;
	const char *why;
} absurd[] = {{8200, 17, "8200 bits"}, {2048, 2000, "exponent"}, {3072, 65, "exponent"}};

/* Whoever makes a certificate writes any key into it: the largest cost nothing to make. */
START_TEST(a_key_of_absurd_size_is_not_computed_with)
{
	EVP_PKEY *key = pki_made_up_key(absurd[_i].bits, absurd[_i].exponent_bits);
	struct signed_signer signer = test_signatures_signer_of(BY_RSA);
	X509 *twin = X509_dup(people[BY_RSA]);

	ck_assert_int_eq(X509_set_pubkey(twin, key), 1);
	ck_assert_int_gt(X509_sign(twin, keys[BY_RSA], EVP_sha256()), 0);
	signer.certificate = twin;
	test_signatures_expect_signer(&signer, LAYER_SIGNATURE_UNVERIFIABLE, absurd[_i].why);
	X509_free(twin);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(two_digests_in_one_signature_are_not_taken_for_a_forgery)
{
	struct signed_signer signer = test_signatures_signer_of(BY_RSA);
	struct layer layer;

	signer.digest = EVP_sha256();
	signer.says = EVP_sha1();
	layer = test_signatures_read_signer(&signer, CONTENT);
	/* Verified as made, but no better than the weaker one. */
	test_signatures_expect(&layer.signatures[0], LAYER_SIGNATURE_GOOD, "");
	ck_assert_int_eq(layer.signatures[0].digest_strength, 63);
	layer_clear(&layer);
	signer.key = keys[BY_OTHER];
	test_signatures_expect_signer(&signer, LAYER_SIGNATURE_UNVERIFIABLE, "two digests");
}
END_TEST

/* A detached signature whose object holds what was signed, while something else stands beside it. */
START_TEST(content_within_a_detached_signature_does_not_count)
{
	struct signed_signer signer = test_signatures_signer_of(BY_RSA);
	struct signed_what what = {.signers = &signer,
	    .signer_count = 1,
	    .content = CONTENT,
	    .inside = CONTENT,
	    .certificates = &people[BY_RSA],
	    .certificate_count = 1};
	struct layer layer = test_signatures_read_object(&what, CHANGED);

	test_signatures_expect(&layer.signatures[0], LAYER_SIGNATURE_BAD, "not what was signed");
	layer_clear(&layer);
}
END_TEST

START_TEST(too_many_signers_or_certificates_are_refused)
{
	struct signed_signer signers[SIGNATURES_SIGNERS_MAX + 1];
	X509 *certificates[SIGNATURES_CERTIFICATES_MAX + 1];
	struct signed_what what = {.signers = signers,
	    .signer_count = _i == 0 ? ARRAY_LENGTH(signers) : 1,
	    .content = CONTENT,
	    .certificates = certificates,
	    .certificate_count = _i == 1 ? ARRAY_LENGTH(certificates) : 1};
	struct error err = ERROR_INIT;
	struct buffer der;
	struct layer layer;
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(signers); i++)
		signers[i] = test_signatures_signer_of(BY_P256);
	for (i = 0; i < ARRAY_LENGTH(certificates); i++)
		certificates[i] = people[BY_P256];
	der = signed_make(&what);
	ck_assert_int_eq(test_signatures_read_der(&der, CONTENT, &layer, &err), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	layer_clear(&layer);
	buffer_free(&der);
}
END_TEST

void
test_signatures_signers(TCase *tcase)
{
	tcase_add_test(tcase, two_signers_are_told_apart);
	tcase_add_test(tcase, certificates_alone_have_no_signature);
	tcase_add_loop_test(tcase, a_signer_without_its_certificate_is_named, 0, 3);
	tcase_add_test(tcase, a_signer_may_be_named_by_its_key);
	tcase_add_loop_test(tcase, of_twins_the_one_whose_key_verifies_is_the_signer, 0, 2);
	tcase_add_test(tcase, a_key_of_another_kind_is_bad);
	tcase_add_test(tcase, what_nobody_knows_can_not_be_verified);
	tcase_add_loop_test(
	    tcase, a_key_of_absurd_size_is_not_computed_with, 0, (int)ARRAY_LENGTH(absurd));
	tcase_add_test(tcase, two_digests_in_one_signature_are_not_taken_for_a_forgery);
	tcase_add_test(tcase, content_within_a_detached_signature_does_not_count);
	tcase_add_loop_test(tcase, too_many_signers_or_certificates_are_refused, 0, 2);
}
