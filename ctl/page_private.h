/*
 * What the parts of a page share, and nobody else. page.c opens, closes and has the simple parts;
 * page_text.c writes text; page_bars.c and page_columns.c draw; page_table.c has tables; page_style.c
 * how all looks.
 */
#ifndef SMIME_CTL_PAGE_PRIVATE_H
#define SMIME_CTL_PAGE_PRIVATE_H

#include <stdio.h>

#include "page.h"

struct page {
	FILE *out;
	char *path;
	char *draft;  /* the file until it is complete; NULL: path itself is written to */
	size_t cells; /* of the table's rows */
	bool numbers[PAGE_CELLS_MAX]; /* cells that are */
	size_t rows;
};

/* The style sheet; without markup. */
extern const char page_style[];

/* The class of a tone: "good". */
const char *page_tone_class(enum page_tone tone);

/* Writes text from outside, for an element or a quoted attribute; what is longer than PAGE_TEXT_MAX
 * is cut. NULL counts as empty. */
void page_text(struct page *page, const char *text);
/* The same in an element of its own, whatever way it is written. */
void page_text_apart(struct page *page, const char *text);

/* Writes text of ours: markup. */
void page_markup(struct page *page, const char *format, ...) PRINTF_LIKE(2, 3);

/* part of whole as "12.3 %", to text[PAGE_NUMBER_SIZE]. */
const char *page_percent(uint64_t part, uint64_t whole, char *text);

#endif
