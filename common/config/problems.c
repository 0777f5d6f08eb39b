#include "config/problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/escape.h"

/* As many as a person reads at a sitting; a file of nonsense doesn't fill the log. */
#define PROBLEMS_MAX 100
/* One problem's text, and with file and line in front and escapes (a path has up to 4096 bytes). */
#define TEXT_SIZE 1200
#define LINE_SIZE 6000

void
problems_add(struct problems *problems, int line, const char *format, ...)
{
	char text[TEXT_SIZE];
	struct problem *items;
	va_list arguments;

	problems->found++;
	if (problems->count == PROBLEMS_MAX)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	items = array_grow(problems->items, problems->count, sizeof(*items), NULL);
	if (items == NULL)
		return;
	problems->items = items;
	items[problems->count].line = line;
	items[problems->count].order = problems->found;
	items[problems->count].text = strdup(text);
	if (items[problems->count].text != NULL)
		problems->count++;
}

bool
problems_any(const struct problems *problems)
{
	return problems->found > 0;
}

static int
by_line(const void *left, const void *right)
{
	const struct problem *a = left, *b = right;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static char *
complete(const char *file, const struct problem *problem)
{
	char plain[LINE_SIZE], escaped[LINE_SIZE];

	if (problem->line > 0)
		snprintf(plain, sizeof(plain), "%s:%d: %s", file, problem->line, problem->text);
	else
		snprintf(plain, sizeof(plain), "%s: %s", file, problem->text);
	return strdup(escape_text(ESCAPE_LOG, plain, escaped, sizeof(escaped)));
}

void
problems_finish(struct problems *problems, struct config_problems *out)
{
	size_t left_out = problems->found - problems->count;
	struct problem last = {0, 0, NULL};
	char text[64];

	out->count = 0;
	out->items = problems->found > 0 ? calloc(problems->count + 1, sizeof(*out->items)) : NULL;
	if (problems->count > 0)
		qsort(problems->items, problems->count, sizeof(*problems->items), by_line);
	for (size_t i = 0; i < problems->count; i++) {
		if (out->items != NULL)
			out->items[out->count] = complete(problems->file, &problems->items[i]);
		if (out->items != NULL && out->items[out->count] != NULL)
			out->count++;
		free(problems->items[i].text);
	}
	if (left_out > 0 && out->items != NULL) {
		snprintf(text, sizeof(text), "%zu more, not listed", left_out);
		last.text = text;
		out->items[out->count] = complete(problems->file, &last);
		out->count += out->items[out->count] != NULL;
	}
	free(problems->items);
	problems->items = NULL;
	problems->count = problems->found = 0;
}
