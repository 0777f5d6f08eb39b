/* What trust is made of: for the files trust_*.c alone. Immutable once loaded. */
#ifndef SMIME_SMIME_TRUST_SECTION_H
#define SMIME_SMIME_TRUST_SECTION_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"
#include "smime/trust.h"
#include "smime/trust_published.h"

/* Certificates of one folder: a whole forest's CAs, or every public root, many times over. */
#define TRUST_FOLDER_MAX 20000
/* Bytes of one file in it: the bundle of all public roots has 0.3 MB. */
#define TRUST_FILE_MAX ((size_t)16 << 20)

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
MUST_CHECK int trust_section_init(
    struct trust_section *section, const struct config_trust *config, struct error *err);

/* A new index of references to the same certificates. */
MUST_CHECK int trust_index_copy(
    struct trust_index *index, const struct trust_index *from, struct error *err);
/* Whether this very certificate is in it. */
bool trust_index_holds(const struct trust_index *index, X509 *x509);

/* Appends the certificates of a folder (or one file), PEM or DER. Files that are none are logged
 * and passed over. ERROR_LIMIT beyond TRUST_FOLDER_MAX. */
MUST_CHECK int trust_folder_read(
    const char *path, STACK_OF(X509) * certificates, struct error *err);

/*
 * Builds and verifies the chain of a certificate to one of the section's anchors as of `at`. Fills
 * reason (OK, UNTRUSTED_ISSUER, INCOMPLETE_CHAIN, INVALID_CHAIN; EXPIRED or NOT_YET_VALID for the
 * certificate itself; WEAK_KEY or WEAK_DIGEST for a link above it or its signature), the failed
 * link, and for OK valid_until. -1 only for ERROR_TEMPORARY/ERROR_INTERNAL.
 */
MUST_CHECK int trust_chain_verify(const struct trust *trust, const struct trust_section *section,
    X509 *x509, STACK_OF(X509) * extra, time_t at, struct trust_verdict *verdict,
    struct error *err);

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

#endif
