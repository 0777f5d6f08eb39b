/* Values of Postfix's settings. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "postfix.h"

#define BLANK " \t"

bool
postfix_list_has(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (;;) {
		size_t size;

		list += strspn(list, BLANK ",");
		size = strcspn(list, BLANK ",");
		if (size == 0)
			return false;
		if (size == length && strncasecmp(list, word, length) == 0)
			return true;
		list += size;
	}
}

int64_t
postfix_time(const char *text)
{
	static const struct {
		char unit;
		int64_t ms;
	} units[] = {{'\0', 1000}, {'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000},
	    {'w', 604800000}};
	char *end;
	long amount = strtol(text, &end, 10);
	size_t i;

	if (end == text || amount < 0 || amount > 1000000000 || (end[0] != '\0' && end[1] != '\0'))
		return -1;
	for (i = 0; i < ARRAY_LENGTH(units); i++) {
		if (units[i].unit == *end)
			return amount * units[i].ms;
	}
	return -1;
}
