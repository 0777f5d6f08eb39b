/*
 * The one place where text from outside (addresses, DNs, header values, server messages) is made
 * safe for a log line, an SMTP reply or a terminal. Pure functions, any thread.
 */
#ifndef SMIME_BASE_ESCAPE_H
#define SMIME_BASE_ESCAPE_H

#include <stddef.h>

#include "base/compiler.h"

enum escape_for {
	ESCAPE_LOG,      /* one line of UTF-8; controls, bidi overrides and broken UTF-8 as \xNN */
	ESCAPE_TERMINAL, /* the same */
	ESCAPE_REPLY,    /* printable US-ASCII only: others as \xNN (RFC 5321 4.2, textstring) */
};

/*
 * Writes an escaped form of text (NULL counts as empty) into out, NUL-terminated. At most
 * out_size - 1 bytes; what does not fit is cut at a whole character and marked by "...". Returns
 * out. out_size >= 4. A backslash is written twice, so that what was escaped can be told from what
 * was not.
 */
char *escape_text(enum escape_for use, const char *text, char *out, size_t out_size);

#endif
