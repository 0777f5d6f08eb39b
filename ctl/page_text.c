/* The one place where text gets into a page. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/escape.h"
#include "page_private.h"

void
page_markup(struct page *page, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(page->out, format, args);
	va_end(args);
}

static const char *
entity_of(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void
page_text(struct page *page, const char *text)
{
	char safe[PAGE_TEXT_MAX];
	const char *entity;
	const char *at;

	/* Controls, overrides of direction and what is no UTF-8 first, then markup. */
	escape_text(ESCAPE_LOG, text, safe, sizeof(safe));
	for (at = safe; *at != '\0'; at++) {
		entity = entity_of(*at);
		if (entity != NULL)
			fputs(entity, page->out);
		else
			fputc(*at, page->out);
	}
}

void
page_text_apart(struct page *page, const char *text)
{
	fputs("<bdi>", page->out);
	page_text(page, text);
	fputs("</bdi>", page->out);
}

const char *
page_number(uint64_t number, char *text)
{
	char digits[PAGE_NUMBER_SIZE];
	size_t length = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, number);
	size_t used = 0;
	size_t i;

	for (i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			text[used++] = ',';
		text[used++] = digits[i];
	}
	text[used] = '\0';
	return text;
}

const char *
page_percent(uint64_t part, uint64_t whole, char *text)
{
	double percent = whole > 0 ? 100.0 * (double)part / (double)whole : 0.0;

	if (part > 0 && percent < 0.1)
		snprintf(text, PAGE_NUMBER_SIZE, "below 0.1 %%");
	else
		snprintf(text, PAGE_NUMBER_SIZE, "%.1f %%", percent);
	return text;
}
