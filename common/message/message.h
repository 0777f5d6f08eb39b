/*
 * One message on its way: a state machine that a front feeds with events and that never waits by
 * itself. The fronts are libmilter's callbacks, `smimectl explain` and the scenario tests.
 *
 *   message_new            MAIL FROM
 *   message_recipient      RCPT TO, each: its look-up starts
 *   message_header         each field
 *   message_end_of_headers the header is complete
 *   message_pending        the ticket still waited for, if any; the front waits, by the deadline
 *   message_join           facts → provisional plan; says whether the body is wanted
 *   message_body           each piece of the body
 *   message_end_of_body    the body is complete: its signers are judged
 *   message_pending        once more: the front waits, by a deadline of its own
 *   message_end            the plan is final: sealed or not, recorded, reply and edits are ready
 *   message_free           the only way out, at any point
 *
 * Whatever fails inside is kept as the message's trouble and decides at the end: fail closed, with
 * a reply that can be acted on. One thread at a time.
 */
#ifndef SMIME_MESSAGE_MESSAGE_H
#define SMIME_MESSAGE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "directory/resolver.h"
#include "message/edits.h"
#include "message/origin.h"
#include "message/snapshot.h"
#include "message/spool.h"
#include "policy/plan.h"
#include "policy/reply.h"

struct message;

/* Begins. Takes its own reference of the snapshot; origin and sender are copied. A sender that is
 * no valid address is kept as the null one, and said so; where a rule names senders it is trouble.
 * NULL only without memory. */
struct message *message_new(
    struct snapshot *snapshot, const struct origin *origin, const char *sender, struct error *err);

/* The MTA's name for the message, once known. Copied; NULL is ignored. */
void message_set_queue_id(struct message *message, const char *queue_id);
const char *message_queue_id(const struct message *message); /* "" if not known */

/* One more recipient. False: beyond recipients-limit, it is for the front to refuse (452 4.5.3). */
bool message_recipient(struct message *message, const char *recipient);

void message_header(struct message *message, const char *name, const char *value);

void message_end_of_headers(struct message *message);

/* A ticket that is not ready though its deadline has not passed, and that deadline
 * (clock_monotonic_ms); NULL when there is nothing to wait for. */
struct ticket *message_pending(struct message *message, int64_t *deadline_ms);

/* Whether the pieces of the body are wanted. Once, when nothing is pending. */
bool message_join(struct message *message);

/* The next piece. False: the rest is not wanted. */
bool message_body(struct message *message, const char *bytes, size_t size);

/* The body is complete: message_pending() then says what message_end() would still have to know, by
 * another `deadline`; what it doesn't know, it takes for not to be had in time. */
void message_end_of_body(struct message *message);

struct message_result {
	enum action action; /* PASS: untouched, but for edits; SEAL: edits and body; DEFER, REFUSE:
			       reply */
	enum reason_id trouble;    /* what failed and decided in the plan's place; REASON_OK */
	const struct reply *reply; /* NULL unless DEFER or REFUSE */
	const struct edits *edits; /* NULL where there are none */
	struct spool *body;        /* NULL unless SEAL */
	const char *reference;     /* of the audit records */
	const struct facts *facts; /* NULL if it never came to them */
	const struct plan *plan;   /* NULL if it never came to one */
};

/* Decides for good and writes the audit records. Once. Valid until message_free(). */
const struct message_result *message_end(struct message *message);

/* The front could not carry out the result: records that the message was deferred instead. */
void message_not_applied(struct message *message, const char *why);

/* NULL is legal. */
void message_free(struct message *message);

/* What is known of the content, for records: "plain", "signed", "smime", "pgp-mime", "enveloped" …;
 * static. */
const char *message_content(const struct message *message);

#endif
