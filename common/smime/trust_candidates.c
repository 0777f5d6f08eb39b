/* What a chain may be built of, found by name. */
#include "smime/evidence.h"
#include "smime/trust_section.h"

/* CA certificates that one judgement looks at: real chains have 4 and a few cross-signed twins. */
#define CANDIDATES_MAX 64

/* False without memory. What is beyond the limit is left out. */
static bool
add_one(struct trust_candidates *candidates, STACK_OF(X509) * to, X509 *x509)
{
	if (sk_X509_num(candidates->anchors) + sk_X509_num(candidates->others) >= CANDIDATES_MAX ||
	    sk_X509_find(to, x509) >= 0)
		return true;
	return sk_X509_push(to, x509) > 0;
}

static bool
add_from_index(struct trust_candidates *candidates, STACK_OF(X509) * to,
    const struct trust_index *index, const X509_NAME *subject)
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

static bool
add_from_evidence(
    struct trust_candidates *candidates, struct evidence *evidence, const X509_NAME *subject)
{
	int i = sk_X509_num(candidates->held);

	if (evidence == NULL)
		return true;
	if (evidence_certificates(evidence, subject, candidates->held) != 0)
		return false;
	for (; i < sk_X509_num(candidates->held); i++) {
		if (!add_one(candidates, candidates->others, sk_X509_value(candidates->held, i)))
			return false;
	}
	return true;
}

/* Everything of this name: what we know comes before what was sent, so that nothing crowds it out.
 */
static bool
add_named(struct trust_candidates *candidates, const struct trust_section *section,
    const struct trust_question *question, const X509_NAME *subject)
{
	STACK_OF(X509) *extra = question->extra;
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
	return add_from_evidence(candidates, question->evidence, subject);
}

static bool
gather(struct trust_candidates *candidates, const struct trust_section *section,
    const struct trust_question *question)
{
	X509 *x509 = question->certificate->x509;
	int anchor = 0;
	int other = 0;

	if (!add_from_index(
		candidates, candidates->anchors, &section->anchors, X509_get_subject_name(x509)) ||
	    !add_named(candidates, section, question, X509_get_issuer_name(x509)))
		return false;
	while (
	    anchor < sk_X509_num(candidates->anchors) || other < sk_X509_num(candidates->others)) {
		X509 *next = anchor < sk_X509_num(candidates->anchors)
				 ? sk_X509_value(candidates->anchors, anchor++)
				 : sk_X509_value(candidates->others, other++);

		if (!add_named(candidates, section, question, X509_get_issuer_name(next)))
			return false;
	}
	return true;
}

int
trust_candidates_gather(struct trust_candidates *candidates, const struct trust_section *section,
    const struct trust_question *question, struct error *err)
{
	candidates->anchors = sk_X509_new_null();
	candidates->others = sk_X509_new_null();
	candidates->held = sk_X509_new_null();
	if (candidates->anchors == NULL || candidates->others == NULL || candidates->held == NULL ||
	    !gather(candidates, section, question))
		return error_no_memory(err);
	return 0;
}

void
trust_candidates_free(struct trust_candidates *candidates)
{
	sk_X509_free(candidates->anchors);
	sk_X509_free(candidates->others);
	sk_X509_pop_free(candidates->held, X509_free);
}
