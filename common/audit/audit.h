/*
 * The audit record: one JSON object a line and recipient, without message content, and its writer.
 * The writer is shared by all threads of the daemon.
 *
 * Keys of a record, all always there unless said; what is not known is null:
 *   schema            AUDIT_SCHEMA; grows when a key changes its meaning or goes away
 *   time              RFC 3339, UTC, milliseconds
 *   event             "decision"
 *   reference, queue_id, message_id, sender, user, client, content
 *   recipient, rule   rule: null where none matches
 *   group             the recipient of the envelope where that is a mail group and `recipient` one
 *                     of its members (its own address again, for a member without one: detail names
 *                     it then); else null
 *   mode              "enforce" or "observe", of the rule (or of the top level)
 *   action            what was done with the message: "pass", "seal", "defer", "refuse"
 *   would             only with mode observe: what the rule would have led to
 *   reason            the code; where trouble overrode the plan, the trouble's
 *   trust_failure     true or false
 *   detail            in words
 *   cipher            that the message is (or would be) encrypted with, here or by the client
 *   cipher_strength   of that, in bits
 *   best_cipher       the best for this recipient alone
 *   capabilities      {from, ciphers[]}: what best_cipher rests on
 *   fallback          {"outlook-2002", "outlook-2003", "outlook-2016"}: what clients would have used
 *   digital_id        the one that the reason speaks of: {directory, dn, attribute, subject, issuer,
 *                     serial, sha256, not_before, not_after, verdict, detail, revocation
 *                     ("off", "good", "unknown", "revoked"), revocation_detail (who said so and
 *                     when, or why nobody did), failed {depth, subject, issuer, not_before,
 *                     not_after} or null}
 *   digital_ids       all that were considered, in brief, up to AUDIT_DIGITAL_IDS_MAX:
 *                     [{attribute, serial, sha256, not_after, verdict, stale, sealed}]
 *   digital_ids_left_out  how many more there were; only if any
 *   layers            what the client made, in the order it begins, up to AUDIT_LAYERS_MAX: [{type
 *                     ("enveloped", "signed", "clear-signed" …), place ("whole", "among-text",
 *                     "among-parts", "forwarded"), parent (index of the layer that it is in, or
 *                     null), part (its MIME part), cipher, cipher_text (for people, or the object
 *                     identifier), recipients (how many infos), transports (of these, by name),
 *                     signatures (how many), detail}]
 *   layers_left_out   how many more there were; only if any
 *   envelope          of the layer whose recipients were compared, or null: {cipher, recipients,
 *                     transports, unclaimed (infos for nobody's published certificate: another's,
 *                     the sender's own, a shared key's; null where nobody was looked up),
 *                     sender_addressed}
 *   in_use            reason superseded-certificate: the certificate that the client used, {issuer,
 *                     serial, transport}; digital_id is the one published. Else null
 *   signatures        up to AUDIT_SIGNATURES_MAX: [{part, state ("good", "bad", "unverifiable",
 *                     "no-certificate", "malformed"), detail, worth (the gravest reason against it,
 *                     "ok"), digest, algorithm, signing_time, then (the verdict at that time on
 *                     a signer whose certificate is not valid now; else null), covers_all,
 *                     forwarded, address_matches, unavailable, signer (as audit_digital_id_json(),
 *                     or its certificate alone, or what names it)}]
 *   signatures_left_out  how many more there were; only if any
 *   warnings          findings that the rule only warns of, up to AUDIT_WARNINGS_MAX: [{reason,
 *                     detail}]
 *   stale             whether a stale digital ID stands beside a better one
 *   stale_if_error    whether what had been found earlier served beyond its lifetime, because no
 *                     server could be asked
 *   lookup            notes on the look-up in words: that, why no directory could be asked, what
 *                     was left out
 *   duration_ms
 *   file_failed       true, only in syslog: the audit file could not be written, and lacks the record
 *   brief             true, only in syslog: what else the record holds is in the file alone
 */
#ifndef SMIME_AUDIT_AUDIT_H
#define SMIME_AUDIT_AUDIT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"
#include "policy/plan.h"

#define AUDIT_SCHEMA 1
#define AUDIT_REFERENCE_SIZE 17

/* A directory may publish a hundred for one address; a line should stay readable. */
#define AUDIT_DIGITAL_IDS_MAX 20

/* Real messages have one to three layers, one signature, and hardly ever a warning: each stands in the
 * record of every recipient. */
#define AUDIT_LAYERS_MAX 10
#define AUDIT_SIGNATURES_MAX 3
#define AUDIT_WARNINGS_MAX 8

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

/* A reference as people write it: in small letters, with spaces or hyphens, I and L for 1, O for 0.
 * false: it is none. */
bool audit_reference_parse(const char *text, char reference[AUDIT_REFERENCE_SIZE]);

/* The record of one recipient (json_decref()). plan may be NULL: message->trouble then decides
 * (REASON_OK counts as REASON_INTERNAL_ERROR). facts may be NULL then, too: nothing is said of the
 * recipient. NULL only without memory. */
json_t *audit_record(const struct audit_message *message, const struct facts *facts,
    const struct plan *plan, size_t recipient);

/*
 * What the record and smimectl's commands say in the same way. New references; NULL only without
 * memory.
 *   {source {directory, dn, attribute}, certificate {subject, issuer, serial, sha256, not_before,
 *    not_after} or null, capabilities {from, ciphers[]}, verdict, detail, stale, preferred,
 *    revocation, revocation_detail, failed {depth, subject, issuer, not_before, not_after} or null}
 */
json_t *audit_digital_id_json(const struct digital_id *digital_id);
/* All of a record, which may be NULL. */
json_t *audit_digital_ids_json(const struct recipient *record);
json_t *audit_capabilities_json(const struct capabilities *capabilities);
/* An object with a cipher's name, or null, for each client. */
json_t *audit_fallback_json(const struct cipher *const fallback[CLIENT_COUNT]);

/* What the client made, as the record has it under these keys; facts, plan and told may be NULL. */
json_t *audit_layers_json(const struct facts *facts);
json_t *audit_envelope_json(const struct facts *facts);
json_t *audit_signatures_json(const struct facts *facts);
json_t *audit_in_use_json(const struct plan_recipient *told);
json_t *audit_warnings_json(const struct facts *facts, const struct plan *plan, size_t recipient);

/* {section, domains[], origin, subject, issuer, serial, sha256, not_before, not_after} */
struct trust_anchor;
json_t *audit_anchor_json(const struct trust_anchor *anchor);

/* Text from outside as a JSON string, null for NULL. What is not UTF-8 is escaped (ESCAPE_LOG);
 * what is longer than AUDIT_TEXT_MAX bytes is cut and ends in "...". */
#define AUDIT_TEXT_MAX 2048
json_t *audit_text_json(const char *text);

struct audit;

/* Opens the sinks of the configuration. The file is created 0640. NULL on error. */
struct audit *audit_open(const struct config *config, struct error *err);

/*
 * Writes the records of all recipients (with no recipients, or facts NULL: one record of the
 * message). To the file: whole lines, one write() for up to AUDIT_BATCH of them, so that lines of
 * several writers never mix; it is opened again where it was moved away or removed. ERROR_TEMPORARY
 * when the file could not be written: what was written in part is taken back, or else ended, so
 * that the next record stands on a line of its own; the lines of earlier batches stay. Nothing is
 * synced to the disk. To syslog: one line each, whether the file could be written or not; lines too
 * long for it (AUDIT_SYSLOG_MAX) in a brief form. Syslog can't report failures.
 */
#define AUDIT_BATCH 256
#define AUDIT_SYSLOG_MAX 8000 /* rsyslog takes 8 KB by default, its own header included */
MUST_CHECK int audit_write(struct audit *audit, const struct audit_message *message,
    const struct facts *facts, const struct plan *plan, struct error *err);

void audit_free(struct audit *audit);

#endif
