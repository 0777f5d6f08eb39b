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

struct trust;
struct trust_published;

/* Reads every trust section's folders. Files that are no certificate are logged and skipped; a
 * folder that can't be read is an error. No anchor at all is logged as a warning. NULL on error. */
struct trust *trust_load(const struct config *config, struct error *err);
struct trust *trust_ref(struct trust *trust);
void trust_unref(struct trust *trust);

/* Whether a section (by its place in the configuration) takes CA certificates from a directory: one
 * is named, and `for` names domains. Without domains it does not, whatever the configuration says:
 * who writes to a directory must not say whom we trust for everybody. */
bool trust_takes_from_directory(const struct trust *trust, size_t section);

/*
 * A new trust: the loaded one (base; it is referenced, not read again) and what directories hold.
 * published has an item for each section; NULL, or of a section that takes nothing from a
 * directory: nothing is added. All are judged (trust_published.h). NULL without memory.
 */
struct trust *trust_extend(
    struct trust *base, const struct trust_published *const *published, struct error *err);

/* Anchors and intermediates, for people. */
size_t trust_anchor_count(const struct trust *trust);
size_t trust_intermediate_count(const struct trust *trust);

enum trust_purpose {
	TRUST_ENCRYPT, /* a recipient: RSA keyEncipherment, EC keyAgreement; EKU emailProtection or
			  any */
	TRUST_SIGN,    /* a blob's or a message's signer: digitalSignature or nonRepudiation */
};

struct trust_verdict {
	enum reason_id reason; /* REASON_OK, or the first that fails */
	char detail[512];      /* evidence in words; "" */
	int failed_depth;      /* -1 if no link failed */
	char *failed_subject;  /* free() through trust_verdict_clear() */
	char *failed_issuer;
	const char *revocation; /* static */
	time_t valid_until;     /* the earliest notAfter of the chain; 0 where there is none */
};
void trust_verdict_clear(struct trust_verdict *verdict);

/*
 * Judges a certificate for an address (NULL: the address is not looked at) as of `at`. Chains are
 * built from `extra` (a blob's and an entry's certificates; may be NULL), the configured
 * intermediates and the anchors of those trust sections whose `for` covers the address's domain
 * (when address is NULL: of all that take nothing from a directory). allow_no_address: a certificate without any address counts
 * (binding by entry). Fills *verdict always; -1 only for ERROR_TEMPORARY/ERROR_INTERNAL, when
 * verdict holds REASON_INTERNAL_ERROR.
 */
MUST_CHECK int trust_judge(const struct trust *trust, const struct certificate *certificate,
    STACK_OF(X509) * extra, enum trust_purpose purpose, const struct address *address,
    bool exact_local, bool allow_no_address, time_t at, struct trust_verdict *verdict,
    struct error *err);

#endif
