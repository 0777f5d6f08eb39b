#include "config/scan.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "config/scanner.h"

/* libconfuse compares each title with all before it: with more the time to read a file is felt. */
#define SECTIONS_MAX 20000
/* Titles stand in log lines and records. */
#define TITLE_MAX 64
/* Longest name quoted in a message. */
#define SHOWN_MAX 60

/* The token as a text of at most size - 1 bytes; returns out. */
static char *
token_text(const struct scanner *scanner, const struct token *token, char *out, size_t size)
{
	size_t length = token->length < size ? token->length : size - 1;

	memcpy(out, scanner->text + token->start, length);
	out[length] = '\0';
	return out;
}

static void
unknown_setting(struct scanner *scanner, const char *name)
{
	enum section_kind kind = scanner->section->kind;
	const char *near = setting_nearest(kind, name);
	enum section_kind other;

	for (other = SECTION_TOP; other < SECTION_COUNT; other++)
		if (setting_by_name(other, name) != NULL)
			break;
	if (other == SECTION_TOP)
		problems_add(scanner->problems, scanner->last.line,
		    "\"%s\" is not a setting of a %s section: it belongs at the top level%s", name,
		    setting_section(kind)->name,
		    setting_by_name(other, name)->policy ? " or in a rule section" : "");
	else if (other < SECTION_COUNT)
		problems_add(scanner->problems, scanner->last.line,
		    "\"%s\" is not a setting of %s%s%s: it belongs in a %s section", name,
		    kind == SECTION_TOP ? "the top level" : "a ", setting_section(kind)->name,
		    kind == SECTION_TOP ? "" : " section", setting_section(other)->name);
	else if (setting_section_by_name(name) < SECTION_COUNT)
		problems_add(scanner->problems, scanner->last.line,
		    "\"%s\" is a section, written %s \"title\" { … }", name, name);
	else if (near != NULL)
		problems_add(scanner->problems, scanner->last.line,
		    "unknown setting \"%s\": did you mean \"%s\"?", name, near);
	else
		problems_add(scanner->problems, scanner->last.line, "unknown setting \"%s\"", name);
}

/* At "=": the word before it is a setting's name. */
static int
scan_equals(struct scanner *scanner)
{
	char name[SHOWN_MAX + 1];
	int *line;

	if (scanner->last.kind == TOKEN_STRING && !scanner->in_list)
		return scanner_refuse(scanner, "the name of a setting is written without quotes");
	if (scanner->last.kind != TOKEN_WORD || scanner->in_list)
		return scanner_refuse(scanner,
		    "unexpected \"=\": a value that holds one, such as a DN, is written in quotes");
	token_text(scanner, &scanner->last, name, sizeof(name));
	scanner->setting = NULL;
	if (scanner->section != NULL) {
		scanner->setting = setting_by_name(scanner->section->kind, name);
		if (scanner->setting == NULL) {
			unknown_setting(scanner, name);
			scanner->blank_statement = scanner->last.start;
		}
	}
	if (scanner->setting != NULL) {
		line = &scanner->section->lines[scanner->setting -
						setting_section(scanner->section->kind)->settings];
		if (*line != 0) {
			problems_add(scanner->problems, scanner->last.line,
			    "%s is set twice: already on line %d", name, abs(*line));
			scanner->blank_statement = scanner->last.start;
		} else {
			*line = scanner->last.line;
		}
	}
	scanner_push(scanner, TOKEN_EQUALS, scanner->at, scanner->at + 1);
	return 0;
}

static int
open_list(struct scanner *scanner)
{
	const struct setting *setting = scanner->setting;
	int *line;

	if (setting != NULL && !setting_is_list(setting) && scanner->blank_statement == NOWHERE) {
		line = &scanner->section
			    ->lines[setting - setting_section(scanner->section->kind)->settings];
		*line = -*line;
		problems_add(scanner->problems, scanner->line, "%s takes one value, not a list",
		    setting->name);
		scanner->blank_statement = scanner->before.start;
	}
	scanner->in_list = true;
	scanner->list_line = scanner->line;
	scanner_push(scanner, TOKEN_COMMA, scanner->at, scanner->at + 1);
	return 0;
}

/* The new section, cleared, or NULL. */
static struct scan_section *
new_section(struct scan *scan)
{
	struct scan_section *sections =
	    array_grow(scan->sections, scan->count, sizeof(*sections), NULL);

	if (sections == NULL)
		return NULL;
	scan->sections = sections;
	memset(&scan->sections[scan->count], 0, sizeof(*sections));
	return &scan->sections[scan->count++];
}

static int
add_section(
    struct scanner *scanner, enum section_kind kind, const char *title, size_t length, int line)
{
	struct scan_section *section;

	if (scanner->scan->count > SECTIONS_MAX)
		return scanner_refuse(scanner, "too many sections");
	section = new_section(scanner->scan);
	if (section == NULL)
		return scanner_refuse(scanner, "out of memory");
	section->kind = kind;
	section->line = line;
	section->place = scanner->scan->counts[kind]++;
	scanner->section = section;
	if (title != NULL) {
		section->title = strndup(title, length);
		if (section->title == NULL)
			return scanner_refuse(scanner, "out of memory");
	}
	return 0;
}

/* The title without its quotes; false, with a problem, if it isn't one. */
static bool
title_of(struct scanner *scanner, const char **title, size_t *length)
{
	bool quoted = scanner->last.kind == TOKEN_STRING;

	*title = scanner->text + scanner->last.start + (quoted ? 1 : 0);
	*length = scanner->last.length - (quoted ? 2 : 0);
	if (*length > 0 && *length <= TITLE_MAX && memchr(*title, '\\', *length) == NULL)
		return true;
	problems_add(scanner->problems, scanner->last.line,
	    "the title of a section has from 1 to %d bytes, without backslash", TITLE_MAX);
	return false;
}

static void
unknown_section(struct scanner *scanner, const struct token *name_token, const char *name)
{
	const char *near = setting_nearest_section(name);

	if (near != NULL)
		problems_add(scanner->problems, name_token->line,
		    "unknown section \"%s\": did you mean \"%s\"?", name, near);
	else
		problems_add(scanner->problems, name_token->line,
		    "unknown section \"%s\": there are directory, trust and rule", name);
}

static bool
is_text(const struct token *token)
{
	return token->kind == TOKEN_WORD || token->kind == TOKEN_STRING;
}

/* At "{" that opens no list. What isn't a good section is walked over, then blanked. */
static int
open_section(struct scanner *scanner)
{
	bool titled = is_text(&scanner->last) && is_text(&scanner->before);
	struct token name_token = titled ? scanner->before : scanner->last;
	char name[SHOWN_MAX + 1];
	enum section_kind kind;
	const char *title;
	size_t length;
	int status = 0;

	if (name_token.kind != TOKEN_WORD)
		return scanner_refuse(scanner, "unexpected \"{\"");
	token_text(scanner, &name_token, name, sizeof(name));
	kind = setting_section_by_name(name);
	scanner->section = NULL;
	if (kind == SECTION_COUNT)
		unknown_section(scanner, &name_token, name);
	else if (!titled)
		problems_add(scanner->problems, name_token.line,
		    "a section needs a title: %s \"title\" { … }", name);
	else if (title_of(scanner, &title, &length))
		status = add_section(scanner, kind, title, length, name_token.line);
	if (scanner->section == NULL)
		scanner->blank_section = name_token.start;
	scanner->opened = name_token;
	scanner->in_section = true;
	scanner_push(scanner, TOKEN_END, scanner->at, scanner->at + 1);
	return status;
}

static int
scan_open(struct scanner *scanner)
{
	if (scanner->in_list)
		return scanner_refuse(scanner, "a list can't stand in a list");
	if (scanner->last.kind == TOKEN_EQUALS)
		return open_list(scanner);
	if (scanner->in_section) {
		problems_add(scanner->problems, scanner->line,
		    "a section can't stand in a section: is the } of the one on line %d missing?",
		    scanner->opened.line);
		return -1;
	}
	return open_section(scanner);
}

static int
scan_close(struct scanner *scanner)
{
	if (scanner->in_list) {
		scanner->in_list = false;
		scanner_end_statement(scanner, scanner->at + 1);
		return 0;
	}
	if (!scanner->in_section || scanner->last.kind == TOKEN_EQUALS)
		return scanner_refuse(scanner, "unexpected \"}\"");
	scanner->in_section = false;
	if (scanner->blank_section != NOWHERE)
		scanner_blank(scanner, scanner->blank_section, scanner->at + 1);
	scanner->blank_section = NOWHERE;
	scanner->section = &scanner->scan->sections[0];
	scanner_push(scanner, TOKEN_END, scanner->at, scanner->at + 1);
	return 0;
}

static int
scan_token(struct scanner *scanner)
{
	char byte = scanner->text[scanner->at];
	char next = scanner->at + 1 < scanner->size ? scanner->text[scanner->at + 1] : '\0';

	switch (byte) {
	case '\n':
		scanner->line++;
		/* fall through */
	case ' ':
	case '\t':
	case '\r':
		scanner->at++;
		return 0;
	case '"':
	case '\'':
		return scanner_string(scanner);
	case '=':
		return scan_equals(scanner);
	case '{':
		return scan_open(scanner);
	case '}':
		return scan_close(scanner);
	case ',':
		if (!scanner->in_list)
			return scanner_refuse(scanner, "unexpected \",\": several values stand in "
						       "braces, { \"a\", \"b\" }; one "
						       "that holds a comma in quotes");
		scanner_push(scanner, TOKEN_COMMA, scanner->at, scanner->at + 1);
		return 0;
	default:
		if (byte == '#' || (byte == '/' && (next == '/' || next == '*')))
			return scanner_comment(scanner);
		return scanner_word(scanner);
	}
}

int
scan_text(char *text, size_t size, struct scan *scan, struct problems *problems)
{
	struct scanner scanner = {.text = text,
	    .size = size,
	    .line = 1,
	    .blank_statement = NOWHERE,
	    .blank_section = NOWHERE,
	    .scan = scan,
	    .problems = problems};

	memset(scan, 0, sizeof(*scan));
	if (add_section(&scanner, SECTION_TOP, NULL, 0, 0) != 0)
		return -1;
	while (scanner.at < size)
		if (scan_token(&scanner) != 0)
			return -1;
	if (scanner.in_list || scanner.in_section) {
		problems_add(problems, scanner.in_list ? scanner.list_line : scanner.opened.line,
		    "a %s is not closed: } is missing", scanner.in_list ? "list" : "section");
		return -1;
	}
	return 0;
}

void
scan_free(struct scan *scan)
{
	for (size_t i = 0; i < scan->count; i++)
		free(scan->sections[i].title);
	free(scan->sections);
	memset(scan, 0, sizeof(*scan));
}
