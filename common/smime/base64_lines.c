#include "smime/base64_lines.h"

#include <openssl/evp.h>
#include <string.h>

/* What the sink gets at once: about 5 KB. */
#define LINES_AT_ONCE 64
#define LINE_SIZE (BASE64_LINE_TEXT + 2)

/* Writes one line and its line end (and a NUL behind it); returns what follows it. */
static char *
put_line(char *at, const unsigned char *bytes, size_t size)
{
	at += EVP_EncodeBlock((unsigned char *)at, bytes, (int)size);
	*at++ = '\r';
	*at++ = '\n';
	return at;
}

/* Writes the line begun, whole or the last. */
static int
end_line(struct base64_lines *lines, struct error *err)
{
	char text[LINE_SIZE + 1];
	char *end = put_line(text, lines->line, lines->size);

	lines->size = 0;
	return lines->sink(lines->context, text, (size_t)(end - text), err);
}

/* Adds to the line begun as much as it takes, and writes it if that makes it whole. */
static int
fill_line(struct base64_lines *lines, const unsigned char *bytes, size_t size, size_t *used,
    struct error *err)
{
	*used = BASE64_LINE_BYTES - lines->size;
	if (*used > size)
		*used = size;
	memcpy(lines->line + lines->size, bytes, *used);
	lines->size += *used;
	return lines->size < BASE64_LINE_BYTES ? 0 : end_line(lines, err);
}

/* Writes whole lines straight from the bytes, as many as go at once. */
static int
put_lines(struct base64_lines *lines, const unsigned char *bytes, size_t size, size_t *used,
    struct error *err)
{
	char text[LINES_AT_ONCE * LINE_SIZE + 1];
	char *at = text;
	size_t i;

	for (i = 0; i < LINES_AT_ONCE && size - i * BASE64_LINE_BYTES >= BASE64_LINE_BYTES; i++)
		at = put_line(at, bytes + i * BASE64_LINE_BYTES, BASE64_LINE_BYTES);
	*used = i * BASE64_LINE_BYTES;
	return lines->sink(lines->context, text, (size_t)(at - text), err);
}

int
base64_lines_write(
    struct base64_lines *lines, const unsigned char *bytes, size_t size, struct error *err)
{
	size_t used;
	int result;

	for (; size > 0; bytes += used, size -= used) {
		if (lines->size > 0 || size < BASE64_LINE_BYTES)
			result = fill_line(lines, bytes, size, &used, err);
		else
			result = put_lines(lines, bytes, size, &used, err);
		if (result == -1)
			return -1;
	}
	return 0;
}

int
base64_lines_finish(struct base64_lines *lines, struct error *err)
{
	return lines->size == 0 ? 0 : end_line(lines, err);
}
