/*
 * What a message that leaves is marked with, beside what sealing does to its header: warnings, and the
 * result of checking its signatures. Internal to this room.
 */
#ifndef SMIME_MESSAGE_MARKS_H
#define SMIME_MESSAGE_MARKS_H

#include "base/compiler.h"
#include "base/error.h"
#include "message/edits.h"
#include "policy/plan.h"

/*
 * Edits by the settings warning-header, authentication-results and authserv-id: fields that only we may
 * write are removed, wherever they come from; ours are put in. Warnings are those of recipients whose
 * rules enforce, each reason once; a field names no recipient, as all of them see it. 0/-1.
 */
MUST_CHECK int marks_add(struct edits *edits, const struct header *header,
    const struct facts *facts, const struct plan *plan, struct error *err);

#endif
