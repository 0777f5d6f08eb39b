#include "smime/blob.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smime/blob_records.h"
#include "smime/certificate.h"

void
blob_set_note(struct blob *blob, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(blob->note, sizeof(blob->note), format, args);
	va_end(args);
}

/* Common mistakes, told by name. */
static int
not_signed_data(const unsigned char *value, size_t size, struct error *err)
{
	const unsigned char *end = value;
	X509 *x509 = d2i_X509(NULL, &end, (long)size);

	if (x509 == NULL)
		return error_set(err, ERROR_INPUT, "not a CMS object");
	X509_free(x509);
	return error_set(err, ERROR_INPUT, "a bare certificate, not a signed blob");
}

static int
parse_cms(struct blob *blob, const unsigned char *value, size_t size, struct error *err)
{
	const unsigned char *end = value;

	blob->cms = d2i_CMS_ContentInfo(NULL, &end, (long)size);
	if (blob->cms == NULL)
		return not_signed_data(value, size, err);
	if (end != value + size)
		return error_set(err, ERROR_INPUT, "%zu bytes follow the CMS object",
		    size - (size_t)(end - value));
	if (OBJ_obj2nid(CMS_get0_type(blob->cms)) != NID_pkcs7_signed)
		return error_set(err, ERROR_INPUT, "a CMS object, but not SignedData");
	return 0;
}

/* The one signer, if there is one and its certificate is there. */
static void
find_signer(struct blob *blob)
{
	STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(blob->cms);
	int count = signers != NULL ? sk_CMS_SignerInfo_num(signers) : 0;
	CMS_SignerInfo *signer;
	int i;

	if (count != 1) {
		blob_set_note(blob, count == 0 ? "it has none" : "it has %d signers", count);
		return;
	}
	signer = sk_CMS_SignerInfo_value(signers, 0);
	for (i = 0; i < sk_X509_num(blob->certificates); i++) {
		if (CMS_SignerInfo_cert_cmp(signer, sk_X509_value(blob->certificates, i)) == 0) {
			blob->signer = sk_X509_value(blob->certificates, i);
			CMS_SignerInfo_set1_signer_cert(signer, blob->signer);
			return;
		}
	}
	blob_set_note(blob, "the signer's certificate is not in the blob");
}

static int
read_signed_data(struct blob *blob, const unsigned char *value, size_t size, struct error *err)
{
	blob->form = BLOB_SIGNED_DATA;
	if (parse_cms(blob, value, size, err) != 0)
		return -1;
	blob->certificates = CMS_get1_certs(blob->cms);
	if (blob->certificates == NULL)
		return error_set(err, ERROR_INPUT, "the blob holds no certificate");
	return 0;
}

static int
check_certificates(struct blob *blob, struct error *err)
{
	int count = sk_X509_num(blob->certificates);
	int i;

	if (count <= 0)
		return error_set(err, ERROR_INPUT, "the blob holds no certificate");
	if (count > BLOB_CERTIFICATES_MAX)
		return error_set(err, ERROR_LIMIT, "the blob holds %d certificates; %d are taken",
		    count, BLOB_CERTIFICATES_MAX);
	for (i = 0; i < count; i++)
		X509_check_purpose(sk_X509_value(blob->certificates, i), -1, 0);
	return 0;
}

static int
read_value(struct blob *blob, const unsigned char *value, size_t size, struct error *err)
{
	int status;

	if (size == 0)
		return error_set(err, ERROR_INPUT, "the value is empty");
	if (size > BLOB_SIZE_MAX)
		return error_set(err, ERROR_LIMIT, "the value has %zu bytes; %zu are taken", size,
		    BLOB_SIZE_MAX);
	if (value[0] == 0x30)
		status = read_signed_data(blob, value, size, err);
	else
		status = blob_records_read(blob, value, size, err);
	if (status != 0 || check_certificates(blob, err) != 0)
		return -1;
	if (blob->form == BLOB_SIGNED_DATA)
		find_signer(blob);
	else
		blob_set_note(blob, "the older form has none");
	return 0;
}

struct blob *
blob_read(const unsigned char *value, size_t size, struct error *err)
{
	struct blob *blob = calloc(1, sizeof(*blob));

	if (blob == NULL) {
		error_no_memory(err);
		return NULL;
	}
	if (read_value(blob, value, size, err) != 0) {
		blob_free(blob);
		blob = NULL;
	}
	ERR_clear_error();
	return blob;
}

void
blob_free(struct blob *blob)
{
	if (blob == NULL)
		return;
	sk_X509_pop_free(blob->certificates, X509_free);
	CMS_ContentInfo_free(blob->cms);
	free(blob);
}

/* Appends end entities that may encrypt; of one subject, unless that is NULL. False without memory.
 */
static bool
add_encrypting(STACK_OF(X509) * candidates, const struct blob *blob, const X509_NAME *subject)
{
	X509 *x509;
	int i;

	for (i = 0; i < sk_X509_num(blob->certificates); i++) {
		x509 = sk_X509_value(blob->certificates, i);
		if (X509_check_ca(x509) != 0 || !certificate_may_encrypt(x509) ||
		    sk_X509_find(candidates, x509) >= 0)
			continue;
		if (subject != NULL && X509_NAME_cmp(subject, X509_get_subject_name(x509)) != 0)
			continue;
		if (!sk_X509_push(candidates, x509))
			return false;
	}
	return true;
}

static bool
add_candidates(STACK_OF(X509) * candidates, const struct blob *blob)
{
	X509 *last = blob->signer != NULL ? blob->signer : sk_X509_value(blob->certificates, 0);

	/* The preference of records is as unsigned as their certificates: it only orders them. */
	if (blob->preferred != NULL && (blob->verified || blob->form == BLOB_RECORDS) &&
	    !sk_X509_push(candidates, blob->preferred))
		return false;
	if (blob->signer != NULL &&
	    !add_encrypting(candidates, blob, X509_get_subject_name(blob->signer)))
		return false;
	if (sk_X509_num(candidates) == 0 && !add_encrypting(candidates, blob, NULL))
		return false;
	return sk_X509_num(candidates) > 0 || sk_X509_push(candidates, last);
}

STACK_OF(X509) * blob_candidates(const struct blob *blob)
{
	STACK_OF(X509) *candidates = sk_X509_new_null();

	if (candidates != NULL && !add_candidates(candidates, blob)) {
		sk_X509_free(candidates);
		candidates = NULL;
	}
	ERR_clear_error();
	return candidates;
}
