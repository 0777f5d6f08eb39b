/*
 * What a judgement would have to know: an issuer's certificate, a CRL, an OCSP answer, and where it
 * is to be had. Plain data, owned by whoever declared it: judging fills it, somebody fetches, and
 * the answers become evidence (evidence.h), by which is judged again. One thread.
 */
#ifndef SMIME_SMIME_WANT_H
#define SMIME_SMIME_WANT_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"

/* Of one judgement; what is beyond is wanted by the next one. */
#define WANTS_MAX 16
/* Bytes of a URL: certificates hold longer ones only to annoy. */
#define WANT_URL_MAX 2048

enum want_kind { WANT_ISSUER, WANT_CRL, WANT_OCSP };

struct want {
	enum want_kind kind;
	bool ahead; /* what is at hand still holds: nobody need wait */
	char *key;  /* by it failures are remembered, and wants told apart: no two have the same */
	char *url;
	/* Of an ldap: URL (RFC 4516): what to read. host is "" for the configured directory. */
	bool ldap;
	char *host; /* with a port, if any */
	char *dn;
	char *attribute;        /* with its options: "cACertificate;binary" */
	unsigned char *request; /* WANT_OCSP: to be posted, application/ocsp-request */
	size_t request_size;
	char *id;          /* WANT_OCSP: ocsp_id() of the certificate */
	X509 *certificate; /* WANT_OCSP: whom the answer must be about; own reference */
	X509 *issuer;      /* WANT_OCSP, WANT_CRL: whose word is wanted; own reference; NULL for a
			      CRL of somebody else */
};

struct wants {
	struct want items[WANTS_MAX];
	size_t count;
	uint64_t since; /* evidence_told() before it was judged; set by whoever judges */
	bool came;      /* something lacking came while it was judged: judge again */
};

#define WANTS_INIT         \
	{                  \
		.count = 0 \
	}

/* Frees what one holds, or all hold; they can be used again (nothing came). A want moved elsewhere, its struct zeroed,
 * belongs to its new owner. */
void want_clear(struct want *want);
void wants_clear(struct wants *wants);

/*
 * Adds a want for a URL, unless it is there, or there is no room, or it is neither http: nor ldap:
 * (https: would ask for what is being judged). certificate and issuer as in struct want; may be
 * NULL. false: not added.
 */
bool wants_add(
    struct wants *wants, enum want_kind kind, const char *url, X509 *certificate, X509 *issuer);

/* The key that a want for this would have, to out[size]; false where the URL is none to ask. */
#define WANT_KEY_MAX (WANT_URL_MAX + 128)
bool want_key(
    enum want_kind kind, const char *url, X509 *certificate, X509 *issuer, char out[WANT_KEY_MAX]);

/* For people: "the CRL at URL". */
void want_describe(enum want_kind kind, const char *url, char *words, size_t size);

#endif
