#include "fetch/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* RFC 1035 2.3.4 */
#define HOST_MAX 253
#define LABEL_MAX 63

static const char scheme[] = "http://";

static int
refuse(struct error *err, const char *why)
{
	return error_set(err, ERROR_INPUT, "%s", why);
}

/* What shows before the URL is taken apart, and what libcurl would let pass. */
static int
check_text(const char *text, struct error *err)
{
	const char *authority;
	size_t length;
	size_t i;

	if (strnlen(text, URL_MAX + 1) > URL_MAX)
		return error_set(err, ERROR_INPUT, "the URL is longer than %d characters", URL_MAX);
	for (i = 0; text[i] != '\0'; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return refuse(err, "the URL has characters that no URL may have");
	if (strncasecmp(text, "https:", 6) == 0)
		return refuse(err, "https is not asked: the certificate of its server would need "
				   "to be checked by what is being fetched");
	if (strncasecmp(text, scheme, strlen(scheme)) != 0)
		return refuse(err, "only http is asked");
	authority = text + strlen(scheme);
	if (*authority == '/')
		return refuse(err, "the URL names no host");
	length = strcspn(authority, "/?#");
	if (memchr(authority, '@', length) != NULL)
		return refuse(err, "the URL has a user name");
	/* Decoded it would be read once more, as something else: an address, an interface. */
	if (memchr(authority, '%', length) != NULL)
		return refuse(err, "the host in the URL is percent-encoded");
	if (strchr(text, '#') != NULL)
		return refuse(err, "the URL has a fragment");
	return 0;
}

/* Letters, digits, hyphens, and the underscores of Windows' names (RFC 1123 2.1). */
static bool
is_label(const char *label, size_t length)
{
	size_t i;

	if (length == 0 || length > LABEL_MAX || label[0] == '-' || label[length - 1] == '-')
		return false;
	for (i = 0; i < length; i++)
		if (!((label[i] >= 'a' && label[i] <= 'z') ||
			(label[i] >= '0' && label[i] <= '9') || label[i] == '-' || label[i] == '_'))
			return false;
	return true;
}

/* A name whose last label is a number would be an address to one reader and a name to another. */
static bool
is_host_name(const char *host)
{
	const char *label = host;
	size_t length;

	if (strlen(host) > HOST_MAX)
		return false;
	for (;;) {
		length = strcspn(label, ".");
		if (!is_label(label, length))
			return false;
		if (label[length] == '\0')
			return strspn(label, "0123456789") < length;
		label += length + 1;
	}
}

/* An IPv6 address in brackets, without a zone. */
static bool
is_ipv6(const char *host)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;
	size_t length = strlen(host);

	if (length < 3 || length - 2 >= sizeof(text) || host[0] != '[' || host[length - 1] != ']')
		return false;
	memcpy(text, host + 1, length - 2);
	text[length - 2] = '\0';
	return inet_pton(AF_INET6, text, &address) == 1;
}

static int
check_host(struct url *url, struct error *err)
{
	struct in_addr address;
	char *c;

	for (c = url->host; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	url->numeric = inet_pton(AF_INET, url->host, &address) == 1 || is_ipv6(url->host);
	if (!url->numeric && !is_host_name(url->host))
		return refuse(err, "the host in the URL is neither a name nor an address");
	return 0;
}

static int
check_port(int port, const struct strings *ports, struct error *err)
{
	size_t i;

	for (i = 0; i < ports->count; i++)
		if (strtol(ports->items[i], NULL, 10) == port)
			return 0;
	return error_set(err, ERROR_INPUT, "port %d is not in fetch-ports", port);
}

static int
name_place(struct url *url, struct error *err)
{
	size_t size = strlen(url->host) + sizeof(":65535");

	url->place = malloc(size);
	if (url->place == NULL)
		return error_no_memory(err);
	snprintf(url->place, size, "%s:%d", url->host, url->port);
	return 0;
}

/* A copy of one part; NULL where it isn't there or without memory. */
static char *
part(CURLU *parts, CURLUPart which, unsigned int flags)
{
	char *found = NULL;
	char *copy = NULL;

	if (curl_url_get(parts, which, &found, flags) == CURLUE_OK)
		copy = strdup(found);
	curl_free(found);
	return copy;
}

static int
take_apart(CURLU *parts, const struct strings *ports, struct url *url, struct error *err)
{
	char *port = part(parts, CURLUPART_PORT, CURLU_DEFAULT_PORT);

	url->text = part(parts, CURLUPART_URL, 0);
	url->host = part(parts, CURLUPART_HOST, 0);
	url->port = port != NULL ? (int)strtol(port, NULL, 10) : -1;
	free(port);
	if (url->text == NULL || url->host == NULL || url->port < 0)
		return error_no_memory(err);
	if (check_host(url, err) != 0 || check_port(url->port, ports, err) != 0)
		return -1;
	return name_place(url, err);
}

int
url_parse(const char *text, const struct strings *ports, struct url *url, struct error *err)
{
	CURLU *parts;
	CURLUcode code;
	int result = -1;

	memset(url, 0, sizeof(*url));
	if (check_text(text, err) != 0)
		return -1;
	parts = curl_url();
	if (parts == NULL)
		return error_no_memory(err);
	code = curl_url_set(parts, CURLUPART_URL, text, CURLU_DISALLOW_USER);
	if (code == CURLUE_OUT_OF_MEMORY)
		error_no_memory(err);
	else if (code != CURLUE_OK)
		error_set(err, ERROR_INPUT, "not a URL: %s", curl_url_strerror(code));
	else
		result = take_apart(parts, ports, url, err);
	curl_url_cleanup(parts);
	if (result != 0)
		url_free(url);
	return result;
}

void
url_free(struct url *url)
{
	free(url->text);
	free(url->host);
	free(url->place);
	memset(url, 0, sizeof(*url));
}
