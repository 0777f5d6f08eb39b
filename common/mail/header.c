#include "mail/header.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"

static size_t
count_of(const struct header *header, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < header->count; i++)
		if (strcasecmp(header->fields[i].name, name) == 0)
			count++;
	return count;
}

int
header_append(struct header *header, const char *name, const char *value, struct error *err)
{
	size_t bytes = strlen(name) + strlen(value);
	struct header_field *fields;
	struct header_field field;

	if (header->count >= HEADER_FIELDS_MAX)
		return error_set(err, ERROR_LIMIT, "more than %d header fields", HEADER_FIELDS_MAX);
	if (bytes > HEADER_BYTES_MAX - header->bytes)
		return error_set(
		    err, ERROR_LIMIT, "more than %zu bytes of header fields", HEADER_BYTES_MAX);
	fields = array_grow(header->fields, header->count, sizeof(*fields), err);
	if (fields == NULL)
		return -1;
	header->fields = fields;
	field.name = strdup(name);
	field.value = strdup(value);
	field.occurrence = (int)count_of(header, name) + 1;
	if (field.name == NULL || field.value == NULL) {
		free(field.name);
		free(field.value);
		return error_no_memory(err);
	}
	fields[header->count++] = field;
	header->bytes += bytes;
	return 0;
}

void
header_free(struct header *header)
{
	if (header == NULL)
		return;
	for (size_t i = 0; i < header->count; i++) {
		free(header->fields[i].name);
		free(header->fields[i].value);
	}
	free(header->fields);
	*header = (struct header)HEADER_INIT;
}

const struct header_field *
header_find(const struct header *header, const char *name, size_t nth)
{
	for (size_t i = 0; i < header->count; i++)
		if (strcasecmp(header->fields[i].name, name) == 0 && nth-- == 0)
			return &header->fields[i];
	return NULL;
}

bool
header_is_content(const char *name)
{
	return strncasecmp(name, "Content-", 8) == 0 && name[8] != '\0';
}

static bool
equal_without_case(const char *a, const char *b)
{
	char *fold_a;
	char *fold_b;
	bool equal;

	/* Raw bytes that are no UTF-8 have no case but ASCII's. */
	if (!g_utf8_validate(a, -1, NULL) || !g_utf8_validate(b, -1, NULL))
		return strcasecmp(a, b) == 0;
	fold_a = g_utf8_casefold(a, -1);
	fold_b = g_utf8_casefold(b, -1);
	equal = strcmp(fold_a, fold_b) == 0;
	g_free(fold_b);
	g_free(fold_a);
	return equal;
}

bool
header_matches(const struct header *header, const char *name, const char *value, bool *no_memory)
{
	bool found = false;
	char *decoded;

	for (size_t i = 0; i < header->count && !found; i++) {
		if (strcasecmp(header->fields[i].name, name) != 0)
			continue;
		if (value == NULL)
			return true;
		decoded = header_decode(header->fields[i].value);
		if (decoded == NULL)
			*no_memory = true;
		else
			found = equal_without_case(decoded, value);
		free(decoded);
	}
	return found;
}
