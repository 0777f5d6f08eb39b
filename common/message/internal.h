/*
 * The inside of a message, shared by the files of this room only:
 *   message.c  the events and the order they come in
 *   decide.c   rules and plan
 *   gather.c   facts
 *   made.c     what the client made, from inspection to facts
 *   content.c  the body: sealing and inspecting as it streams by
 *   marks.c    warnings and results in the header
 *   outcome.c  the end: records, reply, edits
 *   signers.c  who signed it, and the sender's own digital IDs
 */
#ifndef SMIME_MESSAGE_INTERNAL_H
#define SMIME_MESSAGE_INTERNAL_H

#include "audit/audit.h"
#include "mail/entity.h"
#include "message/message.h"
#include "inspect/inspect.h"
#include "smime/seal.h"

struct message_recipient {
	struct address address;
	struct ticket *ticket;          /* NULL: not asked for, or not needed after all */
	const struct config_rule *rule; /* from the end of the header on; NULL: none */
};

/* A directory's answer is of use, beyond the message, to the cache: the question may run on this
 * long (milliseconds) while a client takes its time over the envelope. */
#define MESSAGE_QUESTION_LIFE_MS 60000

enum message_state {
	MESSAGE_ENVELOPE,
	MESSAGE_HEADER,
	MESSAGE_JOINING,
	MESSAGE_BODY,
	MESSAGE_ENDING, /* the body is complete */
	MESSAGE_ENDED,
};

struct message {
	enum message_state state;
	struct snapshot *snapshot;
	struct origin origin;
	char *user;
	char *sender_text;
	struct address sender;
	char queue_id[64];
	char reference[AUDIT_REFERENCE_SIZE];
	int64_t started_ms;
	int64_t
	    deadline_ms; /* of the tickets, from the end of the header; of the signers', from the
				end of the body */

	struct message_recipient *recipients;
	size_t recipient_count;

	struct header header;
	struct entity_type type;
	char *message_id;

	struct facts facts;
	struct facts_list gathered; /* the recipients of facts: more than the envelope's, with
				       groups */
	bool facts_complete; /* every recipient of the envelope stands in facts, with its rule */
	bool part_lost;      /* of envelope or header: what the rules say is not known for sure */
	struct plan *plan;

	struct inspect *inspect; /* the body may be encrypted already */
	const struct inspection *inspection;
	struct signers *signers;      /* NULL: none is to be judged */
	struct ticket *sender_ticket; /* for the sender's own digital IDs; NULL */
	struct seal *seal;
	struct spool *spool;
	struct buffer chunk; /* the piece in hand, line ends made CRLF */
	struct entity_crlf crlf;

	enum reason_id trouble; /* REASON_OK, or what went wrong on the way */
	char trouble_detail[512];
	struct edits edits;
	struct reply reply;
	struct message_result result;
};

/* Keeps the first trouble; err may be NULL. */
void message_trouble(struct message *message, enum reason_id reason, const struct error *err);

/* Whether any look-up, plan or seal is carried out under a rule that enforces; false: every rule
 * that matches only observes, and trouble must not stop the mail. */
bool decide_enforces(const struct message *message);

/* At the end of the header: which rule holds for each recipient. Look-ups that no rule needs after
 * all are given up, so that nobody waits for them. */
void decide_rules(struct message *message);

/* Fills facts from the rules and the tickets; a group becomes its members. 0/-1. */
MUST_CHECK int gather_facts(struct message *message, struct error *err);

/* Adds what inspection found to the facts; sender_record stands there already. 0/-1. */
MUST_CHECK int made_note(struct message *message, struct error *err);

/* Gathers facts, and makes the provisional plan. */
void decide_provisionally(struct message *message);

/* With what the body has proven to be: the plan that holds. */
void decide_finally(struct message *message);

/* Starts what the provisional plan and the header's claim call for. */
void content_start(struct message *message);
bool content_wanted(const struct message *message);
void content_write(struct message *message, const char *bytes, size_t size);

/* The body is complete: ends inspecting. Sealing is ended by outcome, if it is the plan. */
void content_inspected(struct message *message);
void content_finish_seal(struct message *message);
void content_free(struct message *message);

/* At the end of the header: asks for the sender's own digital IDs, where the body may be encrypted
 * for them, too. What comes of it is never decisive: no memory is as good as nothing published. */
void signers_ask_sender(struct message *message);
/* The body has been inspected: asks for whoever signed it. */
void signers_ask(struct message *message);
/* A ticket that is waited for; NULL: none is any more. */
struct ticket *signers_pending(const struct message *message);
/* Fills signatures and sender_record of the facts with what came by the deadline. */
void signers_note(struct message *message);
/* CAs of signers that are not trusted, for whoever decides about them. */
void signers_note_unknown(const struct message *message, time_t now);
void signers_free(struct message *message);

/* From plan and trouble to the result. */
void outcome_settle(struct message *message);

#endif
