#include "ldap/tls_files.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>

#include "ldap/tls_identity.h"

static int
look_at(FILE *file, const char *path, struct error *err)
{
	X509 *x509 = PEM_read_X509(file, NULL, NULL, NULL);

	if (x509 != NULL) {
		X509_free(x509);
		return 0;
	}
	rewind(file);
	x509 = d2i_X509_fp(file, NULL);
	if (x509 == NULL)
		return error_set(
		    err, ERROR_INPUT, "%s does not hold certificates in PEM format", path);
	X509_free(x509);
	return error_set(err, ERROR_INPUT,
	    "%s holds a certificate in DER, not PEM: openssl x509 -inform DER -in %s makes PEM of "
	    "it",
	    path, path);
}

int
tls_files_check_cas(const char *path, struct error *err)
{
	FILE *file = fopen(path, "re");
	int result;

	if (file == NULL)
		return error_errno(err, errno, "%s", path);
	result = look_at(file, path, err);
	fclose(file);
	ERR_clear_error();
	return result;
}

static bool
is_set(const char *text)
{
	return text != NULL && text[0] != '\0';
}

int
tls_files_check(const struct config_directory *directory, struct error *err)
{
	struct tls_identity identity;

	if (is_set(directory->tls_ca) && tls_files_check_cas(directory->tls_ca, err) != 0)
		return error_prefix(err, "directory \"%s\": tls-ca: ", directory->title);
	if (!is_set(directory->tls_certificate))
		return 0;
	if (tls_identity_read(directory->tls_certificate, directory->tls_key, &identity, err) != 0)
		return error_prefix(err, "directory \"%s\": ", directory->title);
	tls_identity_clear(&identity);
	return 0;
}
