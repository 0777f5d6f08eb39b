#include "csv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"

/* A text being taken apart in place. */
struct reading {
	char *at;
	unsigned long line;
	const char *const *known;
	size_t places[CSV_COLUMNS_MAX]; /* of the columns that are there: which known one */
	size_t columns;
};

enum end { END_FIELD, END_ROW, END_BROKEN };

/* What follows a field: its end becomes a NUL at `to`. */
static enum end
finish_field(struct reading *reading, char *to)
{
	enum end end = END_BROKEN;

	if (*reading->at == ',') {
		reading->at++;
		end = END_FIELD;
	} else if (*reading->at == '\0') {
		end = END_ROW;
	} else if (*reading->at == '\n' || (reading->at[0] == '\r' && reading->at[1] == '\n')) {
		reading->at += *reading->at == '\r' ? 2 : 1;
		reading->line++;
		end = END_ROW;
	}
	*to = '\0';
	return end;
}

static enum end
read_quoted(struct reading *reading, char **field)
{
	char *to = ++reading->at;

	*field = to;
	while (*reading->at != '\0') {
		if (reading->at[0] == '"' && reading->at[1] != '"') {
			reading->at++;
			return finish_field(reading, to);
		}
		if (*reading->at == '"')
			reading->at++;
		if (*reading->at == '\n')
			reading->line++;
		*to++ = *reading->at++;
	}
	return END_BROKEN;
}

static enum end
read_field(struct reading *reading, char **field)
{
	if (*reading->at == '"')
		return read_quoted(reading, field);
	*field = reading->at;
	reading->at += strcspn(reading->at, ",\r\n\"");
	return finish_field(reading, reading->at);
}

/* All fields of a row, `count` of them, into fields[CSV_COLUMNS_MAX]. */
static int
read_row(struct reading *reading, char **fields, size_t *count, struct error *err)
{
	unsigned long line = reading->line;
	enum end end = END_FIELD;

	*count = 0;
	while (end == END_FIELD) {
		if (*count == CSV_COLUMNS_MAX)
			return error_set(err, ERROR_LIMIT, "line %lu: more than %d columns", line,
			    CSV_COLUMNS_MAX);
		end = read_field(reading, &fields[(*count)++]);
	}
	if (end == END_BROKEN)
		return error_set(err, ERROR_INPUT,
		    "line %lu: a quote, or a line end, that is out of place", line);
	return 0;
}

static int
read_head(struct reading *reading, struct error *err)
{
	char *fields[CSV_COLUMNS_MAX];
	size_t i;
	size_t k;

	if (strncmp(reading->at, "\xef\xbb\xbf", 3) == 0)
		reading->at += 3;
	if (read_row(reading, fields, &reading->columns, err) != 0)
		return -1;
	for (i = 0; i < reading->columns; i++) {
		for (k = 0; reading->known[k] != NULL; k++) {
			if (strcasecmp(fields[i], reading->known[k]) == 0)
				break;
		}
		if (reading->known[k] == NULL)
			return error_set(
			    err, ERROR_INPUT, "line 1: there is no column \"%.100s\"", fields[i]);
		reading->places[i] = k;
	}
	return 0;
}

static int
append_row(struct csv *csv, struct csv_row **row, struct error *err)
{
	struct csv_row *rows;

	if (csv->count == CSV_ROWS_MAX)
		return error_set(err, ERROR_LIMIT, "more than %d rows", CSV_ROWS_MAX);
	rows = array_grow(csv->rows, csv->count, sizeof(*rows), err);
	if (rows == NULL)
		return -1;
	csv->rows = rows;
	*row = &rows[csv->count++];
	memset(*row, 0, sizeof(**row));
	return 0;
}

static int
read_rows(struct reading *reading, struct csv *csv, struct error *err)
{
	char *fields[CSV_COLUMNS_MAX];
	struct csv_row *row = NULL;
	unsigned long line;
	size_t count;
	size_t i;

	while (*reading->at != '\0') {
		line = reading->line;
		if (read_row(reading, fields, &count, err) != 0)
			return -1;
		if (count == 1 && fields[0][0] == '\0')
			continue; /* an empty line */
		if (count != reading->columns)
			return error_set(err, ERROR_INPUT,
			    "line %lu: %zu columns, where the first line has %zu", line, count,
			    reading->columns);
		if (append_row(csv, &row, err) != 0)
			return -1;
		row->line = line;
		for (i = 0; i < count; i++)
			row->fields[reading->places[i]] = fields[i][0] != '\0' ? fields[i] : NULL;
	}
	return 0;
}

int
csv_read(
    const char *text, size_t size, const char *const *known, struct csv *csv, struct error *err)
{
	struct reading reading = {.line = 1, .known = known};

	memset(csv, 0, sizeof(*csv));
	if (size > CSV_SIZE_MAX)
		return error_set(err, ERROR_LIMIT, "larger than %zu bytes", CSV_SIZE_MAX);
	if (memchr(text, '\0', size) != NULL)
		return error_set(err, ERROR_INPUT, "it holds NUL bytes: it is no text");
	csv->text = strndup(text, size);
	if (csv->text == NULL)
		return error_no_memory(err);
	reading.at = csv->text;
	if (read_head(&reading, err) == 0 && read_rows(&reading, csv, err) == 0)
		return 0;
	csv_clear(csv);
	return -1;
}

void
csv_clear(struct csv *csv)
{
	free(csv->rows);
	free(csv->text);
	memset(csv, 0, sizeof(*csv));
}
