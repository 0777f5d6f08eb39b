#include "test_signatures.h"

#include <openssl/err.h>
#include <openssl/pem.h>

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

EVP_PKEY *keys[WHO_COUNT];
X509 *people[WHO_COUNT];

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

void
test_signatures_make_people(void)
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

void
test_signatures_free_people(void)
{
	int who;

	for (who = 0; who < WHO_COUNT; who++) {
		X509_free(people[who]);
		EVP_PKEY_free(keys[who]);
	}
}

struct signed_signer
test_signatures_signer_of(enum who who)
{
	return (struct signed_signer){
	    .certificate = people[who], .key = keys[who], .signing_time = AT};
}

CMS_ContentInfo *
test_signatures_parse(const struct buffer *der)
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

int
test_signatures_read_der(
    const struct buffer *der, const char *content, struct layer *layer, struct error *err)
{
	CMS_ContentInfo *cms = test_signatures_parse(der);
	int result;

	ck_assert_ptr_nonnull(cms);
	result = read_cms(cms, content, layer, err);
	CMS_ContentInfo_free(cms);
	return result;
}

bool
test_signatures_read_changed(const struct buffer *der, struct layer *layer, struct error *err)
{
	CMS_ContentInfo *cms = test_signatures_parse(der);
	bool is_read = cms != NULL && read_cms(cms, CONTENT, layer, err) == 0;

	if (cms != NULL && !is_read)
		layer_clear(layer);
	CMS_ContentInfo_free(cms);
	return is_read;
}

struct layer
test_signatures_read_object(const struct signed_what *what, const char *content)
{
	struct buffer der = signed_make(what);
	struct error err = ERROR_INIT;
	struct layer layer;

	ck_assert_msg(test_signatures_read_der(&der, content, &layer, &err) == 0, "%s", err.text);
	buffer_free(&der);
	return layer;
}

struct layer
test_signatures_read_signer(const struct signed_signer *signer, const char *content)
{
	struct signed_what what = {.signers = signer,
	    .signer_count = 1,
	    .content = CONTENT,
	    .certificates = &signer->certificate,
	    .certificate_count = 1};

	return test_signatures_read_object(&what, content);
}

void
test_signatures_expect(
    const struct layer_signature *signature, enum layer_signature_state state, const char *why)
{
	ck_assert_msg(signature->state == state, "%s: %s",
	    layer_signature_state_name(signature->state), signature->detail);
	ck_assert_msg(strstr(signature->detail, why) != NULL, "%s", signature->detail);
	ck_assert_int_eq(signature->detail[0] == '\0', state == LAYER_SIGNATURE_GOOD);
	if (state != LAYER_SIGNATURE_GOOD)
		ck_assert_int_eq(signature->capabilities.from, CAPABILITIES_NONE);
}

void
test_signatures_expect_signer(
    const struct signed_signer *signer, enum layer_signature_state state, const char *why)
{
	struct layer layer = test_signatures_read_signer(signer, CONTENT);

	ck_assert_uint_eq(layer.signature_count, 1);
	test_signatures_expect(&layer.signatures[0], state, why);
	layer_clear(&layer);
}
