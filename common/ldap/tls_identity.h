/*
 * Our own certificate and private key for TLS with a directory's servers (tls-certificate, tls-key),
 * read from their PEM files. libldap reads the files by itself; this reading is for what it doesn't
 * tell: which of them is wrong, and how. Any thread.
 */
#ifndef SMIME_LDAP_TLS_IDENTITY_H
#define SMIME_LDAP_TLS_IDENTITY_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/compiler.h"
#include "base/error.h"

/* Certificates taken from one file: ours and the CAs above it. */
#define TLS_IDENTITY_CERTIFICATES_MAX 10

struct tls_identity {
	X509 *certificate;      /* the first in its file */
	STACK_OF(X509) * chain; /* the others */
	EVP_PKEY *key;
};

/* Reads both and sees that they belong together. The key's file must be a secret (base/secret.h) and
 * the key without passphrase. -1 on error: then *identity is empty. */
MUST_CHECK int tls_identity_read(const char *certificate_file, const char *key_file,
    struct tls_identity *identity, struct error *err);

/* Frees what it holds; an empty one is legal. */
void tls_identity_clear(struct tls_identity *identity);

#endif
