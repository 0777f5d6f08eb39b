/*
 * A certificate revocation list (RFC 5280 section 5), kept as it came with a table of some 8 bytes
 * an entry to find entries by: a list of a million entries costs about as much memory as it has
 * bytes. OpenSSL parses all but the entries at once, and an entry when it is looked for. Immutable
 * (what a key was found to have signed is remembered behind a lock), reference-counted; any thread.
 *
 * Nothing here says whether a list may be believed: see trust_revocation.c.
 */
#ifndef SMIME_SMIME_CRL_H
#define SMIME_SMIME_CRL_H

#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/compiler.h"
#include "base/error.h"

/* Bytes of one list, where nothing else is said: 1.5 million entries. */
#define CRL_SIZE_DEFAULT ((size_t)64 << 20)
/* Whatever is said: places within a list are counted with 32 bits, lengths by OpenSSL with 31. */
#define CRL_SIZE_MAX ((size_t)1 << 30)
/* Entries of one list: three times the largest one ever seen. */
#define CRL_ENTRIES_MAX 10000000
/* Further issuers whose certificates an indirect list names. */
#define CRL_ISSUERS_MAX 10000

struct crl;

/* Reads a list, DER or PEM (the first in it), of at most `most` bytes. ERROR_INPUT where it is none,
 * ERROR_LIMIT where it is too large. NULL on error. */
struct crl *crl_read(const void *bytes, size_t size, size_t most, struct error *err);
struct crl *crl_ref(struct crl *crl);
void crl_unref(struct crl *crl);

const X509_NAME *crl_issuer(const struct crl *crl);
time_t crl_this_update(const struct crl *crl);
time_t crl_next_update(const struct crl *crl); /* 0: not told */
/* DER, as it came; borrowed. */
const unsigned char *crl_der(const struct crl *crl, size_t *size);
/* About what it costs in memory. */
size_t crl_bytes(const struct crl *crl);

/* Why it can't be used at all (static): a critical extension, of the list or an entry, that isn't
 * known (RFC 5280 5.2, 5.3). NULL: it can. */
const char *crl_unusable(const struct crl *crl);
/* Only changes since another list. */
bool crl_is_delta(const struct crl *crl);
/* Whether the delta says all that changed since the complete list (RFC 5280 5.2.4). */
bool crl_delta_extends(const struct crl *delta, const struct crl *complete);
/* Whether it may list certificates of other issuers than its own. */
bool crl_is_indirect(const struct crl *crl);

/* Whose it is known to be; only ever raised, any thread. It keeps nobody from verifying it. */
enum crl_standing {
	CRL_UNKNOWN,  /* bytes that somebody sent */
	CRL_SIGNED,   /* by the key that it was asked of */
	CRL_BELIEVED, /* a judgement found so, or its signer's list before it was believed */
};
enum crl_standing crl_standing(struct crl *crl);
void crl_raise(struct crl *crl, enum crl_standing standing);
/* Likewise, by whom: somebody who has signed it and who may. Of several the one of the best standing,
 * the first of them, is remembered. */
void crl_vouch(struct crl *crl, X509 *signer, enum crl_standing standing);

/* Whether this certificate's key vouched for it. */
bool crl_is_vouched_by(struct crl *crl, X509 *signer);

/* Whether it says that it is of the same issuer and scope, complete or a delta as the other. */
bool crl_is_alike(const struct crl *crl, const struct crl *other);
/* Whether it is a list in the row of the other: alike, by no weaker digest, and signed by the key that
 * was vouched by. Then it has the other's standing as well. That some
 * other key verifies both says nothing: such a key can be made. */
bool crl_succeeds(struct crl *crl, struct crl *other);
/* Of two in a row, by thisUpdate, then by CRL number. */
bool crl_is_older(const struct crl *crl, const struct crl *than);
/* Whether they are the same bytes. */
bool crl_is_same(const struct crl *crl, const struct crl *other);

/* Bits of work to break the digest of its signature; as signature_strength(). */
int crl_strength(const struct crl *crl, const char **name);
/* Whether this certificate's key signed it. Computed once a key. */
bool crl_is_signed_by(struct crl *crl, X509 *signer);

/* Reasons for which a list says what is revoked: bits 1 to 8 of ReasonFlags (RFC 5280 4.2.1.13). */
#define CRL_ALL_REASONS 0x1feU

/*
 * The reasons for which the list speaks of a certificate (RFC 5280 6.3.3 b): its issuer, or a point
 * of the certificate that names the list's issuer (cRLIssuer) for an indirect list; the point's
 * name; the kind of certificate. 0: none, and *why (static) says why not. points: those of the
 * certificate, by crl_points(); NULL where it has none.
 */
unsigned int crl_reasons_for(
    const struct crl *crl, X509 *certificate, CRL_DIST_POINTS *points, const char **why);

/* The certificate's distribution points with their names made whole (nameRelative...); NULL where it
 * has none that can be read. CRL_DIST_POINTS_free(). */
CRL_DIST_POINTS *crl_points(X509 *certificate);

struct crl_entry {
	time_t at;  /* revoked then; 0: can't be read */
	int reason; /* CRL_REASON_...; -1: not told */
};

/* Whether the list has an entry for the certificate; true, too, where there is no memory to look. */
bool crl_find(const struct crl *crl, X509 *certificate, struct crl_entry *entry);

/* A reason in words: "key compromise"; NULL for -1 and "unspecified". Static. */
const char *crl_reason_words(int reason);

/* Writes which list it is, for people: 'the CRL of "CN=CA" of 2026-11-25'. */
void crl_describe(const struct crl *crl, char *words, size_t size);

#endif
