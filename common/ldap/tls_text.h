/* Words on TLS certificates, for an administrator. Names are untrusted and are cut: one sentence must
 * hold several. Any thread. */
#ifndef SMIME_LDAP_TLS_TEXT_H
#define SMIME_LDAP_TLS_TEXT_H

#include <openssl/x509.h>
#include <stddef.h>

#include "base/compiler.h"

/* Bytes shown of a name of a server. */
#define TLS_TEXT_NAME 80

/* A text being written to out[size]; what does not fit is cut. */
struct tls_text {
	char *out;
	size_t size;
	size_t used;
};

/* An empty one. */
struct tls_text tls_text_in(char *out, size_t size);

void tls_text_add(struct tls_text *text, const char *format, ...) PRINTF_LIKE(2, 3);

/* "; ", between two sayings. */
void tls_text_separate(struct tls_text *text);

/* A distinguished name. */
void tls_text_add_dn(struct tls_text *text, const X509_NAME *name);
void tls_text_add_date(struct tls_text *text, const ASN1_TIME *time);

/* "CN=x, issued by CN=y, valid from … until …" */
void tls_text_add_certificate(struct tls_text *text, X509 *x509);

/* The names and addresses that a server's certificate is for. */
void tls_text_add_names(struct tls_text *text, X509 *x509);

/* What it may be used for, by its extensions. */
void tls_text_add_purposes(struct tls_text *text, X509 *x509);

#endif
