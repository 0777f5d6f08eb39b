/*
 * What smimectl explain shows of what the client made: layers, whom they are for, signatures and their
 * signers, and what the rules only warn of. One thread.
 */
#ifndef SMIME_CTL_EXPLAIN_MADE_H
#define SMIME_CTL_EXPLAIN_MADE_H

#include <jansson.h>

#include "message/message.h"

/* Adds the keys layers, envelope and signatures, as the audit record has them. */
void explain_made_json(json_t *json, const struct message_result *result);

/* Adds the keys in_use and warnings of a recipient. */
void explain_made_recipient_json(json_t *json, const struct message_result *result, size_t index);

/* The same for people. */
void explain_made_print(const struct message_result *result);
void explain_made_recipient_print(const struct message_result *result, size_t index);

#endif
