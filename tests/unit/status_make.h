/*
 * CRLs and OCSP answers for unit tests, made in memory with dates relative to now. Every failure
 * inside aborts the test. What is returned is owned by the caller (OPENSSL_free()).
 */
#ifndef SMIME_TESTS_STATUS_MAKE_H
#define SMIME_TESTS_STATUS_MAKE_H

#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stddef.h>

#define STATUS_ENTRIES_MAX 4

struct status_entry {
	X509 *certificate;     /* NULL ends the entries */
	int reason;            /* CRL_REASON_... + 1; 0: not told */
	bool names_issuer;     /* with a certificateIssuer */
	const char *extension; /* "name=value" in OpenSSL's words */
};

/* Zero or NULL means the default in brackets. */
struct status_crl {
	int from; /* thisUpdate in seconds from now [-3600] */
	int to;   /* nextUpdate likewise [86400] */
	bool endless;
	long number; /* cRLNumber [none] */
	long base;   /* makes it a delta: BaseCRLNumber [none] */
	struct status_entry entries[STATUS_ENTRIES_MAX];
	size_t others;         /* further entries, of serials 1, 2, 3... and 20 octets */
	const char *scope;     /* issuingDistributionPoint in OpenSSL's words [none] */
	const char *conf;      /* sections that it speaks of */
	const char *extension; /* "name=value" in OpenSSL's words */
	const EVP_MD *digest;  /* [SHA-256] */
	bool pss;
};

unsigned char *status_crl(const struct status_crl *what, X509 *issuer, EVP_PKEY *key, size_t *size);

/* Issues the certificate again, with an extension in OpenSSL's words that speaks of sections. */
void status_add_extension(
    X509 *certificate, const char *name, const char *value, const char *conf, EVP_PKEY *issuer_key);

struct status_answer {
	X509 *certificate;
	X509 *issuer;
	int status; /* V_OCSP_CERTSTATUS_... */
	int reason; /* CRL_REASON_..., of a revoked one */
	int from;   /* seconds from now [-3600] */
	int to;     /* [86400] */
	bool endless;
	X509 *signer;
	EVP_PKEY *key;
	const EVP_MD *digest; /* [SHA-256] */
	bool without_certificate;
	const unsigned char *request; /* whose nonce is copied [no nonce] */
	size_t request_size;
	int response; /* OCSP_RESPONSE_STATUS_... [successful] */
};

unsigned char *status_answer(const struct status_answer *what, size_t *size);

#endif
