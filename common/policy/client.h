/*
 * What is to be said, for one recipient, of what the client encrypted: the cipher, and for whom it is.
 * Internal to the policy room. Pure.
 */
#ifndef SMIME_POLICY_CLIENT_H
#define SMIME_POLICY_CLIENT_H

#include "base/compiler.h"
#include "base/error.h"
#include "policy/facts.h"
#include "policy/finding.h"
#include "policy/standing.h"

/* The first digital ID that can be used and that a recipient info is for; NULL: none. */
const struct digital_id *client_addressed(const struct facts_recipient *who);

/* Each adds what it finds, if anything. ERROR_TEMPORARY. */
MUST_CHECK int client_find_cipher(const struct facts *facts, const struct standing *standing,
    struct findings_list *list, struct error *err);

/* Only where there are digital IDs to compare with, or a directory answered that there are none that
 * can be read. */
MUST_CHECK int client_find_address(const struct facts_recipient *who,
    const struct standing *standing, struct findings_list *list, struct error *err);

/* All of them, as far as the rule looks: for a message that is not encrypted as a whole. */
MUST_CHECK int client_find_all(const struct facts *facts, const struct facts_recipient *who,
    const struct standing *standing, struct findings_list *list, struct error *err);

#endif
