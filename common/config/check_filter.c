#include <stdbool.h>
#include <string.h>

#include "config/check.h"

/* libldap encodes filters recursively. */
#define DEPTH_MAX 20

static const char *
check_percent(const char *at)
{
	if (at[1] == '\0' || strchr("ald%", at[1]) == NULL)
		return "after % only a, l, d and % are known";
	return NULL;
}

/* RFC 4515 section 3: a backslash and two hexadecimal digits. */
static const char *
check_escape(const char *at)
{
	static const char digits[] = "0123456789abcdefABCDEF";

	if (at[1] == '\0' || at[2] == '\0' || strchr(digits, at[1]) == NULL ||
	    strchr(digits, at[2]) == NULL)
		return "a backslash must be followed by two hexadecimal digits (RFC 4515)";
	return NULL;
}

/* At "(": what follows is an operator with filters, or a comparison. */
static const char *
check_item(const char *at)
{
	size_t length;

	if (strchr("&|!", at[1]) != NULL && at[1] != '\0')
		return at[2] == '(' ? NULL
				    : "after (&, (| or (! a filter in parentheses must follow";
	length = strcspn(at + 1, "()");
	if (length == 0 || memchr(at + 1, '=', length) == NULL || at[1] == '=')
		return "parentheses must hold a comparison such as (mail=%a)";
	return NULL;
}

const char *
check_filter(const char *filter)
{
	const char *problem = NULL;
	int depth = 0;
	bool asks = false; /* for the address, or a part of it */

	for (const char *at = filter; *at != '\0' && problem == NULL; at++) {
		if (depth == 0 && (*at != '(' || at != filter))
			return "it must be one filter in parentheses";
		if (*at == '(') {
			problem =
			    ++depth > DEPTH_MAX ? "parentheses nested too deeply" : check_item(at);
		} else if (*at == ')') {
			depth--;
		} else if (*at == '%') {
			problem = check_percent(at);
			asks = asks || at[1] != '%';
			at += problem == NULL;
		} else if (*at == '\\') {
			problem = check_escape(at);
		}
	}
	if (problem == NULL && depth > 0)
		problem = "a ) is missing";
	if (problem == NULL && filter[0] != '\0' && !asks)
		problem = "without %a, %l or %d it finds the same for every address";
	return problem;
}
