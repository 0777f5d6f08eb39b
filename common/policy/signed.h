/*
 * What is to be said of the client's signatures, by facts alone: the same for all recipients, whose
 * rules then weigh it. Pure.
 */
#ifndef SMIME_POLICY_SIGNED_H
#define SMIME_POLICY_SIGNED_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/error.h"
#include "policy/facts.h"
#include "policy/finding.h"

/*
 * Adds what is wrong with each signature: with itself, or, where it is good, with what it covers, with
 * the signer's certificate, and whose it is. Of those within a forwarded message nothing. Of one reason
 * FINDINGS_OF_REASON_MAX are kept. ERROR_TEMPORARY.
 */
MUST_CHECK int signed_find(
    const struct facts *facts, struct findings_list *list, struct error *err);

/* What one signature is worth: the gravest reason against it, or REASON_OK. */
enum reason_id signed_worth(const struct facts *facts, const struct facts_signature *signature);

/* Whether `then` was judged: the certificate is not valid now, and it is said when it signed. */
bool signed_then_is_known(const struct facts_signature *signature);

/* Whether it stands, at any depth, within a forwarded message: somebody else's business. */
bool signed_is_forwarded(const struct facts *facts, const struct facts_signature *signature);

#endif
