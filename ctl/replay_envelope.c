#include "replay_envelope.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool
is_one_of(const char *name, const char *const *names, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (strcasecmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

/* The addresses of all fields of these names: read as those of To are. */
static int
read_addresses(const struct header *header, const char *const *names, size_t name_count,
    char ***texts, size_t *count, struct error *err)
{
	struct header as_to = HEADER_INIT;
	static char to[] = "To";
	size_t i;
	int result;

	as_to.fields = calloc(header->count + 1, sizeof(*as_to.fields));
	if (as_to.fields == NULL)
		return error_no_memory(err);
	for (i = 0; i < header->count; i++) {
		if (!is_one_of(header->fields[i].name, names, name_count))
			continue;
		as_to.fields[as_to.count].name = to;
		as_to.fields[as_to.count].value = header->fields[i].value;
		as_to.count++;
	}
	result = header_visible_recipients(&as_to, texts, count, err);
	free(as_to.fields); /* name and value are borrowed */
	return result;
}

static int
take_text(char **to, const char *text, struct error *err)
{
	*to = strdup(text);
	return *to != NULL ? 0 : error_no_memory(err);
}

/* *sender stays NULL where the field is none, or no address. */
static int
read_return_path(const struct header *header, char **sender, struct error *err)
{
	const struct header_field *field = header_find(header, "Return-Path", 0);
	struct address address = ADDRESS_INIT;
	struct error why = ERROR_INIT;
	char *value;
	int result = 0;

	if (field == NULL)
		return 0;
	value = header_unfold(field->value);
	if (value == NULL)
		return error_no_memory(err);
	if (value[0] != '\0' && address_parse(value, &address, &why) == 0) {
		result = take_text(sender, address_is_null(&address) ? "" : address.text, err);
		address_free(&address);
	} else if (why.code == ERROR_TEMPORARY) {
		result = error_no_memory(err);
	}
	free(value);
	return result;
}

static int
read_sender(struct replay_envelope *envelope, const struct header *header, struct error *err)
{
	static const char *const names[] = {"From"};
	char **texts;
	size_t count;
	int result = 0;

	if (read_return_path(header, &envelope->sender, err) != 0)
		return -1;
	if (envelope->sender != NULL)
		return 0;
	if (read_addresses(header, names, ARRAY_LENGTH(names), &texts, &count, err) != 0)
		return -1;
	if (count > 0)
		result = take_text(&envelope->sender, texts[0], err);
	else
		result = error_set(err, ERROR_INPUT,
		    "it has neither a Return-Path nor a From with an address (--from gives one)");
	header_addresses_free(texts, count);
	return result;
}

/* 1, 0, or -1 without memory. */
static int
is_ignored(const char *text, const struct replay_choice *choice, struct error *err)
{
	struct address address = ADDRESS_INIT;
	int result = 0;
	size_t i;

	if (choice->ignore_count == 0)
		return 0;
	if (address_parse(text, &address, err) != 0)
		return -1; /* it was one before: no memory */
	for (i = 0; i < choice->ignore_count && result == 0; i++)
		result = address_pattern_matches(&choice->ignore[i], &address);
	address_free(&address);
	return result;
}

static int
drop_ignored(
    struct replay_envelope *envelope, const struct replay_choice *choice, struct error *err)
{
	size_t count = envelope->count;
	size_t i;
	int result = 0;

	envelope->count = 0;
	for (i = 0; i < count; i++) {
		char *text = envelope->recipients[i];
		int ignored = is_ignored(text, choice, err);

		if (ignored < 0)
			result = -1;
		if (ignored == 0)
			envelope->recipients[envelope->count++] = text;
		else
			free(text);
	}
	return result;
}

static int
compare(const void *a, const void *b)
{
	return strcasecmp(a, b);
}

/* Leaves the first of each. */
static int
drop_repeated(struct replay_envelope *envelope, struct error *err)
{
	void *seen = NULL;
	size_t count = envelope->count;
	size_t i;
	int result = 0;

	envelope->count = 0;
	for (i = 0; i < count; i++) {
		char *text = envelope->recipients[i];
		char **found = tsearch(text, &seen, compare);

		if (found == NULL)
			result = error_no_memory(err);
		if (found != NULL && *found == text)
			envelope->recipients[envelope->count++] = text;
		else
			free(text);
	}
	while (seen != NULL)
		tdelete(*(char **)seen, &seen, compare);
	return result;
}

static int
read_recipients(struct replay_envelope *envelope, const struct header *header,
    const struct replay_choice *choice, struct error *err)
{
	static const char *const names[] = {"Delivered-To", "X-Original-To", "To", "Cc", "Bcc"};

	if (read_addresses(header, names, ARRAY_LENGTH(names), &envelope->recipients,
		&envelope->count, err) != 0 ||
	    drop_ignored(envelope, choice, err) != 0 || drop_repeated(envelope, err) != 0)
		return -1;
	if (envelope->count == 0)
		return error_set(err, ERROR_INPUT, "it names no recipient (--to gives one)");
	return 0;
}

static int
copy_recipients(
    struct replay_envelope *envelope, const struct replay_choice *choice, struct error *err)
{
	envelope->recipients = calloc(choice->to_count, sizeof(*envelope->recipients));
	if (envelope->recipients == NULL)
		return error_no_memory(err);
	while (envelope->count < choice->to_count) {
		if (take_text(&envelope->recipients[envelope->count], choice->to[envelope->count],
			err) != 0)
			return -1;
		envelope->count++;
	}
	return 0;
}

int
replay_envelope_read(struct replay_envelope *envelope, const struct header *header,
    const struct replay_choice *choice, struct error *err)
{
	if (choice->from != NULL ? take_text(&envelope->sender, choice->from, err) != 0
				 : read_sender(envelope, header, err) != 0)
		return -1;
	if (choice->to_count > 0)
		return copy_recipients(envelope, choice, err);
	return read_recipients(envelope, header, choice, err);
}

void
replay_envelope_free(struct replay_envelope *envelope)
{
	free(envelope->sender);
	header_addresses_free(envelope->recipients, envelope->count);
	envelope->sender = NULL;
	envelope->recipients = NULL;
	envelope->count = 0;
}
