/*
 * Which certificates count: anchors and intermediates of each trust section, and the judgement of
 * one certificate against them (RFC 5280, RFC 8550). Immutable once loaded; any thread.
 */
#ifndef SMIME_SMIME_TRUST_H
#define SMIME_SMIME_TRUST_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <time.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"
#include "mail/address.h"
#include "smime/certificate.h"
#include "tables/reason.h"

struct evidence;
struct trust;
struct trust_published;
struct wants;

/* Reads every trust section's folders, and what was added (trust_added.h). Files that are no
 * certificate are logged and skipped; a folder that can't be read is an error. No anchor at all is
 * logged as a warning. NULL on error. */
struct trust *trust_load(const struct config *config, struct error *err);

/* The same as if `more` (may be NULL) had been added, too. */
struct trust_added;
struct trust *trust_load_with(
    const struct config *config, const struct trust_added *more, struct error *err);
struct trust *trust_ref(struct trust *trust);
void trust_unref(struct trust *trust);

/* Whether a section (by its place in the configuration) takes CA certificates from a directory: one
 * is named, and `for` names domains. Without domains it does not, whatever the configuration says:
 * who writes to a directory must not say whom we trust for everybody. */
bool trust_takes_from_directory(const struct trust *trust, size_t section);

/*
 * A new trust: the loaded one (base; it is referenced, not read again) and what directories hold.
 * published has an item for each section of the configuration; NULL, or of a section that takes nothing from a
 * directory: nothing is added. All are judged (trust_published.h). NULL without memory.
 */
struct trust *trust_extend(
    struct trust *base, const struct trust_published *const *published, struct error *err);

/* For people. */
size_t trust_anchor_count(const struct trust *trust);

enum trust_origin {
	TRUST_CONFIGURED, /* in the section's anchors */
	TRUST_PUBLISHED,  /* in the section's directory */
	TRUST_ADDED,      /* by smimectl trust add */
};

/* One anchor, and whom it counts for. Borrowed until the visitor returns. */
struct trust_anchor {
	const char *section;  /* title */
	char *const *domains; /* as address_domain_covers() takes them */
	size_t domain_count;
	enum trust_origin origin;
	X509 *x509;
};
typedef void trust_anchor_visitor(void *context, const struct trust_anchor *anchor);
void trust_anchors_each(const struct trust *trust, trust_anchor_visitor *visit, void *context);

/* Logs which anchors came and went between two, each with subject, SHA-256 and domains; who (may be
 * NULL) stands in front. How many there are. */
size_t trust_log_changes(const struct trust *before, const struct trust *after, const char *who);

/*
 * For a certificate that no anchor stands above: the topmost certificate that can be found above it,
 * among extra (may be NULL) and the intermediates of the sections for the address: what would have to
 * be trusted. A self-signed certificate is its own. A new reference in *top; NULL where nothing is
 * found. -1 without memory.
 */
MUST_CHECK int trust_topmost(const struct trust *trust, X509 *x509, STACK_OF(X509) * extra,
    const struct address *address, X509 **top, struct error *err);

enum trust_purpose {
	TRUST_ENCRYPT, /* a recipient: RSA keyEncipherment, EC keyAgreement; EKU emailProtection or
			  any */
	TRUST_SIGN,    /* a blob's or a message's signer: digitalSignature or nonRepudiation */
};

/* Tenths of a millisecond for signatures: whoever fills an entry with CAs that could all have issued
 * each other must not keep us busy: a group may have 500 such members. Verifying the chains of 100
 * certificates takes some 500. */
#define TRUST_EFFORT_MAX 1600

/* One certificate to be judged, and for what. All is borrowed. */
struct trust_question {
	const struct certificate *certificate;
	STACK_OF(X509) * extra; /* a blob's and an entry's certificates; may be NULL */
	enum trust_purpose purpose;
	const struct address *address; /* NULL: not looked at */
	bool exact_local;
	bool allow_no_address; /* one without any address counts (binding by entry) */
	time_t at;
	struct evidence *evidence; /* what was fetched; NULL: nothing */
	bool may_follow;     /* it comes from where its author's URLs may be asked (directory) */
	struct wants *wants; /* what would tell more is added; NULL: nobody fetches */
	/* What judgements may still cost together (signature_cost()); NULL: this one may cost
	 * TRUST_EFFORT_MAX. Where nothing is left, a chain counts as invalid. */
	int *effort;
};

struct trust_verdict {
	enum reason_id reason; /* REASON_OK, or the first that fails */
	char detail[512];      /* evidence in words; "" */
	int failed_depth;      /* -1 if no link failed */
	char *failed_subject;  /* free() through trust_verdict_clear() */
	char *failed_issuer;
	time_t failed_from; /* that link's notBefore and notAfter; 0: none */
	time_t failed_until;
	const char *revocation;      /* "off", "good", "unknown", "revoked"; static */
	char revocation_detail[512]; /* who said so and when, or why nobody did; "" */
	time_t valid_until; /* the verdict holds so long: the chain's earliest notAfter, and what
			       CRLs and OCSP answers say; 0: no limit of its own */
};
void trust_verdict_clear(struct trust_verdict *verdict);

/*
 * Judges a certificate. Chains are built from extra, the configured intermediates, what was fetched
 * (evidence), and the anchors of those trust sections whose `for` covers the address's domain (when
 * address is NULL: of all that take nothing from a directory). No I/O: what is missing goes to
 * wants; once it is in evidence, judge again. Fills *verdict always; -1 only for
 * ERROR_TEMPORARY/ERROR_INTERNAL, when verdict holds REASON_INTERNAL_ERROR.
 *
 * Wanted are: where a chain ends below an anchor, the issuer of its last link, if may_follow and
 * every link below it is signed by the one above (meanwhile, and while it can't be had for the moment,
 * the reason is ISSUER_UNAVAILABLE); where a chain stands and the section checks
 * revocation, an OCSP answer or a CRL for each link that none at hand speaks of.
 */
MUST_CHECK int trust_judge(const struct trust *trust, const struct trust_question *question,
    struct trust_verdict *verdict, struct error *err);

#endif
