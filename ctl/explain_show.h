/*
 * What smimectl explain shows of the decision on a message. One thread.
 */
#ifndef SMIME_CTL_EXPLAIN_SHOW_H
#define SMIME_CTL_EXPLAIN_SHOW_H

#include "message/message.h"

/* For people. */
void explain_show(const struct message *message, const struct message_result *result);

/* As one line of JSON. */
void explain_show_json(const struct message *message, const struct message_result *result);

#endif
