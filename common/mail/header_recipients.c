#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/buffer.h"
#include "mail/address.h"
#include "mail/header.h"

/*
 * Address lists (RFC 5322 section 3.4) are read by a scanner of our own, not by GMime, whose parser
 * recurses into nested groups without bound, takes quadratic time for lists of broken addresses,
 * and decodes display names (see header_decode.c). We want the addresses alone: linear, bounded,
 * and strict, since an address that only a lenient reader sees would count as disclosed already.
 */
struct list {
	char **texts;
	size_t count;
	size_t pieces; /* also those that were no addresses */
};

/* One address being read. */
struct piece {
	struct buffer text; /* limited: what is longer is no address */
	bool broken;
	bool closed; /* ">" met: nothing but a separator may follow */
};

static void
piece_clear(struct piece *piece)
{
	buffer_clear(&piece->text);
	piece->broken = false;
	piece->closed = false;
}

static void
piece_add(struct piece *piece, const char *bytes, size_t size)
{
	if (piece->closed || buffer_append(&piece->text, bytes, size, NULL) != 0)
		piece->broken = true;
}

/* The byte after a comment (nested; RFC 5322 section 3.2.2), NULL if it never ends. */
static const char *
after_comment(const char *at)
{
	size_t depth = 0;

	for (; *at != '\0'; at++) {
		if (*at == '\\' && at[1] != '\0')
			at++;
		else if (*at == '(')
			depth++;
		else if (*at == ')' && --depth == 0)
			return at + 1;
	}
	return NULL;
}

/* The byte after what starts at `at` and ends with `end`; quoted pairs and, unless it is one
 * itself, quoted strings skipped. */
static const char *
after_closing(const char *at, char end)
{
	for (at++; *at != '\0' && *at != end; at++) {
		if (*at == '\\' && at[1] != '\0') {
			at++;
		} else if (*at == '"') {
			at = after_closing(at, '"');
			if (at == NULL)
				return NULL;
			at--;
		}
	}
	return *at == end ? at + 1 : NULL;
}

static int
list_add(struct list *list, char *text, struct error *err)
{
	char **texts = array_grow(list->texts, list->count, sizeof(*texts), err);

	if (texts == NULL)
		return -1;
	list->texts = texts;
	texts[list->count++] = text;
	return 0;
}

/* Ends a piece: its address, if it is one, goes to the list. */
static int
piece_end(struct piece *piece, struct list *list, struct error *err)
{
	struct address address = ADDRESS_INIT;
	struct error why = ERROR_INIT;
	bool usable = !piece->broken && piece->text.size > 0;
	int result = 0;

	list->pieces += piece->text.size > 0;
	if (usable && address_parse(piece->text.data, &address, &why) == 0) {
		if (!address_is_null(&address)) {
			result = list_add(list, address.text, err);
			if (result == 0)
				address.text = NULL;
		}
		address_free(&address);
	} else if (why.code == ERROR_TEMPORARY) {
		result = error_set(err, why.code, "%s", why.text);
	}
	piece_clear(piece);
	return result;
}

/* "<...>" makes all before it a display name. Blanks just inside are obsolete syntax. */
static const char *
read_angle(const char *at, struct piece *piece)
{
	const char *end = after_closing(at, '>');
	size_t size;

	if (end == NULL)
		return NULL;
	size = (size_t)(end - at) - 2;
	at++;
	while (size > 0 && (*at == ' ' || *at == '\t')) {
		at++;
		size--;
	}
	while (size > 0 && (at[size - 1] == ' ' || at[size - 1] == '\t'))
		size--;
	if (piece->closed) {
		piece->broken = true;
		return end;
	}
	piece_clear(piece);
	piece_add(piece, at, size);
	piece->closed = true;
	return end;
}

/* Reads one element of the list; the byte after it, or NULL where nothing more can be read. */
static const char *
read_element(const char *at, struct piece *piece)
{
	const char *end;

	switch (*at) {
	case '(':
		return after_comment(at);
	case '<':
		return read_angle(at, piece);
	case '"':
	case '[':
		end = after_closing(at, *at == '"' ? '"' : ']');
		if (end != NULL)
			piece_add(piece, at, (size_t)(end - at));
		return end;
	case ':': /* a group's name stood before it */
		piece_clear(piece);
		return at + 1;
	case ' ':
	case '\t':
		if (piece->text.size > 0 && !piece->closed)
			piece_add(piece, " ", 1);
		return at + 1;
	default:
		piece_add(piece, at, 1);
		return at + 1;
	}
}

static int
read_field(const char *value, struct list *list, struct error *err)
{
	struct piece piece = {{NULL, 0, 0, ADDRESS_MAX}, false, false};
	char *unfolded = header_unfold(value);
	const char *at = unfolded;
	int result = -1;

	if (unfolded == NULL)
		return error_no_memory(err);
	while (at != NULL && *at != '\0' && list->pieces < ADDRESS_LIST_MAX) {
		if (*at != ',' && *at != ';') {
			at = read_element(at, &piece);
			continue;
		}
		if (piece_end(&piece, list, err) != 0)
			goto done;
		at++;
	}
	if (at != NULL && *at == '\0' && piece_end(&piece, list, err) != 0)
		goto done;
	result = 0;

done:
	buffer_free(&piece.text);
	free(unfolded);
	return result;
}

static bool
is_named(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	return false;
}

/* Appends the addresses of all fields of these names. */
static int
read_fields(const struct header *header, const char *const *names, size_t count, struct list *list,
    struct error *err)
{
	for (size_t i = 0; i < header->count; i++) {
		if (!is_named(header->fields[i].name, names, count))
			continue;
		if (read_field(header->fields[i].value, list, err) != 0) {
			header_addresses_free(list->texts, list->count);
			return -1;
		}
	}
	return 0;
}

/* A resent message (RFC 5322 section 3.6.6) names its new recipients in fields of their own; all
 * who get it can read these too. */
int
header_visible_recipients(
    const struct header *header, char ***texts, size_t *count, struct error *err)
{
	static const char *const names[] = {"To", "Cc", "Resent-To", "Resent-Cc"};
	struct list list = {NULL, 0, 0};

	if (read_fields(header, names, ARRAY_LENGTH(names), &list, err) != 0)
		return -1;
	*texts = list.texts;
	*count = list.count;
	return 0;
}

/* RFC 5322 3.6: of these one field each. Which of two a reader shows nobody can say. */
int
header_senders(const struct header *header, char ***texts, size_t *count, struct error *err)
{
	static const char *const from[] = {"From"};
	static const char *const sender[] = {"Sender"};
	bool doubled =
	    header_find(header, "From", 1) != NULL || header_find(header, "Sender", 1) != NULL;
	struct list list = {NULL, 0, 0};

	if (!doubled && (read_fields(header, from, 1, &list, err) != 0 ||
			    read_fields(header, sender, 1, &list, err) != 0))
		return -1;
	*texts = list.texts;
	*count = list.count;
	return 0;
}

void
header_addresses_free(char **texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(texts[i]);
	free(texts);
}
