/*
 * Reads comma-separated values (RFC 4180) whose first line names the columns. Owned by whoever read it.
 */
#ifndef SMIME_CTL_CSV_H
#define SMIME_CTL_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"

#define CSV_SIZE_MAX ((size_t)16 << 20)
#define CSV_ROWS_MAX 100000
#define CSV_COLUMNS_MAX 16

struct csv_row {
	char *fields
	    [CSV_COLUMNS_MAX]; /* one for each of the known columns, in their order; NULL: that
					  column is not there, or empty */
	unsigned long line;
};

struct csv {
	char *text; /* what the fields point into */
	struct csv_row *rows;
	size_t count;
};

/* Reads text[size]. known: the names of columns that there may be, NULL at the end, CSV_COLUMNS_MAX at
 * most; another name, or a row of more or fewer fields than the first, is ERROR_INPUT. 0, and then
 * csv_clear(), or -1. */
MUST_CHECK int csv_read(
    const char *text, size_t size, const char *const *known, struct csv *csv, struct error *err);
void csv_clear(struct csv *csv);

#endif
