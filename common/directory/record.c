#include "directory/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct record_reader {
	FILE *file;
	struct buffer text;
	unsigned long line;       /* lines read */
	unsigned long first_line; /* of this record */
	bool too_large;
	bool has_nul;
	bool line_has_text; /* the line under way holds more than its end */
	size_t at;          /* in block */
	size_t filled;
	char block[64 << 10];
};

struct record_reader *
record_reader_new(FILE *file, struct error *err)
{
	struct record_reader *reader;

	reader = calloc(1, sizeof(*reader));
	if (reader == NULL) {
		error_no_memory(err);
		return NULL;
	}
	reader->file = file;
	reader->text.limit = RECORD_SIZE_MAX;
	return reader;
}

void
record_reader_free(struct record_reader *reader)
{
	if (reader == NULL)
		return;
	buffer_free(&reader->text);
	free(reader);
}

/* 1 when there is something in the block, 0 at the end of the file. */
static int
fill(struct record_reader *reader, struct error *err)
{
	if (reader->at < reader->filled)
		return 1;
	reader->at = 0;
	reader->filled = fread(reader->block, 1, sizeof(reader->block), reader->file);
	if (reader->filled == 0 && ferror(reader->file))
		return error_errno(err, errno, "reading");
	return reader->filled > 0;
}

/* Adds a piece of a line; a record above the limit is read over, not kept. */
static int
take(struct record_reader *reader, const char *piece, size_t size, struct error *err)
{
	size_t i;

	for (i = 0; i < size && !reader->line_has_text; i++)
		reader->line_has_text = piece[i] != '\r' && piece[i] != '\n';
	if (memchr(piece, '\0', size) != NULL)
		reader->has_nul = true;
	if (size > reader->text.limit - reader->text.size)
		reader->too_large = true;
	if (reader->too_large)
		return 0;
	return buffer_append(&reader->text, piece, size, err);
}

/* At the end of a line: whether it ends a record. CR LF becomes LF. */
static bool
end_line(struct record_reader *reader)
{
	struct buffer *text = &reader->text;
	bool was_empty = !reader->line_has_text;

	reader->line++;
	reader->line_has_text = false;
	if (text->size >= 2 && text->data[text->size - 2] == '\r') {
		text->data[text->size - 2] = '\n';
		text->data[--text->size] = '\0';
	}
	if (!was_empty)
		return false;
	if (text->size > 1 || reader->too_large)
		return true;
	/* Empty lines before a record. */
	buffer_clear(text);
	reader->first_line = reader->line + 1;
	return false;
}

static void
begin(struct record_reader *reader)
{
	buffer_clear(&reader->text);
	reader->too_large = false;
	reader->has_nul = false;
	reader->line_has_text = false;
	reader->first_line = reader->line + 1;
}

static int
hand_out(const struct record_reader *reader, struct record *record)
{
	record->text = reader->text.data;
	record->line = reader->first_line;
	record->fault = NULL;
	record->is_torn = false;
	if (reader->too_large)
		record->fault = "it is too large";
	else if (reader->has_nul)
		record->fault = "it holds NUL bytes";
	return 1;
}

int
record_next(struct record_reader *reader, struct record *record, struct error *err)
{
	const char *start;
	const char *end;
	size_t size;
	int more;

	begin(reader);
	while ((more = fill(reader, err)) > 0) {
		start = reader->block + reader->at;
		size = reader->filled - reader->at;
		end = memchr(start, '\n', size);
		if (end != NULL)
			size = (size_t)(end - start) + 1;
		reader->at += size;
		if (take(reader, start, size, err) != 0)
			return -1;
		if (end != NULL && end_line(reader))
			return hand_out(reader, record);
	}
	if (more < 0)
		return -1;
	if (reader->text.size == 0 && !reader->too_large)
		return 0;
	hand_out(reader, record);
	record->is_torn = reader->line_has_text;
	return 1;
}
