#include "mail/address.h"

#include <ctype.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "mail/address_domain.h"

/* A stretch of the text being parsed. */
struct span {
	const char *at;
	const char *end;
};

static int
refuse(struct error *err, const char *text, const char *why)
{
	return error_set(err, ERROR_INPUT, "\"%.300s\" is not a mail address: %s", text, why);
}

/* RFC 5322 section 3.2.3, widened by RFC 6531 section 3.3; the dot of a dot-atom included. */
static bool
is_atom_byte(char c)
{
	return (unsigned char)c >= 0x80 || isalnum((unsigned char)c) ||
	       (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~.", c) != NULL);
}

/* Valid UTF-8 without controls (C0, DEL, C1): nothing else may become a key, a filter or a log. */
static const char *
text_fault(const char *text)
{
	const char *at;

	if (!g_utf8_validate(text, -1, NULL))
		return "it is not UTF-8";
	for (at = text; *at != '\0'; at = g_utf8_next_char(at))
		if (g_unichar_iscntrl(g_utf8_get_char(at)))
			return "it has a control character";
	return NULL;
}

static void
trim(struct span *span)
{
	while (span->at < span->end && *span->at == ' ')
		span->at++;
	while (span->end > span->at && span->end[-1] == ' ')
		span->end--;
}

/* "@a,@b:" in front, obsolete and to be ignored (RFC 5321 appendix C). */
static const char *
skip_route(struct span *span)
{
	bool literal = false;

	if (span->at == span->end || *span->at != '@')
		return NULL;
	for (; span->at < span->end; span->at++) {
		if (*span->at == '[')
			literal = true;
		else if (*span->at == ']')
			literal = false;
		else if (*span->at == ':' && !literal) {
			span->at++;
			return span->at < span->end ? NULL : "nothing follows its route";
		} else if (*span->at == '"' || *span->at == '<') {
			break;
		}
	}
	return "its local part is missing";
}

/* One quoted string (RFC 5321 section 4.1.2), its content appended to local without the quoting. */
static int
read_quoted(const char *text, struct span *span, struct buffer *local, struct error *err)
{
	const char *at = span->at + 1;

	for (; at < span->end && *at != '"'; at++) {
		if (*at == '\\' && ++at == span->end)
			break;
		if (buffer_append(local, at, 1, err) != 0)
			return -1;
	}
	if (at >= span->end)
		return refuse(err, text, "a quote is not closed");
	span->at = at + 1;
	if (span->at < span->end && *span->at != '.' && *span->at != '@')
		return refuse(err, text, "a quoted string ends amid a word");
	return 0;
}

/* Words with dots between (RFC 5322's obs-local-part is a superset of RFC 5321's). Dots where none
 * should be are let through unquoted: such mailboxes exist. */
static int
read_local(const char *text, struct span *span, struct buffer *local, struct error *err)
{
	const char *start = span->at;

	while (span->at < span->end && *span->at != '@') {
		if (*span->at == '"' && (span->at == start || span->at[-1] == '.')) {
			if (read_quoted(text, span, local, err) != 0)
				return -1;
		} else if (is_atom_byte(*span->at)) {
			if (buffer_append(local, span->at++, 1, err) != 0)
				return -1;
		} else {
			return refuse(
			    err, text, "its local part has a character that must be quoted");
		}
	}
	if (span->at == start)
		return refuse(err, text, "its local part is missing");
	return buffer_append(local, "", 0, err);
}

static bool
needs_quotes(const char *local)
{
	if (local[0] == '\0')
		return true;
	for (; *local != '\0'; local++)
		if (!is_atom_byte(*local))
			return true;
	return false;
}

/* The one spelling of a mailbox: quoted only where it must be, so that two texts are equal exactly
 * if local part and domain are. */
static int
write_text(const char *local, const char *domain, char **out, struct error *err)
{
	struct buffer text = BUFFER_INIT;
	bool quotes = needs_quotes(local);

	if (quotes && buffer_append(&text, "\"", 1, err) != 0)
		goto fail;
	for (const char *at = local; *at != '\0'; at++) {
		if ((*at == '"' || *at == '\\') && buffer_append(&text, "\\", 1, err) != 0)
			goto fail;
		if (buffer_append(&text, at, 1, err) != 0)
			goto fail;
	}
	if (quotes && buffer_append(&text, "\"", 1, err) != 0)
		goto fail;
	if (domain[0] != '\0' && buffer_append_format(&text, err, "@%s", domain) != 0)
		goto fail;
	*out = buffer_take(&text);
	return 0;

fail:
	buffer_free(&text);
	return -1;
}

static int
fill(struct address *address, const char *text, const char *local, const char *domain,
    struct error *err)
{
	struct address copy = {strdup(text), strdup(local), strdup(domain)};

	if (copy.text == NULL || copy.local == NULL || copy.domain == NULL) {
		address_free(&copy);
		return error_no_memory(err);
	}
	*address = copy;
	return 0;
}

static int
parse_mailbox(const char *text, struct span span, struct address *address, struct error *err)
{
	struct buffer local = BUFFER_INIT;
	char *written = NULL;
	char *domain = NULL;
	char *name = NULL;
	int result = -1;

	if (read_local(text, &span, &local, err) != 0)
		goto done;
	if (span.at == span.end) {
		domain = strdup("");
	} else {
		name = strndup(span.at + 1, (size_t)(span.end - span.at - 1));
		if (name != NULL && address_domain_normalize(name, &domain, err) != 0)
			goto done;
	}
	if (domain == NULL) {
		error_no_memory(err);
		goto done;
	}
	if (local.size == 0 && domain[0] == '\0') {
		refuse(err, text, "it is empty");
		goto done;
	}
	if (write_text(local.data, domain, &written, err) != 0)
		goto done;
	result = fill(address, written, local.data, domain, err);

done:
	free(written);
	free(name);
	free(domain);
	buffer_free(&local);
	return result;
}

int
address_parse(const char *text, struct address *address, struct error *err)
{
	struct span span = {text, text + strlen(text)};
	const char *fault;

	if (span.end - span.at > ADDRESS_MAX)
		return error_set(
		    err, ERROR_LIMIT, "a mail address longer than %d bytes", ADDRESS_MAX);
	fault = text_fault(text);
	if (fault != NULL)
		return refuse(err, text, fault);
	trim(&span);
	if (span.at < span.end && *span.at == '<') {
		if (span.end - span.at < 2 || span.end[-1] != '>')
			return refuse(err, text, "an angle bracket is not closed");
		span.at++;
		span.end--;
	}
	if (span.at == span.end)
		return fill(address, "<>", "", "", err);
	fault = skip_route(&span);
	if (fault != NULL)
		return refuse(err, text, fault);
	return parse_mailbox(text, span, address, err);
}

int
address_copy(const struct address *from, struct address *to, struct error *err)
{
	return fill(to, from->text, from->local, from->domain, err);
}

void
address_free(struct address *address)
{
	if (address == NULL)
		return;
	free(address->text);
	free(address->local);
	free(address->domain);
	*address = (struct address)ADDRESS_INIT;
}

bool
address_is_null(const struct address *address)
{
	return address->local[0] == '\0' && address->domain[0] == '\0';
}

/* The letter in lower case, where the two are each other's: "İ" and "ẞ" are not. */
static gunichar
lower(gunichar c)
{
	gunichar small = g_unichar_tolower(c);

	return g_unichar_toupper(small) == c ? small : c;
}

/* Composed and decomposed accents are one spelling to people (RFC 6532 section 3.1). Only the case of
 * letters goes: all that Unicode folds would make one of "straße" and "strasse", which may be two
 * people's. */
static char *
folded(const char *local)
{
	char *normal = g_utf8_normalize(local, -1, G_NORMALIZE_NFC);
	const char *at = normal != NULL ? normal : local;
	GString *fold = g_string_new(NULL);

	for (; *at != '\0'; at = g_utf8_next_char(at))
		g_string_append_unichar(fold, lower(g_utf8_get_char(at)));
	g_free(normal);
	return g_string_free(fold, FALSE);
}

char *
address_fold(const struct address *address, bool exact_local, struct error *err)
{
	char *local = exact_local ? NULL : folded(address->local);
	const char *first = exact_local ? address->local : local;
	size_t size = strlen(first) + strlen(address->domain) + 2;
	char *out = malloc(size);

	if (out != NULL)
		snprintf(out, size, "%s@%s", first, address->domain);
	else
		error_no_memory(err);
	g_free(local);
	return out;
}

/* Whether two local parts are one by a way to fold them. */
static bool
same_folded(const char *a, const char *b, char *(*fold)(const char *))
{
	char *fold_a = fold(a);
	char *fold_b = fold(b);
	bool same = strcmp(fold_a, fold_b) == 0;

	g_free(fold_b);
	g_free(fold_a);
	return same;
}

bool
address_equal(const struct address *a, const struct address *b, bool exact_local)
{
	if (strcmp(a->domain, b->domain) != 0)
		return false;
	if (strcmp(a->local, b->local) == 0)
		return true;
	return !exact_local && same_folded(a->local, b->local, folded);
}

/* All that Unicode folds, as some MTAs do when they look for a mailbox (Postfix with SMTPUTF8). */
static char *
folded_widely(const char *local)
{
	char *normal = g_utf8_normalize(local, -1, G_NORMALIZE_NFC);
	char *fold = g_utf8_casefold(normal != NULL ? normal : local, -1);

	g_free(normal);
	return fold;
}

bool
address_alike(const struct address *a, const struct address *b)
{
	return strcmp(a->domain, b->domain) == 0 &&
	       (strcmp(a->local, b->local) == 0 || same_folded(a->local, b->local, folded_widely));
}

size_t
address_path_length(const char *argument)
{
	bool bracketed = argument[0] == '<';
	bool quoted = false;
	size_t i;

	for (i = 0; argument[i] != '\0'; i++) {
		if (quoted && argument[i] == '\\' && argument[i + 1] != '\0')
			i++;
		else if (argument[i] == '"')
			quoted = !quoted;
		else if (!quoted && bracketed && argument[i] == '>')
			return i + 1;
		else if (!quoted && !bracketed && argument[i] == ' ')
			return i;
	}
	return i;
}
