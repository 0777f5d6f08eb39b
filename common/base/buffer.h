/*
 * A growing run of bytes with a limit, owned by whoever declared it. Not for sharing between
 * threads. data is always followed by a NUL that size does not count, so that text can be handed to
 * functions that want a string.
 */
#ifndef SMIME_BASE_BUFFER_H
#define SMIME_BASE_BUFFER_H

#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"

struct buffer {
	char *data;   /* never NULL after the first successful append */
	size_t size;  /* bytes in use */
	size_t room;  /* bytes allocated */
	size_t limit; /* size never exceeds this; 0 means BUFFER_LIMIT_DEFAULT */
};

#define BUFFER_LIMIT_DEFAULT ((size_t)64 << 20)
#define BUFFER_INIT           \
	{                     \
		NULL, 0, 0, 0 \
	}

/* Appends size bytes. ERROR_LIMIT beyond the limit, ERROR_TEMPORARY without memory; then unchanged.
 */
MUST_CHECK int buffer_append(
    struct buffer *buffer, const void *bytes, size_t size, struct error *err);

/* Appends a NUL-terminated text. */
MUST_CHECK int buffer_append_text(struct buffer *buffer, const char *text, struct error *err);

/* Appends formatted text. */
MUST_CHECK int buffer_append_format(
    struct buffer *buffer, struct error *err, const char *format, ...) PRINTF_LIKE(3, 4);

/* Forgets the contents, keeps the memory. */
void buffer_clear(struct buffer *buffer);

/* Takes bytes away from the front; size is at most buffer->size. */
void buffer_consume(struct buffer *buffer, size_t size);

/* Gives the contents, NUL-terminated, to the caller (free()) and leaves the buffer empty. NULL only
 * if memory ran out. */
char *buffer_take(struct buffer *buffer);

/* Frees the contents; the buffer can be used again. */
void buffer_free(struct buffer *buffer);

#endif
