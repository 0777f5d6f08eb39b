/*
 * A page of HTML for people: one file that needs no other, no script, no network. Tiles with numbers,
 * plots as inline SVG, tables; for light and dark screens, for paper, and for those who listen. Every
 * text given is from outside and is escaped here, in one place (page_text.c). What goes wrong while
 * writing is told by page_close(). One thread.
 *
 *   page_open, page_section, page_tiles, page_share, page_bars, page_columns, page_table…, page_close
 */
#ifndef SMIME_CTL_PAGE_H
#define SMIME_CTL_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"

/* Bytes shown of one text. */
#define PAGE_TEXT_MAX 400
/* Bars of one chart, parts of one share; what follows is added up as "others". */
#define PAGE_BARS_MAX 40
/* Columns of one chart, and series in it; more are an error of the caller's. */
#define PAGE_COLUMNS_MAX 400
#define PAGE_SERIES_MAX 8
#define PAGE_CELLS_MAX 16
/* Numbers are below 2^60: counts of things. */

struct page;

/* What a number means; told by colour, which never tells alone. */
enum page_tone {
	PAGE_PLAIN,
	PAGE_GOOD,
	PAGE_FAIR, /* good, but less so */
	PAGE_WARNING,
	PAGE_BAD,
	PAGE_MUTED, /* does not matter, or not known */
};

/* Of a cipher or key that takes so many bits of work to break. */
enum page_tone page_tone_of_strength(int bits);

/* Begins the page in a new file beside `path`, whose place it takes when it is complete (a path that
 * is no file, such as /dev/stdout, is written to). subtitle and warning may be NULL: what the page
 * is of, and what is wrong with it ("interrupted: not all entries"). NULL on error. */
struct page *page_open(const char *path, const char *title, const char *subtitle,
    const char *warning, struct error *err);

/* Whether a page can be written there: to be told before the work that it is to show. 0/-1. */
MUST_CHECK int page_try(const char *path, struct error *err);

/* Ends it and puts it in its place. 0/-1 (then nothing is there that was not before). */
MUST_CHECK int page_close(struct page *page, struct error *err);

/* Ends it, and leaves nothing. NULL is legal. */
void page_discard(struct page *page);

/* A heading, with a sentence below it (may be NULL). */
void page_section(struct page *page, const char *heading, const char *text);

/* A paragraph. */
void page_paragraph(struct page *page, const char *text);

/* Numbers that matter most, side by side. */
struct page_tile {
	const char *label;
	uint64_t value;
	const char *note; /* below it; may be NULL */
	enum page_tone tone;
};
void page_tiles(struct page *page, const struct page_tile *tiles, size_t count);

/* A number with a name: of a chart of bars, or a part of a whole. */
struct page_bar {
	const char *label;
	uint64_t value;
	enum page_tone tone;
	const char *note; /* behind the label; may be NULL */
};

/* A horizontal bar for each, in the order given, with its share of their sum. Where there are none,
 * it says so. */
void page_bars(struct page *page, const char *caption, const struct page_bar *bars, size_t count);
/* The same with shares of another whole, where what they count overlaps. */
void page_bars_of(struct page *page, const char *caption, const struct page_bar *bars, size_t count,
    uint64_t whole);

/* One bar, divided: the share of each of their sum, with a legend. */
void page_share(struct page *page, const char *caption, const struct page_bar *parts, size_t count);

/* Columns side by side, such as months; each divided into series, from below. */
struct page_series {
	const char *name;
	enum page_tone tone;
};
struct page_columns {
	const char *caption;
	const struct page_series *series;
	size_t series_count; /* 1 to PAGE_SERIES_MAX */
	const char *const *labels;
	size_t count;           /* at most PAGE_COLUMNS_MAX */
	const uint64_t *values; /* values[column * series_count + series] */
};
void page_columns(struct page *page, const struct page_columns *columns);

/* A table, row by row. */
struct page_cell_head {
	const char *title;
	bool number; /* set to the right */
};
void page_table_begin(
    struct page *page, const char *caption, const struct page_cell_head *heads, size_t count);
/* As many cells as heads; NULL counts as empty. */
void page_table_row(struct page *page, const char *const *cells);
/* note: below the table, such as what was left out; may be NULL. */
void page_table_end(struct page *page, const char *note);

/* A number as people read it, written to text[PAGE_NUMBER_SIZE] and returned: "12,345". */
#define PAGE_NUMBER_SIZE 32
const char *page_number(uint64_t number, char *text);

#endif
