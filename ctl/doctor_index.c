#include "doctor_index.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "directory/dn.h"

#define BLANK " \t"

/* A look-up that takes longer than this, and so many times what reading one entry takes. Milliseconds. */
#define SLOW_MS 100
#define SLOW_FACTOR 20

bool
doctor_index_attribute(const char **filter, char *name, size_t size)
{
	const char *text = *filter;

	for (; *text != '\0'; text++) {
		size_t length;

		if (*text != '(')
			continue;
		length = strcspn(text + 1, "=<>~:;()&|!");
		if (length == 0 || length >= size || text[1 + length] == '(')
			continue;
		memcpy(name, text + 1, length);
		name[length] = '\0';
		*filter = text + 1 + length;
		return true;
	}
	*filter = text;
	return false;
}

/* Whether the list, up to its first blank, has the word. */
static bool
list_has(const char *list, const char *word)
{
	size_t length = strlen(word);

	while (*list != '\0' && strchr(BLANK, *list) == NULL) {
		size_t size = strcspn(list, "," BLANK);

		if (size == length && strncasecmp(list, word, length) == 0)
			return true;
		list += size;
		if (*list == ',')
			list++;
	}
	return false;
}

bool
doctor_index_covers(const char *value, const char *attribute)
{
	const char *kinds = value + strcspn(value, BLANK);

	kinds += strspn(kinds, BLANK);
	return list_has(value, attribute) && (*kinds == '\0' || list_has(kinds, "eq"));
}

bool
doctor_index_is_below(const char *base, const char *suffix)
{
	char *base_key = dn_key(base, NULL);
	char *suffix_key = dn_key(suffix, NULL);
	bool below = false;

	if (base_key != NULL && suffix_key != NULL) {
		size_t length = strlen(base_key);
		size_t end = strlen(suffix_key);

		below = length >= end && strcmp(base_key + length - end, suffix_key) == 0 &&
			(length == end || end == 0 || base_key[length - end - 1] == ',');
	}
	free(base_key);
	free(suffix_key);
	return below;
}

bool
doctor_index_seems_missing(int64_t entry_ms, int64_t lookup_ms)
{
	return lookup_ms > SLOW_MS && lookup_ms > SLOW_FACTOR * entry_ms;
}
