/*
 * The signer of a message that the mail client signed, judged by what judges recipients, so that the
 * record, its evidence and what is written of it are alike. What is asked is copied, as the answer
 * may outlive whoever asked. Immutable; any thread.
 */
#ifndef SMIME_SMIME_SIGNER_H
#define SMIME_SMIME_SIGNER_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/compiler.h"
#include "base/error.h"
#include "mail/address.h"
#include "smime/certificate.h"
#include "smime/recipient.h"
#include "smime/trust.h"

/* All is borrowed. */
struct signer_question {
	const struct certificate *certificate; /* the signer's */
	struct certificate *const
	    *others; /* that came with the message: chains are built of them */
	size_t other_count;
	const struct address *addresses; /* of From, then of Sender; there may be none */
	size_t address_count;
	time_t signing_time; /* as the signer says; 0: not said */
};

struct signer;

/* The first of the addresses that the certificate names; NULL: it names none of them. */
const struct address *signer_match(const struct signer_question *question, bool exact_local);

/* NULL without memory. */
struct signer *signer_new(
    const struct signer_question *question, bool exact_local, struct error *err);
void signer_free(struct signer *signer);

/* The address that the signer is judged for: the one that matches, else the first of them; the null
 * one where there is none. Its domain chooses the trust sections. */
const struct address *signer_address(const struct signer *signer);

/* By what means and as of when a signer is judged. All is borrowed. */
struct signer_means {
	time_t at;
	struct evidence *evidence; /* what was fetched; NULL: nothing */
	struct wants *wants;       /* what would tell more is added; NULL: nobody fetches */
	int *effort; /* what it may cost, and then what is left (trust.h); NULL: TRUST_EFFORT_MAX */
};

/*
 * A record with the signer's certificate as its digital ID, judged for TRUST_SIGN as of `at`. Where it
 * has expired or is not yet valid, and a signing time is said, a second digital ID is the same
 * certificate as of then (what CRLs and OCSP say of that time only as far as it is at hand). An
 * issuer is never fetched: who sends mail must not make us ask. NULL only for ERROR_TEMPORARY or
 * ERROR_INTERNAL.
 */
struct recipient *signer_judge(const struct trust *trust, const struct signer *signer,
    const struct signer_means *means, struct error *err);

#endif
