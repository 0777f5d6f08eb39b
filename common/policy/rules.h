/*
 * Which rule holds for a recipient. Pure.
 */
#ifndef SMIME_POLICY_RULES_H
#define SMIME_POLICY_RULES_H

#include <stdbool.h>

#include "config/config.h"
#include "mail/address.h"
#include "mail/header.h"

struct rule_match {
	const struct address *sender;
	const char *user; /* SASL login name; NULL: not authenticated */
	const struct address *recipient;
	const struct header *header; /* NULL: not known yet (at RCPT TO) */
};

/* The first rule that matches, or NULL. header must be known. */
const struct config_rule *rules_find(const struct config *config, const struct rule_match *match);

/* At RCPT TO: whether the rule that will match may need the recipient's record: true unless every
 * rule that can still match (header fields unknown) says never, or none can. */
bool rules_may_need_lookup(const struct config *config, const struct rule_match *match);

#endif
