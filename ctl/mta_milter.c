#include "mta_milter.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/compiler.h"

#define BLANK " \t\r\n"
#define SEPARATORS BLANK ","

static void
copy(char *out, size_t size, const char *from, size_t length)
{
	while (length > 0 && strchr(BLANK, from[length - 1]) != NULL)
		length--;
	if (length >= size)
		length = size - 1;
	memcpy(out, from, length);
	out[length] = '\0';
}

/* The length of what is within braces, which may hold others. */
static size_t
braced_length(const char *text)
{
	size_t depth = 1;
	size_t i;

	for (i = 0; text[i] != '\0'; i++) {
		if (text[i] == '{')
			depth++;
		else if (text[i] == '}' && --depth == 0)
			break;
	}
	return i;
}

static void
take_braced(const char *text, size_t length, struct mta_milter *item)
{
	size_t skip = strspn(text, SEPARATORS);
	size_t name;

	if (skip > length)
		skip = length;
	name = strcspn(text + skip, SEPARATORS);
	if (name > length - skip)
		name = length - skip;
	copy(item->endpoint, sizeof(item->endpoint), text + skip, name);
	copy(item->settings, sizeof(item->settings), text + skip + name, length - skip - name);
}

bool
mta_milter_next(const char **list, struct mta_milter *item)
{
	const char *text = *list + strspn(*list, SEPARATORS);
	size_t length;

	item->settings[0] = '\0';
	if (*text == '\0')
		return false;
	if (*text == '{') {
		length = braced_length(text + 1);
		take_braced(text + 1, length, item);
		text += 1 + length;
		*list = *text == '}' ? text + 1 : text;
		return true;
	}
	length = strcspn(text, SEPARATORS);
	copy(item->endpoint, sizeof(item->endpoint), text, length);
	*list = text + length;
	return true;
}

bool
mta_milter_setting(const struct mta_milter *item, const char *name, char *value, size_t size)
{
	const char *text = item->settings;
	size_t length = strlen(name);

	for (;;) {
		size_t end;

		text += strspn(text, SEPARATORS "{");
		if (*text == '\0')
			return false;
		end = strcspn(text, ",}");
		if (strncmp(text, name, length) == 0) {
			const char *sign = text + length + strspn(text + length, BLANK);

			if (*sign == '=') {
				sign += 1 + strspn(sign + 1, BLANK);
				copy(value, size, sign,
				    sign < text + end ? (size_t)(text + end - sign) : 0);
				return true;
			}
		}
		text += end;
		if (*text != '\0')
			text++;
	}
}

static bool
holds(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (; *text != '\0'; text++) {
		if (strncasecmp(text, word, length) == 0)
			return true;
	}
	return false;
}

enum mta_milter_kind
mta_milter_kind(const char *endpoint)
{
	/* Names of sockets, and the ports of manuals. */
	static const struct {
		const char *word;
		enum mta_milter_kind kind;
	} known[] = {{"dkim", MTA_MILTER_SIGNER}, {"openarc", MTA_MILTER_SIGNER},
	    {"8891", MTA_MILTER_SIGNER}, {"12301", MTA_MILTER_SIGNER}, {"rspamd", MTA_MILTER_BOTH},
	    {"11332", MTA_MILTER_BOTH}, {"clamav", MTA_MILTER_SCANNER},
	    {"spamass", MTA_MILTER_SCANNER}, {"opendmarc", MTA_MILTER_SCANNER},
	    {"8893", MTA_MILTER_SCANNER}};
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(known); i++) {
		if (holds(endpoint, known[i].word))
			return known[i].kind;
	}
	return MTA_MILTER_UNKNOWN;
}

/* The path of a unix socket; NULL if it is none. */
static const char *
unix_path(const char *endpoint)
{
	if (strncasecmp(endpoint, "unix:", 5) == 0)
		return endpoint + 5;
	return strncasecmp(endpoint, "local:", 6) == 0 ? endpoint + 6 : NULL;
}

static bool
is_loopback(const char *host)
{
	static const char *const names[] = {
	    "localhost", "127.0.0.1", "::1", "[::1]", "[127.0.0.1]", "0.0.0.0", ""};
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(names); i++) {
		if (strcasecmp(host, names[i]) == 0)
			return true;
	}
	return false;
}

/* "inet:PORT@HOST" (milters, Sendmail) or "inet:HOST:PORT" (Postfix); false if it is neither. */
static bool
split_inet(const char *endpoint, char *host, char *port, size_t size)
{
	const char *rest = strchr(endpoint, ':');
	const char *at;

	if (strncasecmp(endpoint, "inet", 4) != 0 || rest == NULL)
		return false;
	rest++;
	at = strchr(rest, '@');
	if (at != NULL) {
		copy(port, size, rest, (size_t)(at - rest));
		copy(host, size, at + 1, strlen(at + 1));
		return true;
	}
	at = strrchr(rest, ':');
	copy(host, size, rest, at != NULL ? (size_t)(at - rest) : 0);
	copy(port, size, at != NULL ? at + 1 : rest, strlen(at != NULL ? at + 1 : rest));
	return true;
}

static bool
same_inet(const char *endpoint, const char *listen)
{
	char hosts[2][256];
	char ports[2][256];

	return split_inet(endpoint, hosts[0], ports[0], sizeof(hosts[0])) &&
	       split_inet(listen, hosts[1], ports[1], sizeof(hosts[1])) &&
	       strcmp(ports[0], ports[1]) == 0 &&
	       (strcasecmp(hosts[0], hosts[1]) == 0 ||
		   (is_loopback(hosts[0]) && is_loopback(hosts[1])));
}

/* What is left of a path below the folder, without a slash in front; NULL if it is not below. */
static const char *
below(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	while (length > 0 && folder[length - 1] == '/')
		length--;
	if (strncmp(path, folder, length) != 0 || path[length] != '/')
		return NULL;
	return path + length + strspn(path + length, "/");
}

enum mta_milter_reach
mta_milter_reach(const char *endpoint, const char *listen, const char *folder, bool chrooted)
{
	const char *path = unix_path(endpoint);
	const char *ours = unix_path(listen);
	const char *inner;

	if (path == NULL || ours == NULL)
		return same_inet(endpoint, listen) ? MTA_MILTER_REACHED : MTA_MILTER_ELSE;
	inner = below(ours, folder);
	if (path[0] != '/')
		return inner != NULL && strcmp(path, inner) == 0 ? MTA_MILTER_REACHED
								 : MTA_MILTER_ELSE;
	if (strcmp(path, ours) == 0)
		return chrooted ? MTA_MILTER_OUTSIDE : MTA_MILTER_REACHED;
	if (inner != NULL && strcmp(path + strspn(path, "/"), inner) == 0)
		return chrooted ? MTA_MILTER_REACHED : MTA_MILTER_INSIDE;
	return MTA_MILTER_ELSE;
}

bool
mta_milter_name(const char *listen, const char *folder, bool chrooted, char *name, size_t size)
{
	const char *path = unix_path(listen);
	const char *inner = path != NULL ? below(path, folder) : NULL;
	char host[256];
	char port[256];

	if (path == NULL) {
		if (!split_inet(listen, host, port, sizeof(host)))
			return false;
		if (host[0] == '\0' || strcmp(host, "0.0.0.0") == 0)
			copy(host, sizeof(host), "127.0.0.1", strlen("127.0.0.1"));
		snprintf(name, size,
		    strchr(host, ':') != NULL && host[0] != '[' ? "inet:[%s]:%s" : "inet:%s:%s",
		    host, port);
		return true;
	}
	if (chrooted && inner == NULL)
		return false;
	if (chrooted)
		snprintf(name, size, "unix:/%s", inner);
	else
		snprintf(name, size, "unix:%s", path);
	return true;
}
