/*
 * Who may have signed a CRL (RFC 5280 6.3.3 (f)): a CA of its issuer's name above the certificate, or,
 * where a CA signs CRLs with a key of its own or leaves them to another, whoever has that name and a
 * chain to the same anchor.
 */
#include <openssl/x509v3.h>

#include "smime/trust_status.h"

/* Certificates whose chains are built for one list: a CA has one or two keys for CRLs. */
#define SIGNERS_MAX 4

static bool
has_signed(X509 *signer, struct crl *list, const char **why)
{
	const char *fault = NULL;

	if ((X509_get_key_usage(signer) & KU_CRL_SIGN) == 0)
		fault = "its issuer may not sign CRLs by its key usage";
	else if (!crl_is_signed_by(list, signer))
		fault = "it is not signed by the key of its issuer";
	if (*why == NULL)
		*why = fault;
	return fault == NULL;
}

static bool
is_named(X509 *x509, const struct crl *list)
{
	return X509_NAME_cmp(X509_get_subject_name(x509), crl_issuer(list)) == 0;
}

/* Those above the certificate: nobody says of himself that he is not revoked. */
static bool
is_signed_in_chain(const struct trust_link *link, struct crl *list, const char **why)
{
	bool above = false;
	int i;

	for (i = 0; i < sk_X509_num(link->chain); i++) {
		X509 *x509 = sk_X509_value(link->chain, i);

		if (above && is_named(x509, list) && has_signed(x509, list, why)) {
			crl_vouch(list, x509, CRL_BELIEVED);
			return true;
		}
		above |= x509 == link->certificate;
	}
	return false;
}

/* For a list of another issuer, which the certificate itself names. */
static bool
is_signed_by_anchor(const struct trust_link *link, struct crl *list, const char **why)
{
	const struct trust_index *anchors = &link->section->anchors;
	size_t first;
	size_t count = trust_index_find(anchors, crl_issuer(list), &first);
	size_t i;

	if (is_named(link->issuer, list))
		return false;
	for (i = first; i < first + count; i++) {
		if (has_signed(anchors->items[i], list, why)) {
			crl_vouch(list, anchors->items[i], CRL_BELIEVED);
			return true;
		}
	}
	return false;
}

/* Whether a chain leads from the signer to the anchor of this one, and nothing of it is revoked,
 * as far as lists say that need no such search themselves. */
static bool
reaches_anchor(const struct trust_link *link, X509 *signer)
{
	static const struct trust none = {0};
	X509 *anchor = sk_X509_value(link->chain, sk_X509_num(link->chain) - 1);
	struct trust_section section = *link->section;
	struct trust_question question = *link->question;
	struct certificate *certificate = certificate_from_x509(signer, NULL);
	struct trust_verdict verdict = {.reason = REASON_OK, .failed_depth = -1};
	bool reached;

	if (certificate == NULL)
		return false;
	section.anchors = (struct trust_index){&anchor, 1};
	section.policy_count = 0;
	section.signers_in_chain_only = true;
	question.certificate = certificate;
	reached = trust_chain_verify(&none, &section, &question, &verdict, NULL) == 0 &&
		  verdict.reason == REASON_OK;
	trust_verdict_clear(&verdict);
	certificate_unref(certificate);
	return reached;
}

/* Everybody of the list's issuer's name that is known, as references. False without memory. */
static bool
gather(const struct trust_link *link, const struct crl *list, STACK_OF(X509) * signers)
{
	const struct trust_index *known = &link->section->intermediates;
	STACK_OF(X509) *extra = link->question->extra;
	size_t first;
	size_t count = trust_index_find(known, crl_issuer(list), &first);
	size_t i;
	int k;

	for (i = first; i < first + count; i++) {
		if (!X509_add_cert(signers, known->items[i], X509_ADD_FLAG_UP_REF))
			return false;
	}
	for (k = 0; k < sk_X509_num(extra); k++) {
		X509 *x509 = sk_X509_value(extra, k);

		if (is_named(x509, list) && !X509_add_cert(signers, x509, X509_ADD_FLAG_UP_REF))
			return false;
	}
	return link->question->evidence == NULL ||
	       evidence_certificates(link->question->evidence, crl_issuer(list), signers) == 0;
}

static bool
is_signed_elsewhere(const struct trust_link *link, struct crl *list, const char **why)
{
	STACK_OF(X509) *signers = sk_X509_new_null();
	bool found = false;
	int tried = 0;
	int i;

	if (signers == NULL || !gather(link, list, signers)) {
		sk_X509_pop_free(signers, X509_free);
		return false;
	}
	for (i = 0; i < sk_X509_num(signers) && !found && tried < SIGNERS_MAX; i++) {
		X509 *signer = sk_X509_value(signers, i);

		if (X509_cmp(signer, link->certificate) == 0 || !has_signed(signer, list, why))
			continue;
		tried++;
		found = reaches_anchor(link, signer);
		if (found)
			crl_vouch(list, signer, CRL_BELIEVED);
	}
	sk_X509_pop_free(signers, X509_free);
	if (tried > 0 && !found)
		*why = "who issued it is not trusted, or revoked";
	return found;
}

const char *
trust_signer_fault(const struct trust_link *link, struct crl *list)
{
	const char *digest;
	const char *why = NULL;

	if (crl_strength(list, &digest) < link->section->min_strength)
		return "it is signed with too weak a digest";
	if (is_signed_in_chain(link, list, &why) || is_signed_by_anchor(link, list, &why))
		return NULL;
	if (!link->section->signers_in_chain_only && is_signed_elsewhere(link, list, &why))
		return NULL;
	return why != NULL ? why : "it is an indirect one, and who issued it is not trusted";
}
