/*
 * Which rule holds for a recipient. Pure.
 */
#ifndef SMIME_POLICY_RULES_H
#define SMIME_POLICY_RULES_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"
#include "mail/address.h"
#include "mail/header.h"

struct rule_match {
	const struct address *sender;
	const char *user; /* SASL login name; NULL: not authenticated */
	const struct address *recipient;
	const struct header *header; /* NULL: not known yet (at RCPT TO) */
	const bool *header_holds;    /* rules_read_header()'s; NULL: header is read each time */
};

/* For each rule of config whether the header fields meet its conditions, to holds (rule_count of
 * them): reading a header is slow, and the answer is the same for every recipient. */
MUST_CHECK int rules_read_header(
    const struct config *config, const struct header *header, bool *holds, struct error *err);

/* The first rule that matches, or NULL. header must be known. */
const struct config_rule *rules_find(const struct config *config, const struct rule_match *match);

/* At RCPT TO: whether the rule that will match may need the recipient's record: true unless every
 * rule that can still match (header fields unknown) says never, or none can. */
bool rules_may_need_lookup(const struct config *config, const struct rule_match *match);

#endif
