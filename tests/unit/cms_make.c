#include "cms_make.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <string.h>

#include "pki.h"
#include "require.h"

static const char text[] = "Content-Type: text/plain\r\n\r\nThe quick brown fox\r\n";

static void
add(struct buffer *to, const void *bytes, size_t size)
{
	REQUIRE(buffer_append(to, bytes, size, NULL) == 0);
}

X509 *
cms_make_certificate(EVP_PKEY *key)
{
	struct pki_certificate authority = {.subject = "CA", .ca = true};
	struct pki_certificate what = {.subject = "Recipient", .email = "r@example.org"};
	EVP_PKEY *ca_key = pki_key(PKI_P256, 0);
	X509 *ca = pki_issue(&authority, ca_key, NULL, ca_key);
	X509 *certificate = pki_issue(&what, key, ca, ca_key);

	X509_free(ca);
	EVP_PKEY_free(ca_key);
	return certificate;
}

struct buffer
cms_make_der(CMS_ContentInfo *cms)
{
	struct buffer out = BUFFER_INIT;
	unsigned char *der = NULL;
	int size = i2d_CMS_ContentInfo(cms, &der);

	REQUIRE(size > 0);
	add(&out, der, (size_t)size);
	OPENSSL_free(der);
	return out;
}

struct buffer
cms_make(const EVP_CIPHER *cipher, X509 *certificate, unsigned int flags)
{
	BIO *in = BIO_new_mem_buf(text, (int)strlen(text));
	CMS_ContentInfo *cms = CMS_encrypt(NULL, NULL, cipher, CMS_BINARY | CMS_PARTIAL);
	struct buffer out;

	REQUIRE(cms != NULL && in != NULL);
	REQUIRE(CMS_add1_recipient_cert(cms, certificate, flags) != NULL);
	REQUIRE(CMS_final(cms, in, NULL, CMS_BINARY) == 1);
	out = cms_make_der(cms);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	return out;
}

struct buffer
cms_make_streamed(const EVP_CIPHER *cipher, X509 *certificate)
{
	struct buffer out = BUFFER_INIT;
	BIO *in = BIO_new_mem_buf(text, (int)strlen(text));
	BIO *memory = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms =
	    CMS_encrypt(NULL, NULL, cipher, CMS_STREAM | CMS_BINARY | CMS_PARTIAL);
	char *bytes;
	long size;

	REQUIRE(CMS_add1_recipient_cert(cms, certificate, 0) != NULL);
	REQUIRE(i2d_CMS_bio_stream(memory, cms, in, CMS_STREAM | CMS_BINARY) == 1);
	size = BIO_get_mem_data(memory, &bytes);
	add(&out, bytes, (size_t)size);
	CMS_ContentInfo_free(cms);
	BIO_free(memory);
	BIO_free(in);
	return out;
}

struct buffer
cms_make_value(unsigned char tag, const void *bytes, size_t size)
{
	struct buffer out = BUFFER_INIT;
	unsigned char header[6] = {tag, 0x84, (unsigned char)(size >> 24),
	    (unsigned char)(size >> 16), (unsigned char)(size >> 8), (unsigned char)size};

	if (size < 0x80) {
		header[1] = (unsigned char)size;
		add(&out, header, 2);
	} else {
		add(&out, header, sizeof(header));
	}
	if (size > 0)
		add(&out, bytes, size);
	return out;
}

void
cms_make_replace(struct buffer *part, unsigned char tag, const void *bytes, size_t size)
{
	buffer_free(part);
	*part = cms_make_value(tag, bytes, size);
}

/* Takes the next value off a run of DER, whole; false at its end or if it has another tag. */
static bool
take(const unsigned char **at, const unsigned char *end, unsigned char tag, struct buffer *whole)
{
	const unsigned char *start = *at;
	long length;
	int number;
	int class;

	if (start == end || start[0] != tag)
		return false;
	REQUIRE((ASN1_get_object(at, &length, &number, &class, end - start) & 0x80) == 0);
	*at += length;
	if (whole != NULL)
		add(whole, start, (size_t)(*at - start));
	return true;
}

/* Goes into the next value; *end becomes its end. */
static void
enter(const unsigned char **at, const unsigned char **end, unsigned char tag)
{
	long length;
	int number;
	int class;

	REQUIRE(*at < *end && **at == tag);
	REQUIRE((ASN1_get_object(at, &length, &number, &class, *end - *at) & 0x80) == 0);
	*end = *at + length;
}

struct cms_parts
cms_make_parts(const struct buffer *der)
{
	struct cms_parts parts = {.type = BUFFER_INIT};
	const unsigned char *at = (const unsigned char *)der->data;
	const unsigned char *end = at + der->size;
	const unsigned char *outer;

	enter(&at, &end, 0x30);
	REQUIRE(take(&at, end, 0x06, &parts.type));
	enter(&at, &end, 0xa0);
	enter(&at, &end, 0x30);
	REQUIRE(take(&at, end, 0x02, &parts.version));
	(void)take(&at, end, 0xa0, &parts.originator);
	REQUIRE(take(&at, end, 0x31, &parts.recipients));
	outer = end;
	enter(&at, &end, 0x30);
	REQUIRE(take(&at, end, 0x06, &parts.inner_type));
	REQUIRE(take(&at, end, 0x30, &parts.algorithm));
	REQUIRE(take(&at, end, 0x80, &parts.content));
	end = outer;
	(void)take(&at, end, 0xa1, &parts.attributes);
	(void)take(&at, end, 0x04, &parts.mac);
	(void)take(&at, end, 0xa2, &parts.unauthenticated);
	REQUIRE(at == end);
	return parts;
}

void
cms_make_parts_free(struct cms_parts *parts)
{
	buffer_free(&parts->type);
	buffer_free(&parts->version);
	buffer_free(&parts->originator);
	buffer_free(&parts->recipients);
	buffer_free(&parts->inner_type);
	buffer_free(&parts->algorithm);
	buffer_free(&parts->content);
	buffer_free(&parts->attributes);
	buffer_free(&parts->mac);
	buffer_free(&parts->unauthenticated);
}

/* Encloses what is in inner, which is freed, and appends it to out. */
static void
enclose(struct buffer *out, unsigned char tag, struct buffer *inner, bool indefinite)
{
	const unsigned char header[2] = {tag, 0x80};
	struct buffer value;

	if (indefinite) {
		add(out, header, sizeof(header));
		if (inner->size > 0)
			add(out, inner->data, inner->size);
		add(out, "\0", 2);
	} else {
		value = cms_make_value(tag, inner->data, inner->size);
		add(out, value.data, value.size);
		buffer_free(&value);
	}
	buffer_free(inner);
}

static void
add_part(struct buffer *out, const struct buffer *part)
{
	if (part->size > 0)
		add(out, part->data, part->size);
}

struct buffer
cms_make_whole(const struct cms_parts *parts, bool indefinite)
{
	struct buffer content = BUFFER_INIT;
	struct buffer data = BUFFER_INIT;
	struct buffer info = BUFFER_INIT;
	struct buffer whole = BUFFER_INIT;
	struct buffer out = BUFFER_INIT;

	add_part(&content, &parts->inner_type);
	add_part(&content, &parts->algorithm);
	add_part(&content, &parts->content);
	add_part(&data, &parts->version);
	add_part(&data, &parts->originator);
	add_part(&data, &parts->recipients);
	enclose(&data, 0x30, &content, indefinite);
	add_part(&data, &parts->attributes);
	add_part(&data, &parts->mac);
	add_part(&data, &parts->unauthenticated);
	enclose(&info, 0x30, &data, indefinite);
	add_part(&whole, &parts->type);
	enclose(&whole, 0xa0, &info, indefinite);
	enclose(&out, 0x30, &whole, indefinite);
	return out;
}

struct buffer
cms_make_base64(const void *bytes, size_t size)
{
	struct buffer out = BUFFER_INIT;
	const unsigned char *at = bytes;
	unsigned char line[65];
	size_t taken;

	for (; size > 0; at += taken, size -= taken) {
		taken = size < 48 ? size : 48;
		add(&out, line, (size_t)EVP_EncodeBlock(line, at, (int)taken));
		add(&out, "\r\n", 2);
	}
	return out;
}

struct buffer
cms_make_signed(
    X509 *certificate, EVP_PKEY *key, const void *bytes, size_t size, unsigned int flags)
{
	BIO *in = BIO_new_mem_buf(bytes, (int)size);
	BIO *memory = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms;
	struct buffer out = BUFFER_INIT;
	char *made;
	long made_size;

	flags |= CMS_BINARY;
	cms = CMS_sign(certificate, key, NULL, in, flags);
	REQUIRE(cms != NULL);
	if ((flags & CMS_STREAM) != 0)
		REQUIRE(i2d_CMS_bio_stream(memory, cms, in, (int)flags) == 1);
	else
		REQUIRE(i2d_CMS_bio(memory, cms) == 1);
	made_size = BIO_get_mem_data(memory, &made);
	add(&out, made, (size_t)made_size);
	CMS_ContentInfo_free(cms);
	BIO_free(memory);
	BIO_free(in);
	return out;
}

struct buffer
cms_make_entity(const char *header, const struct buffer *object)
{
	struct buffer out = BUFFER_INIT;
	struct buffer body = cms_make_base64(object->data, object->size);

	REQUIRE(buffer_append_format(&out, NULL, "%sContent-Transfer-Encoding: base64\r\n\r\n%s",
		    header, body.data) == 0);
	buffer_free(&body);
	return out;
}

struct buffer
cms_make_clear_signed(X509 *certificate, EVP_PKEY *key, const char *boundary, const char *part)
{
	struct buffer object = cms_make_signed(certificate, key, part, strlen(part), CMS_DETACHED);
	struct buffer signature = cms_make_entity(
	    "Content-Type: application/pkcs7-signature; name=smime.p7s\r\n", &object);
	struct buffer out = BUFFER_INIT;

	REQUIRE(buffer_append_format(&out, NULL,
		    "Content-Type: multipart/signed; micalg=sha-256;\r\n"
		    " protocol=\"application/pkcs7-signature\"; boundary=\"%s\"\r\n\r\n"
		    "This is a signed message.\r\n--%s\r\n%s\r\n--%s\r\n%s--%s--\r\n",
		    boundary, boundary, part, boundary, signature.data, boundary) == 0);
	buffer_free(&signature);
	buffer_free(&object);
	return out;
}
