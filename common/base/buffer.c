#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t
limit_of(const struct buffer *buffer)
{
	return buffer->limit != 0 ? buffer->limit : BUFFER_LIMIT_DEFAULT;
}

static int
reserve(struct buffer *buffer, size_t more, struct error *err)
{
	size_t need;
	size_t room;
	char *data;

	if (more > limit_of(buffer) - buffer->size)
		return error_set(err, ERROR_LIMIT, "more than %zu bytes", limit_of(buffer));
	need = buffer->size + more + 1;
	if (need <= buffer->room)
		return 0;
	room = buffer->room < 64 ? 64 : buffer->room * 2;
	if (room < need)
		room = need;
	data = realloc(buffer->data, room);
	if (data == NULL)
		return error_no_memory(err);
	buffer->data = data;
	buffer->room = room;
	return 0;
}

int
buffer_append(struct buffer *buffer, const void *bytes, size_t size, struct error *err)
{
	if (reserve(buffer, size, err) != 0)
		return -1;
	if (size > 0)
		memcpy(buffer->data + buffer->size, bytes, size);
	buffer->size += size;
	buffer->data[buffer->size] = '\0';
	return 0;
}

int
buffer_append_text(struct buffer *buffer, const char *text, struct error *err)
{
	return buffer_append(buffer, text, strlen(text), err);
}

int
buffer_append_format(struct buffer *buffer, struct error *err, const char *format, ...)
{
	va_list args;
	int size;

	va_start(args, format);
	size = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (size < 0)
		return error_set(err, ERROR_INTERNAL, "can't format text");
	if (reserve(buffer, (size_t)size, err) != 0)
		return -1;
	va_start(args, format);
	vsnprintf(buffer->data + buffer->size, (size_t)size + 1, format, args);
	va_end(args);
	buffer->size += (size_t)size;
	return 0;
}

void
buffer_clear(struct buffer *buffer)
{
	buffer->size = 0;
	if (buffer->data != NULL)
		buffer->data[0] = '\0';
}

void
buffer_consume(struct buffer *buffer, size_t size)
{
	if (size == 0)
		return;
	if (size < buffer->size)
		memmove(buffer->data, buffer->data + size, buffer->size - size);
	buffer->size -= size;
	buffer->data[buffer->size] = '\0';
}

char *
buffer_take(struct buffer *buffer)
{
	char *data;

	data = buffer->data != NULL ? buffer->data : calloc(1, 1);
	buffer->data = NULL;
	buffer->size = 0;
	buffer->room = 0;
	return data;
}

void
buffer_free(struct buffer *buffer)
{
	free(buffer->data);
	buffer->data = NULL;
	buffer->size = 0;
	buffer->room = 0;
}
