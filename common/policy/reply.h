/*
 * The SMTP reply to a refusal or deferral, for people: the first line says it all, then each
 * recipient concerned with certificate, reason, advice and the reference. The members of a group
 * count as recipients, and are named with the group. Pure.
 */
#ifndef SMIME_POLICY_REPLY_H
#define SMIME_POLICY_REPLY_H

#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"
#include "policy/plan.h"

/* smfi_setmlreply takes 32 lines of 980 bytes; ours stay well below RFC 5321's 512 with the code.
 */
#define REPLY_LINES_MAX 32
#define REPLY_LINE_SIZE 400

struct reply {
	char code[4];     /* "550" */
	char enhanced[8]; /* "5.7.5" */
	size_t line_count;
	char lines[REPLY_LINES_MAX][REPLY_LINE_SIZE]; /* printable US-ASCII; '%' not doubled */
};

/*
 * For a plan whose would is REFUSE or DEFER. reference: of the audit records. Lines: what is wrong
 * with the recipient that decided, and how many more are concerned; up to six of those concerned,
 * each with reason, certificate (in use and published, where it was superseded; the signer's, with the
 * signature), detail and (once a reason) advice; how many more; the
 * configuration's contact, unless ""; last the reference. No line is empty. A plan that neither
 * refuses nor defers is answered as REASON_INTERNAL_ERROR.
 */
void reply_write(
    const struct facts *facts, const struct plan *plan, const char *reference, struct reply *reply);

/* For trouble that has no plan (REASON_SPOOL_FULL, REASON_INTERNAL_ERROR …). config, detail and
 * reference may be NULL. A reason without an SMTP code gets REASON_INTERNAL_ERROR's reply. */
void reply_write_trouble(const struct config *config, enum reason_id reason, const char *detail,
    const char *reference, struct reply *reply);

#endif
