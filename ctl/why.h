/* What smimectl why shows of the records of one message (why.c finds them). One thread. */
#ifndef SMIME_CTL_WHY_H
#define SMIME_CTL_WHY_H

#include <jansson.h>
#include <stdbool.h>

#include "audit/audit.h"
#include "tables/reason.h"

/* All that the records tell, for the administrator: why_print.c. */
void why_print(const json_t *records);

/* What can be forwarded to the sender, where the message was not sent: without names of servers, rules
 * and places in directories: why_forward.c. contact may be NULL. */
void why_forward(const json_t *records, const char *contact);

/* The reason of a record. NULL: none that is known here. */
const struct reason *why_reason(const json_t *record);

/* Whether the record's recipient keeps the message from being sent (or would, if observed). */
bool why_is_held(const json_t *record);

#endif
