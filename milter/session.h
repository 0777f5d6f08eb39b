/*
 * One connection of the MTA to us: whence its mail comes, and the transaction under way. Owned by
 * libmilter's context; one thread at a time, but not always the same.
 */
#ifndef SMIME_MILTER_SESSION_H
#define SMIME_MILTER_SESSION_H

#include <stdbool.h>

#include "base/compiler.h"
#include "daemon.h"
#include "message/message.h"
#include "message/origin.h"

struct session {
	struct daemon *daemon;
	struct origin origin;
	struct message *message; /* the transaction under way, or NULL */
};

/* NULL without memory. */
struct session *session_new(struct daemon *daemon, const struct sockaddr *peer);
void session_free(struct session *session); /* ends its transaction; NULL is legal */

enum session_begin {
	SESSION_OUTGOING,  /* a message has begun */
	SESSION_UNTOUCHED, /* not outgoing: leave this message alone */
	SESSION_STOPPING,  /* the daemon stops: try again later */
	SESSION_FAILED,    /* no memory */
};

/* MAIL FROM. user is the SASL login name, NULL if not authenticated. */
enum session_begin session_begin_message(
    struct session *session, const char *sender, const char *user);

/* The end of the transaction, however it ended. */
void session_end_message(struct session *session);

#endif
