/*
 * Carries out a message's result through libmilter, in the end-of-message callback: the only file
 * that edits mail or speaks SMTP replies.
 */
#ifndef SMIME_MILTER_APPLY_H
#define SMIME_MILTER_APPLY_H

#include <libmilter/mfapi.h>

#include "message/message.h"

/* Gives the callback's return value. Where the MTA does not take an edit, the message is recorded
 * as not applied and SMFIS_TEMPFAIL is given. */
sfsistat apply_result(SMFICTX *ctx, struct message *message, const struct message_result *result);

#endif
