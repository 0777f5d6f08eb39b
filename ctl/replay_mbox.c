#include "replay_mbox.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "interrupt.h"

/* Read at a time; of a line, so much is looked at as its beginning. */
#define BLOCK_SIZE 65536
/* A "From " line is searched for its date no further than this: an address and a date. */
#define FROM_LINE_MAX 2000
#define NAME_SIZE 4352

struct reader {
	int in;
	int fault; /* errno of reading; 0 */
	const char *name;
	replay_visit *visit;
	void *context;
	char block[BLOCK_SIZE];
	size_t at;
	size_t size;
	uint64_t before; /* bytes before the block */
	uint64_t line;   /* lines that have begun */
	bool line_begins;
	bool after_empty; /* the line before was empty, or there was none */
	bool in_from;     /* within a long "From " line */
	const char *held; /* an empty line that may be the one before "From "; NULL */

	bool begun; /* a message, or what stands before the first */
	bool is_message;
	uint64_t begun_line;
	struct buffer message;
	char problem[200]; /* "": none */
	bool temporary;    /* it is lack of memory */
	uint64_t messages;
	bool stopped;
};

/* More into the block, behind what is not used yet. */
static void
fill(struct reader *reader)
{
	ssize_t got = 0;

	memmove(reader->block, reader->block + reader->at, reader->size - reader->at);
	reader->before += reader->at;
	reader->size -= reader->at;
	reader->at = 0;
	while (reader->size < sizeof(reader->block) &&
	       (got = interrupt_read(reader->in, reader->block + reader->size,
		    sizeof(reader->block) - reader->size)) > 0)
		reader->size += (size_t)got;
	if (got < 0)
		reader->fault = errno;
}

/* The next line with its end, or the next part of one longer than the block. false: no more. */
static bool
next_piece(struct reader *reader, const char **piece, size_t *size)
{
	const char *from = reader->block + reader->at;
	const char *lf = memchr(from, '\n', reader->size - reader->at);

	if (lf == NULL) {
		fill(reader);
		from = reader->block;
		lf = memchr(from, '\n', reader->size);
	}
	*piece = from;
	*size = lf != NULL ? (size_t)(lf - from) + 1 : reader->size - reader->at;
	reader->at += *size;
	return *size > 0;
}

static bool
is_digit(char byte)
{
	return isdigit((unsigned char)byte) != 0;
}

/* Whether an hour and a year stand in it, as in "From anna@x Wed Nov 25 23:45:00 2026": text that
 * begins with "From " does not have both, as a rule. */
static bool
has_date(const char *line, size_t size)
{
	bool has_time = false;
	bool has_year = false;
	size_t i;

	for (i = 0; i + 5 <= size; i++) {
		if (is_digit(line[i]) && is_digit(line[i + 1]) && line[i + 2] == ':' &&
		    is_digit(line[i + 3]) && is_digit(line[i + 4]))
			has_time = true;
		if (line[i] == ' ' && (line[i + 1] == '1' || line[i + 1] == '2') &&
		    is_digit(line[i + 2]) && is_digit(line[i + 3]) && is_digit(line[i + 4]))
			has_year = true;
	}
	return has_time && has_year;
}

static bool
is_from_line(const struct reader *reader, const char *line, size_t size)
{
	if (size < 5 || memcmp(line, "From ", 5) != 0 || !reader->after_empty)
		return false;
	return !reader->begun || has_date(line, size < FROM_LINE_MAX ? size : FROM_LINE_MAX);
}

static bool
is_empty_line(const char *line, size_t size)
{
	return (size == 1 && line[0] == '\n') || (size == 2 && memcmp(line, "\r\n", 2) == 0);
}

/* Whether it is a "From " with at least one ">" before it. */
static bool
is_quoted(const char *line, size_t size)
{
	size_t i = 0;

	while (i < size && line[i] == '>')
		i++;
	return i > 0 && size - i >= 5 && memcmp(line + i, "From ", 5) == 0;
}

static void
lack_memory(struct reader *reader, const struct error *err)
{
	snprintf(reader->problem, sizeof(reader->problem), "%.150s", err->text);
	reader->temporary = true;
}

static void
append(struct reader *reader, const char *bytes, size_t size)
{
	struct error err = ERROR_INIT;

	if (!reader->is_message || reader->problem[0] != '\0' ||
	    buffer_append(&reader->message, bytes, size, &err) == 0)
		return;
	if (err.code == ERROR_LIMIT)
		snprintf(reader->problem, sizeof(reader->problem),
		    "it is larger than the %zu MB that are judged", reader->message.limit >> 20);
	else
		lack_memory(reader, &err);
	buffer_free(&reader->message);
}

static void
append_held(struct reader *reader)
{
	if (reader->held != NULL)
		append(reader, reader->held, strlen(reader->held));
	reader->held = NULL;
}

/* What was begun is complete: an empty line that is held is the separator's. */
static void
finish(struct reader *reader)
{
	char name[NAME_SIZE];
	struct replay_item item = {
	    .name = name, .whole = &reader->message, .done = reader->before + reader->at};
	struct error err = ERROR_INIT;

	reader->held = NULL;
	if (!reader->begun)
		return;
	/* A message of nothing has its bytes, too. */
	if (reader->problem[0] == '\0' && buffer_append(&reader->message, "", 0, &err) != 0)
		lack_memory(reader, &err);
	if (reader->problem[0] != '\0') {
		item.problem = reader->problem;
		item.temporary = reader->temporary;
		item.whole = NULL;
	}
	snprintf(name, sizeof(name), "%s:%" PRIu64, reader->name, reader->begun_line);
	reader->messages += reader->is_message;
	reader->stopped = !reader->visit(reader->context, &item);
	if (reader->message.room > BLOCK_SIZE)
		buffer_free(&reader->message);
	buffer_clear(&reader->message);
	reader->begun = false;
}

static void
begin(struct reader *reader, bool is_message)
{
	reader->begun = true;
	reader->is_message = is_message;
	reader->begun_line = reader->line;
	reader->temporary = false;
	snprintf(reader->problem, sizeof(reader->problem), "%s",
	    is_message ? "" : "what stands before the first \"From \" line is no message");
}

/* Whether it is a "From " line. */
static bool
take_line(struct reader *reader, const char *line, size_t size)
{
	reader->line++;
	if (is_from_line(reader, line, size)) {
		finish(reader);
		begin(reader, true);
		reader->after_empty = false;
		return true;
	}
	reader->after_empty = is_empty_line(line, size);
	if (!reader->begun && reader->after_empty)
		return false;
	if (!reader->begun)
		begin(reader, false);
	append_held(reader);
	if (reader->after_empty)
		reader->held = size == 1 ? "\n" : "\r\n";
	else if (is_quoted(line, size))
		append(reader, line + 1, size - 1);
	else
		append(reader, line, size);
	return false;
}

/* The next line, or the next part of a long one. */
static void
take(struct reader *reader, const char *piece, size_t size)
{
	if (reader->line_begins)
		reader->in_from = take_line(reader, piece, size);
	else if (!reader->in_from)
		append(reader, piece, size);
	reader->line_begins = piece[size - 1] == '\n';
}

int
replay_mbox_each(
    int in, const char *name, size_t most, replay_visit *visit, void *context, struct error *err)
{
	struct reader reader = {.in = in,
	    .name = name,
	    .visit = visit,
	    .context = context,
	    .line_begins = true,
	    .after_empty = true,
	    .message = {.limit = most}};
	const char *piece;
	size_t size;
	int result = 0;

	while (!reader.stopped && !interrupt_came() && next_piece(&reader, &piece, &size))
		take(&reader, piece, size);
	if (reader.fault != 0) {
		result = error_errno(err, reader.fault, "%s: reading", name);
	} else if (!reader.stopped && !interrupt_came()) {
		finish(&reader);
		if (reader.messages == 0 && reader.begun_line > 0)
			result = error_set(err, ERROR_INPUT,
			    "%s is no mbox: no message in it begins with a \"From \" line", name);
	}
	buffer_free(&reader.message);
	return result;
}
