/* userSMIMECertificate in both forms: what is read, what a signature must have to count. */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "pki.h"
#include "smime/blob.h"
#include "unit.h"

static struct {
	EVP_PKEY *ca_key, *sign_key, *encrypt_key;
	X509 *ca;
	X509 *both;  /* signs and encrypts */
	X509 *signs; /* the two certificates of somebody else */
	X509 *encrypts;
	STACK_OF(X509) * chain;
} pki;

static X509 *
issue(const char *subject, const char *usage, EVP_PKEY *key)
{
	return pki_issue(
	    &(const struct pki_certificate){
		.subject = subject, .email = "anna@corp.example", .key_usage = usage},
	    key, pki.ca, pki.ca_key);
}

static void
setup(void)
{
	pki.ca_key = pki_key(PKI_RSA_2048, 1);
	pki.sign_key = pki_key(PKI_RSA_2048, 2);
	pki.encrypt_key = pki_key(PKI_RSA_2048, 3);
	pki.ca = pki_issue(&(const struct pki_certificate){.subject = "CA", .ca = true}, pki.ca_key,
	    NULL, pki.ca_key);
	pki.both = issue("Both", NULL, pki.sign_key);
	pki.signs = issue("Two", "digitalSignature", pki.sign_key);
	pki.encrypts = issue("Two", "keyEncipherment", pki.encrypt_key);
	pki.chain = sk_X509_new_null();
	ck_assert(sk_X509_push(pki.chain, pki.ca));
}

static void
teardown(void)
{
	sk_X509_free(pki.chain);
	X509_free(pki.ca);
	X509_free(pki.both);
	X509_free(pki.signs);
	X509_free(pki.encrypts);
	EVP_PKEY_free(pki.ca_key);
	EVP_PKEY_free(pki.sign_key);
	EVP_PKEY_free(pki.encrypt_key);
}

/* Reads and verifies, as of now. */
static struct blob *
verified(const struct pki_blob *what, X509 *signer)
{
	struct error err = ERROR_INIT;
	size_t size;
	unsigned char *der = pki_blob(what, signer, pki.sign_key, &size);
	struct blob *blob = blob_read(der, size, &err);

	ck_assert_msg(blob != NULL, "%s", err.text);
	blob_verify(blob, clock_wall());
	OPENSSL_free(der);
	return blob;
}

/* The only candidate, or NULL. */
static X509 *
only_candidate(const struct blob *blob)
{
	STACK_OF(X509) *candidates = blob_candidates(blob);
	X509 *only = NULL;

	ck_assert_ptr_nonnull(candidates);
	ck_assert_int_ge(sk_X509_num(candidates), 1);
	if (sk_X509_num(candidates) == 1)
		only = sk_X509_value(candidates, 0);
	sk_X509_free(candidates);
	return only;
}

static const struct {
	const char *content;
	const EVP_MD *(*digest)(void);
	long signing_time_offset;
	bool verified;
	const char *note;
} signatures[] = {
    {NULL, EVP_sha256, 0, true, ""},
    {"Empty Body", EVP_sha256, 0, true, ""},
    {"Empty Body", EVP_sha1, 0, true, ""},
    {NULL, EVP_sha512, -400 * 86400L, true, ""},
    {NULL, EVP_sha256, BLOB_FUTURE_MAX - 3600, true, ""},
    {NULL, EVP_sha256, BLOB_FUTURE_MAX + 3600, false, "it was signed in the future"},
    {NULL, EVP_md5, 0, false, "its digest is broken or unknown"},
};

START_TEST(a_signature_counts_by_its_digest_and_time)
{
	struct pki_blob what = {.capabilities = pki_capabilities_aes256,
	    .capabilities_size = pki_capabilities_aes256_size,
	    .chain = pki.chain,
	    .content = signatures[_i].content,
	    .digest = signatures[_i].digest(),
	    .signing_time_offset = signatures[_i].signing_time_offset};
	struct blob *blob = verified(&what, pki.both);
	time_t expected = clock_wall() + signatures[_i].signing_time_offset;

	ck_assert_int_eq(blob->form, BLOB_SIGNED_DATA);
	ck_assert_int_eq(sk_X509_num(blob->certificates), 2);
	ck_assert_int_eq(X509_cmp(blob->signer, pki.both), 0);
	ck_assert_int_eq(blob->verified, signatures[_i].verified);
	ck_assert_str_eq(blob->note, signatures[_i].note);
	ck_assert_int_eq(blob->capabilities.from,
	    signatures[_i].verified ? CAPABILITIES_SIGNED : CAPABILITIES_NONE);
	if (signatures[_i].verified)
		ck_assert_int_le(labs((long)(blob->signing_time - expected)), 5);
	else
		ck_assert_int_eq((long)blob->signing_time, 0);
	ck_assert_int_eq(X509_cmp(only_candidate(blob), pki.both), 0);
	blob_free(blob);
}
END_TEST

START_TEST(nothing_counts_before_it_is_verified)
{
	struct pki_blob what = {.capabilities = pki_capabilities_aes256,
	    .capabilities_size = pki_capabilities_aes256_size,
	    .preference = pki.both};
	size_t size;
	unsigned char *der = pki_blob(&what, pki.both, pki.sign_key, &size);
	struct blob *blob = blob_read(der, size, NULL);

	ck_assert_ptr_nonnull(blob);
	ck_assert(!blob->verified);
	ck_assert_int_eq(blob->capabilities.from, CAPABILITIES_NONE);
	ck_assert_ptr_null(blob->preferred);
	blob_free(blob);
	blob_free(NULL);
	OPENSSL_free(der);
}
END_TEST

START_TEST(a_signature_of_another_key_or_over_other_content_fails)
{
	struct pki_blob what = {.capabilities = pki_capabilities_aes256,
	    .capabilities_size = pki_capabilities_aes256_size,
	    .content = "Empty Body"};
	size_t size;
	unsigned char *der = pki_blob(&what, pki.both, pki.sign_key, &size);
	struct blob *blob;
	size_t i;

	der[size - 1] ^= 1; /* the signature stands last */
	blob = blob_read(der, size, NULL);
	blob_verify(blob, clock_wall());
	ck_assert(!blob->verified);
	ck_assert_str_eq(blob->note, "it does not verify");
	ck_assert_int_eq(blob->capabilities.from, CAPABILITIES_NONE);
	ck_assert_int_eq(X509_cmp(only_candidate(blob), pki.both), 0);
	blob_free(blob);
	der[size - 1] ^= 1;
	for (i = 0; memcmp(der + i, "Empty Body", 10) != 0; i++)
		;
	der[i] = 'e';
	blob = blob_read(der, size, NULL);
	blob_verify(blob, clock_wall());
	ck_assert(!blob->verified);
	blob_free(blob);
	OPENSSL_free(der);
}
END_TEST

START_TEST(a_signature_without_capabilities_counts_but_says_nothing_of_ciphers)
{
	struct blob *blob = verified(&(const struct pki_blob){0}, pki.both);

	ck_assert(blob->verified);
	ck_assert_int_eq(blob->capabilities.from, CAPABILITIES_NONE);
	blob_free(blob);
}
END_TEST

START_TEST(without_a_preference_the_signers_encryption_certificate_is_found)
{
	struct pki_blob what = {.chain = pki.chain};
	struct blob *blob;

	ck_assert(sk_X509_push(pki.chain, pki.both));
	ck_assert(sk_X509_push(pki.chain, pki.encrypts));
	blob = verified(&what, pki.signs);
	ck_assert(blob->verified);
	ck_assert_ptr_null(blob->preferred);
	ck_assert_int_eq(X509_cmp(only_candidate(blob), pki.encrypts), 0);
	blob_free(blob);
}
END_TEST

enum preference { PREFER_STANDARD, PREFER_MICROSOFT, PREFER_USELESS, PREFER_COUNT };

START_TEST(a_preference_comes_first_then_the_signers_own)
{
	struct pki_blob what = {.chain = pki.chain};
	X509 *expected = _i == PREFER_USELESS ? pki.signs : pki.both;
	STACK_OF(X509) * candidates;
	struct blob *blob;

	ck_assert(sk_X509_push(pki.chain, pki.encrypts));
	ck_assert(sk_X509_push(pki.chain, pki.both));
	if (_i == PREFER_MICROSOFT)
		what.microsoft_preference = expected;
	else
		what.preference = expected;
	blob = verified(&what, pki.signs);
	ck_assert(blob->verified);
	ck_assert_int_eq(X509_cmp(blob->preferred, expected), 0);
	candidates = blob_candidates(blob);
	ck_assert_int_eq(sk_X509_num(candidates), 2);
	ck_assert_int_eq(X509_cmp(sk_X509_value(candidates, 0), expected), 0);
	ck_assert_int_eq(X509_cmp(sk_X509_value(candidates, 1), pki.encrypts), 0);
	sk_X509_free(candidates);
	blob_free(blob);
}
END_TEST

START_TEST(a_preference_for_what_is_not_there_chooses_nothing)
{
	X509 *stranger = issue("Stranger", NULL, pki.sign_key);
	struct pki_blob what = {.chain = pki.chain, .preference = stranger};
	struct blob *blob;

	ck_assert(sk_X509_push(pki.chain, pki.encrypts));
	blob = verified(&what, pki.signs);
	ck_assert(blob->verified);
	ck_assert_ptr_null(blob->preferred);
	ck_assert_int_eq(X509_cmp(only_candidate(blob), pki.encrypts), 0);
	blob_free(blob);
	X509_free(stranger);
}
END_TEST

START_TEST(a_preference_that_is_not_verified_does_not_choose)
{
	struct pki_blob what = {.chain = pki.chain, .preference = pki.both, .digest = EVP_md5()};
	struct blob *blob;

	ck_assert(sk_X509_push(pki.chain, pki.encrypts));
	ck_assert(sk_X509_push(pki.chain, pki.both));
	blob = verified(&what, pki.signs);
	ck_assert(!blob->verified);
	ck_assert_ptr_null(blob->preferred);
	ck_assert_int_eq(X509_cmp(only_candidate(blob), pki.encrypts), 0);
	blob_free(blob);
}
END_TEST

/* A blob with attributes that pki_blob() can't make. */
struct odd {
	const char *oid;
	const unsigned char *values[2];
	size_t sizes[2];
	int value_count;
	bool two_signers;
	bool no_signer;
	bool streamed; /* BER, indefinite lengths */
};

static unsigned char *
odd_blob(const struct odd *odd, size_t *size)
{
	unsigned int flags = CMS_BINARY | CMS_PARTIAL | CMS_NOSMIMECAP | CMS_STREAM;
	BIO *data = BIO_new_mem_buf("Empty Body", -1);
	BIO *out = BIO_new(BIO_s_mem());
	STACK_OF(X509) *certificates = sk_X509_new_null();
	CMS_ContentInfo *cms;
	CMS_SignerInfo *signer;
	unsigned char *der = NULL;
	char *written;
	int i;

	ck_assert(sk_X509_push(certificates, pki.encrypts));
	cms =
	    CMS_sign(NULL, NULL, certificates, data, odd->no_signer ? flags | CMS_DETACHED : flags);
	ck_assert_ptr_nonnull(cms);
	if (!odd->no_signer) {
		signer = CMS_add1_signer(cms, pki.signs, pki.sign_key, EVP_sha256(), flags);
		ck_assert_ptr_nonnull(signer);
		if (odd->oid != NULL) {
			X509_ATTRIBUTE *attribute = X509_ATTRIBUTE_create_by_txt(
			    NULL, odd->oid, V_ASN1_SEQUENCE, odd->values[0], (int)odd->sizes[0]);

			for (i = 1; i < odd->value_count; i++)
				ck_assert(X509_ATTRIBUTE_set1_data(attribute, V_ASN1_SEQUENCE,
				    odd->values[i], (int)odd->sizes[i]));
			ck_assert(CMS_signed_add1_attr(signer, attribute));
			X509_ATTRIBUTE_free(attribute);
		}
	}
	if (odd->two_signers)
		ck_assert_ptr_nonnull(
		    CMS_add1_signer(cms, pki.both, pki.sign_key, EVP_sha256(), flags));
	if (odd->no_signer) { /* nothing to finish */
		ck_assert(i2d_CMS_bio(out, cms));
	} else if (odd->streamed) {
		ck_assert(i2d_CMS_bio_stream(out, cms, data, CMS_STREAM | CMS_BINARY));
	} else {
		ck_assert(CMS_final(cms, data, NULL, flags));
		ck_assert(i2d_CMS_bio(out, cms));
	}
	*size = (size_t)BIO_get_mem_data(out, &written);
	der = OPENSSL_memdup(written, *size);
	sk_X509_free(certificates);
	CMS_ContentInfo_free(cms);
	BIO_free(data);
	BIO_free(out);
	return der;
}

static struct blob *
odd_verified(const struct odd *odd)
{
	struct error err = ERROR_INIT;
	size_t size;
	unsigned char *der = odd_blob(odd, &size);
	struct blob *blob = blob_read(der, size, &err);

	ck_assert_msg(blob != NULL, "%s", err.text);
	blob_verify(blob, clock_wall());
	OPENSSL_free(der);
	return blob;
}

START_TEST(capabilities_with_two_values_fail_the_signature)
{
	struct odd odd = {.oid = "1.2.840.113549.1.9.15",
	    .values = {pki_capabilities_aes256, pki_capabilities_3des},
	    .sizes = {pki_capabilities_aes256_size, pki_capabilities_3des_size},
	    .value_count = 1};
	struct blob *blob = odd_verified(&odd);

	ck_assert(blob->verified);
	blob_free(blob);
	odd.value_count = 2;
	blob = odd_verified(&odd);
	ck_assert(!blob->verified);
	ck_assert_str_eq(blob->note, "it has several lists of capabilities");
	blob_free(blob);
}
END_TEST

START_TEST(a_preference_by_key_identifier_is_followed)
{
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(pki.encrypts);
	size_t id_size = (size_t)ASN1_STRING_length(id);
	unsigned char value[64];
	struct odd odd = {.oid = "1.2.840.113549.1.9.16.2.11", .values = {value}, .value_count = 1};
	struct blob *blob;

	/* [2] SubjectKeyIdentifier */
	value[0] = 0x82;
	value[1] = (unsigned char)id_size;
	memcpy(value + 2, ASN1_STRING_get0_data(id), id_size);
	odd.sizes[0] = id_size + 2;
	blob = odd_verified(&odd);
	ck_assert(blob->verified);
	ck_assert_ptr_nonnull(blob->preferred);
	ck_assert_int_eq(X509_cmp(blob->preferred, pki.encrypts), 0);
	blob_free(blob);
	/* [1] RecipientKeyIdentifier { subjectKeyIdentifier } */
	value[0] = 0xa1;
	value[1] = (unsigned char)(id_size + 2);
	value[2] = 0x04;
	value[3] = (unsigned char)id_size;
	memcpy(value + 4, ASN1_STRING_get0_data(id), id_size);
	odd.sizes[0] = id_size + 4;
	blob = odd_verified(&odd);
	ck_assert_ptr_nonnull(blob->preferred);
	ck_assert_int_eq(X509_cmp(blob->preferred, pki.encrypts), 0);
	blob_free(blob);
	/* Of nobody. */
	value[6] ^= 0xff;
	blob = odd_verified(&odd);
	ck_assert(blob->verified);
	ck_assert_ptr_null(blob->preferred);
	blob_free(blob);
}
END_TEST

START_TEST(a_preference_that_is_garbage_chooses_nothing)
{
	static const unsigned char garbage[][6] = {{0xa0, 0x02, 0x30, 0x00}, {0xa0, 0x00},
	    {0xa1, 0x02, 0x04, 0x00}, {0x82, 0x00}, {0xa5, 0x02, 0x05, 0x00},
	    {0xa1, 0x02, 0x04, 0x7f}, {0x30, 0x02, 0x05, 0x00}};
	static const size_t sizes[] = {4, 2, 4, 2, 4, 4, 4};
	struct odd odd = {.oid = "1.2.840.113549.1.9.16.2.11",
	    .values = {garbage[_i]},
	    .sizes = {sizes[_i]},
	    .value_count = 1};
	struct blob *blob = odd_verified(&odd);

	ck_assert(blob->verified);
	ck_assert_ptr_null(blob->preferred);
	blob_free(blob);
	odd.oid = "1.3.6.1.4.1.311.16.4";
	blob = odd_verified(&odd);
	ck_assert_ptr_null(blob->preferred);
	blob_free(blob);
}
END_TEST

START_TEST(two_signers_or_none_give_certificates_only)
{
	struct blob *blob = odd_verified(&(const struct odd){.two_signers = true});

	ck_assert(!blob->verified);
	ck_assert_ptr_null(blob->signer);
	ck_assert_str_eq(blob->note, "it has 2 signers");
	blob_free(blob);
	blob = odd_verified(&(const struct odd){.no_signer = true});
	ck_assert(!blob->verified);
	ck_assert_str_eq(blob->note, "it has none");
	ck_assert_int_eq(X509_cmp(only_candidate(blob), pki.encrypts), 0);
	blob_free(blob);
}
END_TEST

START_TEST(ber_with_indefinite_lengths_is_read)
{
	size_t size;
	unsigned char *der = odd_blob(&(const struct odd){.streamed = true}, &size);
	struct blob *blob;

	ck_assert_uint_eq(der[1], 0x80);
	blob = blob_read(der, size, NULL);
	ck_assert_ptr_nonnull(blob);
	blob_verify(blob, clock_wall());
	ck_assert(blob->verified);
	blob_free(blob);
	OPENSSL_free(der);
}
END_TEST

/* The older form. */
struct records {
	unsigned char bytes[20000];
	size_t size;
	bool big_endian;
};

static void
add_record(struct records *records, unsigned int tag, const void *data, size_t size)
{
	unsigned int length = (unsigned int)size + 4;
	unsigned char *to = records->bytes + records->size;

	ck_assert_uint_le(records->size + length, sizeof(records->bytes));
	to[records->big_endian ? 1 : 0] = (unsigned char)tag;
	to[records->big_endian ? 0 : 1] = (unsigned char)(tag >> 8);
	to[records->big_endian ? 3 : 2] = (unsigned char)length;
	to[records->big_endian ? 2 : 3] = (unsigned char)(length >> 8);
	memcpy(to + 4, data, size);
	records->size += length;
}

static void
add_certificate(struct records *records, unsigned int tag, X509 *x509)
{
	size_t size;
	unsigned char *der = pki_der(x509, &size);

	add_record(records, tag, der, size);
	OPENSSL_free(der);
}

static void
fill_records(struct records *records)
{
	records->size = 0;
	add_record(records, 0x0001, "\1\0\0\0", 4);
	add_record(records, 0x0002, pki_capabilities_aes256, pki_capabilities_aes256_size);
	add_certificate(records, 0x0004, pki.ca);
	add_record(records, 0x0777, "what?", 5);
	add_certificate(records, 0x0008, pki.signs);
	add_certificate(records, 0x0003, pki.encrypts);
	add_record(records, 0x0004, "no certificate", 14);
}

START_TEST(records_are_read_in_either_byte_order)
{
	struct records records = {.big_endian = _i != 0};
	struct blob *blob;

	fill_records(&records);
	blob = blob_read(records.bytes, records.size, NULL);
	ck_assert_ptr_nonnull(blob);
	ck_assert_int_eq(blob->form, BLOB_RECORDS);
	ck_assert_int_eq(sk_X509_num(blob->certificates), 3);
	ck_assert_ptr_null(blob->signer);
	ck_assert_int_eq(X509_cmp(blob->preferred, pki.encrypts), 0);
	ck_assert_int_eq(X509_cmp(only_candidate(blob), pki.encrypts), 0);
	/* Nobody signed them: capabilities never count. */
	blob_verify(blob, clock_wall());
	ck_assert(!blob->verified);
	ck_assert_int_eq(blob->capabilities.from, CAPABILITIES_NONE);
	blob_free(blob);
}
END_TEST

START_TEST(records_cut_or_with_wrong_lengths_are_survived)
{
	struct records records = {.size = 0};
	size_t i;

	fill_records(&records);
	for (i = 0; i < records.size; i++) {
		unsigned char *cut = OPENSSL_memdup(records.bytes, i == 0 ? 1 : i);
		struct blob *blob = blob_read(cut, i, NULL);

		/* Only where a record ends can a shorter list be whole. */
		ck_assert(blob == NULL || sk_X509_num(blob->certificates) > 0);
		blob_free(blob);
		OPENSSL_free(cut);
		records.bytes[i] ^= 0xff;
		blob_free(blob_read(records.bytes, records.size, NULL));
		records.bytes[i] ^= 0xff;
	}
}
END_TEST

START_TEST(records_without_certificate_or_without_end_are_refused)
{
	struct records records = {.size = 0};
	struct error err = ERROR_INIT;
	int i;

	add_record(&records, 0x0001, "\1\0\0\0", 4);
	ck_assert_ptr_null(blob_read(records.bytes, records.size, &err));
	ck_assert_int_eq(err.code, ERROR_INPUT);
	ck_assert_str_eq(err.text, "the blob holds no certificate");
	records.size = 0;
	add_certificate(&records, 0x0003, pki.both);
	for (i = 0; i < BLOB_RECORDS_MAX; i++)
		add_record(&records, 0x0700, "", 0);
	ck_assert_ptr_null(blob_read(records.bytes, records.size, &err));
	/* A length of less than its own header would never end. */
	memset(records.bytes, 0, 64);
	ck_assert_ptr_null(blob_read(records.bytes, 64, &err));
	ck_assert_str_eq(err.text, "neither SignedData nor a list of records");
}
END_TEST

START_TEST(a_blob_cut_anywhere_is_refused)
{
	struct pki_blob what = {.capabilities = pki_capabilities_aes256,
	    .capabilities_size = pki_capabilities_aes256_size,
	    .preference = pki.both,
	    .chain = pki.chain};
	size_t size;
	unsigned char *der = pki_blob(&what, pki.both, pki.sign_key, &size);
	struct error err = ERROR_INIT;
	size_t i;

	for (i = 0; i < size; i++) {
		unsigned char *cut = OPENSSL_memdup(der, i == 0 ? 1 : i);

		ck_assert_ptr_null(blob_read(cut, i, &err));
		ck_assert_int_eq(err.code, ERROR_INPUT);
		OPENSSL_free(cut);
	}
	ck_assert_ptr_null(blob_read(NULL, 0, &err));
	OPENSSL_free(der);
}
END_TEST

/* Whatever is changed, what counts is what was signed. */
START_TEST(a_blob_with_any_byte_changed_says_nothing_new)
{
	struct pki_blob what = {.capabilities = pki_capabilities_rc2_40,
	    .capabilities_size = pki_capabilities_rc2_40_size,
	    .preference = pki.both};
	size_t size;
	unsigned char *der = pki_blob(&what, pki.both, pki.sign_key, &size);
	size_t i;

	for (i = 0; i < size; i++) {
		unsigned char was = der[i];
		struct blob *blob;

		der[i] ^= (unsigned char)(1U << (i % 8));
		blob = blob_read(der, size, NULL);
		if (blob != NULL)
			blob_verify(blob, clock_wall());
		if (blob != NULL && blob->verified) {
			ck_assert_uint_eq(blob->capabilities.cipher_count, 1);
			ck_assert_int_eq(blob->capabilities.ciphers[0], CIPHER_RC2_40);
		}
		blob_free(blob);
		der[i] = was;
	}
	OPENSSL_free(der);
}
END_TEST

START_TEST(what_is_no_blob_is_refused_by_name)
{
	struct error err = ERROR_INIT;
	size_t size;
	unsigned char *der = pki_der(pki.both, &size);
	unsigned char *more;
	BIO *out = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms;
	char *written;

	ck_assert_ptr_null(blob_read(der, size, &err));
	ck_assert_str_eq(err.text, "a bare certificate, not a signed blob");
	OPENSSL_free(der);
	cms = CMS_data_create(out, CMS_BINARY);
	ck_assert_ptr_nonnull(cms);
	ck_assert(i2d_CMS_bio(out, cms));
	size = (size_t)BIO_get_mem_data(out, &written);
	ck_assert_ptr_null(blob_read((unsigned char *)written, size, &err));
	ck_assert_str_eq(err.text, "a CMS object, but not SignedData");
	CMS_ContentInfo_free(cms);
	BIO_free(out);
	der = pki_blob(&(const struct pki_blob){0}, pki.both, pki.sign_key, &size);
	more = calloc(1, size + 3);
	memcpy(more, der, size);
	ck_assert_ptr_null(blob_read(more, size + 3, &err));
	ck_assert_str_eq(err.text, "3 bytes follow the CMS object");
	free(more);
	OPENSSL_free(der);
}
END_TEST

START_TEST(giants_and_abysses_are_refused)
{
	static const unsigned char fills[] = {0x00, 0x30, 0x24, 0xa0, 0xff};
	unsigned char *giant = malloc(BLOB_SIZE_MAX + 1);
	struct error err = ERROR_INIT;
	size_t i;

	ck_assert_ptr_nonnull(giant);
	for (i = 0; i < ARRAY_LENGTH(fills); i++) {
		memset(giant, fills[i], BLOB_SIZE_MAX + 1);
		ck_assert_ptr_null(blob_read(giant, BLOB_SIZE_MAX, &err));
		giant[0] = 0x30;
		giant[1] = 0x80; /* indefinite, nested to the end */
		ck_assert_ptr_null(blob_read(giant, BLOB_SIZE_MAX, &err));
	}
	for (i = 0; i + 1 < BLOB_SIZE_MAX; i += 2) {
		giant[i] = 0x30;
		giant[i + 1] = 0x80;
	}
	ck_assert_ptr_null(blob_read(giant, BLOB_SIZE_MAX, &err));
	ck_assert_ptr_null(blob_read(giant, BLOB_SIZE_MAX + 1, &err));
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	free(giant);
}
END_TEST

START_TEST(too_many_certificates_are_refused)
{
	struct error err = ERROR_INIT;
	STACK_OF(X509) *many = sk_X509_new_null();
	struct pki_blob what = {.chain = many};
	struct blob *blob;
	unsigned char *der;
	size_t size;

	while (sk_X509_num(many) < BLOB_CERTIFICATES_MAX - 1)
		ck_assert(sk_X509_push(many, issue("Many", NULL, pki.sign_key)));
	der = pki_blob(&what, pki.both, pki.sign_key, &size);
	blob = blob_read(der, size, &err);
	ck_assert_ptr_nonnull(blob);
	blob_free(blob);
	OPENSSL_free(der);
	ck_assert(sk_X509_push(many, issue("Many", NULL, pki.sign_key)));
	der = pki_blob(&what, pki.both, pki.sign_key, &size);
	ck_assert_ptr_null(blob_read(der, size, &err));
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	OPENSSL_free(der);
	sk_X509_pop_free(many, X509_free);
}
END_TEST

START_TEST(no_error_is_left_behind_in_the_library)
{
	blob_free(blob_read((const unsigned char *)"0garbage", 8, NULL));
	ck_assert_uint_eq(ERR_peek_error(), 0);
}
END_TEST

/* The examples of RFC 4134, where the corpora are: SHA-1, DSS, old and odd. */
static const struct {
	const char *name;
	const char *error; /* NULL: it is read */
	bool verified;
	long signing_time;
	const char *note;
} examples[] = {
    {"4.2.bin", NULL, true, 0, ""},
    {"4.3.bin", NULL, false, 0, "it does not verify"}, /* its content is elsewhere */
    {"4.4.bin", NULL, true, 1052926740, ""},
    {"4.6.bin", NULL, false, 0, "it has 2 signers"},
    {"4.11.bin", NULL, false, 0, "it has none"},
    {"5.2.bin", "a CMS object, but not SignedData", false, 0, ""},
};

START_TEST(rfc_4134_examples_are_read)
{
	unsigned char *value = malloc(BLOB_SIZE_MAX);
	struct error err = ERROR_INIT;
	struct blob *blob;
	char path[512];
	size_t size;
	FILE *in;

	snprintf(path, sizeof(path), "%s/rfc4134/%s", getenv("SMIME_CORPORA"), examples[_i].name);
	in = fopen(path, "r");
	ck_assert_msg(in != NULL && value != NULL, "%s", path);
	size = fread(value, 1, BLOB_SIZE_MAX, in);
	fclose(in);
	blob = blob_read(value, size, &err);
	ck_assert_int_eq(blob == NULL, examples[_i].error != NULL);
	if (blob == NULL) {
		ck_assert_str_eq(err.text, examples[_i].error);
	} else {
		blob_verify(blob, clock_wall());
		ck_assert_int_eq(blob->verified, examples[_i].verified);
		ck_assert_int_eq((long)blob->signing_time, examples[_i].signing_time);
		ck_assert_str_eq(blob->note, examples[_i].note);
	}
	blob_free(blob);
	free(value);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("blob");
	TCase *tcase = unit_case(suite, "blob");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(
	    tcase, a_signature_counts_by_its_digest_and_time, 0, (int)ARRAY_LENGTH(signatures));
	tcase_add_test(tcase, nothing_counts_before_it_is_verified);
	tcase_add_test(tcase, a_signature_of_another_key_or_over_other_content_fails);
	tcase_add_test(tcase, a_signature_without_capabilities_counts_but_says_nothing_of_ciphers);
	tcase_add_test(tcase, without_a_preference_the_signers_encryption_certificate_is_found);
	tcase_add_loop_test(tcase, a_preference_comes_first_then_the_signers_own, 0, PREFER_COUNT);
	tcase_add_test(tcase, a_preference_for_what_is_not_there_chooses_nothing);
	tcase_add_test(tcase, a_preference_that_is_not_verified_does_not_choose);
	tcase_add_test(tcase, capabilities_with_two_values_fail_the_signature);
	tcase_add_test(tcase, a_preference_by_key_identifier_is_followed);
	tcase_add_loop_test(tcase, a_preference_that_is_garbage_chooses_nothing, 0, 7);
	tcase_add_test(tcase, two_signers_or_none_give_certificates_only);
	tcase_add_test(tcase, ber_with_indefinite_lengths_is_read);
	tcase_add_loop_test(tcase, records_are_read_in_either_byte_order, 0, 2);
	tcase_add_test(tcase, records_cut_or_with_wrong_lengths_are_survived);
	tcase_add_test(tcase, records_without_certificate_or_without_end_are_refused);
	tcase_add_test(tcase, a_blob_cut_anywhere_is_refused);
	tcase_add_test(tcase, a_blob_with_any_byte_changed_says_nothing_new);
	tcase_add_test(tcase, what_is_no_blob_is_refused_by_name);
	tcase_add_test(tcase, giants_and_abysses_are_refused);
	tcase_add_test(tcase, too_many_certificates_are_refused);
	tcase_add_test(tcase, no_error_is_left_behind_in_the_library);
	if (getenv("SMIME_CORPORA") != NULL)
		tcase_add_loop_test(
		    tcase, rfc_4134_examples_are_read, 0, (int)ARRAY_LENGTH(examples));
	return unit_run(suite);
}
