#include "inspect/part_header.h"

#include <string.h>
#include <strings.h>

#include "inspect/line_end.h"

enum line_kind {
	LINE_EMPTY,
	LINE_FOLDED,
	LINE_FIELD,
	LINE_SKIPPED, /* a mailbox's "From " */
	LINE_BODY,    /* no line of a header: it is over without an empty line */
};

/* Size of a line without its end. */
static size_t
without_end(const char *line, size_t size)
{
	if (size > 0 && line[size - 1] == '\n')
		size--;
	while (size > 0 && line[size - 1] == '\r')
		size--;
	return size;
}

/* The size of a field's name; 0 if the line does not begin with one and a colon. */
static size_t
name_size(const char *line, size_t size)
{
	size_t name = 0;
	size_t at;

	while (name < size && line[name] > ' ' && line[name] < 0x7f && line[name] != ':')
		name++;
	for (at = name; at < size && (line[at] == ' ' || line[at] == '\t'); at++)
		;
	return at < size && line[at] == ':' ? name : 0;
}

static enum line_kind
kind_of(const struct part_header *header)
{
	const char *line = header->line.data;
	size_t size = without_end(line, header->line.size);

	if (size == 0)
		return LINE_EMPTY;
	if (header->lines == 0 && ((size >= 5 && memcmp(line, "From ", 5) == 0) ||
				      (size >= 6 && memcmp(line, ">From ", 6) == 0)))
		return LINE_SKIPPED;
	if (line[0] == ' ' || line[0] == '\t')
		return header->lines > 0 ? LINE_FOLDED : LINE_BODY;
	return name_size(line, size) > 0 ? LINE_FIELD : LINE_BODY;
}

/* The field in hand is whole. */
static int
end_field(struct part_header *header, struct error *err)
{
	struct buffer *field = &header->field;
	size_t name;
	char *value;
	int result = 0;

	if (field->size == 0)
		return 0;
	value = strchr(field->data, ':');
	name = name_size(field->data, field->size);
	if (value != NULL && name > 0) {
		field->data[name] = '\0';
		result = header_append(&header->fields, field->data, value + 1, err);
	}
	buffer_clear(field);
	return result;
}

static bool
is_wanted(const char *line, size_t size)
{
	static const char *const names[] = {
	    "Content-Type", "Content-Transfer-Encoding", "Content-Disposition"};
	size_t name = name_size(line, size);
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(names); i++) {
		if (strlen(names[i]) == name && strncasecmp(line, names[i], name) == 0)
			return true;
	}
	return false;
}

static int
add_line(struct part_header *header, struct error *err)
{
	struct buffer *line = &header->line;

	if (header->fields.count == PART_HEADER_FIELDS_MAX ||
	    header->bytes + line->size > PART_HEADER_BYTES_MAX) {
		header->limited = true;
		return 0;
	}
	header->bytes += line->size;
	return buffer_append(&header->field, line->data, line->size, err);
}

/* A line is whole. */
static int
take_line(struct part_header *header, bool *ended, struct error *err)
{
	struct buffer *line = &header->line;
	enum line_kind kind = header->cut ? LINE_BODY : kind_of(header);

	header->lines++;
	header->cut = false;
	if (kind != LINE_FOLDED && end_field(header, err) == -1)
		return -1;
	*ended = kind == LINE_EMPTY || kind == LINE_BODY;
	if (kind == LINE_BODY)
		return 0;
	if (((kind == LINE_FOLDED && header->field.size > 0) ||
		(kind == LINE_FIELD && is_wanted(line->data, line->size))) &&
	    add_line(header, err) == -1)
		return -1;
	buffer_clear(line);
	return 0;
}

/* What has come of a line is too much for anything but a field. Looked at when it has just this size,
 * so that it makes no difference in which pieces it came. */
static bool
is_too_long(const struct part_header *header)
{
	return header->line.size == PART_HEADER_NAME_MAX && !header->cut &&
	       kind_of(header) == LINE_BODY;
}

/* Without NULs, which no field may hold and some readers drop. */
static int
append_line(struct part_header *header, const char *bytes, size_t size, struct error *err)
{
	size_t room = PART_HEADER_LINE_MAX - header->line.size;
	const char *end;
	size_t taken;

	if (header->cut && size > 0) { /* only how it ends counts */
		header->line.size = PART_HEADER_NAME_MAX - 1;
		return buffer_append(&header->line, bytes + size - 1, 1, err);
	}
	if (size > room) {
		header->limited = true;
		size = room;
	}
	for (; size > 0; bytes += taken, size -= taken) {
		if (*bytes == '\0') {
			taken = 1;
			continue;
		}
		end = memchr(bytes, '\0', size);
		taken = end != NULL ? (size_t)(end - bytes) : size;
		if (buffer_append(&header->line, bytes, taken, err) == -1)
			return -1;
	}
	return 0;
}

/* Whether what has come of a line ends with a CR that is its end for some readers, as `next` follows. */
static bool
ends_before(const struct part_header *header, char next)
{
	const struct buffer *line = &header->line;

	return line->size > 0 && line->data[line->size - 1] == '\r' && next != '\n' && next != '\r';
}

/* As much as can be of one line. */
static size_t
run_size(const struct part_header *header, const char *bytes, size_t size, bool *ends)
{
	const char *end;

	if (header->line.size < PART_HEADER_NAME_MAX &&
	    size > PART_HEADER_NAME_MAX - header->line.size)
		size = PART_HEADER_NAME_MAX - header->line.size;
	end = memchr(bytes, '\n', size);
	if (end != NULL)
		size = (size_t)(end - bytes) + 1;
	*ends = end != NULL;
	end = line_end_bare_cr(bytes, size);
	if (end == NULL)
		return size;
	*ends = false;
	return (size_t)(end - bytes) + 1;
}

int
part_header_read(struct part_header *header, const char *bytes, size_t size, size_t *used,
    bool *ended, struct error *err)
{
	size_t taken;
	bool ends;

	*ended = false;
	for (*used = 0; *used < size && !*ended; *used += taken) {
		taken = 0;
		ends = ends_before(header, bytes[*used]);
		if (!ends)
			taken = run_size(header, bytes + *used, size - *used, &ends);
		if (append_line(header, bytes + *used, taken, err) == -1)
			return -1;
		if (ends) {
			if (take_line(header, ended, err) == -1)
				return -1;
		} else if (is_too_long(header)) {
			*ended = header->cut = true;
			if (end_field(header, err) == -1)
				return -1;
		}
	}
	return 0;
}

int
part_header_finish(struct part_header *header, struct error *err)
{
	bool ended;

	if (header->line.size > 0 && take_line(header, &ended, err) == -1)
		return -1;
	return end_field(header, err);
}

void
part_header_free(struct part_header *header)
{
	header_free(&header->fields);
	buffer_free(&header->field);
	buffer_free(&header->line);
	*header = (struct part_header){.bytes = 0};
}
