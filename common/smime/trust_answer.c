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
		take(link, &says);
	} else if (err.code == ERROR_LIMIT && is_for_ever(&says)) {
		take(link, &says);
		link->until = 0;
	} else {
		trust_link_why(link, "the OCSP answer does not count: %.150s", err.text);
	}
	ocsp_unref(answer);
}
