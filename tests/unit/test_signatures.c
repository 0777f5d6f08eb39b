/* Signatures of CMS objects: what is good is called so, and nothing else is. */
#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "inspect/signatures.h"
#include "pki.h"
#include "short_memory.h"
#include "signed_make.h"
#include "unit.h"

#define CONTENT "Content-Type: text/plain\r\n\r\nPay 100 euros to Anna.\r\n"
#define CHANGED "Content-Type: text/plain\r\n\r\nPay 900 euros to Anna.\r\n"
#define AT 1750000000L

/* Made once: making takes longer than all else. */
static const char dsa_parameters[] =
    "-----BEGIN DSA PARAMETERS-----\n"
    "MIIBJgKBgQCEoB+EYbDsrobgQSlFpTnxMN6f/kDXNjFTedYE1MA48Xn+qa1LupS+\n"
    "fIBwP6vvPlFmwyQ60OKiJmj0ZH4ptd6UotDToN8IUR1+qqh+D9CNI4AZBZFHpEbt\n"
    "0+9FZLAGXttCCLuce0stGSTa941n3XxirGaUvWZuZhMKNCCb+TamlQIdAMhcu+V2\n"
    "uYEFTcfk8/Xfp+pb2u1Y9Gt/aG2vp48CgYBzBPOAKUCQm+maz3eDYaKEaJmWKiJb\n"
    "FEY9gmgiRbkmSS+E+xJZbpSpUfA6PvXzx7k4Wf20oN8Z4cxHiDopinX8LxKt3jap\n"
    "NcbB4xA9iDpVhxItYtc/1LeqpxU5bNlO6FqTV3SBvukKDtiVJ3CmDrLFaSRmukdU\n"
    "iDeqWUCS2jtW9g==\n"
    "-----END DSA PARAMETERS-----\n";

enum who {
	BY_RSA,
	BY_RSA_1024,
	BY_P256,
	BY_P384,
	BY_P521,
	BY_DSA,
	BY_ED25519,
	BY_OTHER,
	WHO_COUNT
};

static EVP_PKEY *keys[WHO_COUNT];
static X509 *people[WHO_COUNT];

static EVP_PKEY *
dsa_key(void)
{
	BIO *in = BIO_new_mem_buf(dsa_parameters, -1);
	EVP_PKEY *parameters = PEM_read_bio_Parameters(in, NULL);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(parameters, NULL);
	EVP_PKEY *key = NULL;

	ck_assert_int_eq(EVP_PKEY_keygen_init(context), 1);
	ck_assert_int_eq(EVP_PKEY_keygen(context, &key), 1);
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(parameters);
	BIO_free(in);
	return key;
}

static void
make_people(void)
{
	static const enum pki_key kinds[WHO_COUNT] = {[BY_RSA] = PKI_RSA_2048,
	    [BY_RSA_1024] = PKI_RSA_1024,
	    [BY_P256] = PKI_P256,
	    [BY_P384] = PKI_P384,
	    [BY_P521] = PKI_P521,
	    [BY_ED25519] = PKI_ED25519,
	    [BY_OTHER] = PKI_RSA_2048};
	struct pki_certificate authority = {.subject = "CA", .ca = true};
	struct pki_certificate what = {.email = "anna@corp.test"};
	EVP_PKEY *ca_key = pki_key(PKI_P256, 0);
	X509 *ca = pki_issue(&authority, ca_key, NULL, ca_key);
	int who;

	for (who = 0; who < WHO_COUNT; who++) {
		keys[who] = who == BY_DSA ? dsa_key() : pki_key(kinds[who], who == BY_OTHER);
		people[who] = pki_issue(&what, keys[who], ca, ca_key);
	}
	X509_free(ca);
	EVP_PKEY_free(ca_key);
}

static void
free_people(void)
{
	int who;

	for (who = 0; who < WHO_COUNT; who++) {
		X509_free(people[who]);
		EVP_PKEY_free(keys[who]);
	}
}

static struct signed_signer
signer_of(enum who who)
{
	return (struct signed_signer){
	    .certificate = people[who], .key = keys[who], .signing_time = AT};
}

static CMS_ContentInfo *
parse(const struct buffer *der)
{
	const unsigned char *at = (const unsigned char *)der->data;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)der->size);

	ERR_clear_error();
	return cms;
}

static int
read_cms(CMS_ContentInfo *cms, const char *content, struct layer *layer, struct error *err)
{
	struct digests *digests = digests_all(err);
	int result;

	ck_assert_ptr_nonnull(digests);
	ck_assert_int_eq(digests_write(digests, content, strlen(content), err), 0);
	memset(layer, 0, sizeof(*layer));
	result = signatures_read(cms, digests, layer, err);
	ck_assert_uint_eq(ERR_peek_error(), 0);
	digests_free(digests);
	return result;
}

static int
read_der(const struct buffer *der, const char *content, struct layer *layer, struct error *err)
{
	CMS_ContentInfo *cms = parse(der);
	int result;

	ck_assert_ptr_nonnull(cms);
	result = read_cms(cms, content, layer, err);
	CMS_ContentInfo_free(cms);
	return result;
}

/* False where it is no CMS object any more, or nothing of it is taken. */
static bool
read_changed(const struct buffer *der, struct layer *layer, struct error *err)
{
	CMS_ContentInfo *cms = parse(der);
	bool is_read = cms != NULL && read_cms(cms, CONTENT, layer, err) == 0;

	if (cms != NULL && !is_read)
		layer_clear(layer);
	CMS_ContentInfo_free(cms);
	return is_read;
}

/* What comes of an object, whose content reads `content`. */
static struct layer
read_object(const struct signed_what *what, const char *content)
{
	struct buffer der = signed_make(what);
	struct error err = ERROR_INIT;
	struct layer layer;

	ck_assert_msg(read_der(&der, content, &layer, &err) == 0, "%s", err.text);
	buffer_free(&der);
	return layer;
}

/* One signer, who sends its certificate. */
static struct layer
read_signer(const struct signed_signer *signer, const char *content)
{
	struct signed_what what = {.signers = signer,
	    .signer_count = 1,
	    .content = CONTENT,
	    .certificates = &signer->certificate,
	    .certificate_count = 1};

	return read_object(&what, content);
}

static void
expect(const struct layer_signature *signature, enum layer_signature_state state, const char *why)
{
	ck_assert_msg(signature->state == state, "%s: %s",
	    layer_signature_state_name(signature->state), signature->detail);
	ck_assert_msg(strstr(signature->detail, why) != NULL, "%s", signature->detail);
	ck_assert_int_eq(signature->detail[0] == '\0', state == LAYER_SIGNATURE_GOOD);
	if (state != LAYER_SIGNATURE_GOOD)
		ck_assert_int_eq(signature->capabilities.from, CAPABILITIES_NONE);
}

static void
expect_signer(const struct signed_signer *signer, enum layer_signature_state state, const char *why)
{
	struct layer layer = read_signer(signer, CONTENT);

	ck_assert_uint_eq(layer.signature_count, 1);
	expect(&layer.signatures[0], state, why);
	layer_clear(&layer);
}

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
	struct signed_signer signer = signer_of(algorithms[_i].who);
	const struct layer_signature *signature;
	struct layer layer;

	signer.digest = algorithms[_i].digest();
	signer.pss = algorithms[_i].pss;
	layer = read_signer(&signer, CONTENT);
	ck_assert_uint_eq(layer.signature_count, 1);
	ck_assert_uint_eq(layer.certificate_count, 1);
	signature = &layer.signatures[0];
	expect(signature, LAYER_SIGNATURE_GOOD, "");
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
	struct signed_signer signer = signer_of(algorithms[_i].who);
	struct layer layer;

	signer.digest = algorithms[_i].digest();
	signer.pss = algorithms[_i].pss;
	layer = read_signer(&signer, CHANGED);
	expect(&layer.signatures[0], LAYER_SIGNATURE_BAD, "the content is not what was signed");
	layer_clear(&layer);
}
END_TEST

START_TEST(the_key_of_another_is_bad)
{
	struct signed_signer signer = signer_of(algorithms[_i].who);

	if (algorithms[_i].who != BY_RSA)
		return;
	signer.digest = algorithms[_i].digest();
	signer.pss = algorithms[_i].pss;
	signer.key = keys[BY_OTHER];
	expect_signer(&signer, LAYER_SIGNATURE_BAD, "not made by its certificate's key");
}
END_TEST

/* Each byte of the attributes and the signature changed in turn: good is only what says the same, as
 * the names of algorithms, which nothing signs, may. */
START_TEST(no_byte_of_what_is_signed_can_change)
{
	static const char first[] = "\x30\x18\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03";
	static const char last[] = "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";
	struct signed_signer signer = signer_of(BY_P256);
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
		if (read_changed(&der, &layer, &err)) {
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
	struct signed_signer signer = signer_of(_i == 0 ? BY_RSA : _i == 1 ? BY_P256 : BY_RSA);
	struct layer layer;

	signer.bare = true;
	signer.pss = _i == 2;
	expect_signer(&signer, LAYER_SIGNATURE_GOOD, "");
	layer = read_signer(&signer, CHANGED);
	expect(&layer.signatures[0], LAYER_SIGNATURE_BAD, "");
	ck_assert_int_eq((long)layer.signatures[0].signing_time, 0);
	layer_clear(&layer);
}
END_TEST

START_TEST(eddsa_over_the_content_itself_is_not_computed)
{
	struct signed_signer signer = signer_of(BY_ED25519);

	signer.bare = true;
	signer.digest = EVP_sha512();
	expect_signer(&signer, LAYER_SIGNATURE_UNVERIFIABLE, "Ed25519 without signed attributes");
}
END_TEST

START_TEST(a_type_of_content_that_nobody_signed_is_malformed)
{
	struct signed_signer signer = signer_of(BY_RSA);
	struct signed_what what = {.signers = &signer,
	    .signer_count = 1,
	    .content = CONTENT,
	    .content_type = NID_id_smime_ct_TSTInfo,
	    .certificates = &people[BY_RSA],
	    .certificate_count = 1};
	struct layer layer;

	layer = read_object(&what, CONTENT);
	expect(&layer.signatures[0], LAYER_SIGNATURE_MALFORMED, "another type of content");
	layer_clear(&layer);
	signer.content_type = NID_id_smime_ct_TSTInfo;
	layer = read_object(&what, CONTENT);
	expect(&layer.signatures[0], LAYER_SIGNATURE_GOOD, "");
	layer_clear(&layer);
	signer.bare = true;
	layer = read_object(&what, CONTENT);
	expect(&layer.signatures[0], LAYER_SIGNATURE_MALFORMED, "not plain data");
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
	struct signed_signer signer = signer_of(BY_RSA);
	struct buffer more = BUFFER_INIT;

	signed_make_attribute(&more, attributes[_i].oid,
	    (const unsigned char *)attributes[_i].values, attributes[_i].size);
	signer.attributes = &more;
	if (attributes[_i].why != NULL)
		expect_signer(&signer, LAYER_SIGNATURE_MALFORMED, attributes[_i].why);
	else
		expect_signer(&signer, LAYER_SIGNATURE_GOOD, "");
	buffer_free(&more);
}
END_TEST

START_TEST(attributes_that_must_be_signed_are_malformed_elsewhere)
{
	struct signed_signer signer = signer_of(BY_RSA);
	struct buffer more = BUFFER_INIT;

	signed_make_attribute(
	    &more, "1.2.840.113549.1.9.15", (const unsigned char *)LIST, sizeof(LIST) - 1);
	signer.unsigned_attributes = &more;
	expect_signer(&signer, LAYER_SIGNATURE_MALFORMED, "outside what is signed");
	buffer_free(&more);
}
END_TEST

START_TEST(attributes_that_are_missing_or_doubled_are_malformed)
{
	struct signed_signer signer = signer_of(BY_RSA);

	signer.without_content_type = true;
	expect_signer(&signer, LAYER_SIGNATURE_MALFORMED, "no signed content type");
	signer = signer_of(BY_RSA);
	signer.without_digest = true;
	expect_signer(&signer, LAYER_SIGNATURE_MALFORMED, "no signed message digest");
	signer = signer_of(BY_RSA);
	signer.twice_digest = true;
	expect_signer(&signer, LAYER_SIGNATURE_MALFORMED, "not exactly one message digest");
	/* An empty set is not the same as none. */
	signer = signer_of(BY_RSA);
	signer.without_content_type = true;
	signer.without_digest = true;
	signer.signing_time = 0;
	expect_signer(&signer, LAYER_SIGNATURE_MALFORMED, "no signed content type");
}
END_TEST

START_TEST(a_signing_time_that_is_none_is_malformed)
{
	struct signed_signer signer = signer_of(BY_RSA);
	struct buffer more = BUFFER_INIT;

	signer.signing_time = 0;
	signed_make_attribute(
	    &more, "1.2.840.113549.1.9.5", (const unsigned char *)"\x17\x03now", 5);
	signer.attributes = &more;
	expect_signer(&signer, LAYER_SIGNATURE_MALFORMED, "signing time can't be read");
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

START_TEST(capabilities_and_preference_are_read_of_what_is_good)
{
	struct signed_signer signer = signer_of(BY_RSA);
	struct buffer more = BUFFER_INIT;
	struct layer layer;

	signed_make_attribute(
	    &more, "1.2.840.113549.1.9.15", pki_capabilities_aes256, pki_capabilities_aes256_size);
	signed_make_attribute(
	    &more, "1.2.840.113549.1.9.16.2.11", (const unsigned char *)"\x82\x01\x00", 3);
	signer.attributes = &more;
	layer = read_signer(&signer, CONTENT);
	expect(&layer.signatures[0], LAYER_SIGNATURE_GOOD, "");
	ck_assert_int_eq(layer.signatures[0].capabilities.from, CAPABILITIES_SIGNED);
	ck_assert(reads(&layer.signatures[0].capabilities, CIPHER_AES256_CBC));
	ck_assert(layer.signatures[0].certificate_preferred);
	layer_clear(&layer);
	layer = read_signer(&signer, CHANGED);
	expect(&layer.signatures[0], LAYER_SIGNATURE_BAD, "");
	layer_clear(&layer);
	buffer_free(&more);
}
END_TEST

START_TEST(an_attribute_may_be_huge)
{
	size_t size = (size_t)300 << 10;
	unsigned char *value = calloc(1, size);
	struct signed_signer signer = signer_of(BY_RSA);
	struct buffer more = BUFFER_INIT;
	unsigned char *at = value;

	ASN1_put_object(&at, 0, (int)size - 5, V_ASN1_OCTET_STRING, V_ASN1_UNIVERSAL);
	ck_assert_int_eq(at - value, 5);
	signed_make_attribute(&more, "1.2.3.4", value, size);
	signer.attributes = &more;
	expect_signer(&signer, LAYER_SIGNATURE_GOOD, "");
	buffer_free(&more);
	free(value);
}
END_TEST

START_TEST(two_signers_are_told_apart)
{
	struct signed_signer signers[] = {signer_of(BY_RSA), signer_of(BY_P256)};
	X509 *certificates[] = {people[BY_P256], people[BY_OTHER], people[BY_RSA]};
	struct signed_what what = {.signers = signers,
	    .signer_count = 2,
	    .content = CONTENT,
	    .certificates = certificates,
	    .certificate_count = 3};
	struct layer layer;

	signers[0].key = keys[BY_OTHER];
	layer = read_object(&what, CONTENT);
	ck_assert_uint_eq(layer.signature_count, 2);
	ck_assert_uint_eq(layer.certificate_count, 3);
	expect(&layer.signatures[0], LAYER_SIGNATURE_BAD, "");
	expect(&layer.signatures[1], LAYER_SIGNATURE_GOOD, "");
	ck_assert_ptr_eq(layer.signatures[0].certificate, layer.certificates[2]);
	ck_assert_ptr_eq(layer.signatures[1].certificate, layer.certificates[0]);
	layer_clear(&layer);
}
END_TEST

START_TEST(certificates_alone_have_no_signature)
{
	struct signed_what what = {
	    .content = CONTENT, .certificates = people, .certificate_count = WHO_COUNT};
	struct layer layer = read_object(&what, "");

	ck_assert_uint_eq(layer.signature_count, 0);
	ck_assert_uint_eq(layer.certificate_count, WHO_COUNT);
	layer_clear(&layer);
}
END_TEST

START_TEST(a_signer_without_its_certificate_is_named)
{
	struct signed_signer signer = signer_of(BY_RSA);
	struct signed_what what = {.signers = &signer, .signer_count = 1, .content = CONTENT};
	struct layer layer;

	if (_i == 1) { /* somebody else's comes with it */
		what.certificates = &people[BY_OTHER];
		what.certificate_count = 1;
	}
	signer.by_key_id = _i == 2;
	layer = read_object(&what, CONTENT);
	expect(&layer.signatures[0], LAYER_SIGNATURE_NO_CERTIFICATE, "does not come with it");
	ck_assert_ptr_null(layer.signatures[0].certificate);
	ck_assert_int_eq(layer.signatures[0].issuer != NULL, _i != 2);
	ck_assert_int_eq(layer.signatures[0].key_id != NULL, _i == 2);
	layer_clear(&layer);
}
END_TEST

START_TEST(a_signer_may_be_named_by_its_key)
{
	struct signed_signer signer = signer_of(BY_RSA);
	struct layer layer;

	signer.by_key_id = true;
	layer = read_signer(&signer, CONTENT);
	expect(&layer.signatures[0], LAYER_SIGNATURE_GOOD, "");
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
	struct signed_signer signer = signer_of(BY_RSA);
	X509 *twin = make_twin(people[BY_RSA], keys[_i == 0 ? BY_OTHER : BY_P256]);
	X509 *certificates[] = {twin, people[BY_RSA], twin};
	struct signed_what what = {.signers = &signer,
	    .signer_count = 1,
	    .content = CONTENT,
	    .certificates = certificates,
	    .certificate_count = 3};
	struct layer layer = read_object(&what, CONTENT);

	expect(&layer.signatures[0], LAYER_SIGNATURE_GOOD, "");
	ck_assert_ptr_eq(layer.signatures[0].certificate, layer.certificates[1]);
	layer_clear(&layer);
	X509_free(twin);
}
END_TEST

START_TEST(a_key_of_another_kind_is_bad)
{
	struct signed_signer signer = signer_of(BY_RSA);

	signer.key = keys[BY_P256];
	expect_signer(&signer, LAYER_SIGNATURE_BAD, "another kind of key");
}
END_TEST

/* 1.2.3.4 */
static const unsigned char strange[] = {0x30, 0x05, 0x06, 0x03, 0x2a, 0x03, 0x04};

START_TEST(what_nobody_knows_can_not_be_verified)
{
	struct signed_signer signer = signer_of(BY_RSA);

	signer.algorithm = strange;
	signer.algorithm_size = sizeof(strange);
	expect_signer(&signer, LAYER_SIGNATURE_UNVERIFIABLE, "1.2.3.4");
	signer = signer_of(BY_RSA);
	signer.digest = EVP_sha3_256();
	expect_signer(&signer, LAYER_SIGNATURE_UNVERIFIABLE, "SHA3-256");
}
END_TEST

/* An RSA key that somebody made up. */
static EVP_PKEY *
make_up_key(int bits, int exponent_bits)
{
	BIGNUM *modulus = BN_new();
	BIGNUM *exponent = BN_new();
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params;
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *key = NULL;

	ck_assert(BN_rand(modulus, bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD) == 1 &&
		  BN_rand(exponent, exponent_bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD) == 1 &&
		  OSSL_PARAM_BLD_push_BN(build, "n", modulus) == 1 &&
		  OSSL_PARAM_BLD_push_BN(build, "e", exponent) == 1);
	params = OSSL_PARAM_BLD_to_param(build);
	ck_assert_int_eq(EVP_PKEY_fromdata_init(context), 1);
	ck_assert_int_eq(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
	EVP_PKEY_CTX_free(context);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	BN_free(modulus);
	BN_free(exponent);
	return key;
}

static const struct {
	int bits;
	int exponent_bits;
	const char *why;
} absurd[] = {{8200, 17, "8200 bits"}, {2048, 2000, "exponent"}, {3072, 65, "exponent"}};

/* Whoever makes a certificate writes any key into it: the largest cost nothing to make. */
START_TEST(a_key_of_absurd_size_is_not_computed_with)
{
	EVP_PKEY *key = make_up_key(absurd[_i].bits, absurd[_i].exponent_bits);
	struct signed_signer signer = signer_of(BY_RSA);
	X509 *twin = X509_dup(people[BY_RSA]);

	ck_assert_int_eq(X509_set_pubkey(twin, key), 1);
	ck_assert_int_gt(X509_sign(twin, keys[BY_RSA], EVP_sha256()), 0);
	signer.certificate = twin;
	expect_signer(&signer, LAYER_SIGNATURE_UNVERIFIABLE, absurd[_i].why);
	X509_free(twin);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(two_digests_in_one_signature_are_not_taken_for_a_forgery)
{
	struct signed_signer signer = signer_of(BY_RSA);
	struct layer layer;

	signer.digest = EVP_sha256();
	signer.says = EVP_sha1();
	layer = read_signer(&signer, CONTENT);
	/* Verified as made, but no better than the weaker one. */
	expect(&layer.signatures[0], LAYER_SIGNATURE_GOOD, "");
	ck_assert_int_eq(layer.signatures[0].digest_strength, 63);
	layer_clear(&layer);
	signer.key = keys[BY_OTHER];
	expect_signer(&signer, LAYER_SIGNATURE_UNVERIFIABLE, "two digests");
}
END_TEST

/* A detached signature whose object holds what was signed, while something else stands beside it. */
START_TEST(content_within_a_detached_signature_does_not_count)
{
	struct signed_signer signer = signer_of(BY_RSA);
	struct signed_what what = {.signers = &signer,
	    .signer_count = 1,
	    .content = CONTENT,
	    .inside = CONTENT,
	    .certificates = &people[BY_RSA],
	    .certificate_count = 1};
	struct layer layer = read_object(&what, CHANGED);

	expect(&layer.signatures[0], LAYER_SIGNATURE_BAD, "not what was signed");
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
		signers[i] = signer_of(BY_P256);
	for (i = 0; i < ARRAY_LENGTH(certificates); i++)
		certificates[i] = people[BY_P256];
	der = signed_make(&what);
	ck_assert_int_eq(read_der(&der, CONTENT, &layer, &err), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	layer_clear(&layer);
	buffer_free(&der);
}
END_TEST

static void
expect_the_same_or_no_memory(const struct buffer *der, const char *content,
    unsigned long request_number, enum layer_signature_state state)
{
	CMS_ContentInfo *cms = parse(der);
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
	struct signed_signer signer = signer_of(algorithms[which].who);
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

	ck_assert_msg(read_der(&der, content.data, &layer, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(layer.signature_count, examples[_i].signers);
	for (i = 0; i < layer.signature_count; i++) {
		if (i + 1 < layer.signature_count)
			expect(&layer.signatures[i], LAYER_SIGNATURE_GOOD, "");
		else
			expect(&layer.signatures[i], examples[_i].last, examples[_i].why);
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
	tcase_add_unchecked_fixture(tcase, make_people, free_people);
	tcase_add_loop_test(
	    tcase, what_is_signed_well_is_good_and_told_by_its_algorithms, 0, algorithm_count);
	tcase_add_loop_test(tcase, a_content_that_was_changed_is_bad, 0, algorithm_count);
	tcase_add_loop_test(tcase, the_key_of_another_is_bad, 0, algorithm_count);
	tcase_add_test(tcase, no_byte_of_what_is_signed_can_change);
	tcase_add_loop_test(tcase, a_signature_without_attributes_is_over_the_content, 0, 3);
	tcase_add_test(tcase, eddsa_over_the_content_itself_is_not_computed);
	tcase_add_test(tcase, a_type_of_content_that_nobody_signed_is_malformed);
	tcase_add_loop_test(tcase, attributes_that_the_standards_forbid_are_malformed, 0,
	    (int)ARRAY_LENGTH(attributes));
	tcase_add_test(tcase, attributes_that_must_be_signed_are_malformed_elsewhere);
	tcase_add_test(tcase, attributes_that_are_missing_or_doubled_are_malformed);
	tcase_add_test(tcase, a_signing_time_that_is_none_is_malformed);
	tcase_add_test(tcase, capabilities_and_preference_are_read_of_what_is_good);
	tcase_add_test(tcase, an_attribute_may_be_huge);
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
	tcase_add_loop_test(
	    tcase, no_memory_is_not_taken_for_a_bad_signature, 0, (int)ARRAY_LENGTH(refused));
	if (getenv("SMIME_CORPORA") != NULL)
		tcase_add_loop_test(
		    tcase, rfc_4134_examples_verify, 0, (int)ARRAY_LENGTH(examples));
	return unit_run(suite);
}
