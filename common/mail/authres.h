/*
 * The field Authentication-Results (RFC 8601): whose it says it is, and its values in writing. Any
 * thread.
 */
#ifndef SMIME_MAIL_AUTHRES_H
#define SMIME_MAIL_AUTHRES_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/compiler.h"
#include "base/error.h"

#define AUTHRES_FIELD "Authentication-Results"

/*
 * Whether the value of such a field claims to have been added by `id` (RFC 8601 2.2 and 5): its
 * authserv-id is the same domain without regard to case, final dot or form of an international one,
 * whatever comments, folds, quotes and version stand around it. What can't be read, but names it, claims
 * it too: software that reads it differently must not be fooled. *no_memory is set where that could not
 * be found out.
 */
bool authres_claims(const char *value, const char *id, bool *no_memory);

/* Appends a text from outside as a value: a token as it is, an address of plain characters, too, all
 * else quoted and in ASCII (ESCAPE_REPLY); cut to `most` bytes, 1000 at most. */
MUST_CHECK int authres_value(struct buffer *out, const char *text, size_t most, struct error *err);

#endif
