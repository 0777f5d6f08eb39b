/* Whether one link of a chain is revoked: for the files trust_revocation.c, trust_answer.c,
 * trust_lists.c and trust_status.c alone. One thread. */
#ifndef SMIME_SMIME_TRUST_STATUS_H
#define SMIME_SMIME_TRUST_STATUS_H

#include "smime/evidence.h"
#include "smime/trust_section.h"

/* One link, what is asked about it, and what came of it. */
struct trust_link {
	const struct trust_section *section;
	const struct trust_question *question;
	STACK_OF(X509) * chain; /* up to an anchor */
	X509 *certificate;
	X509 *issuer;
	bool leaf;
	CRL_DIST_POINTS *points; /* of the certificate; NULL */
	enum { LINK_UNKNOWN, LINK_GOOD, LINK_REVOKED } status;
	bool on_hold;    /* revoked, but only for now (certificateHold) */
	bool overdue;    /* said by a list in its grace: a newer one is wanted */
	time_t until;    /* it holds so long */
	time_t renew;    /* and is to be fetched again from then on; 0: never */
	bool ahead;      /* it is wanted although it still holds */
	char words[360]; /* who said so and when; or why it isn't known */
};

/* Sets the words of a link that isn't known, unless it has some. */
void trust_link_why(struct trust_link *link, const char *format, ...) PRINTF_LIKE(2, 3);

/* Takes down that somebody (words) says it is revoked. */
void trust_link_revoked(struct trust_link *link, time_t at, int reason, const char *who);

/* Takes down how long something from this_update to `end` holds. */
void trust_link_renew(struct trust_link *link, time_t this_update, time_t end);

/* Asks the OCSP answer at hand; the CRLs at hand. */
void trust_status_by_answer(struct trust_link *link);
void trust_status_by_lists(struct trust_link *link);

/* Why a list can't be believed for who signed it (static); NULL: it can. */
const char *trust_signer_fault(const struct trust_link *link, struct crl *list);

/* Wants the CRLs that would tell, and nothing else. */
void trust_status_want_lists(struct trust_link *link);

/* Wants what would tell. Where nothing can be had for now, words say why. */
void trust_status_want(struct trust_link *link);

#endif
