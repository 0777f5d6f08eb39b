/*
 * What the network and files said, and what they failed to say: issuers' certificates, CRLs and OCSP
 * answers, for judging by (trust.h). One store for a whole process, shared across trust
 * generations: what is in it is taken for nothing but bytes that somebody sent, until a judgement
 * finds it signed by whom it must be. Reference-counted; any thread. Bounded, each kind for itself;
 * what was used longest ago goes first, of CRLs those that nobody could verify.
 */
#ifndef SMIME_SMIME_EVIDENCE_H
#define SMIME_SMIME_EVIDENCE_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/compiler.h"
#include "base/error.h"
#include "smime/crl.h"
#include "smime/ocsp.h"
#include "smime/want.h"

/* Certificates of one answer: a bundle of a CA's certificates, cross-signed ones included. */
#define EVIDENCE_BUNDLE_MAX 16
/* Bytes of a bundle. */
#define EVIDENCE_BUNDLE_SIZE_MAX ((size_t)16 << 20)
/* Issuers' certificates, and their bytes: whoever can publish certificates can have some fetched. */
#define EVIDENCE_CERTIFICATES_MAX 10000
#define EVIDENCE_CERTIFICATES_BYTES ((size_t)32 << 20)
/* CRLs; their bytes are a setting. */
#define EVIDENCE_CRLS_MAX 5000
/* OCSP answers: one for each certificate that mail is sent to. */
#define EVIDENCE_ANSWERS_MAX 100000
#define EVIDENCE_ANSWERS_BYTES ((size_t)256 << 20)
/* Failures (and what was just fetched) remembered. */
#define EVIDENCE_PAUSES_MAX 20000
#define EVIDENCE_PAUSES_BYTES ((size_t)16 << 20)
/* Seconds for which what was fetched is not wanted again, whatever it was worth. */
#define EVIDENCE_AGAIN 300

/* Seconds for which it is worth waiting for what can't be had for the moment: about when an MTA tells a
 * sender that mail is delayed. Whoever names a server that never answers delays mail to himself by that. */
#define EVIDENCE_PATIENCE 14400

struct evidence;

struct evidence_limits {
	size_t crl_size;  /* of one CRL; 0: CRL_SIZE_DEFAULT */
	size_t crl_bytes; /* memory of all; 0: four of the largest */
};

struct evidence *evidence_new(const struct evidence_limits *limits, struct error *err);
struct evidence *evidence_ref(struct evidence *evidence);
void evidence_unref(struct evidence *evidence);

/*
 * Parses what was fetched for a want and keeps it. Takes time for a large CRL: call it on a worker.
 * Issuers: certificates, DER (the values of an LDAP attribute one after another) or PEM, or a certs-only
 * PKCS #7 bundle; up to EVIDENCE_BUNDLE_MAX; they take the place of what the same URL gave before.
 *
 * A CRL or an OCSP answer that the want's issuer did not sign (want->issuer, if given) is refused, and
 * so is one that is older than what is at hand, whether that was fetched or came from the state folder.
 * A CRL takes the place only of one that its own signer made for the same certificates; where its issuer
 * is not known (cRLIssuer) it stands beside what is there until it is judged by: a few of one URL, what
 * nobody could verify goes first.
 * On error (also without memory) nothing is kept: say evidence_failed() then.
 */
MUST_CHECK int evidence_take(struct evidence *evidence, const struct want *want, const void *bytes,
    size_t size, time_t at, struct error *err);

/* Remembers that a want could not be had, and why: it is not wanted again until `until`. */
void evidence_failed(struct evidence *evidence, const struct want *want, time_t at, time_t until,
    const struct error *why);

/* Whether it is not to be wanted yet (want_key()); words[size] then say why it could not be had, or
 * "" if it was. */
bool evidence_paused(
    struct evidence *evidence, const char *key, time_t at, char *words, size_t size);

/* How often it was told something; and whether what a want (want_key()) is about was had since it was
 * told so much: who looked for it in between has to look again, as it is paused now. */
uint64_t evidence_told(struct evidence *evidence);
bool evidence_came(struct evidence *evidence, const char *key, uint64_t since);

/* Whether it could not be had for the moment only (ERROR_TEMPORARY), and not for EVIDENCE_PATIENCE yet. */
bool evidence_may_come(struct evidence *evidence, const char *key, time_t at);

/* Whether a want is to be fetched ahead of the end of what is at hand: one asker is told so in `again`
 * seconds. */
bool evidence_is_time(struct evidence *evidence, const char *key, time_t at, time_t again);

/* Appends references to the certificates of a subject. -1 without memory. */
MUST_CHECK int evidence_certificates(
    struct evidence *evidence, const X509_NAME *subject, STACK_OF(X509) * certificates);
/* References to all of an issuer's CRLs: how many *out holds (free() it); NULL without memory. */
size_t evidence_crls(struct evidence *evidence, const X509_NAME *issuer, struct crl ***out);
/* A reference to the last answer about a certificate (ocsp_id()); NULL. */
struct ocsp_answer *evidence_answer(struct evidence *evidence, const char *id);

/*
 * Takes a CRL or an OCSP answer of before, or of elsewhere, by a text without controls that says what
 * it is: for an answer ocsp_id(), for a CRL one with a space, so that the next one there follows it.
 * Bytes of another kind, or none that can be parsed: ERROR_INPUT. Nobody has verified it yet.
 */
MUST_CHECK int evidence_restore(
    struct evidence *evidence, const char *key, const void *bytes, size_t size, struct error *err);

/*
 * The state folder (an existing one), which outlives the process: loads what an earlier process kept
 * there, within the store's limits. writes: evidence_keep() keeps CRLs and OCSP answers there, with
 * limits of its own. What can't be read or written is logged; the store works without. Once, before
 * other threads use the store; takes time for large CRLs.
 */
void evidence_open_folder(struct evidence *evidence, const char *path, bool writes);

/* Keeps what evidence_take() took; waits for the disk. An answer takes the place of the one before. Of
 * CRLs the best one of the place is kept, and one that could not be verified yet beside it. */
void evidence_keep(
    struct evidence *evidence, const struct want *want, const void *bytes, size_t size);

#endif
