/*
 * From a certificate to an anchor. OpenSSL builds and verifies a path (RFC 5280 section 6) but
 * doesn't try every one: where CAs are cross-signed, or an entry holds a dead or forged certificate
 * of the right name, we take the link that failed out and let it look for another way.
 */
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "smime/trust_section.h"

/* Ways tried: each takes one candidate out. */
#define ATTEMPTS_MAX 8

/* One search for a chain. */
struct search {
	const struct trust *trust;
	const struct trust_section *section;
	const struct trust_question *question;
	struct trust_candidates candidates;
};

/* RFC 5280 6.1.1 (c), (e). False without memory. */
static bool
set_policies(X509_VERIFY_PARAM *parameters, const struct trust_section *section)
{
	size_t i;

	for (i = 0; i < section->policy_count; i++) {
		ASN1_OBJECT *policy = OBJ_dup(section->policies[i]);

		if (policy == NULL || !X509_VERIFY_PARAM_add0_policy(parameters, policy)) {
			ASN1_OBJECT_free(policy);
			return false;
		}
	}
	if (section->policy_count > 0)
		X509_VERIFY_PARAM_set_flags(
		    parameters, X509_V_FLAG_POLICY_CHECK | X509_V_FLAG_EXPLICIT_POLICY);
	return true;
}

/* Usage, keys and digests are ours to check: OpenSSL's purposes refuse what RFC 8550 accepts, and
 * its security level would hide which link is weak. */
static bool
set_parameters(X509_STORE_CTX *context, const struct trust_section *section, time_t at)
{
	X509_VERIFY_PARAM *parameters = X509_STORE_CTX_get0_param(context);

	X509_VERIFY_PARAM_set_flags(
	    parameters, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
	X509_VERIFY_PARAM_set_time(parameters, at);
	X509_VERIFY_PARAM_set_depth(parameters, section->max_depth);
	X509_VERIFY_PARAM_set_auth_level(parameters, 0);
	return set_policies(parameters, section);
}

static time_t
earliest_end(STACK_OF(X509) * chain)
{
	time_t earliest = 0;
	time_t end;
	int i;

	for (i = 0; i < sk_X509_num(chain); i++) {
		if (certificate_read_time(X509_get0_notAfter(sk_X509_value(chain, i)), &end) &&
		    (earliest == 0 || end < earliest))
			earliest = end;
	}
	return earliest;
}

/* Whether another candidate could stand in for this one. */
static bool
has_twin(const struct trust_candidates *candidates, X509 *x509)
{
	const X509_NAME *subject = X509_get_subject_name(x509);
	int i;

	for (i = 0; i < sk_X509_num(candidates->others); i++) {
		X509 *other = sk_X509_value(candidates->others, i);

		if (other != x509 && X509_NAME_cmp(X509_get_subject_name(other), subject) == 0)
			return true;
	}
	return false;
}

/* The candidate to try without, after a failure at depth: that link, or the one above it where the
 * fault may be there (a signature; all at the certificate itself). NULL: there is no other way. */
static X509 *
suspect(const struct trust_candidates *candidates, STACK_OF(X509) * chain, int depth, int error)
{
	X509 *link = depth > 0 ? sk_X509_value(chain, depth) : NULL;
	X509 *above = depth >= 0 ? sk_X509_value(chain, depth + 1) : NULL;

	if (above != NULL && sk_X509_find(candidates->others, above) >= 0 &&
	    (depth == 0 || error == X509_V_ERR_CERT_SIGNATURE_FAILURE) &&
	    has_twin(candidates, above))
		return above;
	if (link != NULL && sk_X509_find(candidates->others, link) >= 0)
		return link;
	return NULL;
}

/* What is not wrong with the chain that OpenSSL accepted, but with its links. The depth that fails. */
static int
judge_links(const struct search *search, STACK_OF(X509) * chain, int trusted_from,
    struct trust_verdict *verdict)
{
	int depth;

	verdict->valid_until = earliest_end(chain);
	depth = trust_link_check(search->section, chain, trusted_from, verdict);
	if (depth < 0)
		depth = trust_revocation_check(
		    search->section, search->question, chain, trusted_from, verdict);
	return depth;
}

static void
explain(const struct search *search, X509_STORE_CTX *context, X509 *link, int depth,
    struct trust_verdict *verdict)
{
	trust_explain(search->trust, search->section, search->candidates.others, link,
	    X509_STORE_CTX_get_error(context), depth, verdict);
	if (verdict->reason == REASON_INCOMPLETE_CHAIN ||
	    verdict->reason == REASON_UNTRUSTED_ISSUER)
		trust_want_issuer(
		    search->section, search->question, X509_STORE_CTX_get0_chain(context), verdict);
}

/* The outcome of one way, from OpenSSL's and our own checks. */
static int
judge_chain(const struct search *search, X509_STORE_CTX *context, struct trust_verdict *verdict,
    struct error *err)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(context);
	int error = X509_STORE_CTX_get_error(context);
	int depth;
	X509 *link;

	if (error == X509_V_ERR_OUT_OF_MEM)
		return error_no_memory(err);
	if (error == X509_V_OK)
		depth =
		    judge_links(search, chain, X509_STORE_CTX_get_num_untrusted(context), verdict);
	else
		depth = X509_STORE_CTX_get_error_depth(context);
	if (depth < 0)
		return 0;
	link = sk_X509_value(chain, depth);
	if (link == NULL)
		link = X509_STORE_CTX_get0_cert(context);
	if (error != X509_V_OK)
		explain(search, context, link, depth, verdict);
	return trust_verdict_link(verdict, link, depth, err);
}

/* Tries one way. *retry: the candidate to leave out next, or NULL. */
static int
attempt(const struct search *search, struct trust_verdict *verdict, X509 **retry, struct error *err)
{
	const struct trust_candidates *candidates = &search->candidates;
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	int status = -1;

	if (context == NULL || !X509_STORE_CTX_init(context, NULL,
				   search->question->certificate->x509, candidates->others)) {
		error_no_memory(err);
		goto out;
	}
	X509_STORE_CTX_set0_trusted_stack(context, candidates->anchors);
	if (!set_parameters(context, search->section, search->question->at)) {
		error_no_memory(err);
		goto out;
	}
	if (X509_verify_cert(context) < 0 && X509_STORE_CTX_get_error(context) == X509_V_OK) {
		error_set(err, ERROR_INTERNAL, "a chain can't be verified");
		goto out;
	}
	status = judge_chain(search, context, verdict, err);
	*retry = suspect(candidates, X509_STORE_CTX_get0_chain(context), verdict->failed_depth,
	    X509_STORE_CTX_get_error(context));
out:
	X509_STORE_CTX_free(context);
	return status;
}

/* Of the same issuer's word another way to it makes nothing better. */
static bool
is_final(const struct trust_verdict *verdict)
{
	return verdict->reason == REASON_OK ||
	       ((verdict->reason == REASON_REVOKED ||
		    verdict->reason == REASON_REVOCATION_UNAVAILABLE) &&
		   verdict->failed_depth == 0);
}

static int
try_all(struct search *search, struct trust_verdict *best, struct error *err)
{
	X509 *retry = NULL;
	int count;

	for (count = 0; count < ATTEMPTS_MAX; count++) {
		struct trust_verdict verdict = {
		    .reason = REASON_OK, .failed_depth = -1, .revocation = best->revocation};

		if (attempt(search, &verdict, &retry, err) != 0) {
			trust_verdict_clear(&verdict);
			return -1;
		}
		if (count == 0 || trust_rank(verdict.reason) > trust_rank(best->reason)) {
			trust_verdict_clear(best);
			*best = verdict;
		} else {
			trust_verdict_clear(&verdict);
		}
		/* Without an anchor in reach no other way ends better. */
		if (is_final(best) || retry == NULL || sk_X509_num(search->candidates.anchors) == 0)
			break;
		sk_X509_delete_ptr(search->candidates.others, retry);
	}
	return 0;
}

int
trust_chain_verify(const struct trust *trust, const struct trust_section *section,
    const struct trust_question *question, struct trust_verdict *verdict, struct error *err)
{
	struct search search = {.trust = trust, .section = section, .question = question};
	int status;

	verdict->revocation = section->revocation == REVOCATION_OFF ? "off" : "unknown";
	status = trust_candidates_gather(&search.candidates, section, question, err);
	if (status == 0)
		status = try_all(&search, verdict, err);
	trust_candidates_free(&search.candidates);
	ERR_clear_error();
	return status;
}
