#include <ctype.h>
#include <gmime/gmime.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mail/entity.h"
#include "mail/entity_field.h"

/* What one Content-Type field says. Members owned. */
struct reading {
	enum entity_claim claim;
	char *media_type;
	char *smime_type;
	char *boundary;
	char *other;
	char *protocol;
	char *file;
};

static void
reading_free(struct reading *reading)
{
	free(reading->media_type);
	free(reading->smime_type);
	free(reading->boundary);
	free(reading->other);
	free(reading->protocol);
	free(reading->file);
}

/* Moves *from to *to where that has none yet. */
static void
take_missing(char **to, char **from)
{
	if (*to != NULL)
		return;
	*to = *from;
	*from = NULL;
}

static char *
lower(char *text)
{
	for (char *c = text; c != NULL && *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return text;
}

/* What a field claims that GMime can't make out, which it then calls application/octet-stream:
 * whatever some other reader may see in it. */
static bool
looks_smime(const char *text)
{
	static const char *const words[] = {"pkcs7-", ".p7m", ".p7z"};
	char *low = g_ascii_strdown(text, -1);
	bool found = false;

	for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
		found = found || strstr(low, words[i]) != NULL;
	found = found && strstr(low, "octet-stream") == NULL;
	g_free(low);
	return found;
}

static void
judge(struct reading *reading, GMimeContentType *type, bool named)
{
	const char *sub = strchr(reading->media_type, '/') + 1;

	if (g_mime_content_type_is_type(type, "application", "*")) {
		if (named || strncmp(sub, "pkcs7-", 6) == 0 || strncmp(sub, "x-pkcs7-", 8) == 0)
			reading->claim = ENTITY_SMIME;
	} else if (strcmp(reading->media_type, "multipart/signed") == 0) {
		reading->claim = ENTITY_SIGNED;
	} else if (strcmp(reading->media_type, "multipart/encrypted") == 0) {
		if (reading->protocol != NULL && reading->boundary != NULL &&
		    strcmp(reading->protocol, "application/pgp-encrypted") == 0)
			reading->claim = ENTITY_PGP_MIME;
	}
}

/* Whether a text that GMime can't make out may be a multipart's, too. */
static bool
looks_multipart(const char *text)
{
	text += strspn(text, " \t\"");
	return strncasecmp(text, "multipart", strlen("multipart")) == 0;
}

static int
read_content_type(const char *value, bool named, struct reading *reading, struct error *err)
{
	char *text = entity_field_prepare(value);
	GMimeParamList *params;
	GMimeContentType *type;
	char *name;
	int result = -1;

	if (text == NULL)
		return error_no_memory(err);
	type = g_mime_content_type_parse(NULL, text);
	params = g_mime_content_type_get_parameters(type);
	name = g_mime_content_type_get_mime_type(type);
	reading->media_type = lower(strdup(name));
	g_free(name);
	if (reading->media_type == NULL) {
		error_no_memory(err);
		goto done;
	}
	if (entity_field_names_smime(params, &named, &reading->file, err) != 0 ||
	    entity_field_parameter(params, "smime-type", &reading->smime_type, err) != 0)
		goto done;
	lower(reading->smime_type);
	if ((g_mime_content_type_is_type(type, "multipart", "*") || looks_multipart(text)) &&
	    (entity_field_boundaries(text, params, &reading->boundary, &reading->other, err) != 0 ||
		entity_field_parameter(params, "protocol", &reading->protocol, err) != 0))
		goto done;
	lower(reading->protocol);
	judge(reading, type, named);
	if (strcmp(reading->media_type, "application/octet-stream") == 0 && looks_smime(text))
		reading->claim = ENTITY_SMIME;
	result = 0;

done:
	g_object_unref(type);
	free(text);
	return result;
}

static enum entity_encoding
read_encoding(const char *value)
{
	static const struct {
		const char *name;
		enum entity_encoding encoding;
	} encodings[] = {{"base64", ENTITY_BASE64}, {"quoted-printable", ENTITY_QUOTED_PRINTABLE}};
	size_t depth = 0;
	size_t size;

	/* A comment may stand in front (RFC 2045 section 5.1). */
	for (; *value != '\0'; value++) {
		if (*value == '(')
			depth++;
		else if (*value == ')' && depth > 0)
			depth--;
		else if (depth == 0 && strchr(" \t\r\n\"", *value) == NULL)
			break;
	}
	size = strcspn(value, " \t\r\n\"(;");
	for (size_t i = 0; i < ARRAY_LENGTH(encodings); i++)
		if (strlen(encodings[i].name) == size &&
		    strncasecmp(value, encodings[i].name, size) == 0)
			return encodings[i].encoding;
	return ENTITY_IDENTITY;
}

static int
disposition_names_smime(const struct header *header, bool *named, char **file, struct error *err)
{
	const struct header_field *field;
	GMimeContentDisposition *disposition;
	char *text;
	int result = 0;

	for (size_t i = 0; result == 0 && !*named; i++) {
		field = header_find(header, "Content-Disposition", i);
		if (field == NULL)
			break;
		text = entity_field_prepare(field->value);
		if (text == NULL)
			return error_no_memory(err);
		disposition = g_mime_content_disposition_parse(NULL, text);
		result = entity_field_names_smime(
		    g_mime_content_disposition_get_parameters(disposition), named, file, err);
		g_object_unref(disposition);
		free(text);
	}
	return result;
}

static bool
is_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Whether a further reading says something else than those before. */
static bool
differs(const struct entity_type *type, const struct reading *reading)
{
	return !is_same(type->media_type, reading->media_type) ||
	       !is_same(type->boundary, reading->boundary);
}

/* Of several readings the one that claims most; the media type that is shown is the first's. A body
 * that any reading takes for a multipart keeps a boundary, and of several boundaries two. */
static void
merge(struct entity_type *type, struct reading *reading)
{
	static const int weight[] = {
	    [ENTITY_PLAIN] = 0, [ENTITY_SIGNED] = 1, [ENTITY_PGP_MIME] = 2, [ENTITY_SMIME] = 3};
	bool first = type->media_type == NULL;

	type->doubtful |= reading->other != NULL || (!first && differs(type, reading));
	take_missing(&type->other, &reading->other);
	take_missing(&type->media_type, &reading->media_type);
	take_missing(&type->file, &reading->file);
	if (!first && weight[reading->claim] <= weight[type->claim]) {
		take_missing(&type->boundary, &reading->boundary);
		take_missing(&type->protocol, &reading->protocol);
		if (!is_same(type->boundary, reading->boundary))
			take_missing(&type->other, &reading->boundary);
		return;
	}
	free(type->smime_type);
	type->claim = reading->claim;
	type->smime_type = reading->smime_type;
	reading->smime_type = NULL;
	if (reading->boundary == NULL)
		return;
	if (!is_same(type->boundary, reading->boundary))
		take_missing(&type->other, &type->boundary);
	free(type->boundary);
	free(type->protocol);
	type->boundary = reading->boundary;
	type->protocol = reading->protocol;
	reading->boundary = NULL;
	reading->protocol = NULL;
}

static int
read_fields(const struct header *header, struct entity_type *type, struct error *err)
{
	const struct header_field *field;
	bool named = false;
	int result = 0;

	if (disposition_names_smime(header, &named, &type->file, err) != 0)
		return -1;
	for (size_t i = 0; i < header->count && result == 0; i++) {
		struct reading reading = {.claim = ENTITY_PLAIN};

		field = &header->fields[i];
		if (strcasecmp(field->name, "Content-Type") == 0) {
			result = read_content_type(field->value, named, &reading, err);
			if (result == 0)
				merge(type, &reading);
			reading_free(&reading);
		} else if (strcasecmp(field->name, "Content-Transfer-Encoding") == 0 &&
			   type->encoding == ENTITY_IDENTITY) {
			type->encoding = read_encoding(field->value);
		}
	}
	/* Without a type some readers go by the name. */
	if (named && type->media_type == NULL)
		type->claim = ENTITY_SMIME;
	return result;
}

int
entity_type_read(const struct header *header, struct entity_type *type, struct error *err)
{
	struct entity_type made = {.claim = ENTITY_PLAIN};

	if (read_fields(header, &made, err) != 0)
		goto fail;
	if (made.media_type == NULL)
		made.media_type = strdup("text/plain");
	if (made.media_type == NULL) {
		error_no_memory(err);
		goto fail;
	}
	*type = made;
	return 0;

fail:
	entity_type_free(&made);
	return -1;
}

void
entity_type_free(struct entity_type *type)
{
	if (type == NULL)
		return;
	free(type->media_type);
	free(type->smime_type);
	free(type->boundary);
	free(type->other);
	free(type->protocol);
	free(type->file);
	memset(type, 0, sizeof(*type));
}
