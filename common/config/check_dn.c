/* The syntax of a distinguished name (RFC 4514); the library that reads it later is out of reach here. */
#include <string.h>

#include "config/check.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define HEX "0123456789abcdefABCDEF"

/* Behind the "=" of a part; NULL: there is none. */
static const char *
skip_attribute(const char *at)
{
	size_t size;

	at += strspn(at, " ");
	size = strspn(at, LETTERS "0123456789-.");
	if (size == 0 || at[0] == '-' || at[0] == '.')
		return NULL;
	at += size;
	at += strspn(at, " ");
	return *at == '=' ? at + 1 : NULL;
}

/* What a backslash stands before: a character, or two hex digits; 0: neither. */
static size_t
escaped(const char *at)
{
	if (at[0] != '\0' && strchr(" \"#+,;<=>\\", at[0]) != NULL)
		return 1;
	return strspn(at, HEX) >= 2 ? 2 : 0;
}

/* The end of a value; NULL with *problem. */
static const char *
skip_value(const char *at, const char **problem)
{
	size_t size;

	while (*at != '\0' && strchr(",;+", *at) == NULL) {
		if (strchr("\"<>", *at) != NULL) {
			*problem = "a \", < or > in it needs a backslash in front";
			return NULL;
		}
		if (*at++ != '\\')
			continue;
		size = escaped(at);
		if (size == 0) {
			*problem = "a backslash stands before what needs none";
			return NULL;
		}
		at += size;
	}
	return at;
}

const char *
check_dn(const char *dn)
{
	const char *problem = "its parts must be attribute=value, with commas between them";
	const char *at = dn;

	if (dn[strspn(dn, " ")] == '\0')
		return NULL;
	for (;;) {
		at = skip_attribute(at);
		if (at != NULL)
			at = skip_value(at, &problem);
		if (at == NULL)
			return problem;
		if (*at++ == '\0')
			return NULL;
	}
}
