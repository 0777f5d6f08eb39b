#include "message_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static int
read_stream(FILE *in, struct buffer *whole, struct error *err)
{
	char piece[65536];
	size_t size;

	while ((size = fread(piece, 1, sizeof(piece), in)) > 0) {
		if (buffer_append(whole, piece, size, err) != 0)
			return -1;
	}
	return ferror(in) ? error_errno(err, errno, "reading") : 0;
}

/* The end of the line at `at`, after its LF; what has none ends at the end. */
static size_t
line_end(const struct buffer *whole, size_t at)
{
	const char *lf = memchr(whole->data + at, '\n', whole->size - at);

	return lf != NULL ? (size_t)(lf - whole->data) + 1 : whole->size;
}

static bool
is_empty_line(const char *line, size_t size)
{
	return size == 0 || line[0] == '\n' || (size > 1 && line[0] == '\r' && line[1] == '\n');
}

/* A field's text without CRs at line ends and without the last line end; NUL ends it, as it would
 * in a milter's string. free(). */
static char *
field_text(const char *text, size_t size)
{
	char *copy = malloc(size + 1);
	size_t used = 0;
	size_t i;

	if (copy == NULL)
		return NULL;
	for (i = 0; i < size; i++) {
		if (text[i] == '\r' && i + 1 < size && text[i + 1] == '\n')
			continue;
		copy[used++] = text[i];
	}
	if (used > 0 && copy[used - 1] == '\n')
		used--;
	copy[used] = '\0';
	return copy;
}

/* One field of size bytes: false if it is none, and so the header has ended. */
static int
take_field(
    struct message_file *file, const char *text, size_t size, bool *is_field, struct error *err)
{
	char *field = field_text(text, size);
	char *colon;
	int result;

	if (field == NULL)
		return error_no_memory(err);
	colon = strchr(field, ':');
	*is_field =
	    colon != NULL && colon != field && strcspn(field, " \t\n") >= (size_t)(colon - field);
	if (!*is_field) {
		free(field);
		return 0;
	}
	*colon = '\0';
	result = header_append(&file->header, field, colon + 1, err);
	free(field);
	return result;
}

int
message_file_split(struct message_file *file, struct error *err)
{
	const struct buffer *whole = &file->whole;
	size_t at = 0;
	size_t end;
	bool is_field;

	if (whole->size >= 5 && memcmp(whole->data, "From ", 5) == 0)
		at = line_end(whole, 0);
	end = line_end(whole, at);
	file->crlf = end >= at + 2 && whole->data[end - 2] == '\r';
	while (at < whole->size && !is_empty_line(whole->data + at, whole->size - at)) {
		end = line_end(whole, at);
		while (end < whole->size && (whole->data[end] == ' ' || whole->data[end] == '\t'))
			end = line_end(whole, end);
		if (take_field(file, whole->data + at, end - at, &is_field, err) != 0)
			return -1;
		if (!is_field)
			break;
		at = end;
	}
	if (at < whole->size && is_empty_line(whole->data + at, whole->size - at))
		at = line_end(whole, at);
	file->body = whole->data + at;
	file->body_size = whole->size - at;
	return 0;
}

int
message_file_read(const char *path, struct message_file *file, struct error *err)
{
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	int result;

	memset(file, 0, sizeof(*file));
	file->whole.limit = MESSAGE_FILE_MAX;
	if (in == NULL) {
		error_errno(err, errno, "%s", path);
		err->code = ERROR_INPUT;
		return -1;
	}
	result = read_stream(in, &file->whole, err);
	if (in != stdin)
		fclose(in);
	if (result == 0)
		result = buffer_append(&file->whole, "", 0, err);
	if (result == 0)
		result = message_file_split(file, err);
	return result == 0 ? 0 : error_prefix(err, "%s: ", path);
}

void
message_file_free(struct message_file *file)
{
	header_free(&file->header);
	buffer_free(&file->whole);
}

/* The edit that concerns an existing field, or NULL. */
static const struct edit *
edit_of(const struct edits *edits, const struct header_field *field)
{
	size_t i;

	for (i = 0; i < edits->count; i++) {
		if (edits->items[i].kind != EDIT_ADD_HEADER &&
		    edits->items[i].kind != EDIT_INSERT_HEADER &&
		    edits->items[i].occurrence == field->occurrence &&
		    strcasecmp(edits->items[i].name, field->name) == 0)
			return &edits->items[i];
	}
	return NULL;
}

struct writer {
	FILE *out;
	bool crlf;
};

/* Writes text with LF or CRLF line ends as the writer's. */
static void
write_lines(const struct writer *writer, const char *text, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		if (text[i] == '\r' && i + 1 < size && text[i + 1] == '\n')
			continue;
		if (text[i] == '\n' && writer->crlf)
			putc('\r', writer->out);
		putc(text[i], writer->out);
	}
}

static void
write_field(const struct writer *writer, const char *name, const char *value)
{
	fprintf(writer->out, "%s:", name);
	write_lines(writer, value, strlen(value));
	write_lines(writer, "\n", 1);
}

static int
write_body(void *context, const char *bytes, size_t size, struct error *err)
{
	const struct writer *writer = context;
	size_t i;

	/* Sealed bodies are base64 with CRLF: a CR here is always part of a line end. */
	for (i = 0; i < size; i++) {
		if (bytes[i] != '\r' || writer->crlf)
			putc(bytes[i], writer->out);
	}
	return ferror(writer->out) ? error_errno(err, errno, "writing") : 0;
}

/* The fields that the edits put in by this kind, the last one on top of those that are inserted. */
static void
write_new_fields(struct writer *writer, const struct edits *edits, enum edit_kind kind)
{
	const struct edit *edit;
	size_t i;

	for (i = 0; i < edits->count; i++) {
		edit = &edits->items[kind == EDIT_INSERT_HEADER ? edits->count - 1 - i : i];
		if (edit->kind == kind)
			write_field(writer, edit->name, edit->value);
	}
}

static int
write_changed(const struct message_file *file, const struct message_result *result,
    struct writer *writer, struct error *err)
{
	const struct edits none = EDITS_INIT;
	const struct edits *edits = result->edits != NULL ? result->edits : &none;
	const struct edit *edit;
	size_t i;

	write_new_fields(writer, edits, EDIT_INSERT_HEADER);
	for (i = 0; i < file->header.count; i++) {
		const struct header_field *field = &file->header.fields[i];

		edit = edit_of(edits, field);
		if (edit == NULL)
			write_field(writer, field->name, field->value);
		else if (edit->kind == EDIT_CHANGE_HEADER)
			write_field(writer, field->name, edit->value);
	}
	write_new_fields(writer, edits, EDIT_ADD_HEADER);
	write_lines(writer, "\n", 1);
	if (result->action == ACTION_SEAL)
		return spool_read(result->body, 65536, write_body, writer, err);
	fwrite(file->body, 1, file->body_size, writer->out);
	return 0;
}

static int
write_stream(const struct message_file *file, const struct message_result *result, FILE *out,
    struct error *err)
{
	struct writer writer = {out, file->crlf};

	if (result->action == ACTION_SEAL || result->edits != NULL) {
		if (write_changed(file, result, &writer, err) != 0)
			return -1;
	} else {
		fwrite(file->whole.data, 1, file->whole.size, out);
	}
	if (fflush(out) != 0 || ferror(out))
		return error_errno(err, errno, "writing");
	return 0;
}

/* A device or a pipe: renaming a file onto it would take it away from everybody. */
static int
write_special(const struct message_file *file, const struct message_result *result,
    const char *path, struct error *err)
{
	FILE *out = fopen(path, "wbe");
	int status;

	if (out == NULL)
		return error_errno(err, errno, "%s", path);
	status = write_stream(file, result, out, err);
	if (fclose(out) != 0 && status == 0)
		status = error_errno(err, errno, "writing");
	return status == 0 ? 0 : error_prefix(err, "%s: ", path);
}

int
message_file_write(const struct message_file *file, const struct message_result *result,
    const char *path, struct error *err)
{
	char temporary[4096];
	struct stat about;
	FILE *out;
	int fd;

	if (strcmp(path, "-") == 0)
		return write_stream(file, result, stdout, err);
	if (stat(path, &about) == 0 && !S_ISREG(about.st_mode))
		return write_special(file, result, path, err);
	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary))
		return error_set(err, ERROR_INPUT, "%.200s…: the path is too long", path);
	fd = mkstemp(temporary);
	out = fd >= 0 ? fdopen(fd, "wb") : NULL;
	if (out == NULL)
		return error_errno(err, errno, "%s", path);
	if (write_stream(file, result, out, err) != 0) {
		fclose(out);
		goto remove_temporary;
	}
	if (fclose(out) != 0 || rename(temporary, path) != 0) {
		error_errno(err, errno, "writing");
		goto remove_temporary;
	}
	return 0;

remove_temporary:
	unlink(temporary);
	return error_prefix(err, "%s: ", path);
}
