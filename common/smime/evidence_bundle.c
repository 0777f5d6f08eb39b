/* What is found at AIA URLs (RFC 5280 4.2.2.1): a certificate, or a bundle of them. */
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "smime/evidence_private.h"

/* Takes the certificate over. */
static int
add(STACK_OF(X509) * bundle, X509 *x509, struct error *err)
{
	if (sk_X509_num(bundle) >= EVIDENCE_BUNDLE_MAX) {
		X509_free(x509);
		return error_set(
		    err, ERROR_LIMIT, "it holds more than %d certificates", EVIDENCE_BUNDLE_MAX);
	}
	/* Makes OpenSSL read the extensions now: later the object is shared, and only read. */
	X509_check_purpose(x509, -1, 0);
	if (!sk_X509_push(bundle, x509)) {
		X509_free(x509);
		return error_no_memory(err);
	}
	return 0;
}

/* RFC 5751 3.2: a certs-only message, by CMS or its elder, PKCS #7. */
static int
read_cms(STACK_OF(X509) * bundle, const unsigned char *der, size_t size, struct error *err)
{
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &der, (long)size);
	STACK_OF(X509) *certificates = cms != NULL ? CMS_get1_certs(cms) : NULL;
	int status = 0;
	int i;

	for (i = 0; status == 0 && i < sk_X509_num(certificates); i++) {
		X509 *x509 = sk_X509_value(certificates, i);

		X509_up_ref(x509);
		status = add(bundle, x509, err);
	}
	sk_X509_pop_free(certificates, X509_free);
	CMS_ContentInfo_free(cms);
	return status;
}

/* One certificate, or (the values of an LDAP attribute) several after another; else a bundle. */
static int
read_der(STACK_OF(X509) * bundle, const unsigned char *der, size_t size, struct error *err)
{
	const unsigned char *next = der;
	const unsigned char *end = der + size;
	int before = sk_X509_num(bundle);

	while (next < end) {
		X509 *x509 = d2i_X509(NULL, &next, (long)(end - next));

		if (x509 == NULL)
			break;
		if (add(bundle, x509, err) != 0)
			return -1;
	}
	if (next == end)
		return 0;
	if (sk_X509_num(bundle) > before)
		return error_set(err, ERROR_INPUT, "what follows its certificates is none");
	return read_cms(bundle, der, size, err);
}

static int
read_pem(STACK_OF(X509) * bundle, const void *bytes, size_t size, struct error *err)
{
	BIO *bio = BIO_new_mem_buf(bytes, (int)size);
	char *label = NULL;
	char *header = NULL;
	unsigned char *der = NULL;
	long length = 0;
	int status = 0;

	while (
	    status == 0 && bio != NULL && PEM_read_bio(bio, &label, &header, &der, &length) == 1) {
		status = read_der(bundle, der, (size_t)length, err);
		OPENSSL_free(label);
		OPENSSL_free(header);
		OPENSSL_free(der);
	}
	BIO_free(bio);
	return status;
}

STACK_OF(X509) * evidence_read_bundle(const void *bytes, size_t size, struct error *err)
{
	STACK_OF(X509) *bundle = sk_X509_new_null();
	const unsigned char *first = bytes;
	int status;

	if (bundle == NULL) {
		error_no_memory(err);
		return NULL;
	}
	if (size == 0 || size > EVIDENCE_BUNDLE_SIZE_MAX)
		status = error_set(err, ERROR_INPUT, "its size is no certificate's");
	else if (*first == (V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED))
		status = read_der(bundle, bytes, size, err);
	else
		status = read_pem(bundle, bytes, size, err);
	if (status == 0 && sk_X509_num(bundle) == 0)
		status = error_set(err, ERROR_INPUT, "it holds no certificate");
	if (status != 0) {
		sk_X509_pop_free(bundle, X509_free);
		bundle = NULL;
	}
	ERR_clear_error();
	return bundle;
}
