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

static const struct {
	int error;
	const char *words;
} links[] = {
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, "is not signed by the key of its issuer"},
    {X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, "is not signed by the key of its issuer"},
    {X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, "has an issuer whose key can't be read"},
    {X509_V_ERR_UNSUPPORTED_SIGNATURE_ALGORITHM, "is signed with an unsupported algorithm"},
    {X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH,
	"has a signature of another kind than its issuer's key"},
    {X509_V_ERR_INVALID_CA, "may not issue certificates"},
    {X509_V_ERR_INVALID_NON_CA, "is a CA's where none may be"},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED, "does not allow so long a chain"},
    {X509_V_ERR_CERT_CHAIN_TOO_LONG, "is the last of a chain that is too long"},
    {X509_V_ERR_KEYUSAGE_NO_CERTSIGN, "may not sign certificates by its key usage"},
    {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, "has a critical extension that is not known"},
    {X509_V_ERR_INVALID_EXTENSION, "has an extension that can't be read"},
    {X509_V_ERR_PERMITTED_VIOLATION, "has a name that a CA above it may not certify"},
    {X509_V_ERR_EXCLUDED_VIOLATION, "has a name that a CA above it may not certify"},
    {X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD, "has a beginning of validity that can't be read"},
    {X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD, "has an end of validity that can't be read"},
    {X509_V_ERR_INVALID_PURPOSE, "may not be used for this by its extensions"},
    {X509_V_ERR_SUBJECT_ISSUER_MISMATCH, "names another issuer than the one above it"},
    {X509_V_ERR_AKID_SKID_MISMATCH, "names another key of its issuer (authorityKeyIdentifier)"},
    {X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH,
	"names another certificate of its issuer (authorityKeyIdentifier)"},
    {X509_V_ERR_SUBTREE_MINMAX, "has name constraints with distances, which nobody supports"},
    {X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE,
	"is below name constraints of a kind that is not supported"},
    {X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX, "is below name constraints that can't be read"},
    {X509_V_ERR_UNSUPPORTED_NAME_SYNTAX,
	"has a name that can't be compared with the name constraints above it"},
    {X509_V_ERR_INVALID_POLICY_EXTENSION, "has certificate policies that can't be read"},
    {X509_V_ERR_NO_EXPLICIT_POLICY,
	"is not under a certificate policy that the section (policies) or a CA above it asks for"},
    {X509_V_ERR_UNNESTED_RESOURCE, "has address resources that a CA above it has not"},
    {X509_V_ERR_EC_KEY_EXPLICIT_PARAMS, "has an elliptic curve key on a curve without a name"},
    {X509_V_ERR_NO_ISSUER_PUBLIC_KEY, "has an issuer whose key can't be read"},
    {X509_V_ERR_UNSPECIFIED, "does not verify, and OpenSSL does not say why"},
    {X509_V_ERR_INVALID_CALL, "does not verify, and OpenSSL does not say why"},
    {X509_V_ERR_STORE_LOOKUP, "has an issuer that could not be looked up"},
    {X509_V_ERR_PATH_LOOP, "is part of a chain that leads back to itself"},
    {X509_V_ERR_KEYUSAGE_NO_DIGITAL_SIGNATURE, "may not sign by its key usage"},
};

/* Codes that need a purpose, callback, flag or kind of trust that we don't use; those that
 * X509_V_FLAG_X509_STRICT, CRL checking, DANE, Suite B, proxies, host and mail checks, and security
 * levels give. */
static const int impossible[] = {X509_V_ERR_UNABLE_TO_GET_CRL,
    X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE, X509_V_ERR_CRL_SIGNATURE_FAILURE,
    X509_V_ERR_CRL_NOT_YET_VALID, X509_V_ERR_CRL_HAS_EXPIRED,
    X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD, X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD,
    X509_V_ERR_CERT_REVOKED, X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, X509_V_ERR_KEYUSAGE_NO_CRL_SIGN,
    X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION, X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED,
    X509_V_ERR_PROXY_CERTIFICATES_NOT_ALLOWED, X509_V_ERR_APPLICATION_VERIFICATION,
    X509_V_ERR_DIFFERENT_CRL_SCOPE, X509_V_ERR_UNSUPPORTED_EXTENSION_FEATURE,
    X509_V_ERR_PROXY_SUBJECT_NAME_VIOLATION, X509_V_ERR_SUITE_B_INVALID_VERSION,
    X509_V_ERR_SUITE_B_INVALID_ALGORITHM, X509_V_ERR_SUITE_B_INVALID_CURVE,
    X509_V_ERR_SUITE_B_INVALID_SIGNATURE_ALGORITHM, X509_V_ERR_SUITE_B_LOS_NOT_ALLOWED,
    X509_V_ERR_SUITE_B_CANNOT_SIGN_P_384_WITH_P_256, X509_V_ERR_HOSTNAME_MISMATCH,
    X509_V_ERR_EMAIL_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH, X509_V_ERR_DANE_NO_MATCH,
    X509_V_ERR_EE_KEY_TOO_SMALL, X509_V_ERR_CA_KEY_TOO_SMALL, X509_V_ERR_CA_MD_TOO_WEAK,
    X509_V_ERR_CRL_PATH_VALIDATION_ERROR, X509_V_ERR_NO_VALID_SCTS, X509_V_ERR_OCSP_VERIFY_NEEDED,
    X509_V_ERR_OCSP_VERIFY_FAILED, X509_V_ERR_OCSP_CERT_UNKNOWN,
    X509_V_ERR_PATHLEN_INVALID_FOR_NON_CA, X509_V_ERR_PATHLEN_WITHOUT_KU_KEY_CERT_SIGN,
    X509_V_ERR_KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA, X509_V_ERR_ISSUER_NAME_EMPTY,
    X509_V_ERR_SUBJECT_NAME_EMPTY, X509_V_ERR_MISSING_AUTHORITY_KEY_IDENTIFIER,
    X509_V_ERR_MISSING_SUBJECT_KEY_IDENTIFIER, X509_V_ERR_EMPTY_SUBJECT_ALT_NAME,
    X509_V_ERR_EMPTY_SUBJECT_SAN_NOT_CRITICAL, X509_V_ERR_CA_BCONS_NOT_CRITICAL,
    X509_V_ERR_AUTHORITY_KEY_IDENTIFIER_CRITICAL, X509_V_ERR_SUBJECT_KEY_IDENTIFIER_CRITICAL,
    X509_V_ERR_CA_CERT_MISSING_KEY_USAGE, X509_V_ERR_EXTENSIONS_REQUIRE_VERSION_3};

int
trust_rank(enum reason_id reason)
{
	static const enum reason_id order[] = {REASON_MALFORMED, REASON_EXPIRED,
	    REASON_NOT_YET_VALID, REASON_INCOMPLETE_CHAIN, REASON_UNTRUSTED_ISSUER,
	    REASON_INVALID_CHAIN, REASON_REVOKED, REASON_WRONG_USAGE, REASON_ADDRESS_MISMATCH,
	    REASON_WEAK_KEY, REASON_WEAK_DIGEST, REASON_KEY_UNSUPPORTED,
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

/* Words for a fault of a link; NULL: none. */
static const char *
words_for(int error)
{
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(links); i++) {
		if (links[i].error == error)
			return links[i].words;
	}
	return NULL;
}

static void
explain_link(X509 *x509, int error, int depth, struct trust_verdict *verdict)
{
	const char *words = words_for(error);
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

enum fault { FAULT_END, FAULT_EXPIRED, FAULT_NOT_YET_VALID, FAULT_LINK };

static enum fault
fault_of(int error)
{
	switch (error) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_UNTRUSTED:
	case X509_V_ERR_CERT_REJECTED:
		return FAULT_END;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return FAULT_EXPIRED;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return FAULT_NOT_YET_VALID;
	default:
		return FAULT_LINK;
	}
}

bool
trust_explain_knows(int error)
{
	size_t i;

	/* Memory is no fault of the chain: it is told apart before. */
	if (error == X509_V_ERR_OUT_OF_MEM || fault_of(error) != FAULT_LINK ||
	    words_for(error) != NULL)
		return true;
	for (i = 0; i < ARRAY_LENGTH(impossible); i++) {
		if (impossible[i] == error)
			return true;
	}
	return false;
}

void
trust_explain(const struct trust *trust, const struct trust_section *section,
    STACK_OF(X509) * candidates, X509 *x509, int error, int depth, struct trust_verdict *verdict)
{
	switch (fault_of(error)) {
	case FAULT_END:
		if (!explain_issuer(candidates, x509, depth, verdict))
			explain_end(trust, section, candidates, x509, depth, verdict);
		break;
	case FAULT_EXPIRED:
		explain_time(x509, true, depth, verdict);
		break;
	case FAULT_NOT_YET_VALID:
		explain_time(x509, false, depth, verdict);
		break;
	case FAULT_LINK:
		explain_link(x509, error, depth, verdict);
		break;
	}
}
