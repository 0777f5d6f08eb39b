#include "config/scanner.h"

#include <string.h>

void
scanner_blank(struct scanner *scanner, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (scanner->text[i] != '\n')
			scanner->text[i] = ' ';
}

void
scanner_push(struct scanner *scanner, enum token_kind kind, size_t start, size_t end)
{
	scanner->before = scanner->last;
	scanner->last = (struct token){kind, start, end - start, scanner->line};
	scanner->at = end;
}

void
scanner_end_statement(struct scanner *scanner, size_t end)
{
	if (scanner->blank_statement != NOWHERE)
		scanner_blank(scanner, scanner->blank_statement, end);
	scanner->blank_statement = NOWHERE;
	scanner_push(scanner, TOKEN_END, end, end);
}

/* A word or string: it ends a statement if it is its value. */
static void
push_value(struct scanner *scanner, enum token_kind kind, size_t start, size_t end)
{
	bool value = scanner->last.kind == TOKEN_EQUALS && !scanner->in_list;

	scanner_push(scanner, kind, start, end);
	if (value)
		scanner_end_statement(scanner, end);
}

static bool
is_control(char byte)
{
	return ((unsigned char)byte < 0x20 && byte != '\t') || byte == 0x7f;
}

int
scanner_refuse(struct scanner *scanner, const char *problem)
{
	problems_add(scanner->problems, scanner->line, "%s", problem);
	return -1;
}

/* libconfuse would put a variable of the environment there. */
static bool
expands(const struct scanner *scanner, size_t at)
{
	return scanner->text[at] == '$' && at + 1 < scanner->size && scanner->text[at + 1] == '{';
}

#define EXPANDS "\"${\" is not taken here: variables are not expanded; quote it with ' instead"

int
scanner_string(struct scanner *scanner)
{
	const char *text = scanner->text;
	char quote = text[scanner->at];
	size_t at = scanner->at + 1;

	for (; at < scanner->size && text[at] != quote; at++) {
		char next = at + 1 < scanner->size ? text[at + 1] : '\n';

		if (text[at] == '\n' || (text[at] == '\r' && next == '\n'))
			break;
		if (is_control(text[at]))
			return scanner_refuse(scanner, "a control character in a string");
		if (quote == '"' && expands(scanner, at))
			return scanner_refuse(scanner, EXPANDS);
		if (text[at] != '\\')
			continue;
		if (next == quote || next == '\\')
			at++;
		else if (quote == '"' && next != '\n')
			return scanner_refuse(scanner,
			    "a backslash in \"…\" must stand before a quote or "
			    "another backslash; in '…' it stands for itself");
	}
	if (at >= scanner->size || text[at] != quote)
		return scanner_refuse(scanner, "a string is not closed on its line");
	push_value(scanner, TOKEN_STRING, scanner->at, at + 1);
	return 0;
}

/* What libconfuse takes without quotes; everything else it has a use for, or drops unsaid. */
static bool
is_word(char byte)
{
	return byte != '\0' && !is_control(byte) && strchr(" \t#\"'={}()+,*", byte) == NULL;
}

int
scanner_word(struct scanner *scanner)
{
	size_t at = scanner->at;

	for (; at < scanner->size && is_word(scanner->text[at]); at++)
		if (expands(scanner, at))
			return scanner_refuse(scanner, EXPANDS);
	if (at == scanner->at) {
		if (scanner->text[at] == '+')
			return scanner_refuse(
			    scanner, "lists can't be added to: write the whole list with =");
		if (is_control(scanner->text[at]))
			return scanner_refuse(scanner, "a control character");
		problems_add(scanner->problems, scanner->line, "\"%c\" must stand in quotes",
		    scanner->text[at]);
		return -1;
	}
	push_value(scanner, TOKEN_WORD, scanner->at, at);
	return 0;
}

int
scanner_comment(struct scanner *scanner)
{
	size_t start = scanner->at, at = start;
	int line = scanner->line;

	if (scanner->text[at] == '#' || scanner->text[at + 1] == '/') {
		while (at < scanner->size && scanner->text[at] != '\n')
			at++;
	} else {
		at += 2;
		while (at + 1 < scanner->size &&
		       !(scanner->text[at] == '*' && scanner->text[at + 1] == '/'))
			line += scanner->text[at++] == '\n';
		if (at + 1 >= scanner->size)
			return scanner_refuse(scanner, "a comment is not closed: */ is missing");
		at += 2;
	}
	scanner_blank(scanner, start, at);
	scanner->at = at;
	scanner->line = line;
	return 0;
}
