#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/check.h"

static bool
has_scheme(const char *uri, const char *scheme)
{
	return strncasecmp(uri, scheme, strlen(scheme)) == 0;
}

/* host[:port][/]: the rest of an RFC 4516 URL (base, filter) has settings of its own. */
static const char *
check_authority(const char *authority)
{
	const char *end = *authority == '[' ? strchr(authority, ']') : NULL;
	size_t length = end != NULL ? (size_t)(end + 1 - authority) : strcspn(authority, ":/?");
	const char *rest = authority + length;
	char *after;
	long port;

	if (strpbrk(authority, " ,") != NULL)
		return "one URI in each pair of quotes: { \"ldaps://dc1\", \"ldaps://dc2\" }";
	if (length == 0 || (*authority == '[' && end == NULL) || strchr(authority, '@') != NULL)
		return "a host must be named";
	if (*rest == ':') {
		port = strtol(rest + 1, &after, 10);
		if (rest[1] < '0' || rest[1] > '9' || port < 1 || port > 65535)
			return "the port must be a number from 1 to 65535";
		rest = after;
	}
	if (*rest != '\0' && strcmp(rest, "/") != 0)
		return "nothing may follow the host and port: base, scope and filter have their "
		       "own "
		       "settings";
	return NULL;
}

/* ldapi://%2Frun%2Fslapd%2Fldapi */
static const char *
check_socket(const char *path)
{
	if (strncasecmp(path, "%2f", 3) != 0 || path[3] == '\0' || strpbrk(path, "/? ") != NULL)
		return "expected the socket's absolute path with each / written %2F, as in "
		       "ldapi://%2Frun%2Fslapd%2Fldapi";
	return NULL;
}

const char *
check_uri(const char *uri)
{
	if (has_scheme(uri, "ldap://"))
		return check_authority(uri + 7);
	if (has_scheme(uri, "ldaps://"))
		return check_authority(uri + 8);
	if (has_scheme(uri, "ldapi://"))
		return check_socket(uri + 8);
	return "expected ldap://HOST, ldaps://HOST or ldapi://PATH";
}

/* Only the names and addresses that can't be anywhere else (RFC 6761 6.3, RFC 1122 3.2.1.3). */
static bool
is_loopback(const char *host, size_t length)
{
	return (length == 9 && strncasecmp(host, "localhost", 9) == 0) ||
	       (length == 5 && strncmp(host, "[::1]", 5) == 0) ||
	       (strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == length);
}

bool
check_uri_is_exposed(const char *uri)
{
	const char *host = uri + strlen("ldap://");

	if (!has_scheme(uri, "ldap://"))
		return false;
	return !is_loopback(host, *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/"));
}

bool
check_uri_is_local(const char *uri)
{
	return has_scheme(uri, "ldapi://");
}

bool
check_uri_is_authenticated(const char *uri, enum config_tls_mode tls)
{
	return !has_scheme(uri, "ldap://") || tls == TLS_REQUIRED;
}
