#include <gmime/gmime.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "mail/header.h"

/* RFC 5322 section 2.1.1: lines should be no longer. */
#define LINE_MAX_WANTED 78

/* Removing one marker can join the halves of another; more often than this nobody means it. */
#define STRIP_PASSES 8

/* One character, folded for comparison; a byte that is no UTF-8 stands for itself, beyond Unicode.
 */
static gunichar
next_folded(const char **at)
{
	gunichar c = g_utf8_get_char_validated(*at, -1);

	if (c == (gunichar)-1 || c == (gunichar)-2)
		return 0x110000 + (unsigned char)*(*at)++;
	*at = g_utf8_next_char(*at);
	return c == '\t' ? ' ' : g_unichar_tolower(g_unichar_toupper(c));
}

/* The length of a marker that stands at `at`, 0 if none does. */
static size_t
marker_at(const char *at, const char *marker)
{
	const char *start = at;

	while (*marker != '\0') {
		if (*at == '\0' || next_folded(&at) != next_folded(&marker))
			return 0;
	}
	return (size_t)(at - start);
}

static bool
has_marker(const char *text, const char *marker)
{
	for (; *text != '\0'; text++)
		if (marker_at(text, marker) > 0)
			return true;
	return false;
}

bool
header_subject_has(const struct header *header, const char *marker, bool *no_memory)
{
	bool found = false;
	char *decoded;
	char *raw;

	for (size_t i = 0; i < header->count && !found; i++) {
		if (strcasecmp(header->fields[i].name, "Subject") != 0)
			continue;
		raw = header_unfold(header->fields[i].value);
		decoded = header_decode(header->fields[i].value);
		if (raw == NULL || decoded == NULL)
			*no_memory = true;
		else
			found = has_marker(raw, marker) || has_marker(decoded, marker);
		free(decoded);
		free(raw);
	}
	return found;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* One pass, in place: the markers go, and of the blanks on both sides of one those behind it. */
static void
remove_markers(char *text, const char *marker)
{
	const char *from = text;
	char *to = text;
	size_t size;

	while (*from != '\0') {
		size = marker_at(from, marker);
		if (size == 0) {
			*to++ = *from++;
			continue;
		}
		from += size;
		while (is_blank(*from) && (to == text || is_blank(to[-1])))
			from++;
	}
	while (to > text && is_blank(to[-1]))
		to--;
	*to = '\0';
}

static void
strip_markers(char *text, const char *marker)
{
	for (int pass = 0; pass < STRIP_PASSES && has_marker(text, marker); pass++)
		remove_markers(text, marker);
}

/* Blanks for what could end a line or upset a terminal: encoded words may have brought it. */
static void
blank_controls(char *text)
{
	size_t size = 0;

	for (char *c = text; *c != '\0'; c++) {
		if ((unsigned char)*c < ' ' || *c == '\x7f')
			*c = ' ';
		if (*c != ' ')
			size = (size_t)(c - text) + 1;
	}
	text[size] = '\0';
}

/* Folds before blanks (RFC 5322 section 2.2.3), with the space that stands after "Subject:". */
static char *
fold(const char *text)
{
	struct buffer out = BUFFER_INIT;
	size_t column = strlen("Subject:") + 1;
	size_t size;

	if (buffer_append(&out, " ", 1, NULL) != 0)
		goto fail;
	while (*text != '\0') {
		size = strspn(text, " \t");
		size += strcspn(text + size, " \t");
		if (column + size > LINE_MAX_WANTED && is_blank(*text)) {
			if (buffer_append(&out, "\n", 1, NULL) != 0)
				goto fail;
			column = 0;
		}
		if (buffer_append(&out, text, size, NULL) != 0)
			goto fail;
		column += size;
		text += size;
	}
	return buffer_take(&out);

fail:
	buffer_free(&out);
	return NULL;
}

/* The value for the wire: encoded where it isn't ASCII, and left raw where it isn't text. ASCII
 * stays as it is, since GMime would encode long words, and encoded words a second time. */
static char *
to_wire(char *text)
{
	char *encoded;
	char *out;

	blank_controls(text);
	if (g_str_is_ascii(text) || !g_utf8_validate(text, -1, NULL))
		return fold(text);
	encoded = g_mime_utils_header_encode_text(NULL, text, "UTF-8");
	out = fold(encoded);
	g_free(encoded);
	return out;
}

/* Whether taking the markers from the raw value did the same as taking them from the decoded one:
 * then everything else stays as the sender's program wrote it. */
static bool
raw_suffices(const char *raw, const char *decoded)
{
	char *again = header_decode(raw);
	bool same = again != NULL && strcmp(again, decoded) == 0;

	free(again);
	return same;
}

int
header_subject_strip(const char *value, const char *marker, char **out, struct error *err)
{
	char *raw = header_unfold(value);
	char *decoded = header_decode(value);
	bool in_raw;
	bool in_decoded;
	int result = 0;

	*out = NULL;
	if (raw == NULL || decoded == NULL) {
		result = error_no_memory(err);
		goto done;
	}
	in_raw = has_marker(raw, marker);
	in_decoded = has_marker(decoded, marker);
	if (!in_raw && !in_decoded)
		goto done;
	strip_markers(raw, marker);
	strip_markers(decoded, marker);
	if (in_decoded && !(in_raw && raw_suffices(raw, decoded)))
		*out = to_wire(decoded);
	else
		*out = to_wire(raw);
	if (*out == NULL)
		result = error_no_memory(err);

done:
	free(decoded);
	free(raw);
	return result;
}
