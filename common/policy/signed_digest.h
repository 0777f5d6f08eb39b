/*
 * How strong the digest of a signature must be. Internal to the policy room. Pure.
 */
#ifndef SMIME_POLICY_SIGNED_DIGEST_H
#define SMIME_POLICY_SIGNED_DIGEST_H

#include "config/config.h"
#include "smime/certificate.h"

/* In bits of work, as signature_strength(): what min-digest of the trust sections for the domains of
 * the signer's certificate (may be NULL) asks. Which of them led to the anchor is not known here, so it
 * is the least that one of them asks; and never less than is safe. */
int signed_digest_strength(const struct config *config, const struct certificate *certificate);

#endif
