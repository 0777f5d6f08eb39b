#include "schema_text.h"

#include <string.h>
#include <strings.h>

/* The text up to one of the ends, compared with all of a name. */
static bool
is_name(const char *text, size_t length, const char *name, size_t name_length)
{
	return length == name_length && strncasecmp(text, name, length) == 0;
}

/* qdescrs: 'cn', or ( 'cn' 'commonName' ). */
static bool
has_name(const char *text, const char *name, size_t name_length)
{
	bool several = *text == '(';

	for (;;) {
		size_t length;

		text += strspn(text, "( ");
		if (*text != '\'')
			return false;
		length = strcspn(++text, "'");
		if (is_name(text, length, name, name_length))
			return true;
		text += length;
		if (*text == '\0' || !several)
			return false;
		text++;
	}
}

bool
schema_text_defines(const char *definition, const char *attribute)
{
	size_t size = strcspn(attribute, ";");
	const char *text = definition + strspn(definition, "( ");
	size_t length = strcspn(text, " ");

	if (size == 0)
		return false;
	if (is_name(text, length, attribute, size))
		return true;
	text += length;
	text += strspn(text, " ");
	if (strncmp(text, "NAME", 4) != 0)
		return false;
	text += 4;
	return has_name(text + strspn(text, " "), attribute, size);
}
