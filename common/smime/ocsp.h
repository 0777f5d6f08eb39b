/*
 * OCSP (RFC 6960): the question about one certificate, and what a responder answered. An answer is
 * parsed once and kept as it came; whether the issuer, or whom it delegated, signed it is computed
 * once an issuer's key. Immutable but for that (behind a lock), reference-counted; any thread.
 */
#ifndef SMIME_SMIME_OCSP_H
#define SMIME_SMIME_OCSP_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/compiler.h"
#include "base/error.h"

/* Bytes of an answer: with the responder's certificate it has two thousand; some send a chain. */
#define OCSP_SIZE_MAX ((size_t)64 << 10)
/* Seconds that clocks may differ. */
#define OCSP_SKEW 300
/* Seconds that an answer without nextUpdate holds: newer information is always there, it says. */
#define OCSP_LIFE 3600

/* Room for the text of a certificate's identity: hex of SHA-256, and a NUL. */
#define OCSP_ID_SIZE 65

struct ocsp_answer;

enum ocsp_status {
	STATUS_GOOD,
	STATUS_REVOKED,
	STATUS_UNKNOWN, /* the responder does not know the certificate */
};

struct ocsp_says {
	enum ocsp_status status;
	time_t revoked_at; /* STATUS_REVOKED */
	int reason;        /* CRL_REASON_...; -1: not told */
	time_t this_update;
	time_t
	    until; /* it holds so long: nextUpdate, or less where the signer's certificate ends */
	char responder[160]; /* who signed, for people */
	X509 *delegate;      /* whom the issuer certified for it; lives as long as the answer; NULL:
				the issuer itself */
	bool no_check; /* the issuer says that the delegate need not be looked up (4.2.2.2.1) */
};

/* The text by which a certificate of an issuer is told from all others: its CertID (4.1.1) hashed. */
MUST_CHECK int ocsp_id(X509 *certificate, X509 *issuer, char id[OCSP_ID_SIZE], struct error *err);

/* DER of a request for one certificate, its CertID by SHA-1 as responders expect, with a nonce
 * (4.4.1). *bytes: OPENSSL_free(). */
MUST_CHECK int ocsp_request(
    X509 *certificate, X509 *issuer, unsigned char **bytes, size_t *size, struct error *err);

/* Parses an answer. request (may be NULL): what was asked; an answer with another nonce is refused,
 * one without is not (many responders sign ahead of time). ERROR_TEMPORARY where the responder says
 * to try later, ERROR_PERMANENT where it refuses, ERROR_INPUT where it is no answer. NULL on error. */
struct ocsp_answer *ocsp_read(const unsigned char *bytes, size_t size, const unsigned char *request,
    size_t request_size, struct error *err);
struct ocsp_answer *ocsp_ref(struct ocsp_answer *answer);
void ocsp_unref(struct ocsp_answer *answer);
/* As it came; borrowed. */
const unsigned char *ocsp_bytes(const struct ocsp_answer *answer, size_t *size);

/*
 * What the answer says of a certificate, if it may be believed as of `at`: the issuer signed it, or
 * one whom the issuer itself certified for it (4.2.2.2), with a digest of at least `strength`
 * (signature_strength()). Whether the issuer has revoked that one's certificate isn't looked at. An
 * answer that has expired fills *says and gives ERROR_LIMIT; every other failure is ERROR_INPUT or
 * ERROR_TEMPORARY.
 */
MUST_CHECK int ocsp_check(struct ocsp_answer *answer, X509 *certificate, X509 *issuer, time_t at,
    int strength, struct ocsp_says *says, struct error *err);

#endif
