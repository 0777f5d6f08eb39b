#include "inspect/pgp_mime.h"

#include <string.h>
#include <strings.h>

enum delimiter {
	DELIMITER_NONE,
	DELIMITER_NEXT,
	DELIMITER_CLOSE,
};

int
pgp_mime_init(struct pgp_mime *pgp, const char *boundary, struct error *err)
{
	*pgp = (struct pgp_mime){.place = PGP_MIME_PREAMBLE};
	if (boundary == NULL || boundary[0] == '\0' || strlen(boundary) > PGP_MIME_BOUNDARY_MAX)
		return error_set(err, ERROR_INPUT, "its boundary is missing or too long");
	memcpy(pgp->boundary, boundary, strlen(boundary));
	return 0;
}

/* Whether a line is a boundary delimiter (RFC 2046 5.1.1); the line has no trailing white space. */
static enum delimiter
read_delimiter(const struct pgp_mime *pgp)
{
	size_t size = strlen(pgp->boundary);

	if (strncmp(pgp->line, "--", 2) != 0 || strncmp(pgp->line + 2, pgp->boundary, size) != 0)
		return DELIMITER_NONE;
	if (pgp->line[2 + size] == '\0')
		return DELIMITER_NEXT;
	return strcmp(pgp->line + 2 + size, "--") == 0 ? DELIMITER_CLOSE : DELIMITER_NONE;
}

static const char *
skip_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

/* Whether a value begins with this word and then ends or goes on with parameters. */
static bool
is_word(const char *value, const char *word)
{
	size_t size = strlen(word);

	return strncasecmp(value, word, size) == 0 &&
	       (value[size] == '\0' || strchr("; \t(", value[size]) != NULL);
}

static int
check_type(struct pgp_mime *pgp, const char *value, struct error *err)
{
	const char *type = pgp->place == PGP_MIME_CONTROL_HEADER ? "application/pgp-encrypted"
								 : "application/octet-stream";

	if (pgp->typed || !is_word(value, type))
		return error_set(err, ERROR_INPUT, "one of its parts is not %s", type);
	pgp->typed = true;
	return 0;
}

/* Only fields that describe a part: anything else could be text that was meant to be encrypted. */
static int
end_field(struct pgp_mime *pgp, struct error *err)
{
	const char *value = strchr(pgp->field, ':');

	if (pgp->field_size == 0)
		return 0;
	pgp->field_size = 0;
	if (value == NULL)
		return error_set(err, ERROR_INPUT, "one of its parts has a malformed header");
	value = skip_blanks(value + 1);
	if (strncasecmp(pgp->field, "Content-Type:", 13) == 0)
		return check_type(pgp, value, err);
	if (strncasecmp(pgp->field, "Content-Transfer-Encoding:", 26) == 0) {
		if (is_word(value, "7bit") || is_word(value, "8bit") || is_word(value, "binary"))
			return 0;
		return error_set(err, ERROR_INPUT, "one of its parts is transfer-encoded");
	}
	if (strncasecmp(pgp->field, "Content-Description:", 20) == 0 ||
	    strncasecmp(pgp->field, "Content-Disposition:", 20) == 0 ||
	    strncasecmp(pgp->field, "Content-ID:", 11) == 0)
		return 0;
	return error_set(err, ERROR_INPUT, "one of its parts has a field that does not belong");
}

static int
read_header(struct pgp_mime *pgp, struct error *err)
{
	bool folded = pgp->line[0] == ' ' || pgp->line[0] == '\t';

	if (pgp->line_size > 0 && folded && pgp->field_size == 0)
		return error_set(err, ERROR_INPUT, "one of its parts has a malformed header");
	if (!folded && end_field(pgp, err) == -1)
		return -1;
	if (pgp->line_size == 0) {
		if (!pgp->typed)
			return error_set(err, ERROR_INPUT, "one of its parts has no type");
		pgp->typed = false;
		pgp->place++;
		return 0;
	}
	if (pgp->line_size > PGP_MIME_LINE_MAX - pgp->field_size)
		return error_set(err, ERROR_INPUT, "one of its parts has a field too long");
	memcpy(pgp->field + pgp->field_size, pgp->line, pgp->line_size + 1);
	pgp->field_size += pgp->line_size;
	return 0;
}

static int
read_preamble(struct pgp_mime *pgp, struct error *err)
{
	if (read_delimiter(pgp) != DELIMITER_NEXT)
		return error_set(err, ERROR_INPUT, "something stands before its first part");
	pgp->place = PGP_MIME_CONTROL_HEADER;
	return 0;
}

static int
read_control(struct pgp_mime *pgp, struct error *err)
{
	const char *value = pgp->line + strcspn(pgp->line, ":");

	if (pgp->version && read_delimiter(pgp) == DELIMITER_NEXT) {
		pgp->place = PGP_MIME_DATA_HEADER;
		return 0;
	}
	if (pgp->version || strncasecmp(pgp->line, "Version:", 8) != 0 ||
	    strcmp(skip_blanks(value + 1), "1") != 0)
		return error_set(err, ERROR_INPUT, "its first part is not just \"Version: 1\"");
	pgp->version = true;
	return 0;
}

static int
read_armour(struct pgp_mime *pgp, struct error *err)
{
	if (pgp_armour_line(&pgp->armour, pgp->line, err) == -1)
		return -1;
	if (pgp->armour.place == PGP_ARMOUR_OVER)
		pgp->place = PGP_MIME_AFTER_ARMOUR;
	return 0;
}

static int
read_after_armour(struct pgp_mime *pgp, struct error *err)
{
	if (read_delimiter(pgp) != DELIMITER_CLOSE)
		return error_set(err, ERROR_INPUT, "something follows its PGP message");
	pgp->place = PGP_MIME_EPILOGUE;
	return 0;
}

static int
read_line(struct pgp_mime *pgp, struct error *err)
{
	while (pgp->line_size > 0 && strchr(" \t\r", pgp->line[pgp->line_size - 1]) != NULL)
		pgp->line_size--;
	pgp->line[pgp->line_size] = '\0';
	if (strchr(pgp->line, '\r') != NULL)
		return error_set(err, ERROR_INPUT, "it holds bytes that are not text");
	switch (pgp->place) {
	case PGP_MIME_CONTROL_HEADER:
	case PGP_MIME_DATA_HEADER:
		return read_header(pgp, err);
	case PGP_MIME_ARMOUR:
		return read_armour(pgp, err);
	default:
		break;
	}
	if (pgp->line_size == 0)
		return 0;
	switch (pgp->place) {
	case PGP_MIME_PREAMBLE:
		return read_preamble(pgp, err);
	case PGP_MIME_CONTROL:
		return read_control(pgp, err);
	case PGP_MIME_AFTER_ARMOUR:
		return read_after_armour(pgp, err);
	default:
		return error_set(err, ERROR_INPUT, "something follows its last part");
	}
}

/* Text only: no armour and no header of a part holds another byte. */
static bool
is_text(char byte)
{
	return byte == '\t' || byte == '\r' || (byte >= ' ' && byte < 0x7f);
}

int
pgp_mime_read(struct pgp_mime *pgp, const char *bytes, size_t size, struct error *err)
{
	size_t i;

	for (i = 0; i < size; i++) {
		if (bytes[i] == '\n') {
			if (read_line(pgp, err) == -1)
				return -1;
			pgp->line_size = 0;
			continue;
		}
		if (!is_text(bytes[i]))
			return error_set(err, ERROR_INPUT, "it holds bytes that are not text");
		if (pgp->line_size == PGP_MIME_LINE_MAX)
			return error_set(err, ERROR_INPUT, "it has a line too long");
		pgp->line[pgp->line_size++] = bytes[i];
	}
	return 0;
}

int
pgp_mime_finish(struct pgp_mime *pgp, struct error *err)
{
	if (pgp->line_size > 0 && read_line(pgp, err) == -1)
		return -1;
	if (pgp->place != PGP_MIME_EPILOGUE)
		return error_set(err, ERROR_INPUT, "it ends before its last part does");
	return 0;
}
