/* What an OCSP answer says of a link. */
#include <stdio.h>

#include "base/clock.h"
#include "smime/trust_status.h"

static void
take(struct trust_link *link, const struct ocsp_says *says)
{
	char date[CLOCK_TEXT_SIZE];
	char who[220];

	clock_format_rfc3339(says->this_update, date);
	snprintf(who, sizeof(who), "the OCSP responder \"%.120s\" on %s", says->responder, date);
	switch (says->status) {
	case STATUS_GOOD:
		link->status = LINK_GOOD;
		snprintf(link->words, sizeof(link->words), "not revoked, says %s", who);
		break;
	case STATUS_REVOKED:
		trust_link_revoked(link, says->revoked_at, says->reason, who);
		break;
	case STATUS_UNKNOWN:
		trust_link_why(link, "%s does not know the certificate", who);
		return;
	}
	link->until = says->until + OCSP_SKEW;
	trust_link_renew(link, says->this_update, says->until);
}

/* Revoked is for ever, but for what is only on hold: an answer that has expired still says so. */
static bool
is_for_ever(const struct ocsp_says *says)
{
	return says->status == STATUS_REVOKED && says->reason != CRL_REASON_CERTIFICATE_HOLD;
}

/* The chain above the link, with another certificate at its end; NULL without memory. */
static STACK_OF(X509) * chain_of(const struct trust_link *link, X509 *certificate)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	bool above = false;
	int i;

	if (chain == NULL || !sk_X509_push(chain, certificate))
		goto fail;
	for (i = 0; i < sk_X509_num(link->chain); i++) {
		X509 *x509 = sk_X509_value(link->chain, i);

		if (above && !sk_X509_push(chain, x509))
			goto fail;
		above |= x509 == link->certificate;
	}
	return chain;
fail:
	sk_X509_free(chain);
	return NULL;
}

/* What CRLs say of whom the issuer certified to answer; what isn't known is wanted. */
static void
check_delegate(
    const struct trust_link *link, const struct ocsp_says *says, struct trust_link *delegate)
{
	*delegate = (struct trust_link){.section = link->section,
	    .question = link->question,
	    .chain = chain_of(link, says->delegate),
	    .certificate = says->delegate,
	    .issuer = link->issuer,
	    .leaf = true,
	    .points = crl_points(says->delegate)};
	if (delegate->chain == NULL)
		return;
	trust_status_by_lists(delegate);
	if (!says->no_check && (delegate->status == LINK_UNKNOWN || delegate->overdue))
		trust_status_want_lists(delegate);
	sk_X509_free(delegate->chain);
	CRL_DIST_POINTS_free(delegate->points);
	delegate->chain = NULL;
	delegate->points = NULL;
}

/*
 * Whether an answer counts, for who signed it (RFC 6960 4.2.2.2.1): not if he is revoked. Where nobody
 * knows, and his certificate doesn't say that it need not be looked up, "good" counts as an unknown
 * status does in this section, and "revoked" always.
 */
static bool
may_answer(struct trust_link *link, const struct ocsp_says *says, time_t *until)
{
	struct trust_link delegate;
	bool unknown;

	*until = 0;
	if (says->delegate == NULL)
		return true;
	check_delegate(link, says, &delegate);
	if (delegate.status == LINK_GOOD && !says->no_check)
		*until = delegate.until;
	unknown = delegate.status == LINK_UNKNOWN && !says->no_check &&
		  link->section->revocation == REVOCATION_HARD && says->status != STATUS_REVOKED;
	if (!unknown && delegate.status != LINK_REVOKED)
		return true;
	trust_link_why(link, "the OCSP answer does not count: its signer \"%.100s\" %s%.180s",
	    says->responder, unknown ? "may be revoked: " : "was ",
	    unknown && delegate.words[0] == '\0' ? "no CRL is at hand" : delegate.words);
	return false;
}

static void
take_for(struct trust_link *link, const struct ocsp_says *says)
{
	time_t until;

	if (!may_answer(link, says, &until))
		return;
	take(link, says);
	if (until != 0 && until < link->until)
		link->until = until;
}

void
trust_status_by_answer(struct trust_link *link)
{
	struct error err = ERROR_INIT;
	struct ocsp_answer *answer;
	struct ocsp_says says;
	char id[OCSP_ID_SIZE];

	if (ocsp_id(link->certificate, link->issuer, id, &err) != 0)
		return;
	answer = evidence_answer(link->question->evidence, id);
	if (answer == NULL)
		return;
	if (ocsp_check(answer, link->certificate, link->issuer, link->question->at,
		link->section->min_strength, &says, &err) == 0) {
		take_for(link, &says);
	} else if (err.code == ERROR_LIMIT && is_for_ever(&says)) {
		take_for(link, &says);
		link->until = 0;
	} else {
		trust_link_why(link, "the OCSP answer does not count: %.150s", err.text);
	}
	ocsp_unref(answer);
}
