#include "directory/record_parse.h"

#include <stdio.h> /* which <ldif.h> wants before it */

#include <ldif.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* A record under way. */
struct parsing {
	const struct record_events *events;
	void *context;
	bool has_dn;
	const char *why;
	int result; /* -1: an event ended it */
};

/* What a line of a record turned out to be. */
enum line_kind {
	LINE_ATTRIBUTE,
	LINE_BROKEN,  /* why */
	LINE_IGNORED, /* the whole record is none of ours */
};

/*
 * Splits a line with libldap, which decodes it in place. A value from a URL is refused before
 * libldap sees the line: it would fetch it. The test mirrors its own: the first colon decides.
 */
static enum line_kind
split_line(char *line, struct berval *name, struct berval *value, const char **why)
{
	const char *colon = strchr(line, ':');
	int allocated = 0;

	if (colon != NULL && colon[1] == '<') {
		*why = "a value from a URL is refused";
		return LINE_BROKEN;
	}
	if (ldif_parse_line2(line, name, value, &allocated) == 0) {
		if (allocated) /* never without a URL */
			ber_memfree(value->bv_val);
		else
			return LINE_ATTRIBUTE;
	}
	*why = "a line that is not \"attribute: value\", or broken base64";
	return LINE_BROKEN;
}

/* The line that begins a record: its DN. */
static enum line_kind
first_line(struct parsing *parsing, const struct berval *name, const struct berval *value,
    struct error *err)
{
	if (strcasecmp(name->bv_val, "dn") == 0) {
		parsing->has_dn = true;
		parsing->result = parsing->events->dn(parsing->context, value, err);
		return LINE_ATTRIBUTE;
	}
	if (strcasecmp(name->bv_val, "search") == 0 || strcasecmp(name->bv_val, "ref") == 0)
		return LINE_IGNORED; /* what ldapsearch adds to its entries */
	parsing->why = "it does not begin with a dn";
	if (strcasecmp(name->bv_val, "include") == 0)
		parsing->why = "including another file is refused";
	return LINE_BROKEN;
}

static enum line_kind
read_line(struct parsing *parsing, char *line, struct error *err)
{
	struct berval name;
	struct berval value;
	enum line_kind kind;

	kind = split_line(line, &name, &value, &parsing->why);
	if (kind != LINE_ATTRIBUTE)
		return kind;
	if (!parsing->has_dn) {
		if (strcasecmp(name.bv_val, "version") == 0)
			return LINE_ATTRIBUTE;
		return first_line(parsing, &name, &value, err);
	}
	if (strcasecmp(name.bv_val, "changetype") == 0 && strcasecmp(value.bv_val, "add") != 0) {
		parsing->why = "it is a change to an entry, not an entry";
		return LINE_BROKEN;
	}
	parsing->result = parsing->events->attribute(parsing->context, name.bv_val, &value, err);
	return LINE_ATTRIBUTE;
}

int
record_parse(struct record *record, const struct record_events *events, void *context,
    enum record_kind *kind, const char **why, struct error *err)
{
	struct parsing parsing = {.events = events, .context = context, .why = record->fault};
	enum line_kind line_kind = record->fault != NULL ? LINE_BROKEN : LINE_ATTRIBUTE;
	char *next = record->text;
	char *line;

	while (line_kind == LINE_ATTRIBUTE && parsing.result == 0 &&
	       (line = ldif_getline(&next)) != NULL)
		line_kind = read_line(&parsing, line, err);
	*why = parsing.why;
	if (line_kind == LINE_BROKEN)
		*kind = RECORD_BROKEN;
	else
		*kind =
		    line_kind == LINE_ATTRIBUTE && parsing.has_dn ? RECORD_ENTRY : RECORD_IGNORED;
	return parsing.result;
}
