#include "base/escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Length of the well-formed UTF-8 sequence at text (RFC 3629), or 0; its code point in *point. */
static size_t
utf8_sequence(const unsigned char *text, size_t size, uint32_t *point)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length;
	size_t i;

	if (text[0] < 0x80)
		length = 1;
	else if (text[0] >= 0xc2 && text[0] < 0xe0)
		length = 2;
	else if (text[0] >= 0xe0 && text[0] < 0xf0)
		length = 3;
	else if (text[0] >= 0xf0 && text[0] < 0xf5)
		length = 4;
	else
		return 0;
	if (length > size)
		return 0;
	*point = length == 1 ? text[0] : (uint32_t)text[0] & (0xffU >> (length + 1));
	for (i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		*point = *point << 6 | (text[i] & 0x3fU);
	}
	if (*point < least[length] || *point > 0x10ffff || (*point >= 0xd800 && *point < 0xe000))
		return 0;
	return length;
}

/* Characters that move, hide or reorder what a reader sees: controls, bidi marks, separators. */
static bool
is_unsafe(uint32_t point)
{
	return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0xad || point == 0x61c ||
	       (point >= 0x200b && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
	       (point >= 0x2060 && point <= 0x206f) || point == 0xfeff ||
	       (point >= 0xfff9 && point <= 0xfffb) || (point >= 0xe0000 && point <= 0xe007f);
}

/* Writes one escaped character to piece (at least 17 bytes); returns how much of text it used. */
static size_t
escape_one(enum escape_for use, const unsigned char *text, size_t size, char *piece)
{
	uint32_t point = 0;
	size_t length;
	size_t i;

	length = utf8_sequence(text, size, &point);
	if (length == 1 && point == '\\') {
		memcpy(piece, "\\\\", 3);
		return 1;
	}
	if (length > 0 && !is_unsafe(point) && (use != ESCAPE_REPLY || length == 1)) {
		memcpy(piece, text, length);
		piece[length] = '\0';
		return length;
	}
	if (length == 0)
		length = 1;
	for (i = 0; i < length; i++)
		snprintf(piece + 4 * i, 5, "\\x%02X", (unsigned int)text[i]);
	return length;
}

char *
escape_text(enum escape_for use, const char *text, char *out, size_t out_size)
{
	const unsigned char *next = (const unsigned char *)(text != NULL ? text : "");
	const unsigned char *end = next + strlen((const char *)next);
	char piece[17];
	size_t used = 0;
	size_t last_fit = 0; /* the longest prefix that leaves room for "..." */
	size_t length;

	while (next < end) {
		next += escape_one(use, next, (size_t)(end - next), piece);
		length = strlen(piece);
		if (used + length >= out_size) {
			memcpy(out + last_fit, "...", 4);
			return out;
		}
		memcpy(out + used, piece, length);
		used += length;
		if (used + 4 <= out_size)
			last_fit = used;
	}
	out[used] = '\0';
	return out;
}
