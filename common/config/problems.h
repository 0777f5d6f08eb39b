/*
 * Collects what is wrong with a file, in whatever order it is found, and hands it over in the order
 * of the file's lines. One thread. Internal to this room.
 */
#ifndef SMIME_CONFIG_PROBLEMS_H
#define SMIME_CONFIG_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "config/config.h"

struct problem {
	int line;
	size_t order; /* of finding: keeps those of one line in it */
	char *text;
};

struct problems {
	const char *file; /* borrowed */
	struct problem *items;
	size_t count;
	size_t found; /* more than count, where they were too many or memory ran out */
};

/* line 0: of the file as a whole. */
void problems_add(struct problems *problems, int line, const char *format, ...) PRINTF_LIKE(3, 4);

bool problems_any(const struct problems *problems);

/* Moves them to out, sorted, each with file and line in front and escaped. Empties problems. */
void problems_finish(struct problems *problems, struct config_problems *out);

#endif
