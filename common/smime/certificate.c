#include "smime/certificate.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/utf8.h"
#include "smime/certificate_address.h"
#include "smime/certificate_size.h"

/* UTF-8 as it is, controls and RFC 2253's special characters escaped. */
#define NAME_FLAGS (XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB)

char *
certificate_name_text(const X509_NAME *name)
{
	static const char more[] = "...";
	BIO *bio = BIO_new(BIO_s_mem());
	char *written = NULL;
	char *text = NULL;
	size_t size;
	long length;

	if (bio == NULL || X509_NAME_print_ex(bio, name, 0, NAME_FLAGS) < 0)
		goto out;
	length = BIO_get_mem_data(bio, &written);
	size = length > 0 ? (size_t)length : 0;
	text = malloc((size < CERTIFICATE_NAME_MAX ? size : CERTIFICATE_NAME_MAX) + sizeof(more));
	if (text == NULL)
		goto out;
	if (size > CERTIFICATE_NAME_MAX) {
		size = utf8_cut(written, CERTIFICATE_NAME_MAX);
		memcpy(text + size, more, sizeof(more));
	} else {
		text[size] = '\0';
	}
	if (size > 0)
		memcpy(text, written, size);
out:
	BIO_free(bio);
	ERR_clear_error();
	return text;
}

static int
read_serial(struct certificate *certificate, struct error *err)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(certificate->x509);
	int size = ASN1_STRING_length(serial);

	if (size > CERTIFICATE_SERIAL_MAX)
		return error_set(
		    err, ERROR_INPUT, "the certificate's serial number has %d octets", size);
	certificate->serial = hex_upper(ASN1_STRING_get0_data(serial), (size_t)size);
	return certificate->serial != NULL ? 0 : error_no_memory(err);
}

static int
read_fingerprint(struct certificate *certificate, struct error *err)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int size = 0;

	if (!X509_digest(certificate->x509, EVP_sha256(), digest, &size) || size != 32)
		return error_set(err, ERROR_INTERNAL, "can't compute a fingerprint");
	hex_lower(digest, size, certificate->sha256);
	return 0;
}

bool
certificate_read_time(const ASN1_TIME *time, time_t *at)
{
	struct tm tm;

	if (!ASN1_TIME_to_tm(time, &tm))
		return false;
	*at = timegm(&tm);
	return true;
}

static int
read_time(const ASN1_TIME *time, time_t *at, const char *what, struct error *err)
{
	if (!certificate_read_time(time, at))
		return error_set(err, ERROR_INPUT, "the certificate's %s is not a time", what);
	return 0;
}

static int
read_all(struct certificate *certificate, struct error *err)
{
	const X509 *x509 = certificate->x509;

	if (read_time(X509_get0_notBefore(x509), &certificate->not_before, "notBefore", err) != 0 ||
	    read_time(X509_get0_notAfter(x509), &certificate->not_after, "notAfter", err) != 0 ||
	    read_serial(certificate, err) != 0 || read_fingerprint(certificate, err) != 0)
		return -1;
	certificate->subject = certificate_name_text(X509_get_subject_name(x509));
	certificate->issuer = certificate_name_text(X509_get_issuer_name(x509));
	if (certificate->subject == NULL || certificate->issuer == NULL)
		return error_no_memory(err);
	return certificate_address_read(certificate, err);
}

struct certificate *
certificate_from_x509(X509 *x509, struct error *err)
{
	struct certificate *certificate = calloc(1, sizeof(*certificate));

	if (certificate == NULL) {
		error_no_memory(err);
		return NULL;
	}
	certificate->references = 1;
	X509_up_ref(x509);
	certificate->x509 = x509;
	/* Makes OpenSSL read the extensions now: later the object is shared, and only read. */
	X509_check_purpose(x509, -1, 0);
	if (read_all(certificate, err) == 0) {
		certificate->bytes = certificate_size(certificate);
	} else {
		certificate_unref(certificate);
		certificate = NULL;
	}
	ERR_clear_error();
	return certificate;
}

static X509 *
parse_der(const unsigned char *der, size_t size, struct error *err)
{
	const unsigned char *end = der;
	X509 *x509;

	if (size == 0 || size > CERTIFICATE_SIZE_MAX) {
		error_set(err, ERROR_INPUT, "%zu bytes are not the size of a certificate", size);
		return NULL;
	}
	x509 = d2i_X509(NULL, &end, (long)size);
	if (x509 == NULL) {
		if (ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE)
			error_no_memory(err);
		else
			error_set(err, ERROR_INPUT, "not a certificate");
		return NULL;
	}
	if (end != der + size) {
		error_set(err, ERROR_INPUT, "%zu bytes follow the certificate",
		    size - (size_t)(end - der));
		X509_free(x509);
		return NULL;
	}
	return x509;
}

struct certificate *
certificate_from_der(const unsigned char *der, size_t size, struct error *err)
{
	struct certificate *certificate = NULL;
	X509 *x509 = parse_der(der, size, err);

	if (x509 != NULL)
		certificate = certificate_from_x509(x509, err);
	X509_free(x509);
	ERR_clear_error();
	return certificate;
}

struct certificate *
certificate_ref(struct certificate *certificate)
{
	__atomic_add_fetch(&certificate->references, 1, __ATOMIC_RELAXED);
	return certificate;
}

void
certificate_unref(struct certificate *certificate)
{
	if (certificate == NULL ||
	    __atomic_sub_fetch(&certificate->references, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	certificate_address_free(certificate);
	free(certificate->subject);
	free(certificate->issuer);
	free(certificate->serial);
	X509_free(certificate->x509);
	free(certificate);
}

/* RFC 5480 section 2.1.1 allows named curves only. */
static bool
on_known_curve(const EVP_PKEY *key)
{
	static const char *const curves[] = {"prime256v1", "secp384r1", "secp521r1"};
	char name[64];
	int explicit_parameters = 0;
	size_t i;

	if (!EVP_PKEY_get_utf8_string_param(
		key, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof(name), NULL))
		return false;
	if (EVP_PKEY_get_int_param(
		key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit_parameters) &&
	    explicit_parameters != 0)
		return false;
	for (i = 0; i < ARRAY_LENGTH(curves); i++) {
		if (strcmp(name, curves[i]) == 0)
			return true;
	}
	return false;
}

enum key_kind
certificate_key_kind(const struct certificate *certificate)
{
	const EVP_PKEY *key = X509_get0_pubkey(certificate->x509);
	enum key_kind kind = KEY_UNSUPPORTED;

	if (key != NULL && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
		kind = KEY_RSA;
	else if (key != NULL && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && on_known_curve(key))
		kind = KEY_EC;
	ERR_clear_error();
	return kind;
}

int
certificate_key_bits(const struct certificate *certificate)
{
	const EVP_PKEY *key = X509_get0_pubkey(certificate->x509);
	int bits = key != NULL ? EVP_PKEY_get_bits(key) : 0;

	ERR_clear_error();
	return bits > 0 ? bits : 0;
}

static bool
may_protect_mail(X509 *x509)
{
	/* UINT32_MAX where the extension is missing. */
	return (X509_get_extended_key_usage(x509) & (XKU_SMIME | XKU_ANYEKU)) != 0;
}

bool
certificate_may_encrypt(X509 *x509)
{
	const EVP_PKEY *key = X509_get0_pubkey(x509);
	int kind = key != NULL ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE;
	uint32_t usage = KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT;

	if (kind == EVP_PKEY_RSA)
		usage = KU_KEY_ENCIPHERMENT;
	else if (kind == EVP_PKEY_EC)
		usage = KU_KEY_AGREEMENT;
	return (X509_get_key_usage(x509) & usage) != 0 && may_protect_mail(x509);
}

bool
certificate_may_sign(X509 *x509)
{
	return (X509_get_key_usage(x509) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0 &&
	       may_protect_mail(x509);
}

bool
certificate_repeats_extension(const X509 *x509)
{
	int count = X509_get_ext_count(x509);
	int i;

	if (count > CERTIFICATE_EXTENSIONS_MAX)
		return true;
	for (i = 0; i < count; i++) {
		ASN1_OBJECT *kind = X509_EXTENSION_get_object(X509_get_ext(x509, i));

		if (X509_get_ext_by_OBJ(x509, kind, i) >= 0)
			return true;
	}
	return false;
}
