/*
 * The lexical half of scan.h: strings, words and comments, as libconfuse takes them, and what it
 * would take otherwise than it looks. Internal to this room.
 */
#ifndef SMIME_CONFIG_SCANNER_H
#define SMIME_CONFIG_SCANNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "config/scan.h"

enum token_kind { TOKEN_NONE, TOKEN_WORD, TOKEN_STRING, TOKEN_EQUALS, TOKEN_COMMA, TOKEN_END };

struct token {
	enum token_kind kind;
	size_t start, length;
	int line;
};

/* NOWHERE for "no statement to blank". */
#define NOWHERE SIZE_MAX

struct scanner {
	char *text;
	size_t size, at;
	int line;
	struct token before, last; /* TOKEN_END: a statement ends there */
	struct token opened;       /* name of the section we are in */
	bool in_section, in_list;
	int list_line;
	struct scan_section *section;  /* that settings belong to; NULL in one that isn't known */
	const struct setting *setting; /* after its "="; NULL if it isn't known */
	size_t blank_statement, blank_section; /* where one starts that libconfuse must not see */
	struct scan *scan;
	struct problems *problems;
};

/* Overwrites with spaces, keeping the lines. */
void scanner_blank(struct scanner *scanner, size_t from, size_t to);

/* Takes a token and goes on behind it. */
void scanner_push(struct scanner *scanner, enum token_kind kind, size_t start, size_t end);

/* A setting with its value is complete. */
void scanner_end_statement(struct scanner *scanner, size_t end);

/* A problem on this line. Always -1. */
int scanner_refuse(struct scanner *scanner, const char *problem);

/* At a quote, at anything else that isn't a mark, at the beginning of a comment: takes it, and a
 * comment is blanked. -1 after a problem. */
MUST_CHECK int scanner_string(struct scanner *scanner);
MUST_CHECK int scanner_word(struct scanner *scanner);
MUST_CHECK int scanner_comment(struct scanner *scanner);

#endif
