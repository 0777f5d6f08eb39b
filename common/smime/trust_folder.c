/* Certificates from files: PEM or DER. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "smime/trust_folder.h"
#include "smime/trust_section.h"

static bool
is_certificate_label(const char *label)
{
	return strcmp(label, PEM_STRING_X509) == 0 || strcmp(label, PEM_STRING_X509_OLD) == 0;
}

static int
add_der(STACK_OF(X509) * certificates, const unsigned char *der, long size, const char *file,
    struct error *err)
{
	const unsigned char *end = der;
	X509 *x509 = d2i_X509(NULL, &end, size);

	if (x509 == NULL || end != der + size) {
		log_warning("%s: skipped what is not a certificate", file);
		X509_free(x509);
		return 0;
	}
	if (sk_X509_num(certificates) >= TRUST_FOLDER_MAX) {
		X509_free(x509);
		return error_set(err, ERROR_LIMIT, "%s: more than %d certificates in one folder",
		    file, TRUST_FOLDER_MAX);
	}
	/* Makes OpenSSL read the extensions now: later the object is shared, and only read. */
	X509_check_purpose(x509, -1, 0);
	if (!sk_X509_push(certificates, x509)) {
		X509_free(x509);
		return error_no_memory(err);
	}
	return 0;
}

/* Every certificate of a PEM file; what else it holds (keys, say) is none of our business. */
static int
add_pem(STACK_OF(X509) * certificates, BIO *bio, const char *file, struct error *err)
{
	char *label = NULL;
	char *header = NULL;
	unsigned char *der = NULL;
	long size = 0;
	int status = 0;
	int found = 0;

	while (status == 0 && PEM_read_bio(bio, &label, &header, &der, &size) == 1) {
		if (is_certificate_label(label)) {
			status = add_der(certificates, der, size, file, err);
			found++;
		}
		OPENSSL_free(label);
		OPENSSL_free(header);
		OPENSSL_free(der);
	}
	if (status == 0 && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		log_warning("%s: skipped a PEM block that can't be read, and what follows", file);
	else if (status == 0 && found == 0)
		log_warning("%s: skipped, it holds no certificate", file);
	ERR_clear_error();
	return status;
}

int
trust_folder_parse(STACK_OF(X509) * certificates, const char *file, const char *bytes, size_t size,
    struct error *err)
{
	BIO *bio;
	int status;

	if (strstr(bytes, "-----BEGIN ") == NULL) {
		status = add_der(certificates, (const unsigned char *)bytes, (long)size, file, err);
		ERR_clear_error();
		return status;
	}
	bio = BIO_new_mem_buf(bytes, (int)size);
	if (bio == NULL)
		return error_no_memory(err);
	status = add_pem(certificates, bio, file, err);
	BIO_free(bio);
	return status;
}

static int
add_file(void *context, const char *file, const char *bytes, size_t size, struct error *err)
{
	return trust_folder_parse(context, file, bytes, size, err);
}

int
trust_folder_read(const char *path, STACK_OF(X509) * certificates, struct error *err)
{
	return trust_folder_each(path, TRUST_FILE_MAX, add_file, certificates, err);
}
