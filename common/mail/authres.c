#include "mail/authres.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/escape.h"
#include "mail/address.h"
#include "mail/header.h"

/* Longest authserv-id that is compared; a longer one can't be a domain (RFC 1035 2.3.4). */
#define ID_SIZE 1024

/* Longest value written. */
#define VALUE_SIZE 1001

static bool
is_token_byte(unsigned char c)
{
	return c > ' ' && c < 0x7f && strchr("()<>@,;:\\\"/[]?=", c) == NULL;
}

/* Whether a text can stand as a value without quotes: a token (RFC 2045 5.1). */
static bool
is_token(const char *text)
{
	size_t i;

	for (i = 0; text[i] != '\0'; i++) {
		if (!is_token_byte((unsigned char)text[i]))
			return false;
	}
	return i > 0;
}

/* Past blanks, folds and comments (RFC 5322 3.2.2); NULL where a comment does not end. */
static const char *
skip(const char *at)
{
	size_t depth = 0;

	for (; *at != '\0'; at++) {
		if (*at == '(')
			depth++;
		else if (*at == ')' && depth > 0)
			depth--;
		else if (*at == '\\' && depth > 0 && at[1] != '\0')
			at++;
		else if (depth == 0 && strchr(" \t\r\n", *at) == NULL)
			break;
	}
	return depth == 0 ? at : NULL;
}

static const char *
read_quoted(const char *at, char id[ID_SIZE])
{
	size_t size = 0;

	for (at++; *at != '"'; at++) {
		if (*at == '\\')
			at++;
		if (*at == '\0' || size == ID_SIZE - 1)
			return NULL;
		if (strchr("\r\n", *at) == NULL && (size > 0 || strchr(" \t", *at) == NULL))
			id[size++] = *at;
	}
	while (size > 0 && strchr(" \t", id[size - 1]) != NULL)
		size--;
	id[size] = '\0';
	return at + 1;
}

/* What is no ASCII counts as part of it: domains may be written so (RFC 8601 2.2, RFC 6531). */
static const char *
read_plain(const char *at, char id[ID_SIZE])
{
	size_t size = 0;

	for (; is_token_byte((unsigned char)*at) || (unsigned char)*at >= 0x80; at++) {
		if (size == ID_SIZE - 1)
			return NULL;
		id[size++] = *at;
	}
	id[size] = '\0';
	return size > 0 ? at : NULL;
}

/* The authserv-id; false where the value has none that can be read. After it there is a version, a
 * semicolon or nothing. */
static bool
read_id(const char *value, char id[ID_SIZE])
{
	const char *at = skip(value);

	if (at == NULL)
		return false;
	at = *at == '"' ? read_quoted(at, id) : read_plain(at, id);
	if (at == NULL || (at = skip(at)) == NULL)
		return false;
	return *at == '\0' || *at == ';' || (*at >= '0' && *at <= '9');
}

/* The domain's form that is compared; the text itself where it is none. free(). */
static char *
canonical(const char *text)
{
	struct error err = ERROR_INIT;
	char *domain = NULL;
	size_t size;

	if (text[0] != '.' && text[0] != '*' && address_domain_parse(text, &domain, &err) == 0)
		return domain;
	domain = strdup(text);
	size = domain != NULL ? strlen(domain) : 0;
	if (size > 1 && domain[size - 1] == '.')
		domain[size - 1] = '\0';
	return domain;
}

static bool
is_same(const char *a, const char *b, bool *no_memory)
{
	char *left = canonical(a);
	char *right = canonical(b);
	bool same = left != NULL && right != NULL && strcasecmp(left, right) == 0;

	if (left == NULL || right == NULL)
		*no_memory = true;
	free(left);
	free(right);
	return same;
}

static bool
contains(const char *text, const char *part)
{
	for (; *text != '\0'; text++) {
		if (strncasecmp(text, part, strlen(part)) == 0)
			return true;
	}
	return false;
}

/* The text without comments, blanks and what quotes: as a lenient reader may join it. free(). */
static char *
squeeze(const char *text)
{
	char *out = malloc(strlen(text) + 1);
	const char *next;
	bool ends = true; /* comments, so far: else each would be followed to the end */
	size_t size = 0;

	while (out != NULL && *text != '\0') {
		next = ends && *text == '(' ? skip(text) : NULL;
		ends = ends && (*text != '(' || next != NULL);
		if (next != NULL) {
			text = next;
			continue;
		}
		if (strchr(" \t\r\n\"\\", *text) == NULL)
			out[size++] = *text;
		text++;
	}
	if (out != NULL)
		out[size] = '\0';
	return out;
}

static bool
claims(const char *value, const char *id, bool *no_memory)
{
	char found[ID_SIZE];
	char *joined;
	bool named;

	if (read_id(value, found))
		return is_same(found, id, no_memory);
	joined = squeeze(value);
	if (joined == NULL) {
		*no_memory = true;
		return false;
	}
	named = contains(value, id) || contains(joined, id);
	free(joined);
	return named;
}

bool
authres_claims(const char *value, const char *id, bool *no_memory)
{
	char *unfolded = header_unfold(value);
	char *decoded = header_decode(value);
	bool same = false;

	if (unfolded == NULL || decoded == NULL)
		*no_memory = true;
	else
		same = claims(unfolded, id, no_memory) || claims(decoded, id, no_memory);
	free(unfolded);
	free(decoded);
	return same;
}

/* "local@domain" of characters that need no quotes on either side (RFC 8601 2.2, pvalue). */
static bool
is_plain_address(const char *text)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	const char *at = strchr(text, '@');
	size_t size;

	if (at == NULL || at == text || at[1] == '\0')
		return false;
	for (; *text != '\0'; text += size) {
		size = strspn(text, plain);
		if (size == 0)
			return false;
		if (text[size] == '\0')
			return true;
		if (text[size] != '.' && text + size != at)
			return false;
		size++;
	}
	return false;
}

static int
append_quoted(struct buffer *out, const char *text, struct error *err)
{
	if (buffer_append(out, "\"", 1, err) != 0)
		return -1;
	for (; *text != '\0'; text++) {
		if ((*text == '"' || *text == '\\') && buffer_append(out, "\\", 1, err) != 0)
			return -1;
		if (buffer_append(out, text, 1, err) != 0)
			return -1;
	}
	return buffer_append(out, "\"", 1, err);
}

int
authres_value(struct buffer *out, const char *text, size_t most, struct error *err)
{
	char safe[VALUE_SIZE];

	escape_text(ESCAPE_REPLY, text, safe, most < VALUE_SIZE ? most + 1 : VALUE_SIZE);
	if (is_token(safe) || is_plain_address(safe))
		return buffer_append_text(out, safe, err);
	return append_quoted(out, safe, err);
}
