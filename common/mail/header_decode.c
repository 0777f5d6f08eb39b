#include <ctype.h>
#include <gmime/gmime.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "mail/header.h"

/* The longest "charset*language" of an encoded word looked at; RFC 2047 allows a word of 75. */
#define CHARSET_MAX 60

/* Stands for the '?' of a "=?" that is no encoded word we let GMime see. */
#define HIDDEN '\x02'

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

char *
header_unfold(const char *value)
{
	size_t size;
	char *out;
	char *to;

	while (is_blank(*value))
		value++;
	size = strlen(value);
	while (size > 0 && is_blank(value[size - 1]))
		size--;
	out = malloc(size + 1);
	if (out == NULL)
		return NULL;
	to = out;
	for (size_t i = 0; i < size; i++)
		if (value[i] != '\r' && value[i] != '\n')
			*to++ = value[i];
	*to = '\0';
	return out;
}

static bool
is_charset(const char *name, size_t size)
{
	char copy[CHARSET_MAX + 1];
	iconv_t converter;

	if (size == 0 || size > CHARSET_MAX)
		return false;
	for (size_t i = 0; i < size; i++)
		if (!isalnum((unsigned char)name[i]) && strchr("-_.:+", name[i]) == NULL)
			return false;
	memcpy(copy, name, size);
	copy[size] = '\0';
	converter = iconv_open("UTF-8", copy);
	/* The cast is how POSIX spells the failure. */
	if (converter == (iconv_t)-1)
		return false;
	iconv_close(converter);
	return true;
}

/*
 * Where the text of an encoded word (RFC 2047 section 2, RFC 2231 section 5) begins that starts
 * with
 * "=?" at `at`, in a charset that can be converted; NULL if none starts there.
 */
static char *
encoded_text(char *at)
{
	char *name = at + 2;
	size_t charset;
	size_t size = 0;

	while (size < CHARSET_MAX && name[size] != '?' && name[size] != '*' && name[size] != '\0')
		size++;
	charset = size;
	while (size < CHARSET_MAX && name[size] != '?' && name[size] != '\0')
		size++;
	name += size;
	if (name[0] != '?' || name[1] == '\0' || strchr("BbQq", name[1]) == NULL || name[2] != '?')
		return NULL;
	return is_charset(at + 2, charset) ? name + 3 : NULL;
}

/* The first `first` followed by `second`, or NULL. (strstr() under sanitizers reads to the end of
 * the text each time, which is quadratic here.) */
static char *
find_pair(char *at, char first, char second)
{
	for (; *at != '\0'; at++)
		if (at[0] == first && at[1] == second)
			return at;
	return NULL;
}

/*
 * Hides from GMime what is no sound encoded word, for two reasons. It remembers every charset name
 * it ever meets, in a map of the whole process, which mail could fill without end; only those that
 * iconv knows are let through. And it looks for the end of each "=?" to the end of the text, in
 * quadratic time where there is none; only those that have an end are let through.
 */
static void
hide_unsound_words(char *text)
{
	char *inner;
	char *end = text;

	for (char *c = text; *c != '\0'; c++)
		if (*c == HIDDEN)
			*c = ' ';
	while ((text = find_pair(text, '=', '?')) != NULL) {
		inner = end != NULL ? encoded_text(text) : NULL;
		if (inner != NULL)
			end = find_pair(inner, '?', '=');
		if (inner == NULL || end == NULL) {
			text[1] = HIDDEN;
			text += 2;
		} else {
			text = end + 2;
		}
	}
}

char *
header_decode(const char *value)
{
	char *raw = header_unfold(value);
	char *decoded;
	char *out;

	if (raw == NULL)
		return NULL;
	hide_unsound_words(raw);
	decoded = g_mime_utils_header_decode_text(NULL, raw);
	free(raw);
	for (char *c = decoded; *c != '\0'; c++)
		if (*c == HIDDEN)
			*c = '?';
	/* An encoded word may bring line ends of its own: the same treatment again. */
	out = header_unfold(decoded);
	g_free(decoded);
	return out;
}
