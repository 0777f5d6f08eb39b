#include "smime/key_file.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/secret.h"

/* What reading a file needs; the password is asked for once. */
struct reading {
	const char *path;
	key_file_ask *ask;
	void *context;
	char *bytes;
	size_t size;
	bool exposed;
	bool asked;
	char password[KEY_FILE_PASSWORD_MAX];
	struct error error; /* of asking */
};

static int
begin(
    struct reading *reading, const char *path, key_file_ask *ask, void *context, struct error *err)
{
	struct stat about;
	int fd;

	memset(reading, 0, sizeof(*reading));
	reading->path = path;
	reading->ask = ask;
	reading->context = context;
	ERR_clear_error();
	fd = file_open(AT_FDCWD, path, &about, err);
	if (fd < 0)
		return error_prefix(err, "%s: ", path);
	reading->exposed = secret_is_exposed(about.st_mode);
	if (file_read_open(fd, &about, KEY_FILE_SIZE_MAX, &reading->bytes, &reading->size, err) !=
	    0)
		error_prefix(err, "%s: ", path);
	close(fd);
	return reading->bytes != NULL ? 0 : -1;
}

static void
end(struct reading *reading)
{
	if (reading->bytes != NULL)
		OPENSSL_cleanse(reading->bytes, reading->size);
	free(reading->bytes);
	OPENSSL_cleanse(reading->password, sizeof(reading->password));
	ERR_clear_error();
}

static int
ask(struct reading *reading, struct error *err)
{
	if (reading->asked)
		return reading->error.code == ERROR_NONE ? 0 : -1;
	reading->asked = true;
	if (reading->ask(reading->context, reading->path, reading->password, &reading->error) == 0)
		return 0;
	*err = reading->error;
	return -1;
}

static int
refuse_exposed(const struct reading *reading, struct error *err)
{
	return error_set(err, ERROR_INPUT,
	    "everybody can read or write %s, which holds a private key: \"chmod o= %s\" keeps "
	    "others out",
	    reading->path, reading->path);
}

static int
add_certificate(struct key_file *file, X509 *x509, const char *path, struct error *err)
{
	if (sk_X509_num(file->others) >= KEY_FILE_CERTIFICATES_MAX) {
		X509_free(x509);
		return error_set(err, ERROR_LIMIT, "%s holds more than %d certificates", path,
		    KEY_FILE_CERTIFICATES_MAX);
	}
	if (sk_X509_push(file->others, x509) > 0)
		return 0;
	X509_free(x509);
	return error_no_memory(err);
}

static BIO *
open_bytes(const struct reading *reading, struct error *err)
{
	BIO *in = BIO_new_mem_buf(reading->bytes, (int)reading->size);

	if (in == NULL)
		error_no_memory(err);
	return in;
}

static int
read_pem_certificates(const struct reading *reading, struct key_file *file, struct error *err)
{
	BIO *in = open_bytes(reading, err);
	int result = 0;
	X509 *x509;

	if (in == NULL)
		return -1;
	while (result == 0 && (x509 = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL)
		result = add_certificate(file, x509, reading->path, err);
	/* The end of the file is no error; a certificate that can't be read is. */
	if (result == 0 && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		result = error_set(
		    err, ERROR_INPUT, "%s holds a certificate that can't be read", reading->path);
	ERR_clear_error();
	BIO_free(in);
	return result;
}

static int
on_passphrase(char *buffer, int size, int writing UNUSED, void *context)
{
	struct reading *reading = context;
	struct error err = ERROR_INIT;
	size_t length;

	if (ask(reading, &err) != 0)
		return -1;
	length = strlen(reading->password);
	if (length > (size_t)size)
		return -1;
	memcpy(buffer, reading->password, length);
	return (int)length;
}

/* 0 also where there is none. */
static int
read_pem_key(struct reading *reading, struct key_file *file, struct error *err)
{
	BIO *in;
	int result = 0;

	if (strstr(reading->bytes, "PRIVATE KEY-----") == NULL)
		return 0;
	in = open_bytes(reading, err);
	if (in == NULL)
		return -1;
	file->key = PEM_read_bio_PrivateKey(in, NULL, on_passphrase, reading);
	if (file->key != NULL && reading->exposed)
		result = refuse_exposed(reading, err);
	else if (file->key == NULL && reading->asked && reading->error.code != ERROR_NONE)
		result = error_set(err, reading->error.code, "%s", reading->error.text);
	else if (file->key == NULL && reading->asked)
		result = error_set(err, ERROR_INPUT,
		    "the private key in %s can't be read: is the password right?", reading->path);
	else if (file->key == NULL)
		result = error_set(
		    err, ERROR_INPUT, "%s holds a private key that can't be read", reading->path);
	ERR_clear_error();
	BIO_free(in);
	return result;
}

static bool
takes_password(PKCS12 *p12, const char *password)
{
	return PKCS12_verify_mac(p12, password, password != NULL ? (int)strlen(password) : 0) == 1;
}

/* No password at all, and an empty one, are two ways to write the same. */
static int
find_password(struct reading *reading, PKCS12 *p12, const char **password, struct error *err)
{
	*password = NULL;
	if (takes_password(p12, NULL))
		return 0;
	*password = "";
	if (takes_password(p12, ""))
		return 0;
	if (ask(reading, err) != 0)
		return -1;
	*password = reading->password;
	if (takes_password(p12, reading->password))
		return 0;
	return error_set(err, ERROR_INPUT, "the password of %s is wrong", reading->path);
}

static int
take_pkcs12(struct reading *reading, PKCS12 *p12, struct key_file *file, struct error *err)
{
	STACK_OF(X509) *chain = NULL;
	const char *password;
	int result = 0;

	if (reading->exposed)
		return refuse_exposed(reading, err);
	if (find_password(reading, p12, &password, err) != 0)
		return -1;
	if (PKCS12_parse(p12, password, &file->key, &file->certificate, &chain) != 1)
		return error_set(err, ERROR_INPUT,
		    "%s can't be decrypted (%s). Where it was made by old software (RC2): openssl "
		    "pkcs12 -legacy -in OLD -nodes, and openssl pkcs12 -export of that",
		    reading->path, ERR_reason_error_string(ERR_peek_last_error()));
	while (result == 0 && sk_X509_num(chain) > 0)
		result = add_certificate(file, sk_X509_shift(chain), reading->path, err);
	sk_X509_pop_free(chain, X509_free);
	return result;
}

static int
read_der(struct reading *reading, struct key_file *file, struct error *err)
{
	const unsigned char *at = (const unsigned char *)reading->bytes;
	PKCS12 *p12 = d2i_PKCS12(NULL, &at, (long)reading->size);
	X509 *x509;
	int result;

	if (p12 != NULL) {
		result = take_pkcs12(reading, p12, file, err);
		PKCS12_free(p12);
		return result;
	}
	ERR_clear_error();
	at = (const unsigned char *)reading->bytes;
	x509 = d2i_X509(NULL, &at, (long)reading->size);
	if (x509 == NULL)
		return error_set(err, ERROR_INPUT,
		    "%s is neither PKCS#12 nor a certificate (PEM or DER)", reading->path);
	return add_certificate(file, x509, reading->path, err);
}

static bool
is_der(const struct reading *reading)
{
	return reading->size > 0 && reading->bytes[0] == 0x30;
}

static int
read_key_file(const char *path, key_file_ask *ask_for, void *context, struct key_file *file,
    struct error *err)
{
	struct reading reading;
	int result = -1;

	if (begin(&reading, path, ask_for, context, err) == 0)
		result = read_pem_key(&reading, file, err);
	end(&reading);
	if (result == 0 && file->key == NULL)
		return error_set(err, ERROR_INPUT, "%s holds no private key in PEM format", path);
	return result;
}

/* The key's certificate, or else the first of an end entity. */
static int
choose_certificate(struct key_file *file, const char *path, struct error *err)
{
	X509 *x509;
	int i;

	for (i = 0; i < sk_X509_num(file->others) && file->certificate == NULL; i++) {
		x509 = sk_X509_value(file->others, i);
		if (file->key != NULL ? X509_check_private_key(x509, file->key) == 1
				      : X509_check_ca(x509) == 0 || sk_X509_num(file->others) == 1)
			file->certificate = sk_X509_delete(file->others, i);
	}
	ERR_clear_error();
	if (file->certificate != NULL)
		return 0;
	return error_set(err, ERROR_INPUT, "%s holds no certificate%s", path,
	    file->key != NULL ? " of the private key" : " of a person");
}

int
key_file_read(const char *path, const char *key_path, key_file_ask *ask_for, void *context,
    struct key_file *file, struct error *err)
{
	struct reading reading;
	int result = -1;

	memset(file, 0, sizeof(*file));
	file->others = sk_X509_new_null();
	if (file->others == NULL)
		return error_no_memory(err);
	if (begin(&reading, path, ask_for, context, err) == 0) {
		result = is_der(&reading) ? read_der(&reading, file, err)
					  : read_pem_certificates(&reading, file, err);
		if (result == 0 && !is_der(&reading) && key_path == NULL)
			result = read_pem_key(&reading, file, err);
	}
	end(&reading);
	if (result == 0 && key_path != NULL && file->key == NULL)
		result = read_key_file(key_path, ask_for, context, file, err);
	if (result == 0)
		result = choose_certificate(file, path, err);
	if (result != 0)
		key_file_clear(file);
	return result;
}

int
key_file_add_chain(struct key_file *file, const char *path, struct error *err)
{
	int before = sk_X509_num(file->others);
	struct reading reading;
	int result = -1;

	if (begin(&reading, path, NULL, NULL, err) == 0) {
		const unsigned char *at = (const unsigned char *)reading.bytes;
		X509 *x509 = is_der(&reading) ? d2i_X509(NULL, &at, (long)reading.size) : NULL;

		result = x509 != NULL ? add_certificate(file, x509, path, err)
				      : read_pem_certificates(&reading, file, err);
	}
	end(&reading);
	if (result == 0 && sk_X509_num(file->others) == before)
		return error_set(err, ERROR_INPUT, "%s holds no certificate", path);
	return result;
}

void
key_file_clear(struct key_file *file)
{
	X509_free(file->certificate);
	EVP_PKEY_free(file->key); /* which wipes it */
	sk_X509_pop_free(file->others, X509_free);
	memset(file, 0, sizeof(*file));
}
