/*
 * What smimectl explain does with one message, for whoever has more of them.
 */
#ifndef SMIME_CTL_EXPLAIN_H
#define SMIME_CTL_EXPLAIN_H

#include "message/message.h"
#include "message_file.h"

/* Feeds the message as an MTA would, waiting where one waits, and ends it. After interrupt_came() it
 * does not wait, and the result is worth nothing. */
const struct message_result *explain_feed(struct message *message, const struct message_file *file);

#endif
