/* One entry: a row of a table, a line of CSV, a line of JSON. */
#include <string.h>

#include "audit/audit.h"
#include "base/clock.h"
#include "base/escape.h"
#include "command.h"
#include "survey.h"

/* Bytes of one cell. */
#define CELL_MAX 2000

/* What stands for an entry's standing in few words: a reason's code, "usable", … */
static const char *
word_of(const struct survey_row *row)
{
	switch (row->standing) {
	case SURVEY_IS_USABLE:
		return "usable";
	case SURVEY_IS_NAMELESS:
		return "no-address";
	case SURVEY_IS_OUTSIDE:
		return "not-asked";
	case SURVEY_IS_UNUSABLE:
	case SURVEY_IS_UNKNOWN:
	case SURVEY_STANDINGS:
		break;
	}
	return reason_get(row->planned->reason)->code;
}

/* Codes of what was found, with blanks between. */
static const char *
list_kinds(survey_kinds kinds, char *text, size_t size)
{
	size_t used = 0;
	unsigned kind;

	text[0] = '\0';
	for (kind = 0; kind < SURVEY_KIND_COUNT; kind++) {
		if ((kinds & SURVEY_BIT(kind)) != 0 && kind != SURVEY_UNUSABLE && used < size)
			used += (size_t)snprintf(text + used, size - used, "%s%s",
			    used > 0 ? " " : "", survey_kind_code(kind));
	}
	return text;
}

static const char *
cipher_name(const struct survey_row *row)
{
	return row->cipher != NULL ? row->cipher->name : "-";
}

static const char *
source_name(const struct survey_row *row)
{
	return row->planned != NULL ? capabilities_source_name(row->planned->capabilities.from)
				    : "";
}

static const char *
expiry(const struct survey_row *row, char *text)
{
	if (row->expires == 0)
		return "-";
	return clock_format_date(row->expires, text);
}

static const char *
name_of(const struct survey_row *row)
{
	if (row->address != NULL)
		return row->address->text;
	return row->entry->address_count > 0 ? row->entry->addresses[0].text : row->entry->dn;
}

/* In so many columns, as far as one character takes one. */
static void
print_padded(const char *text, size_t columns)
{
	char safe[CELL_MAX];
	size_t width = 0;
	const char *at;

	escape_text(ESCAPE_TERMINAL, text, safe, sizeof(safe));
	for (at = safe; *at != '\0'; at++)
		width += ((unsigned char)*at & 0xc0) != 0x80;
	fputs(safe, stdout);
	do {
		putchar(' ');
	} while (++width <= columns);
}

static void
print_table_row(const struct survey_row *row)
{
	static const enum ctl_colour colours[SURVEY_STANDINGS] = {
	    CTL_GOOD, CTL_BAD, CTL_WARNING, CTL_WARNING, CTL_PLAIN};
	char kinds[CELL_MAX];
	char date[CLOCK_TEXT_SIZE];

	print_padded(name_of(row), 36);
	ctl_colour(colours[row->standing]);
	print_padded(word_of(row), 20);
	ctl_colour(CTL_PLAIN);
	print_padded(cipher_name(row), 12);
	print_padded(expiry(row, date), 11);
	puts(list_kinds(row->kinds, kinds, sizeof(kinds)));
}

/* RFC 4180, one line an entry. What a spreadsheet would take for a formula gets an apostrophe. */
static void
print_cell(const char *text, bool last)
{
	char safe[CELL_MAX];
	const char *at;

	escape_text(ESCAPE_LOG, text != NULL ? text : "", safe, sizeof(safe));
	putchar('"');
	if (safe[0] != '\0' && strchr("=+-@", safe[0]) != NULL)
		putchar('\'');
	for (at = safe; *at != '\0'; at++) {
		if (*at == '"')
			putchar('"');
		putchar(*at);
	}
	fputs(last ? "\"\r\n" : "\",", stdout);
}

static void
print_csv_row(const struct survey_row *row)
{
	char kinds[CELL_MAX];
	char date[CLOCK_TEXT_SIZE];

	print_cell(row->directory->title, false);
	print_cell(row->entry->dn, false);
	print_cell(row->entry->address_count > 0 ? name_of(row) : "", false);
	print_cell(row->standing == SURVEY_IS_USABLE ? "yes" : "no", false);
	print_cell(word_of(row), false);
	print_cell(row->cipher != NULL ? row->cipher->name : "", false);
	print_cell(source_name(row), false);
	print_cell(row->expires != 0 ? expiry(row, date) : "", false);
	print_cell(list_kinds(row->kinds, kinds, sizeof(kinds)), false);
	print_cell(row->planned != NULL ? row->planned->detail : "", true);
}

static json_t *
kinds_json(survey_kinds kinds)
{
	json_t *list = json_array();
	unsigned kind;

	for (kind = 0; kind < SURVEY_KIND_COUNT; kind++) {
		if ((kinds & SURVEY_BIT(kind)) != 0)
			json_array_append_new(list, json_string(survey_kind_code(kind)));
	}
	return list;
}

static json_t *
addresses_json(const struct census_entry *entry)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < entry->address_count; i++)
		json_array_append_new(list, audit_text_json(entry->addresses[i].text));
	return list;
}

static json_t *
row_json(const struct survey_row *row)
{
	const struct plan_recipient *planned = row->planned;
	char date[CLOCK_TEXT_SIZE];
	json_t *json = json_object();

	json_object_set_new(json, "directory", audit_text_json(row->directory->title));
	json_object_set_new(json, "dn", audit_text_json(row->entry->dn));
	json_object_set_new(
	    json, "address", audit_text_json(row->address != NULL ? row->address->text : NULL));
	json_object_set_new(json, "addresses", addresses_json(row->entry));
	json_object_set_new(json, "usable", json_boolean(row->standing == SURVEY_IS_USABLE));
	json_object_set_new(json, "reason", json_string(word_of(row)));
	json_object_set_new(json, "detail",
	    audit_text_json(
		planned != NULL && planned->detail[0] != '\0' ? planned->detail : NULL));
	json_object_set_new(
	    json, "cipher", row->cipher != NULL ? json_string(row->cipher->name) : json_null());
	json_object_set_new(
	    json, "capabilities", planned != NULL ? json_string(source_name(row)) : json_null());
	json_object_set_new(json, "fallback",
	    planned != NULL ? audit_fallback_json(planned->fallback) : json_null());
	json_object_set_new(json, "expires",
	    row->expires != 0 ? json_string(clock_format_rfc3339(row->expires, date))
			      : json_null());
	json_object_set_new(json, "findings", kinds_json(row->kinds));
	json_object_set_new(json, "digital_ids", audit_digital_ids_json(row->record));
	return json;
}

void
survey_print_head(enum survey_form form)
{
	if (form == SURVEY_TABLE) {
		ctl_colour(CTL_STRONG);
		print_padded("ADDRESS", 36);
		print_padded("STATUS", 20);
		print_padded("CIPHER", 12);
		print_padded("EXPIRES", 11);
		fputs("FINDINGS", stdout);
		ctl_colour(CTL_PLAIN);
		putchar('\n');
	} else if (form == SURVEY_CSV) {
		fputs("directory,dn,address,usable,reason,cipher,capabilities,expires,findings,"
		      "detail\r\n",
		    stdout);
	}
}

void
survey_print_row(enum survey_form form, const struct survey_row *row)
{
	switch (form) {
	case SURVEY_TABLE:
		print_table_row(row);
		break;
	case SURVEY_CSV:
		print_csv_row(row);
		break;
	case SURVEY_JSON:
		ctl_print_json(row_json(row));
		break;
	case SURVEY_SUMMARY:
		break;
	}
}
