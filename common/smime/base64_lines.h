/*
 * Base64 with CRLF line ends (RFC 2045 6.8), written to a sink many lines at a time. Holds less
 * than one line. Owned by whoever declared it, with sink and context set and the rest zero; one
 * thread at a time.
 */
#ifndef SMIME_SMIME_BASE64_LINES_H
#define SMIME_SMIME_BASE64_LINES_H

#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"

/* Lines of 76 characters, the most that RFC 2045 6.8 allows. */
#define BASE64_LINE_BYTES 57
#define BASE64_LINE_TEXT 76

/* Takes the text; 0, or -1 with err. */
typedef int base64_sink(void *context, const char *bytes, size_t size, struct error *err);

struct base64_lines {
	base64_sink *sink;
	void *context;
	unsigned char line[BASE64_LINE_BYTES]; /* the line begun */
	size_t size;
};

/* Encodes the next bytes. The sink's -1 is the only error; then it can't go on. */
MUST_CHECK int base64_lines_write(
    struct base64_lines *lines, const unsigned char *bytes, size_t size, struct error *err);

/* Writes the last line, padded, if there is one begun. */
MUST_CHECK int base64_lines_finish(struct base64_lines *lines, struct error *err);

#endif
