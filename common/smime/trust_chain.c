/*
 * From a certificate to an anchor. OpenSSL builds and verifies a path (RFC 5280 section 6) but
 * doesn't try every one: where CAs are cross-signed, or an entry holds a dead or forged certificate
 * of the right name, we look for the ways ourselves (trust_ways.c) and let it verify each.
 */
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "smime/trust_section.h"

/* CA certificates that one judgement looks at: real chains have 4 and a few cross-signed twins. */
#define CANDIDATES_MAX 64
/* Ways tried, of those whose signatures and dates are good: what else can be wrong is rare. */
#define ATTEMPTS_MAX 16

/* What may lie on the way, borrowed from the section and the caller. */
struct candidates {
	STACK_OF(X509) * anchors;
	STACK_OF(X509) * others;
};

/* False without memory. What is beyond the limit is left out. */
static bool
add_one(struct candidates *candidates, STACK_OF(X509) * to, X509 *x509)
{
	if (sk_X509_num(candidates->anchors) + sk_X509_num(candidates->others) >= CANDIDATES_MAX ||
	    sk_X509_find(to, x509) >= 0)
		return true;
	return sk_X509_push(to, x509) > 0;
}

static bool
add_from_index(struct candidates *candidates, STACK_OF(X509) * to, const struct trust_index *index,
    const X509_NAME *subject)
{
	size_t first;
	size_t count = trust_index_find(index, subject, &first);
	size_t i;

	for (i = first; i < first + count; i++) {
		if (!add_one(candidates, to, index->items[i]))
			return false;
	}
	return true;
}

/* Everything of this name: what we know comes before what was sent, so that nothing crowds it out.
 */
static bool
add_named(struct candidates *candidates, const struct trust_section *section,
    STACK_OF(X509) * extra, const X509_NAME *subject)
{
	int i;

	if (!add_from_index(candidates, candidates->anchors, &section->anchors, subject) ||
	    !add_from_index(candidates, candidates->others, &section->intermediates, subject))
		return false;
	for (i = 0; extra != NULL && i < sk_X509_num(extra); i++) {
		X509 *x509 = sk_X509_value(extra, i);

		if (X509_NAME_cmp(X509_get_subject_name(x509), subject) == 0 &&
		    !add_one(candidates, candidates->others, x509))
			return false;
	}
	return true;
}

/* Collects whatever could stand above the certificate, name by name; and itself, if it is an
 * anchor. */
static bool
gather(struct candidates *candidates, const struct trust_section *section, X509 *x509,
    STACK_OF(X509) * extra)
{
	int anchor = 0;
	int other = 0;

	if (!add_from_index(
		candidates, candidates->anchors, &section->anchors, X509_get_subject_name(x509)) ||
	    !add_named(candidates, section, extra, X509_get_issuer_name(x509)))
		return false;
	while (
	    anchor < sk_X509_num(candidates->anchors) || other < sk_X509_num(candidates->others)) {
		X509 *next = anchor < sk_X509_num(candidates->anchors)
				 ? sk_X509_value(candidates->anchors, anchor++)
				 : sk_X509_value(candidates->others, other++);

		if (!add_named(candidates, section, extra, X509_get_issuer_name(next)))
			return false;
	}
	return true;
}

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

/* The outcome of one way, from OpenSSL's and our own checks. */
static int
judge_chain(const struct trust *trust, const struct trust_section *section,
    const struct candidates *candidates, X509_STORE_CTX *context, struct trust_verdict *verdict,
    struct error *err)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(context);
	int error = X509_STORE_CTX_get_error(context);
	int depth;
	X509 *link;

	if (error == X509_V_ERR_OUT_OF_MEM)
		return error_no_memory(err);
	if (error == X509_V_OK) {
		verdict->valid_until = earliest_end(chain);
		depth = trust_link_check(
		    section, chain, X509_STORE_CTX_get_num_untrusted(context), verdict);
	} else {
		depth = X509_STORE_CTX_get_error_depth(context);
	}
	if (depth < 0)
		return 0;
	link = sk_X509_value(chain, depth);
	if (link == NULL)
		link = X509_STORE_CTX_get0_cert(context);
	if (error != X509_V_OK)
		trust_explain(trust, section, candidates->others, link, error, depth, verdict);
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

/* Tries one way (with a store that has is_next), or, where none is told, what OpenSSL finds. */
static int
attempt(const struct trust *trust, const struct trust_section *section,
    const struct candidates *candidates, X509_STORE *store, STACK_OF(X509) * way, X509 *x509,
    time_t at, struct trust_verdict *verdict, struct error *err)
{
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	int status = -1;

	if (context == NULL || !X509_STORE_CTX_init(context, store, x509, candidates->others)) {
		error_no_memory(err);
		goto out;
	}
	X509_STORE_CTX_set0_trusted_stack(context, candidates->anchors);
	X509_STORE_CTX_set_app_data(context, way);
	set_parameters(context, section, at);
	if (X509_verify_cert(context) < 0 && X509_STORE_CTX_get_error(context) == X509_V_OK) {
		error_set(err, ERROR_INTERNAL, "a chain can't be verified");
		goto out;
	}
	status = judge_chain(trust, section, candidates, context, verdict, err);
out:
	X509_STORE_CTX_free(context);
	return status;
}

/* Keeps the verdict that came further; the other is freed. */
static void
keep_better(struct trust_verdict *best, struct trust_verdict *verdict)
{
	if (trust_rank(verdict->reason) > trust_rank(best->reason)) {
		trust_verdict_clear(best);
		*best = *verdict;
	} else {
		trust_verdict_clear(verdict);
	}
}

/* Tries the ways one after another until one is good. */
static int
try_ways(const struct trust *trust, const struct trust_section *section,
    const struct candidates *candidates, X509 *x509, time_t at, struct trust_verdict *best,
    struct error *err)
{
	struct trust_ways *ways =
	    trust_ways_new(section, x509, candidates->anchors, candidates->others, at, err);
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
		struct trust_verdict verdict = {.reason = REASON_OK, .failed_depth = -1};

		if (attempt(trust, section, candidates, store, way, x509, at, &verdict, err) != 0) {
			trust_verdict_clear(&verdict);
			status = -1;
			break;
		}
		keep_better(best, &verdict);
		status = 0;
		if (best->reason != REASON_OK && count < ATTEMPTS_MAX)
			status = trust_ways_next(ways, way, err);
	}
out:
	X509_STORE_free(store);
	sk_X509_free(way);
	trust_ways_free(ways);
	return status;
}

/* Mostly OpenSSL finds the way at once; if not, its reason stands unless another says more. */
static int
try_all(const struct trust *trust, const struct trust_section *section,
    const struct candidates *candidates, X509 *x509, time_t at, struct trust_verdict *verdict,
    struct error *err)
{
	if (attempt(trust, section, candidates, NULL, NULL, x509, at, verdict, err) != 0)
		return -1;
	if (verdict->reason == REASON_OK || sk_X509_num(candidates->anchors) == 0)
		return 0;
	return try_ways(trust, section, candidates, x509, at, verdict, err);
}

int
trust_chain_verify(const struct trust *trust, const struct trust_section *section, X509 *x509,
    STACK_OF(X509) * extra, time_t at, struct trust_verdict *verdict, struct error *err)
{
	struct candidates candidates = {sk_X509_new_null(), sk_X509_new_null()};
	int status = -1;

	if (candidates.anchors == NULL || candidates.others == NULL ||
	    !gather(&candidates, section, x509, extra))
		error_no_memory(err);
	else
		status = try_all(trust, section, &candidates, x509, at, verdict, err);
	sk_X509_free(candidates.anchors);
	sk_X509_free(candidates.others);
	ERR_clear_error();
	return status;
}
