#include "mail/entity.h"

#include <ctype.h>
#include <gmime/gmime.h>
#include <stdlib.h>
#include <string.h>

/* Decoded in pieces of this size, on the stack. */
#define PIECE_SIZE 4096

/* Quoted-printable holds back an unfinished "=X" and may give it out with the next byte. */
#define HELD_BACK 3

void
entity_decoder_init(struct entity_decoder *decoder, enum entity_encoding encoding)
{
	memset(decoder, 0, sizeof(*decoder));
	decoder->encoding = encoding;
}

static bool
is_base64(unsigned char c)
{
	return c < 0x80 && (isalnum(c) || c == '+' || c == '/');
}

/*
 * Picks from bytes what belongs to base64 at this point and counts the rest: GMime would take
 * padding anywhere and go on after it.
 */
static size_t
pick_base64(
    struct entity_decoder *decoder, const unsigned char *bytes, size_t size, unsigned char *picked)
{
	size_t count = 0;

	for (size_t i = 0; i < size; i++) {
		unsigned char c = bytes[i];
		bool fits = decoder->ended ? c == '=' && decoder->place == 3
					   : is_base64(c) || (c == '=' && decoder->place >= 2);

		if (!fits) {
			decoder->alien += c == '\0' || strchr(" \t\r\n", c) == NULL;
			continue;
		}
		decoder->ended = c == '=';
		decoder->place = (decoder->place + 1) % 4;
		picked[count++] = c;
	}
	return count;
}

static int
decode_base64(struct entity_decoder *decoder, const unsigned char *bytes, size_t size,
    struct buffer *out, struct error *err)
{
	unsigned char picked[PIECE_SIZE];
	unsigned char decoded[PIECE_SIZE];
	guint32 save = decoder->save;
	size_t count = pick_base64(decoder, bytes, size, picked);

	count = g_mime_encoding_base64_decode_step(picked, count, decoded, &decoder->state, &save);
	decoder->save = save;
	return buffer_append(out, decoded, count, err);
}

/* Counts what RFC 2045 section 6.7 does not allow. */
static void
count_alien_quoted(struct entity_decoder *decoder, const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char c = bytes[i];

		if (decoder->place == 0) {
			decoder->place = c == '=';
			decoder->alien +=
			    c > '~' || c == '\0' || (c < ' ' && strchr("\t\r\n", c) == NULL);
		} else if (decoder->place == 1) {
			decoder->held = c;
			decoder->place = c == '\n' ? 0 : 2;
		} else {
			decoder->alien += !(isxdigit(decoder->held) && isxdigit(c)) &&
					  !(decoder->held == '\r' && c == '\n');
			decoder->place = 0;
		}
	}
}

static int
decode_quoted(struct entity_decoder *decoder, const unsigned char *bytes, size_t size,
    struct buffer *out, struct error *err)
{
	unsigned char decoded[PIECE_SIZE + HELD_BACK];
	guint32 save = decoder->save;
	size_t count;

	count_alien_quoted(decoder, bytes, size);
	count = g_mime_encoding_quoted_decode_step(bytes, size, decoded, &decoder->state, &save);
	decoder->save = save;
	return buffer_append(out, decoded, count, err);
}

int
entity_decode(struct entity_decoder *decoder, const char *bytes, size_t size, struct buffer *out,
    struct error *err)
{
	const unsigned char *at = (const unsigned char *)bytes;
	int result = 0;

	if (decoder->encoding == ENTITY_IDENTITY)
		return buffer_append(out, bytes, size, err);
	while (size > 0 && result == 0) {
		size_t piece = size < PIECE_SIZE ? size : PIECE_SIZE;

		if (decoder->encoding == ENTITY_BASE64)
			result = decode_base64(decoder, at, piece, out, err);
		else
			result = decode_quoted(decoder, at, piece, out, err);
		at += piece;
		size -= piece;
	}
	return result;
}

int
entity_to_crlf(struct entity_crlf *state, const char *bytes, size_t size, struct buffer *out,
    struct error *err)
{
	const char *end = bytes + size;
	const char *line_end;

	while (bytes < end) {
		line_end = memchr(bytes, '\n', (size_t)(end - bytes));
		if (line_end == NULL)
			line_end = end;
		if (line_end > bytes) {
			if (buffer_append(out, bytes, (size_t)(line_end - bytes), err) != 0)
				return -1;
			state->after_cr = line_end[-1] == '\r';
		}
		if (line_end == end)
			break;
		if (buffer_append_text(out, state->after_cr ? "\n" : "\r\n", err) != 0)
			return -1;
		state->after_cr = false;
		bytes = line_end + 1;
	}
	return 0;
}

int
entity_inner_header(const struct header *header, struct buffer *out, struct error *err)
{
	for (size_t i = 0; i < header->count; i++) {
		const struct header_field *field = &header->fields[i];
		struct entity_crlf lines = ENTITY_CRLF_INIT;

		if (!header_is_content(field->name))
			continue;
		if (buffer_append_text(out, field->name, err) != 0 ||
		    buffer_append(out, ":", 1, err) != 0 ||
		    entity_to_crlf(&lines, field->value, strlen(field->value), out, err) != 0 ||
		    buffer_append(out, "\r\n", 2, err) != 0)
			return -1;
	}
	return buffer_append(out, "\r\n", 2, err);
}
