#include "signed_make.h"

#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "require.h"

#define TAG_OCTETS 0x04
#define TAG_SEQUENCE 0x30
#define TAG_SET 0x31

static void
add(struct buffer *to, const void *bytes, size_t size)
{
	REQUIRE(buffer_append(to, bytes, size, NULL) == 0);
}

/* One value in DER. */
static void
add_value(struct buffer *to, unsigned char tag, const void *bytes, size_t size)
{
	unsigned char header[16];
	unsigned char *end = header;

	ASN1_put_object(&end, (tag & 0x20) != 0, (int)size, tag & 0x1f, tag & 0xc0);
	add(to, header, (size_t)(end - header));
	if (size > 0)
		add(to, bytes, size);
}

/* Wraps what is there. */
static void
wrap(struct buffer *part, unsigned char tag)
{
	struct buffer value = BUFFER_INIT;

	add_value(&value, tag, part->data, part->size);
	buffer_free(part);
	*part = value;
}

static void
add_object(struct buffer *to, const ASN1_OBJECT *object)
{
	REQUIRE(object != NULL);
	add_value(to, 0x06, OBJ_get0_data(object), OBJ_length(object));
}

static void
add_algorithm(struct buffer *to, int nid)
{
	struct buffer algorithm = BUFFER_INIT;

	add_object(&algorithm, OBJ_nid2obj(nid));
	wrap(&algorithm, TAG_SEQUENCE);
	add(to, algorithm.data, algorithm.size);
	buffer_free(&algorithm);
}

void
signed_make_attribute(
    struct buffer *attributes, const char *oid, const unsigned char *values, size_t size)
{
	struct buffer attribute = BUFFER_INIT;
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);

	add_object(&attribute, object);
	add_value(&attribute, TAG_SET, values, size);
	wrap(&attribute, TAG_SEQUENCE);
	add(attributes, attribute.data, attribute.size);
	buffer_free(&attribute);
	ASN1_OBJECT_free(object);
}

static const EVP_MD *
digest_of(const struct signed_signer *signer)
{
	return signer->digest != NULL ? signer->digest : EVP_sha256();
}

static void
add_content_type(struct buffer *attributes, int nid)
{
	struct buffer value = BUFFER_INIT;

	add_object(&value, OBJ_nid2obj(nid != NID_undef ? nid : NID_pkcs7_data));
	signed_make_attribute(
	    attributes, "1.2.840.113549.1.9.3", (const unsigned char *)value.data, value.size);
	buffer_free(&value);
}

static void
add_digest(struct buffer *attributes, const struct signed_signer *signer, const char *content)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	struct buffer value = BUFFER_INIT;
	unsigned int size;

	REQUIRE(EVP_Digest(content, strlen(content), digest, &size, digest_of(signer), NULL) == 1);
	add_value(&value, TAG_OCTETS, digest, size);
	if (signer->twice_digest)
		add_value(&value, TAG_OCTETS, digest, size);
	signed_make_attribute(
	    attributes, "1.2.840.113549.1.9.4", (const unsigned char *)value.data, value.size);
	buffer_free(&value);
}

static void
add_signing_time(struct buffer *attributes, time_t at)
{
	ASN1_TIME *time = ASN1_TIME_set(NULL, at);
	unsigned char *der = NULL;
	int size = i2d_ASN1_TIME(time, &der);

	REQUIRE(size > 0);
	signed_make_attribute(attributes, "1.2.840.113549.1.9.5", der, (size_t)size);
	OPENSSL_free(der);
	ASN1_TIME_free(time);
}

/* The contents of the SET. */
static struct buffer
make_attributes(const struct signed_signer *signer, const char *content)
{
	struct buffer attributes = BUFFER_INIT;

	if (!signer->without_content_type)
		add_content_type(&attributes, signer->content_type);
	if (!signer->without_digest)
		add_digest(&attributes, signer, content);
	if (signer->signing_time != 0)
		add_signing_time(&attributes, signer->signing_time);
	if (signer->attributes != NULL)
		add(&attributes, signer->attributes->data, signer->attributes->size);
	return attributes;
}

static void
add_identity(struct buffer *to, const struct signed_signer *signer)
{
	struct buffer name = BUFFER_INIT;
	unsigned char *issuer = NULL;
	unsigned char *serial = NULL;
	const ASN1_OCTET_STRING *id;
	int size;

	if (signer->by_key_id) {
		id = X509_get0_subject_key_id(signer->certificate);
		REQUIRE(id != NULL);
		add_value(to, 0x80, ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id));
		return;
	}
	size = i2d_X509_NAME(X509_get_issuer_name(signer->certificate), &issuer);
	add(&name, issuer, (size_t)size);
	size = i2d_ASN1_INTEGER(X509_get_serialNumber(signer->certificate), &serial);
	add(&name, serial, (size_t)size);
	wrap(&name, TAG_SEQUENCE);
	add(to, name.data, name.size);
	buffer_free(&name);
	OPENSSL_free(issuer);
	OPENSSL_free(serial);
}

static void
add_pss_algorithm(struct buffer *to, EVP_PKEY_CTX *context)
{
	unsigned char der[512];
	OSSL_PARAM params[] = {
	    OSSL_PARAM_octet_string("algorithm-id", der, sizeof(der)), OSSL_PARAM_END};

	REQUIRE(EVP_PKEY_CTX_get_params(context, params) == 1);
	add(to, der, params[0].return_size);
}

/* The signature's algorithm, and the signature. */
static void
add_signature(struct buffer *to, const struct signed_signer *signer, const void *bytes, size_t size)
{
	bool ed = EVP_PKEY_is_a(signer->key, "ED25519");
	const EVP_MD *says = signer->says != NULL ? signer->says : digest_of(signer);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY_CTX *key_context;
	unsigned char signature[1024];
	size_t length = sizeof(signature);
	int nid = NID_ED25519;

	REQUIRE(EVP_DigestSignInit(
		    context, &key_context, ed ? NULL : digest_of(signer), NULL, signer->key) == 1);
	if (signer->pss)
		REQUIRE(EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING) == 1 &&
			EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_DIGEST) == 1);
	REQUIRE(EVP_DigestSign(context, signature, &length, bytes, size) == 1);
	if (signer->algorithm != NULL) {
		add(to, signer->algorithm, signer->algorithm_size);
	} else if (signer->pss) {
		add_pss_algorithm(to, key_context);
	} else {
		REQUIRE(ed || OBJ_find_sigid_by_algs(
				  &nid, EVP_MD_get_type(says), EVP_PKEY_get_base_id(signer->key)));
		add_algorithm(to, nid);
	}
	add_value(to, TAG_OCTETS, signature, length);
	EVP_MD_CTX_free(context);
}

static void
add_signer(struct buffer *to, const struct signed_signer *signer, const char *content)
{
	const unsigned char version[] = {0x02, 0x01, signer->by_key_id ? 3 : 1};
	struct buffer attributes = make_attributes(signer, content);
	struct buffer info = BUFFER_INIT;

	add(&info, version, sizeof(version));
	add_identity(&info, signer);
	add_algorithm(&info, EVP_MD_get_type(digest_of(signer)));
	if (signer->bare) {
		add_signature(&info, signer, content, strlen(content));
	} else {
		add_value(&info, 0xa0, attributes.data, attributes.size);
		wrap(&attributes, TAG_SET);
		add_signature(&info, signer, attributes.data, attributes.size);
	}
	if (signer->unsigned_attributes != NULL)
		add_value(&info, 0xa1, signer->unsigned_attributes->data,
		    signer->unsigned_attributes->size);
	add_value(to, TAG_SEQUENCE, info.data, info.size);
	buffer_free(&info);
	buffer_free(&attributes);
}

static void
add_content(struct buffer *to, const struct signed_what *what)
{
	struct buffer content = BUFFER_INIT;
	struct buffer octets = BUFFER_INIT;

	add_object(&content,
	    OBJ_nid2obj(what->content_type != NID_undef ? what->content_type : NID_pkcs7_data));
	if (what->inside != NULL) {
		add_value(&octets, TAG_OCTETS, what->inside, strlen(what->inside));
		add_value(&content, 0xa0, octets.data, octets.size);
	}
	add_value(to, TAG_SEQUENCE, content.data, content.size);
	buffer_free(&content);
	buffer_free(&octets);
}

static void
add_certificates(struct buffer *to, const struct signed_what *what)
{
	struct buffer certificates = BUFFER_INIT;
	unsigned char *der;
	size_t i;
	int size;

	for (i = 0; i < what->certificate_count; i++) {
		der = NULL;
		size = i2d_X509(what->certificates[i], &der);
		REQUIRE(size > 0);
		add(&certificates, der, (size_t)size);
		OPENSSL_free(der);
	}
	if (what->certificate_count > 0)
		add_value(to, 0xa0, certificates.data, certificates.size);
	buffer_free(&certificates);
}

struct buffer
signed_make(const struct signed_what *what)
{
	static const unsigned char version[] = {0x02, 0x01, 0x01};
	struct buffer digests = BUFFER_INIT;
	struct buffer signers = BUFFER_INIT;
	struct buffer data = BUFFER_INIT;
	struct buffer whole = BUFFER_INIT;
	size_t i;

	for (i = 0; i < what->signer_count; i++) {
		add_algorithm(&digests, EVP_MD_get_type(digest_of(&what->signers[i])));
		add_signer(&signers, &what->signers[i], what->content);
	}
	add(&data, version, sizeof(version));
	add_value(&data, TAG_SET, digests.data, digests.size);
	add_content(&data, what);
	add_certificates(&data, what);
	add_value(&data, TAG_SET, signers.data, signers.size);
	wrap(&data, TAG_SEQUENCE);
	add_object(&whole, OBJ_nid2obj(NID_pkcs7_signed));
	add_value(&whole, 0xa0, data.data, data.size);
	wrap(&whole, TAG_SEQUENCE);
	buffer_free(&digests);
	buffer_free(&signers);
	buffer_free(&data);
	return whole;
}
