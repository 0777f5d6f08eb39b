/* Digests over bytes as they stream by: those in use, or those that an object names. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#include "inspect/digests.h"
#include "unit.h"

#define TEXT "The quick brown fox jumps over the lazy dog"

/* The digest that the chain has so far; 0 where it has none of this kind. */
static unsigned int
digest_of(struct digests *digests, int nid, unsigned char digest[EVP_MAX_MD_SIZE])
{
	BIO *bio = digests_bio(digests);
	EVP_MD_CTX *copy = EVP_MD_CTX_new();
	EVP_MD_CTX *context;
	unsigned int size = 0;

	for (; bio != NULL && size == 0; bio = BIO_next(bio)) {
		if (BIO_method_type(bio) != BIO_TYPE_MD || BIO_get_md_ctx(bio, &context) != 1 ||
		    EVP_MD_get_type(EVP_MD_CTX_get0_md(context)) != nid)
			continue;
		ck_assert_int_eq(EVP_MD_CTX_copy_ex(copy, context), 1);
		ck_assert_int_eq(EVP_DigestFinal_ex(copy, digest, &size), 1);
	}
	EVP_MD_CTX_free(copy);
	return size;
}

static void
expect_digest(struct digests *digests, const EVP_MD *md)
{
	unsigned char wanted[EVP_MAX_MD_SIZE];
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int size;

	ck_assert_int_eq(EVP_Digest(TEXT, strlen(TEXT), wanted, &size, md, NULL), 1);
	ck_assert_uint_eq(digest_of(digests, EVP_MD_get_type(md), digest), size);
	ck_assert_mem_eq(digest, wanted, size);
}

START_TEST(all_in_use_are_computed_whatever_the_pieces)
{
	struct error err = ERROR_INIT;
	struct digests *digests = digests_all(&err);
	size_t piece = (size_t)_i + 1;
	size_t at;

	ck_assert_ptr_nonnull(digests);
	for (at = 0; at < strlen(TEXT); at += piece)
		ck_assert_int_eq(digests_write(digests, &TEXT[at],
				     strlen(TEXT) - at < piece ? strlen(TEXT) - at : piece, &err),
		    0);
	expect_digest(digests, EVP_md5());
	expect_digest(digests, EVP_sha1());
	expect_digest(digests, EVP_sha224());
	expect_digest(digests, EVP_sha256());
	expect_digest(digests, EVP_sha384());
	expect_digest(digests, EVP_sha512());
	digests_free(digests);
}
END_TEST

/* SHA-256 twice, SHA-1 with NULL, one that nobody knows, SHA3-256. */
static const unsigned char named[] = "\x31\x39"
				     "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"
				     "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"
				     "\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00"
				     "\x30\x05\x06\x03\x2a\x03\x04"
				     "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x08";

static size_t
count_of(struct digests *digests)
{
	BIO *bio;
	size_t count = 0;

	for (bio = digests_bio(digests); bio != NULL; bio = BIO_next(bio))
		count += BIO_method_type(bio) == BIO_TYPE_MD;
	return count;
}

START_TEST(those_named_are_computed_each_once)
{
	struct error err = ERROR_INIT;
	struct digests *digests = digests_named(named, sizeof(named) - 1, &err);

	ck_assert_msg(digests != NULL, "%s", err.text);
	ck_assert_int_eq(digests_write(digests, TEXT, strlen(TEXT), &err), 0);
	ck_assert_uint_eq(count_of(digests), 3);
	expect_digest(digests, EVP_sha256());
	expect_digest(digests, EVP_sha1());
	expect_digest(digests, EVP_sha3_256());
	digests_free(digests);
	ck_assert_uint_eq(ERR_peek_error(), 0);
}
END_TEST

START_TEST(a_set_of_indefinite_length_is_read)
{
	static const unsigned char ber[] =
	    "\x31\x80\x30\x80\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x00\x00\x00\x00";
	struct error err = ERROR_INIT;
	struct digests *digests = digests_named(ber, sizeof(ber) - 1, &err);

	ck_assert_msg(digests != NULL, "%s", err.text);
	ck_assert_uint_eq(count_of(digests), 1);
	digests_free(digests);
}
END_TEST

START_TEST(the_name_of_a_signature_stands_for_its_digest)
{
	static const unsigned char rsa_sha256[] =
	    "\x31\x0f\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00";
	struct error err = ERROR_INIT;
	struct digests *digests = digests_named(rsa_sha256, sizeof(rsa_sha256) - 1, &err);

	ck_assert_msg(digests != NULL, "%s", err.text);
	ck_assert_int_eq(digests_write(digests, TEXT, strlen(TEXT), &err), 0);
	expect_digest(digests, EVP_sha256());
	digests_free(digests);
}
END_TEST

START_TEST(an_empty_set_has_none)
{
	struct error err = ERROR_INIT;
	struct digests *digests = digests_named((const unsigned char *)"\x31\x00", 2, &err);

	ck_assert_ptr_nonnull(digests);
	ck_assert_int_eq(digests_write(digests, TEXT, strlen(TEXT), &err), 0);
	ck_assert_uint_eq(count_of(digests), 0);
	digests_free(digests);
}
END_TEST

static const struct {
	const char *bytes;
	size_t size;
} broken[] = {
    {"", 0},
    {"\x30\x00", 2},
    {"\x31\x02\x05\x00", 4},
    {"\x31\x02\x30\x00", 4},
    {"\x31\x05\x30\x03\x02\x01\x01", 7},
    {"\x31\x80\x30\x00", 4},
    {"\x31\x00\x00", 3},
};

START_TEST(what_is_no_set_of_algorithms_is_refused)
{
	struct error err = ERROR_INIT;

	ck_assert_ptr_null(
	    digests_named((const unsigned char *)broken[_i].bytes, broken[_i].size, &err));
	ck_assert_int_eq(err.code, ERROR_INPUT);
	ck_assert_uint_eq(ERR_peek_error(), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("digests");
	TCase *tcase = unit_case(suite, "digests");

	tcase_add_loop_test(tcase, all_in_use_are_computed_whatever_the_pieces, 0, 5);
	tcase_add_test(tcase, those_named_are_computed_each_once);
	tcase_add_test(tcase, a_set_of_indefinite_length_is_read);
	tcase_add_test(tcase, the_name_of_a_signature_stands_for_its_digest);
	tcase_add_test(tcase, an_empty_set_has_none);
	tcase_add_loop_test(
	    tcase, what_is_no_set_of_algorithms_is_refused, 0, (int)ARRAY_LENGTH(broken));
	return unit_run(suite);
}
