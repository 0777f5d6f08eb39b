/* From OpenSSL's errors to our reasons, in words that say what to do about it. */
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "smime/trust_section.h"

/* Bytes of a name in a detail; the records have it whole. */
#define NAME_SHOWN 120

int
trust_rank(enum reason_id reason)
{
	static const enum reason_id order[] = {REASON_MALFORMED, REASON_EXPIRED,
	    REASON_NOT_YET_VALID, REASON_INCOMPLETE_CHAIN, REASON_UNTRUSTED_ISSUER,
	    REASON_INVALID_CHAIN, REASON_REVOKED, REASON_WRONG_USAGE, REASON_ADDRESS_MISMATCH,
	    REASON_WEAK_KEY, REASON_WEAK_DIGEST, REASON_KEY_UNSUPPORTED, REASON_ISSUER_UNAVAILABLE,
	    REASON_REVOCATION_UNAVAILABLE, REASON_OK};
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(order); i++) {
		if (order[i] == reason)
			return (int)i;
	}
	return -1;
}

int
trust_verdict_link(struct trust_verdict *verdict, X509 *x509, int depth, struct error *err)
{
	free(verdict->failed_subject);
	free(verdict->failed_issuer);
	verdict->failed_depth = depth;
	(void)certificate_read_time(X509_get0_notBefore(x509), &verdict->failed_from);
	(void)certificate_read_time(X509_get0_notAfter(x509), &verdict->failed_until);
	verdict->failed_subject = certificate_name_text(X509_get_subject_name(x509));
	verdict->failed_issuer = certificate_name_text(X509_get_issuer_name(x509));
	if (verdict->failed_subject == NULL || verdict->failed_issuer == NULL)
		return error_no_memory(err);
	return 0;
}

static void
short_name(const X509_NAME *name, char *out)
{
	char *text = certificate_name_text(name);

	snprintf(out, NAME_SHOWN, "%s", text != NULL ? text : "?");
	free(text);
}

static bool
knows_name(const struct trust_index *index, const X509_NAME *name)
{
	size_t first;

	return trust_index_find(index, name, &first) > 0;
}

/* authorityCertIssuer (RFC 5280 4.2.1.1): the issuer of the issuer; NULL if it isn't told. */
static const X509_NAME *
issuer_of_issuer(X509 *x509)
{
	const GENERAL_NAMES *names = X509_get0_authority_issuer(x509);
	int i;

	for (i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_DIRNAME)
			return name->d.directoryName;
	}
	return NULL;
}

static bool
named_among(STACK_OF(X509) * candidates, const X509_NAME *name)
{
	int i;

	for (i = 0; i < sk_X509_num(candidates); i++) {
		if (X509_NAME_cmp(X509_get_subject_name(sk_X509_value(candidates, i)), name) == 0)
			return true;
	}
	return false;
}

/*
 * Whether the issuer that is not there is an intermediate below an authority that we trust, rather
 * than a stranger: the certificate alone can't tell. It is taken for one if the issuer's own issuer
 * is told and trusted, or if another certificate of its name is known, but not as an anchor. Else
 * the plain truth is that it is not trusted.
 */
static bool
is_missing_intermediate(
    const struct trust_section *section, STACK_OF(X509) * candidates, X509 *x509)
{
	const X509_NAME *issuer = X509_get_issuer_name(x509);
	const X509_NAME *above = issuer_of_issuer(x509);

	if (above != NULL && X509_NAME_cmp(above, issuer) == 0)
		return false;
	if (above != NULL &&
	    (knows_name(&section->anchors, above) || knows_name(&section->intermediates, above)))
		return true;
	if (knows_name(&section->anchors, issuer))
		return false;
	return knows_name(&section->intermediates, issuer) || named_among(candidates, issuer);
}

static bool
trusted_elsewhere(
    const struct trust *trust, const struct trust_section *section, const X509_NAME *name)
{
	size_t i;

	for (i = 0; i < trust->section_count; i++) {
		if (&trust->sections[i] != section && knows_name(&trust->sections[i].anchors, name))
			return true;
	}
	return false;
}

static void
explain_end(const struct trust *trust, const struct trust_section *section,
    STACK_OF(X509) * candidates, X509 *x509, int depth, struct trust_verdict *verdict)
{
	const X509_NAME *issuer = X509_get_issuer_name(x509);
	bool self_signed = (X509_get_extension_flags(x509) & EXFLAG_SS) != 0;
	const char *more = "";
	char name[NAME_SHOWN];

	short_name(issuer, name);
	verdict->reason = REASON_UNTRUSTED_ISSUER;
	if (knows_name(&section->anchors, issuer))
		more = " (a trusted authority of that name has another key)";
	else if (trusted_elsewhere(trust, section, issuer))
		more = " (it is trusted for other domains only)";
	if (self_signed && depth == 0) {
		snprintf(verdict->detail, sizeof(verdict->detail),
		    "the certificate is self-signed, and not itself trusted%s", more);
	} else if (self_signed) {
		snprintf(verdict->detail, sizeof(verdict->detail),
		    "the chain ends at \"%s\", which is not trusted%s", name, more);
	} else if (is_missing_intermediate(section, candidates, x509)) {
		verdict->reason = REASON_INCOMPLETE_CHAIN;
		snprintf(verdict->detail, sizeof(verdict->detail),
		    "the CA certificate of \"%s\" is missing", name);
	} else {
		snprintf(verdict->detail, sizeof(verdict->detail),
		    "issued by \"%s\", which is not trusted and whose certificate is not published "
		    "with it%s",
		    name, more);
	}
}

static void
explain_time(X509 *x509, bool expired, int depth, struct trust_verdict *verdict)
{
	const ASN1_TIME *time = expired ? X509_get0_notAfter(x509) : X509_get0_notBefore(x509);
	char date[CLOCK_TEXT_SIZE] = "";
	char name[NAME_SHOWN];
	time_t at;

	if (certificate_read_time(time, &at))
		clock_format_date(at, date);
	short_name(X509_get_subject_name(x509), name);
	if (depth == 0) {
		verdict->reason = expired ? REASON_EXPIRED : REASON_NOT_YET_VALID;
		snprintf(verdict->detail, sizeof(verdict->detail), "%s %s",
		    expired ? "expired on" : "valid from", date);
		return;
	}
	verdict->reason = REASON_INVALID_CHAIN;
	snprintf(verdict->detail, sizeof(verdict->detail), "the CA certificate \"%s\" %s %s", name,
	    expired ? "expired on" : "is valid only from", date);
}

static void
explain_link(X509 *x509, int error, int depth, struct trust_verdict *verdict)
{
	const char *words = trust_fault_words(error);
	char name[NAME_SHOWN];

	verdict->reason = REASON_INVALID_CHAIN;
	short_name(X509_get_subject_name(x509), name);
	if (words != NULL)
		snprintf(verdict->detail, sizeof(verdict->detail),
		    depth == 0 ? "the certificate \"%s\" %s" : "the CA certificate \"%s\" %s", name,
		    words);
	else
		snprintf(verdict->detail, sizeof(verdict->detail), "the certificate \"%s\": %s",
		    name, X509_verify_cert_error_string(error));
}

/* Whether a certificate of its issuer is at hand, but can't be tried: what is wrong, then. */
static bool
explain_issuer(STACK_OF(X509) * candidates, X509 *x509, int depth, struct trust_verdict *verdict)
{
	int error;
	int i;

	for (i = 0; i < sk_X509_num(candidates); i++) {
		X509 *issuer = sk_X509_value(candidates, i);

		if (X509_NAME_cmp(X509_get_subject_name(issuer), X509_get_issuer_name(x509)) != 0)
			continue;
		error = X509_check_issued(issuer, x509);
		if ((X509_get_extension_flags(issuer) & EXFLAG_INVALID) != 0)
			explain_link(issuer, X509_V_ERR_INVALID_EXTENSION, depth + 1, verdict);
		else if (error == X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH ||
			 error == X509_V_ERR_UNSUPPORTED_SIGNATURE_ALGORITHM)
			explain_link(x509, error, depth, verdict);
		else
			continue;
		return true;
	}
	return false;
}

void
trust_explain(const struct trust *trust, const struct trust_section *section,
    STACK_OF(X509) * candidates, X509 *x509, int error, int depth, struct trust_verdict *verdict)
{
	switch (trust_fault_of(error)) {
	case TRUST_FAULT_END:
		if (!explain_issuer(candidates, x509, depth, verdict))
			explain_end(trust, section, candidates, x509, depth, verdict);
		break;
	case TRUST_FAULT_EXPIRED:
		explain_time(x509, true, depth, verdict);
		break;
	case TRUST_FAULT_NOT_YET_VALID:
		explain_time(x509, false, depth, verdict);
		break;
	case TRUST_FAULT_LINK:
		explain_link(x509, error, depth, verdict);
		break;
	}
}
