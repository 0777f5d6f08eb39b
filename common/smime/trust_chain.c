/*
 * From a certificate to an anchor. OpenSSL builds and verifies a path (RFC 5280 section 6) but
 * doesn't try every one: where CAs are cross-signed, or an entry holds a dead or forged certificate
 * of the right name, we look for the ways ourselves (trust_ways.c) and let it verify each.
 */
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "smime/signature.h"
#include "smime/trust_section.h"

/* Ways tried, of those whose signatures and dates are good: what else can be wrong is rare. */
#define ATTEMPTS_MAX 16

/* One search for a chain. */
struct search {
	const struct trust *trust;
	const struct trust_section *section;
	const struct trust_question *question;
	struct trust_candidates candidates;
};

/* Usage, keys and digests are ours to check: OpenSSL's purposes refuse what RFC 8550 accepts, and
 * its security level would hide which link is weak. */
static void
set_parameters(X509_STORE_CTX *context, const struct trust_section *section, time_t at)
{
	X509_VERIFY_PARAM *parameters = X509_STORE_CTX_get0_param(context);

	X509_VERIFY_PARAM_set_flags(
	    parameters, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
	X509_VERIFY_PARAM_set_time(parameters, at);
	X509_VERIFY_PARAM_set_depth(parameters, section->max_depth);
	X509_VERIFY_PARAM_set_auth_level(parameters, 0);
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
explain(const struct search *search, X509_STORE_CTX *context, X509 *link, int error, int depth,
    struct trust_verdict *verdict)
{
	trust_explain(
	    search->trust, search->section, search->candidates.others, link, error, depth, verdict);
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

	depth = X509_STORE_CTX_get_error_depth(context);
	if (error == X509_V_OK)
		error = trust_constraints_check(chain, &depth);
	if (error == X509_V_OK)
		error = trust_policies_check(search->section, chain, &depth);
	if (error == X509_V_ERR_OUT_OF_MEM)
		return error_no_memory(err);
	if (error == X509_V_OK)
		depth =
		    judge_links(search, chain, X509_STORE_CTX_get_num_untrusted(context), verdict);
	if (depth < 0)
		return 0;
	link = sk_X509_value(chain, depth);
	if (link == NULL)
		link = X509_STORE_CTX_get0_cert(context);
	if (error != X509_V_OK)
		explain(search, context, link, error, depth, verdict);
	return trust_verdict_link(verdict, link, depth, err);
}

/* For OpenSSL, where a way is told: only the next of it is the issuer of a link. The end stands for
 * itself; that it is trusted is found out otherwise. */
static int
is_next(X509_STORE_CTX *context, X509 *x509, X509 *issuer)
{
	STACK_OF(X509) *way = X509_STORE_CTX_get_app_data(context);
	int i;

	for (i = 0; i + 1 < sk_X509_num(way); i++) {
		if (X509_cmp(sk_X509_value(way, i), x509) == 0)
			return X509_cmp(sk_X509_value(way, i + 1), issuer) == 0;
	}
	return X509_cmp(x509, issuer) == 0 && X509_check_issued(x509, x509) == X509_V_OK;
}

/* Leaves to trust_constraints_check() what is its own. */
static int
waive(int good, X509_STORE_CTX *context)
{
	int error = X509_STORE_CTX_get_error(context);

	if (good)
		return 1;
	if ((error != X509_V_ERR_PERMITTED_VIOLATION && error != X509_V_ERR_EXCLUDED_VIOLATION) ||
	    !trust_constraints_concern(X509_STORE_CTX_get_current_cert(context)))
		return 0;
	X509_STORE_CTX_set_error(context, X509_V_OK);
	return 1;
}

/* What it has cost to verify a chain. */
static int
charge(const struct search *search, STACK_OF(X509) * chain, struct error *err)
{
	const EVP_PKEY *key;
	int cost;
	int i;

	for (i = 1; i < sk_X509_num(chain); i++) {
		key = X509_get0_pubkey(sk_X509_value(chain, i));
		if (key == NULL)
			continue;
		if (signature_cost(key, &cost, err) != 0)
			return -1;
		*search->question->effort -= cost;
	}
	return 0;
}

static int
left_of(const struct search *search)
{
	return *search->question->effort;
}

/* Tries one way (with a store that has is_next), or, where none is told, what OpenSSL finds. */
static int
attempt(const struct search *search, X509_STORE *store, STACK_OF(X509) * way,
    struct trust_verdict *verdict, struct error *err)
{
	const struct trust_candidates *candidates = &search->candidates;
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	int status = -1;

	if (context == NULL || !X509_STORE_CTX_init(context, store,
				   search->question->certificate->x509, candidates->others)) {
		error_no_memory(err);
		goto out;
	}
	X509_STORE_CTX_set0_trusted_stack(context, candidates->anchors);
	X509_STORE_CTX_set_app_data(context, way);
	X509_STORE_CTX_set_verify_cb(context, waive);
	set_parameters(context, search->section, search->question->at);
	if (X509_verify_cert(context) < 0 && X509_STORE_CTX_get_error(context) == X509_V_OK) {
		error_set(err, ERROR_INTERNAL, "a chain can't be verified");
		goto out;
	}
	if (charge(search, X509_STORE_CTX_get0_chain(context), err) == 0)
		status = judge_chain(search, context, verdict, err);
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

/* One way more; the verdict that came further is kept. */
static int
try_way(const struct search *search, X509_STORE *store, STACK_OF(X509) * way,
    struct trust_verdict *best, struct error *err)
{
	struct trust_verdict verdict = {
	    .reason = REASON_OK, .failed_depth = -1, .revocation = best->revocation};
	int status = attempt(search, store, way, &verdict, err);

	if (status == 0 &&
	    (is_final(&verdict) || trust_rank(verdict.reason) > trust_rank(best->reason))) {
		struct trust_verdict better = verdict;

		verdict = *best;
		*best = better;
	}
	trust_verdict_clear(&verdict);
	return status;
}

/* Tries the ways one after another until one is good. */
static int
try_ways(const struct search *search, struct trust_verdict *best, struct error *err)
{
	struct trust_ways *ways = trust_ways_new(search->section,
	    search->question->certificate->x509, search->candidates.anchors,
	    search->candidates.others, search->question->at, search->question->effort, err);
	STACK_OF(X509) *way = sk_X509_new_null();
	X509_STORE *store = X509_STORE_new();
	int status = -1;
	int count;

	if (ways == NULL || way == NULL || store == NULL) {
		error_no_memory(err);
		goto out;
	}
	X509_STORE_set_check_issued(store, is_next);
	status = trust_ways_next(ways, way, err);
	for (count = 1; status == 1; count++) {
		status = try_way(search, store, way, best, err);
		if (status == 0 && !is_final(best) && count < ATTEMPTS_MAX && left_of(search) > 0)
			status = trust_ways_next(ways, way, err);
	}
out:
	X509_STORE_free(store);
	sk_X509_free(way);
	trust_ways_free(ways);
	return status;
}

static int
give_up(const struct search *search, struct trust_verdict *verdict, struct error *err)
{
	verdict->reason = REASON_INVALID_CHAIN;
	snprintf(verdict->detail, sizeof(verdict->detail),
	    "not verified: what is published beside it has taken too much time");
	return trust_verdict_link(verdict, search->question->certificate->x509, 0, err);
}

/* Mostly OpenSSL finds the way at once; if not, its reason stands unless another says more. */
static int
try_all(const struct search *search, struct trust_verdict *verdict, struct error *err)
{
	if (left_of(search) <= 0)
		return give_up(search, verdict, err);
	if (attempt(search, NULL, NULL, verdict, err) != 0)
		return -1;
	/* Without an anchor in reach no other way ends better. */
	if (is_final(verdict) || sk_X509_num(search->candidates.anchors) == 0)
		return 0;
	return try_ways(search, verdict, err);
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
