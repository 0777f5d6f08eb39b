/*
 * A file with somebody's certificate and, it may be, the private key and the chain: PKCS#12 (RFC 7292),
 * PEM, or one certificate in DER. What is recognised is what it holds, not its name. Any thread.
 */
#ifndef SMIME_SMIME_KEY_FILE_H
#define SMIME_SMIME_KEY_FILE_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"

#define KEY_FILE_SIZE_MAX ((size_t)1 << 20)
#define KEY_FILE_PASSWORD_MAX 1024
/* Certificates taken from one file. */
#define KEY_FILE_CERTIFICATES_MAX 28

struct key_file {
	X509 *certificate;       /* the key's own; without a key the first that is no CA's */
	EVP_PKEY *key;           /* NULL: there is none in the file */
	STACK_OF(X509) * others; /* never NULL after success */
};

/* Asks for the password of what is encrypted, into password[KEY_FILE_PASSWORD_MAX]; it is wiped
 * afterwards. 0/-1. */
typedef int key_file_ask(void *context, const char *path, char *password, struct error *err);

/*
 * Reads it. key_path: another PEM file that holds the key; NULL: none. ask is called at most once, if
 * something is encrypted. A file with a key that everybody can read is refused (base/secret.h). 0, and
 * then key_file_clear(), or -1: ERROR_INPUT says what is wrong.
 */
MUST_CHECK int key_file_read(const char *path, const char *key_path, key_file_ask *ask,
    void *context, struct key_file *file, struct error *err);

/* Adds the certificates of a PEM or DER file to the others. 0/-1. */
MUST_CHECK int key_file_add_chain(struct key_file *file, const char *path, struct error *err);

/* Wipes the key. */
void key_file_clear(struct key_file *file);

#endif
