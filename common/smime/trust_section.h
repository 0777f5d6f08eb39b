/* What trust is made of: for the files trust_*.c alone. Immutable once loaded. */
#ifndef SMIME_SMIME_TRUST_SECTION_H
#define SMIME_SMIME_TRUST_SECTION_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"
#include "smime/crl.h"
#include "smime/trust.h"
#include "smime/trust_published.h"

/* CRLs of one folder. */
#define TRUST_CRLS_MAX 5000
/* Seconds after which a verdict that lacked something is made again. */
#define TRUST_UNKNOWN_HOLDS 300

/* Configured CRLs, sorted by issuer. */
struct trust_crls {
	struct crl **items;
	size_t count;
};

/* CA certificates, sorted by subject, each once, so that one judgement touches only those that it
 * needs, without a lock. */
struct trust_index {
	X509 **items;
	size_t count;
};

struct trust_section {
	char *title;
	char **domains; /* as address_domain_covers() takes them */
	size_t domain_count;
	bool from_directory; /* trust_takes_from_directory() */
	enum config_revocation revocation;
	int min_rsa_bits;
	int max_rsa_bits;
	int min_ec_bits;
	int max_depth;
	int min_strength; /* signature_strength() */
	time_t crl_grace; /* seconds */
	ASN1_OBJECT **policies;
	size_t policy_count;
	struct trust_crls crls;
	bool signers_in_chain_only; /* while the chain of a CRL's signer is built */
	struct trust_index anchors;
	struct trust_index intermediates;
};

struct trust {
	struct trust *base; /* the loaded one that this extends, which has the titles and domains;
			       NULL for a loaded one */
	struct trust_section *sections;
	size_t section_count;
	size_t configured; /* the first of them are the configuration's, in its order; those after
			      are of added anchors */
	int references;
};

/* Takes the stack's certificates over (also on error); doubles are dropped. */
MUST_CHECK int trust_index_make(
    struct trust_index *index, STACK_OF(X509) * certificates, struct error *err);
void trust_index_free(struct trust_index *index);
/* How many have this subject; *first is the place of the first. */
size_t trust_index_find(const struct trust_index *index, const X509_NAME *subject, size_t *first);

/* Fills a section but for its certificates; what is half made is freed with the trust. */
MUST_CHECK int trust_section_init(struct trust_section *section, const struct config_trust *config,
    size_t crl_size, struct error *err);

/* A new index of references to the same certificates. */
MUST_CHECK int trust_index_copy(
    struct trust_index *index, const struct trust_index *from, struct error *err);
/* Whether this very certificate is in it. */
bool trust_index_holds(const struct trust_index *index, X509 *x509);

/* What may stand in a chain. */
struct trust_candidates {
	STACK_OF(X509) * anchors; /* borrowed from the section, the question, and held */
	STACK_OF(X509) * others;
	STACK_OF(X509) * held; /* own references to what evidence had */
};

/* Collects whatever could stand above the question's certificate, name by name; and itself, if it is
 * an anchor. -1 without memory. Free also on error. */
MUST_CHECK int trust_candidates_gather(struct trust_candidates *candidates,
    const struct trust_section *section, const struct trust_question *question, struct error *err);
void trust_candidates_free(struct trust_candidates *candidates);

/*
 * Builds and verifies the chain of a certificate to one of the section's anchors. Fills reason (OK,
 * UNTRUSTED_ISSUER, INCOMPLETE_CHAIN, ISSUER_UNAVAILABLE, INVALID_CHAIN, REVOKED,
 * REVOCATION_UNAVAILABLE; EXPIRED or
 * NOT_YET_VALID for the certificate itself; WEAK_KEY or WEAK_DIGEST for a link above it or its
 * signature), the failed link, what is known of revocation, and valid_until. -1 only for
 * ERROR_TEMPORARY/ERROR_INTERNAL.
 */
MUST_CHECK int trust_chain_verify(const struct trust *trust, const struct trust_section *section,
    const struct trust_question *question, struct trust_verdict *verdict, struct error *err);

/* Checks the links of a chain that stands, up to the anchor at trusted_from, for having been
 * revoked; fills verdict's reason if that fails, and what is known. The depth that fails, or -1. */
int trust_revocation_check(const struct trust_section *section,
    const struct trust_question *question, STACK_OF(X509) * chain, int trusted_from,
    struct trust_verdict *verdict);

/* Wants the issuer of the last link of a chain that ends too soon; where it can't be had, says why
 * in verdict's detail, and where that is so for the moment (or it is wanted only now), in its reason. */
void trust_want_issuer(const struct trust_section *section, const struct trust_question *question,
    STACK_OF(X509) * chain, struct trust_verdict *verdict);

/* Reads a folder (or file) of CRLs, PEM or DER, of at most `most` bytes each. Files that hold none
 * are logged and passed over. */
MUST_CHECK int trust_crls_read(
    struct trust_crls *crls, const char *path, size_t most, struct error *err);
void trust_crls_free(struct trust_crls *crls);
/* How many are this issuer's; *first is the place of the first. */
size_t trust_crls_find(const struct trust_crls *crls, const X509_NAME *issuer, size_t *first);

/* trust_files.c: calls with each file of a folder (hidden ones apart), or the one file, of at most
 * `most` bytes; a NUL follows them. What can't be read is logged; an error of the callee, and a file
 * that can't be read just now (ERROR_TEMPORARY), ends it. */
typedef int trust_file(
    void *context, const char *file, const char *bytes, size_t size, struct error *err);
MUST_CHECK int trust_folder_each(
    const char *path, size_t most, trust_file *take, void *context, struct error *err);

/*
 * The ways from a certificate to an anchor, among anchors and others (borrowed, as all here), of
 * links that are signed by the next and of CAs that may issue and are valid at `at`: at most max-depth
 * of them, within limits of work. What else a way must fulfil isn't looked at.
 */
struct trust_ways;
struct trust_ways *trust_ways_new(const struct trust_section *section, X509 *x509,
    STACK_OF(X509) * anchors, STACK_OF(X509) * others, time_t at, int *effort, struct error *err);
void trust_ways_free(struct trust_ways *ways);
/* 1: way holds the next, from the certificate to the anchor; 0: there is none; -1: no memory. */
MUST_CHECK int trust_ways_next(struct trust_ways *ways, STACK_OF(X509) * way, struct error *err);

/* Whether the certificate has a name (SmtpUTF8Mailbox) that name constraints must be compared with by
 * trust_constraints_check(), not by OpenSSL. */
bool trust_constraints_concern(X509 *x509);
/* Compares the names of such certificates in a chain: OpenSSL's error, with the depth that fails, or
 * X509_V_OK. */
int trust_constraints_check(STACK_OF(X509) * chain, int *depth);

/* Whether the chain keeps to the certificate policies that the section or a CA of it asks for:
 * OpenSSL's error, with the depth that fails, or X509_V_OK. */
int trust_policies_check(const struct trust_section *section, STACK_OF(X509) * chain, int *depth);

/* Appends references to the certificates of a kind that count. -1 without memory. */
MUST_CHECK int trust_published_gather(const struct trust_published *published,
    enum trust_published_kind kind, STACK_OF(X509) * certificates, struct error *err);

/* How far a judgement came before it failed: of several, the one that came furthest says most. */
int trust_rank(enum reason_id reason);

/* Says which link failed, in verdict. -1 without memory. */
MUST_CHECK int trust_verdict_link(
    struct trust_verdict *verdict, X509 *x509, int depth, struct error *err);

/* Checks the links of a chain that OpenSSL accepted, from the certificate (0) up; those from
 * trusted_from on are anchors. The depth that fails, with reason and detail in verdict; or -1. */
int trust_link_check(const struct trust_section *section, STACK_OF(X509) * chain, int trusted_from,
    struct trust_verdict *verdict);

/* Whether the certificate may stand above another: a CA's by its basicConstraints, and not meant for
 * something else; if not, *why says (static) what it is. */
bool trust_may_issue(X509 *ca, const char **why);

/* Whether the key is long enough for the section; if not, words go to detail[size]. */
bool trust_key_long_enough(
    const struct trust_section *section, const X509 *x509, char *detail, size_t size);

/* Puts reason and words for OpenSSL's error at a depth of a chain; top: the chain ends there. */
void trust_explain(const struct trust *trust, const struct trust_section *section,
    STACK_OF(X509) * candidates, X509 *x509, int error, int depth, struct trust_verdict *verdict);

/* What an error of OpenSSL is about. */
enum trust_fault {
	TRUST_FAULT_END, /* the chain ends without an anchor */
	TRUST_FAULT_EXPIRED,
	TRUST_FAULT_NOT_YET_VALID,
	TRUST_FAULT_LINK, /* a link is not sound */
};
enum trust_fault trust_fault_of(int error);
/* Words for a link that isn't sound (static), after its name; NULL: there are none. */
const char *trust_fault_words(int error);

#endif
