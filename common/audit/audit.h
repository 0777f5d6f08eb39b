/*
 * The audit record: one JSON object a line and recipient, without message content, and its writer.
 * The writer is shared by all threads of the daemon.
 */
#ifndef SMIME_AUDIT_AUDIT_H
#define SMIME_AUDIT_AUDIT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"
#include "policy/plan.h"

#define AUDIT_SCHEMA 1
#define AUDIT_REFERENCE_SIZE 17

/* What is known of the message beside facts and plan. Strings borrowed; NULL: not known. */
struct audit_message {
	const char *reference;
	const char *queue_id;
	const char *message_id;
	const char *sender;
	const char *user;
	const char *client;     /* address of the peer */
	const char *content;    /* "plain", "enveloped", "pgp-mime" … */
	int64_t duration_ms;    /* from MAIL FROM to the decision */
	enum reason_id trouble; /* REASON_OK; else why the message was deferred or refused without
				   or against its plan (spool full, internal error …) */
	const char *trouble_detail;
};

/* Writes a fresh random reference (16 characters, letters and digits that can be read aloud). */
void audit_reference(char reference[AUDIT_REFERENCE_SIZE]);

/* The record of one recipient (json_decref()). plan may be NULL: message->trouble then decides.
 * NULL only without memory. */
json_t *audit_record(const struct audit_message *message, const struct facts *facts,
    const struct plan *plan, size_t recipient);

/* The JSON of DESIGN §8: shared by audit, `smimectl check` and `explain`. New references. */
json_t *audit_digital_id_json(const struct digital_id *digital_id);
json_t *audit_fallback_json(const struct cipher *const fallback[CLIENT_COUNT]);

struct audit;

/* Opens the sinks of the configuration. The file is created 0640. NULL on error. */
struct audit *audit_open(const struct config *config, struct error *err);

/* Writes the records of all recipients, whole lines, all or (on error) reported: the file is opened
 * again where it was moved away. ERROR_TEMPORARY when the file could not be written. */
MUST_CHECK int audit_write(struct audit *audit, const struct audit_message *message,
    const struct facts *facts, const struct plan *plan, struct error *err);

void audit_free(struct audit *audit);

#endif
