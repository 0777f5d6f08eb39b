#include "mail/entity_field.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mail/header.h"

/* The longest field looked at: GMime copies parts of it to the stack. What claims to be S/MIME does
 * so in its first words. */
#define FIELD_MAX 16384

/* Stand for the apostrophe and the "?" of "=?" while GMime reads a field: see
 * entity_field_prepare(). */
#define HIDDEN_APOSTROPHE '\x01'
#define HIDDEN_QUESTION '\x02'

char *
entity_field_prepare(const char *value)
{
	char *text = header_unfold(value);

	if (text == NULL)
		return NULL;
	if (strlen(text) > FIELD_MAX)
		text[FIELD_MAX] = '\0';
	for (char *c = text; *c != '\0'; c++) {
		if (*c == HIDDEN_APOSTROPHE || *c == HIDDEN_QUESTION)
			*c = ' ';
		else if (*c == '\'')
			*c = HIDDEN_APOSTROPHE;
		else if (*c == '=' && c[1] == '?')
			c[1] = HIDDEN_QUESTION, c++;
	}
	return text;
}

static void
show_hidden(char *text)
{
	for (char *c = text; *c != '\0'; c++) {
		if (*c == HIDDEN_APOSTROPHE)
			*c = '\'';
		else if (*c == HIDDEN_QUESTION)
			*c = '?';
	}
}

/* The parameter's value as it was meant, free(): of an RFC 2231 value charset and language are left
 * out (what we look for is ASCII in every one), an encoded word is decoded. */
static char *
parameter(GMimeParam *param)
{
	const char *value = g_mime_param_get_value(param);
	char *copy;
	char *decoded;

	if (g_mime_param_get_encoding_method(param) == GMIME_PARAM_ENCODING_METHOD_RFC2231) {
		const char *first = strchr(value, HIDDEN_APOSTROPHE);
		const char *second = first != NULL ? strchr(first + 1, HIDDEN_APOSTROPHE) : NULL;

		value = second != NULL ? second + 1 : value;
	}
	copy = strdup(value);
	if (copy == NULL)
		return NULL;
	show_hidden(copy);
	if (strstr(copy, "=?") == NULL)
		return copy;
	decoded = header_decode(copy);
	free(copy);
	return decoded;
}

/* The names that programs give CMS objects (RFC 8551 section 3.2.1). Windows drops dots and blanks at
 * the end of a name. */
static bool
is_smime_name(const char *name)
{
	static const char *const endings[] = {".p7m", ".p7z", ".p7s", ".p7c"};
	size_t size = strlen(name);

	while (size > 0 && strchr(". \t", name[size - 1]) != NULL)
		size--;
	for (size_t i = 0; i < ARRAY_LENGTH(endings); i++)
		if (size >= 4 && strncasecmp(name + size - 4, endings[i], 4) == 0)
			return true;
	return false;
}

int
entity_field_names_smime(GMimeParamList *params, bool *found, char **file, struct error *err)
{
	int count = g_mime_param_list_length(params);

	for (int i = 0; i < count && !*found; i++) {
		GMimeParam *param = g_mime_param_list_get_parameter_at(params, i);
		const char *name = g_mime_param_get_name(param);
		char *value;

		if (strcasecmp(name, "name") != 0 && strcasecmp(name, "filename") != 0)
			continue;
		value = parameter(param);
		if (value == NULL)
			return error_no_memory(err);
		*found = is_smime_name(value);
		if (*file == NULL || *found) {
			free(*file);
			*file = value;
		} else {
			free(value);
		}
	}
	return 0;
}

int
entity_field_parameter(GMimeParamList *params, const char *name, char **out, struct error *err)
{
	GMimeParam *param = g_mime_param_list_get_parameter(params, name);

	*out = NULL;
	if (param == NULL)
		return 0;
	*out = parameter(param);
	return *out != NULL ? 0 : error_no_memory(err);
}

/* The first value of the parameter that is not this one. */
static int
other_value(
    GMimeParamList *params, const char *name, const char *known, char **out, struct error *err)
{
	int count = g_mime_param_list_length(params);

	*out = NULL;
	for (int i = 0; i < count && *out == NULL && known != NULL; i++) {
		GMimeParam *param = g_mime_param_list_get_parameter_at(params, i);

		if (strcasecmp(g_mime_param_get_name(param), name) != 0)
			continue;
		*out = parameter(param);
		if (*out == NULL)
			return error_no_memory(err);
		if (strcmp(*out, known) == 0) {
			free(*out);
			*out = NULL;
		}
	}
	return 0;
}

/* Where the value begins of the first parameter of the name; NULL: there is none. */
static const char *
scan_value(const char *field, const char *name)
{
	size_t size = strlen(name);

	for (; *field != '\0'; field++) {
		if (strncasecmp(field, name, size) != 0)
			continue;
		field += size;
		field += strspn(field, " \t");
		if (*field == '=')
			return field + 1 + strspn(field + 1, " \t");
		if (*field == '\0')
			break;
	}
	return NULL;
}

/* The parameter as a reader may find it that looks for its name alone: up to the closing quote, or
 * without quotes to a blank or semicolon. */
static int
scan(const char *field, const char *name, char **out, struct error *err)
{
	const char *value = scan_value(field, name);
	bool quoted = value != NULL && *value == '"';
	size_t size;

	*out = NULL;
	if (value == NULL)
		return 0;
	value += quoted ? 1 : 0;
	size = strcspn(value, quoted ? "\"" : "; \t");
	if (size == 0)
		return 0;
	*out = strndup(value, size);
	if (*out == NULL)
		return error_no_memory(err);
	show_hidden(*out);
	return 0;
}

int
entity_field_boundaries(
    const char *field, GMimeParamList *params, char **boundary, char **other, struct error *err)
{
	char *scanned;

	if (entity_field_parameter(params, "boundary", boundary, err) != 0 ||
	    other_value(params, "boundary", *boundary, other, err) != 0 ||
	    scan(field, "boundary", &scanned, err) != 0)
		return -1;
	if (scanned == NULL)
		return 0;
	if (*boundary == NULL) {
		*boundary = scanned;
	} else if (*other == NULL && strcmp(scanned, *boundary) != 0) {
		*other = scanned;
	} else {
		free(scanned);
	}
	return 0;
}
