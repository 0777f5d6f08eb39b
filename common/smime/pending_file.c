/* The file of what is pending: one JSON object a line. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/escape.h"
#include "smime/pending_private.h"

/* Bytes of a text in the file: a DN may be longer than useful. */
#define TEXT_MAX 2048

/* json_string() refuses what is not UTF-8: that is escaped. */
static json_t *
text_json(const char *text)
{
	char escaped[TEXT_MAX];
	json_t *value;

	if (text == NULL)
		return json_null();
	value = json_string(text);
	if (value == NULL)
		value = json_string(escape_text(ESCAPE_LOG, text, escaped, sizeof(escaped)));
	return value;
}

static json_t *
time_json(time_t at)
{
	char text[CLOCK_TEXT_SIZE];

	return json_string(clock_format_rfc3339(at, text));
}

static json_t *
recipient_json(const struct pending_recipient *recipient)
{
	return json_pack("{s:o, s:o, s:o, s:I, s:o}", "address", text_json(recipient->address),
	    "directory", text_json(recipient->directory), "dn", text_json(recipient->dn), "count",
	    (json_int_t)recipient->count, "last", time_json(recipient->last));
}

/* NULL without memory. */
static json_t *
authority_json(const struct pending_authority *item)
{
	json_t *domains = json_array();
	json_t *recipients = json_array();
	int failed = 0;
	size_t i;

	for (i = 0; i < item->domain_count; i++)
		failed |= json_array_append_new(domains, text_json(item->domains[i]));
	for (i = 0; i < item->recipient_count; i++)
		failed |= json_array_append_new(recipients, recipient_json(&item->recipients[i]));
	if (failed != 0) {
		json_decref(domains);
		json_decref(recipients);
		return NULL;
	}
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o}", "subject",
	    text_json(item->subject), "issuer", text_json(item->issuer), "sha256",
	    text_json(item->sha256), "key_id", text_json(item->key_id), "certificate",
	    text_json(item->certificate), "first", time_json(item->first), "last",
	    time_json(item->last), "count", (json_int_t)item->count, "domains", domains,
	    "recipients", recipients);
}

int
pending_write_text(const struct pending *pending, struct buffer *out, struct error *err)
{
	size_t i;

	for (i = 0; i < pending->count; i++) {
		json_t *json = authority_json(pending->items[i]);
		char *text =
		    json != NULL ? json_dumps(json, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
		int status = -1;

		if (text == NULL)
			error_no_memory(err);
		else if (buffer_append_text(out, text, err) == 0)
			status = buffer_append(out, "\n", 1, err);
		free(text);
		json_decref(json);
		if (status != 0)
			return -1;
	}
	return 0;
}

static int
bad(const char *name, struct error *err)
{
	return error_set(err, ERROR_INPUT, "\"%s\" is missing, or not as it should be", name);
}

static int
read_text(const json_t *object, const char *name, bool may_be_null, char **out, struct error *err)
{
	const json_t *member = json_object_get(object, name);
	const char *text = json_string_value(member);

	if (text == NULL)
		return may_be_null && json_is_null(member) ? 0 : bad(name, err);
	*out = strdup(text);
	return *out != NULL ? 0 : error_no_memory(err);
}

static int
read_time(const json_t *object, const char *name, time_t *at, struct error *err)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL && clock_parse_rfc3339(text, at, err) == 0 ? 0 : bad(name, err);
}

static int
read_count(const json_t *object, uint64_t *count, struct error *err)
{
	json_int_t value = json_integer_value(json_object_get(object, "count"));

	if (value <= 0)
		return bad("count", err);
	*count = (uint64_t)value;
	return 0;
}

static int
read_recipients(struct pending_authority *item, const json_t *list, struct error *err)
{
	size_t count = json_array_size(list);
	size_t i;

	if (count > PENDING_RECIPIENTS_MAX)
		return bad("recipients", err);
	for (i = 0; i < count; i++) {
		const json_t *json = json_array_get(list, i);
		struct pending_recipient *recipient = &item->recipients[i];

		item->recipient_count++; /* what is half read is freed like what is whole */
		if (read_text(json, "address", false, &recipient->address, err) != 0 ||
		    read_text(json, "directory", true, &recipient->directory, err) != 0 ||
		    read_text(json, "dn", true, &recipient->dn, err) != 0 ||
		    read_count(json, &recipient->count, err) != 0 ||
		    read_time(json, "last", &recipient->last, err) != 0)
			return -1;
	}
	return 0;
}

static int
read_domains(struct pending_authority *item, const json_t *list, struct error *err)
{
	size_t count = json_array_size(list);
	size_t i;

	if (count == 0 || count > PENDING_DOMAINS_MAX)
		return bad("domains", err);
	for (i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (text == NULL)
			return bad("domains", err);
		item->domains[i] = strdup(text);
		if (item->domains[i] == NULL)
			return error_no_memory(err);
		item->domain_count++;
	}
	return 0;
}

static int
read_authority(struct pending_authority *item, const json_t *json, struct error *err)
{
	if (read_text(json, "subject", false, &item->subject, err) != 0 ||
	    read_text(json, "issuer", true, &item->issuer, err) != 0 ||
	    read_text(json, "sha256", true, &item->sha256, err) != 0 ||
	    read_text(json, "key_id", true, &item->key_id, err) != 0 ||
	    read_text(json, "certificate", true, &item->certificate, err) != 0 ||
	    read_time(json, "first", &item->first, err) != 0 ||
	    read_time(json, "last", &item->last, err) != 0 ||
	    read_count(json, &item->count, err) != 0 ||
	    read_domains(item, json_object_get(json, "domains"), err) != 0 ||
	    read_recipients(item, json_object_get(json, "recipients"), err) != 0)
		return -1;
	if ((item->sha256 == NULL) != (item->certificate == NULL))
		return bad("certificate", err);
	pending_set_shares(item);
	return 0;
}

static int
read_line(struct pending *pending, const char *line, size_t size, struct error *err)
{
	struct pending_authority *item;
	json_error_t why;
	json_t *json = json_loadb(line, size, JSON_REJECT_DUPLICATES, &why);
	int status;

	if (json == NULL)
		return error_set(err, ERROR_INPUT, "no JSON: %s", why.text);
	if (pending->count >= PENDING_MAX) {
		json_decref(json);
		return error_set(err, ERROR_INPUT, "more than %d lines", PENDING_MAX);
	}
	item = pending_add(pending);
	status = item != NULL ? read_authority(item, json, err) : error_no_memory(err);
	json_decref(json);
	return status;
}

int
pending_read_text(struct pending *pending, const char *text, size_t size, struct error *err)
{
	const char *end = text + size;
	size_t number = 0;

	while (text < end) {
		const char *line_end = memchr(text, '\n', (size_t)(end - text));

		number++;
		if (line_end == NULL)
			return error_set(err, ERROR_INPUT, "line %zu is not whole", number);
		if (read_line(pending, text, (size_t)(line_end - text), err) != 0)
			return error_prefix(err, "line %zu: ", number);
		text = line_end + 1;
	}
	return 0;
}
