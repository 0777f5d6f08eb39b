/*
 * What is wrong with a server's TLS certificate, in words for an administrator. Only words: whether
 * a server is believed, libldap's TLS library decides, but for the certificate's purpose. Any
 * thread.
 */
#ifndef SMIME_LDAP_TLS_CERTIFICATE_H
#define SMIME_LDAP_TLS_CERTIFICATE_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"

struct tls_expected {
	const char *host;    /* the URI's: a name or an address, IPv6 without brackets */
	const char *ca_file; /* PEM */
	bool own_ca;         /* it is the setting tls-ca; else the system's store */
};

/*
 * Verifies a chain (RFC 5280), now, its purpose and the name in it (RFC 4513 section 3.1.3), and writes all
 * faults as one sentence to out[size]. False, and an empty text: no fault is found. chain: what
 * came with the certificate; may be NULL.
 */
MUST_CHECK bool tls_certificate_faults(X509 *certificate, STACK_OF(X509) * chain,
    const struct tls_expected *expected, char *out, size_t size);

/* Whether a server may use the certificate (RFC 5280 sections 4.2.1.3 and 4.2.1.12). der[size]. 0/-1. */
MUST_CHECK int tls_certificate_check_purpose(
    const unsigned char *der, size_t size, struct error *err);

#endif
