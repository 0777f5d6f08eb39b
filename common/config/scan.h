/*
 * A first walk over the file's text, before libconfuse reads it. It finds what libconfuse would let
 * pass (a section or a string that is never closed, a setting given twice, text it drops or
 * expands from the environment), names that nobody knows, and the line on which each section and
 * setting stands; and it blanks what libconfuse must not see: comments, which make it lose count of
 * lines, and statements that were found wrong, so that the rest can still be read and judged.
 * Internal to this room.
 */
#ifndef SMIME_CONFIG_SCAN_H
#define SMIME_CONFIG_SCAN_H

#include <stddef.h>

#include "base/compiler.h"
#include "config/problems.h"
#include "config/setting.h"

struct scan_section {
	enum section_kind kind;
	size_t place; /* among the sections of its kind, in the order of the file */
	char *title;  /* NULL for the top level */
	int line;
	int lines[SETTINGS_MAX]; /* of each setting; 0: not set; negative: set, but not to be used
				  */
};

struct scan {
	struct scan_section *sections; /* [0] is the top level, then in the order of the file */
	size_t count;
	size_t counts[SECTION_COUNT];
};

/*
 * Walks over size bytes of text, blanking in place. 0 if libconfuse can read what is left, though
 * there may be problems; -1 after a problem of syntax, which ends the walk. Free with scan_free()
 * in either case.
 */
MUST_CHECK int scan_text(char *text, size_t size, struct scan *scan, struct problems *problems);
void scan_free(struct scan *scan);

#endif
