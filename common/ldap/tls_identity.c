#include "ldap/tls_identity.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"

/* Nobody is there to type a passphrase. */
static int
no_passphrase(char *buffer UNUSED, int size UNUSED, int writing UNUSED, void *asked)
{
	*(bool *)asked = true;
	return -1;
}

static int
append(struct tls_identity *identity, X509 *x509, struct error *err)
{
	if (identity->certificate == NULL) {
		identity->certificate = x509;
		return 0;
	}
	if (sk_X509_push(identity->chain, x509) > 0)
		return 0;
	X509_free(x509);
	return error_no_memory(err);
}

static int
read_certificates(FILE *file, const char *path, struct tls_identity *identity, struct error *err)
{
	X509 *x509;
	int count = 0;

	identity->chain = sk_X509_new_null();
	if (identity->chain == NULL)
		return error_no_memory(err);
	while ((x509 = PEM_read_X509(file, NULL, NULL, NULL)) != NULL) {
		if (append(identity, x509, err) != 0)
			return -1;
		if (++count > TLS_IDENTITY_CERTIFICATES_MAX)
			return error_set(err, ERROR_LIMIT, "%s holds more than %d certificates",
			    path, TLS_IDENTITY_CERTIFICATES_MAX);
	}
	/* The end of the file is no error; a certificate that can't be read is. */
	if (identity->certificate == NULL ||
	    ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return error_set(
		    err, ERROR_INPUT, "%s does not hold certificates in PEM format", path);
	return 0;
}

static int
open_certificates(const char *path, struct tls_identity *identity, struct error *err)
{
	FILE *file = fopen(path, "re");
	int result;

	if (file == NULL)
		return error_errno(err, errno, "%s", path);
	result = read_certificates(file, path, identity, err);
	fclose(file);
	return result;
}

static int
read_key(const char *path, struct tls_identity *identity, struct error *err)
{
	bool asked = false;
	FILE *file;
	int fd;

	fd = secret_open(path, err);
	if (fd < 0)
		return -1;
	file = fdopen(fd, "r");
	if (file == NULL) {
		close(fd);
		return error_no_memory(err);
	}
	setvbuf(file, NULL, _IONBF, 0); /* no copy of it stays in a buffer */
	identity->key = PEM_read_PrivateKey(file, NULL, no_passphrase, &asked);
	fclose(file);
	if (identity->key != NULL)
		return 0;
	if (asked)
		return error_set(err, ERROR_INPUT,
		    "%s is encrypted: nobody can enter a passphrase, so the key must be stored "
		    "without one",
		    path);
	return error_set(err, ERROR_INPUT, "%s does not hold a private key in PEM format", path);
}

int
tls_identity_read(const char *certificate_file, const char *key_file, struct tls_identity *identity,
    struct error *err)
{
	memset(identity, 0, sizeof(*identity));
	ERR_clear_error();
	if (open_certificates(certificate_file, identity, err) != 0 ||
	    read_key(key_file, identity, err) != 0)
		goto fail;
	if (X509_check_private_key(identity->certificate, identity->key) != 1) {
		error_set(err, ERROR_INPUT,
		    "the key in %s is not that of the first certificate in %s", key_file,
		    certificate_file);
		goto fail;
	}
	ERR_clear_error();
	return 0;
fail:
	ERR_clear_error();
	tls_identity_clear(identity);
	return -1;
}

void
tls_identity_clear(struct tls_identity *identity)
{
	X509_free(identity->certificate);
	sk_X509_pop_free(identity->chain, X509_free);
	EVP_PKEY_free(identity->key);
	memset(identity, 0, sizeof(*identity));
}
