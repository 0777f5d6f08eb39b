#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "mail/address.h"

/* "site!rest" is rest@site, "rest%site" with the last of them rest@site: UUCP's and DECnet's ways
 * that Postfix (swap_bangpath, allow_percent_hack) and Sendmail still go. */
static int
write_inner(const char *local, struct buffer *text, struct error *err)
{
	const char *mark = strchr(local, '!');
	const char *site = local;
	size_t site_size;
	const char *rest;
	size_t rest_size;

	if (strchr(local, '@') != NULL)
		return buffer_append_text(text, local, err);
	if (mark != NULL) {
		site_size = (size_t)(mark - local);
		rest = mark + 1;
		rest_size = strlen(rest);
	} else {
		mark = strrchr(local, '%');
		site = mark + 1;
		site_size = strlen(site);
		rest = local;
		rest_size = (size_t)(mark - local);
	}
	if (buffer_append(text, rest, rest_size, err) != 0 ||
	    buffer_append(text, "@", 1, err) != 0 || buffer_append(text, site, site_size, err) != 0)
		return -1;
	return buffer_append(text, "", 0, err);
}

enum address_inner
address_inner(const struct address *address, struct address *inner, struct error *err)
{
	struct buffer text = BUFFER_INIT;
	struct error why = ERROR_INIT;
	enum address_inner result = ADDRESS_INNER_FOUND;
	const char *local = address->local + strspn(address->local, "!%");
	size_t size = strlen(local);
	char *trimmed;

	while (size > 0 && strchr("!%", local[size - 1]) != NULL)
		size--;
	trimmed = strndup(local, size);
	if (trimmed == NULL) {
		error_no_memory(err);
		return ADDRESS_INNER_UNREADABLE;
	}
	if (strpbrk(trimmed, "@%!") == NULL) {
		result = ADDRESS_INNER_NONE;
	} else if (write_inner(trimmed, &text, &why) != 0 ||
		   address_parse(text.data, inner, &why) != 0) {
		/* Unquoted, it has no comments and blanks that another reader might leave out. */
		result = address->text[0] != '"' && why.code == ERROR_INPUT
			     ? ADDRESS_INNER_NONE
			     : ADDRESS_INNER_UNREADABLE;
	}
	if (result == ADDRESS_INNER_UNREADABLE && err != NULL)
		*err = why;
	buffer_free(&text);
	free(trimmed);
	return result;
}
