/* Every content cipher, under every way the content key comes to its recipient, in every form: the
 * layer says which. */
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "cms_make.h"
#include "inspect/claims.h"
#include "inspect/inspect.h"
#include "mail/startup.h"
#include "pki.h"
#include "unit.h"

static OSSL_PROVIDER *legacy;
static OSSL_PROVIDER *usual;
static EVP_PKEY *rsa_key;
static EVP_PKEY *ec_key;
static X509 *rsa;
static X509 *ec;

static void
make_parties(void)
{
	/* RC2 and single DES are made by OpenSSL's legacy provider alone. */
	usual = OSSL_PROVIDER_load(NULL, "default");
	legacy = OSSL_PROVIDER_load(NULL, "legacy");
	ck_assert_ptr_nonnull(usual);
	ck_assert_ptr_nonnull(legacy);
	rsa_key = pki_key(PKI_RSA_2048, 0);
	ec_key = pki_key(PKI_P256, 0);
	rsa = cms_make_certificate(rsa_key);
	ec = cms_make_certificate(ec_key);
}

static void
free_parties(void)
{
	X509_free(rsa);
	X509_free(ec);
	EVP_PKEY_free(rsa_key);
	EVP_PKEY_free(ec_key);
	OSSL_PROVIDER_unload(legacy);
	OSSL_PROVIDER_unload(usual);
}

static const struct {
	const char *openssl;
	enum cipher_id cipher;
} ciphers[] = {
    {"rc2-40-cbc", CIPHER_RC2_40},
    {"rc2-64-cbc", CIPHER_RC2_64},
    {"rc2-cbc", CIPHER_RC2_128},
    {"des-cbc", CIPHER_DES},
    {"des-ede3-cbc", CIPHER_DES3},
    {"aes-128-cbc", CIPHER_AES128_CBC},
    {"aes-192-cbc", CIPHER_AES192_CBC},
    {"aes-256-cbc", CIPHER_AES256_CBC},
    {"aes-128-gcm", CIPHER_AES128_GCM},
    {"aes-192-gcm", CIPHER_AES192_GCM},
    {"aes-256-gcm", CIPHER_AES256_GCM},
};

static CMS_RecipientInfo *
add_rsa(CMS_ContentInfo *cms)
{
	return CMS_add1_recipient_cert(cms, rsa, 0);
}

static CMS_RecipientInfo *
add_oaep_of(CMS_ContentInfo *cms, const EVP_MD *digest)
{
	CMS_RecipientInfo *info = CMS_add1_recipient_cert(cms, rsa, CMS_KEY_PARAM | CMS_USE_KEYID);
	EVP_PKEY_CTX *context = info == NULL ? NULL : CMS_RecipientInfo_get0_pkey_ctx(info);

	if (context == NULL || EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) != 1 ||
	    (digest != NULL && EVP_PKEY_CTX_set_rsa_oaep_md(context, digest) != 1))
		return NULL;
	return info;
}

static CMS_RecipientInfo *
add_oaep(CMS_ContentInfo *cms)
{
	return add_oaep_of(cms, NULL);
}

static CMS_RecipientInfo *
add_oaep_sha256(CMS_ContentInfo *cms)
{
	return add_oaep_of(cms, EVP_sha256());
}

static CMS_RecipientInfo *
add_ecdh(CMS_ContentInfo *cms)
{
	return CMS_add1_recipient_cert(cms, ec, 0);
}

static CMS_RecipientInfo *
add_shared_key(CMS_ContentInfo *cms)
{
	unsigned char *bytes = OPENSSL_zalloc(16);
	unsigned char *name = (unsigned char *)OPENSSL_strdup("us");

	return CMS_add0_recipient_key(cms, NID_undef, bytes, 16, name, 2, NULL, NULL, NULL);
}

static CMS_RecipientInfo *
add_password(CMS_ContentInfo *cms)
{
	unsigned char *password = (unsigned char *)OPENSSL_strdup("secret");

	return CMS_add0_recipient_password(
	    cms, -1, NID_undef, NID_undef, password, -1, EVP_aes_128_cbc());
}

static const struct {
	CMS_RecipientInfo *(*add)(CMS_ContentInfo *cms);
	enum layer_transport transport;
	const char *algorithm;
	bool by_rsa;
	bool by_ec;
	int made_least; /* OpenSSL wraps no key of an odd size */
} transports[] = {
    {add_rsa, LAYER_RSA_V15, "RSA PKCS #1 v1.5", true, false, 11},
    {add_oaep, LAYER_RSA_OAEP, "RSAES-OAEP with SHA-1", true, false, 11},
    {add_oaep_sha256, LAYER_RSA_OAEP, "RSAES-OAEP with SHA-256", true, false, 11},
    {add_ecdh, LAYER_ECDH, "ECDH, SHA-1", false, true, 8},
    {add_shared_key, LAYER_KEK, "AES-128 key wrap", false, false, 8},
    {add_password, LAYER_PASSWORD, "", false, false, 5},
};

/* What OpenSSL makes; empty where it can't. */
static struct buffer
make(const EVP_CIPHER *cipher, CMS_RecipientInfo *(*add)(CMS_ContentInfo *), bool streamed)
{
	static const char text[] = "Content-Type: text/plain\r\n\r\nThe quick brown fox\r\n";
	unsigned int flags = CMS_BINARY | CMS_PARTIAL | CMS_STREAM;
	struct buffer out = BUFFER_INIT;
	BIO *in = BIO_new_mem_buf(text, (int)strlen(text));
	BIO *memory = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms = CMS_encrypt(NULL, NULL, cipher, flags);
	char *bytes;
	long size;
	int made;

	ck_assert(in != NULL && memory != NULL && cms != NULL);
	made = add(cms) != NULL &&
	       (streamed ? i2d_CMS_bio_stream(memory, cms, in, (int)flags) == 1
			 : CMS_final(cms, in, NULL, flags) == 1 && i2d_CMS_bio(memory, cms) == 1);
	size = BIO_get_mem_data(memory, &bytes);
	if (made)
		ck_assert_int_eq(buffer_append(&out, bytes, (size_t)size, NULL), 0);
	CMS_ContentInfo_free(cms);
	BIO_free(memory);
	BIO_free(in);
	ERR_clear_error();
	return out;
}

/* Quoted-printable of bytes: each of them quoted. */
static struct buffer
quote(const struct buffer *bytes)
{
	struct buffer out = BUFFER_INIT;
	size_t i;

	for (i = 0; i < bytes->size; i++)
		ck_assert_int_eq(buffer_append_format(&out, NULL, "=%02X%s",
				     (unsigned char)bytes->data[i], i % 24 == 23 ? "=\r\n" : ""),
		    0);
	return out;
}

static bool
is_claimed(const struct layer *layer, X509 *x509)
{
	struct certificate *certificate = certificate_from_x509(x509, NULL);
	struct claims *claims = claims_new(layer, NULL);
	bool is;

	ck_assert(certificate != NULL && claims != NULL);
	is = claims_take(claims, certificate);
	ck_assert_uint_eq(claims_left(claims), is ? 0 : 1);
	claims_free(claims);
	certificate_unref(certificate);
	return is;
}

static void
check(const struct buffer *body, enum entity_encoding encoding, size_t cipher, size_t transport,
    bool streamed)
{
	struct entity_type type = {.claim = ENTITY_SMIME, .encoding = encoding};
	struct error err = ERROR_INIT;
	struct inspect *inspect = inspect_new(&type, &err);
	const struct inspection *it;
	const struct layer *layer;
	bool gcm = cipher_get(ciphers[cipher].cipher)->aead;

	ck_assert_int_eq(inspect_write(inspect, body->data, body->size, &err), 0);
	ck_assert_int_eq(inspect_finish(inspect, &it, &err), 0);
	ck_assert_uint_eq(it->layer_count, 1);
	layer = it->layers;
	ck_assert_msg(layer->type == (gcm ? LAYER_AUTH_ENVELOPED : LAYER_ENVELOPED), "%s, %s: %s",
	    ciphers[cipher].openssl, transports[transport].algorithm, layer->detail);
	ck_assert_int_eq(it->kind, gcm ? INSPECT_AUTH_ENVELOPED : INSPECT_ENVELOPED);
	ck_assert_int_eq(layer->cipher->id, ciphers[cipher].cipher);
	ck_assert_str_eq(layer->cipher_text, layer->cipher->title);
	ck_assert_int_eq(layer->encoding, encoding);
	ck_assert(layer->indefinite == streamed);
	ck_assert_uint_eq(layer->recipient_count, 1);
	ck_assert_int_eq(layer->recipients[0].transport, transports[transport].transport);
	ck_assert_str_eq(layer->recipients[0].algorithm, transports[transport].algorithm);
	ck_assert(is_claimed(layer, rsa) == transports[transport].by_rsa);
	ck_assert(is_claimed(layer, ec) == transports[transport].by_ec);
	inspect_free(inspect);
}

/* In each encoding. */
static void
check_all(const struct buffer *object, size_t cipher, size_t transport, bool streamed)
{
	struct buffer base64 = cms_make_base64(object->data, object->size);
	struct buffer quoted = quote(object);

	check(object, ENTITY_IDENTITY, cipher, transport, streamed);
	check(&base64, ENTITY_BASE64, cipher, transport, streamed);
	check(&quoted, ENTITY_QUOTED_PRINTABLE, cipher, transport, streamed);
	buffer_free(&base64);
	buffer_free(&quoted);
}

START_TEST(cipher_and_transport_are_told_in_every_form)
{
	size_t transport = (size_t)_i;
	int made[2] = {0, 0};
	size_t i;
	int streamed;

	for (i = 0; i < ARRAY_LENGTH(ciphers); i++) {
		EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, ciphers[i].openssl, NULL);

		ck_assert_ptr_nonnull(cipher);
		for (streamed = 0; streamed < 2; streamed++) {
			struct buffer object =
			    make(cipher, transports[transport].add, streamed != 0);

			if (object.size > 0) {
				made[streamed]++;
				check_all(&object, i, transport, streamed != 0);
			}
			buffer_free(&object);
		}
		EVP_CIPHER_free(cipher);
	}
	ck_assert_msg(made[0] >= transports[transport].made_least && made[1] == made[0],
	    "%s: %d and %d made", transports[transport].algorithm, made[0], made[1]);
}
END_TEST

/* Each form of name, and what is told of it. */
START_TEST(recipients_are_named_as_the_object_names_them)
{
	struct entity_type type = {.claim = ENTITY_SMIME};
	struct buffer objects[2] = {
	    make(EVP_aes_128_cbc(), add_rsa, false), make(EVP_aes_128_cbc(), add_oaep, false)};
	struct certificate *certificate = certificate_from_x509(rsa, NULL);
	const struct inspection *it;
	size_t i;

	for (i = 0; i < 2; i++) {
		struct inspect *inspect = inspect_new(&type, NULL);
		const struct layer_recipient *recipient;
		struct claims *claims;

		ck_assert_int_eq(inspect_write(inspect, objects[i].data, objects[i].size, NULL), 0);
		ck_assert_int_eq(inspect_finish(inspect, &it, NULL), 0);
		recipient = it->layers[0].recipients;
		if (i == 0) {
			ck_assert_str_eq(recipient->issuer, certificate->issuer);
			ck_assert_str_eq(recipient->serial, certificate->serial);
			ck_assert_uint_gt(recipient->issuer_size, 0);
			ck_assert_ptr_null(recipient->key_id);
		} else {
			ck_assert_ptr_null(recipient->issuer);
			ck_assert_ptr_null(recipient->serial);
			ck_assert_uint_eq(strlen(recipient->key_id), 40);
		}
		claims = claims_new(it->layers, NULL);
		ck_assert(claims != NULL && claims_close(claims, NULL) == 0);
		ck_assert_ptr_eq(claims_left_of(claims, certificate), i == 0 ? recipient : NULL);
		claims_free(claims);
		inspect_free(inspect);
		buffer_free(&objects[i]);
	}
	certificate_unref(certificate);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("envelopes");
	TCase *tcase = unit_case(suite, "envelopes");

	tcase_add_unchecked_fixture(tcase, make_parties, free_parties);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(
	    tcase, cipher_and_transport_are_told_in_every_form, 0, (int)ARRAY_LENGTH(transports));
	tcase_add_test(tcase, recipients_are_named_as_the_object_names_them);
	mail_startup();
	return unit_run(suite);
}
