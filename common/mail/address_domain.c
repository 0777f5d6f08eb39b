#include "mail/address_domain.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <glib.h>
#include <idn2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mail/address.h"

/* RFC 1035 section 2.3.4: 255 octets on the wire are 253 characters of text. */
#define DOMAIN_MAX 253
#define LABEL_MAX 63

static int
no_domain(struct error *err, const char *text, const char *why)
{
	return error_set(err, ERROR_INPUT, "\"%.300s\" is not a domain: %s", text, why);
}

static void
to_lower(char *text)
{
	for (; *text != '\0'; text++)
		*text = (char)tolower((unsigned char)*text);
}

static bool
is_label_byte(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_';
}

/* Letters, digits, hyphen and, for what is really in use, underscore; the length of every label. */
static const char *
name_fault(const char *name)
{
	size_t label = 0;

	if (strlen(name) > DOMAIN_MAX)
		return "it is too long";
	for (; *name != '\0'; name++) {
		if (*name == '.') {
			if (label == 0)
				return "a label is empty";
			label = 0;
		} else if (!is_label_byte(*name)) {
			return *name == '@' ? "it is written without @"
					    : "it has a character that no domain can have";
		} else if (++label > LABEL_MAX) {
			return "a label is too long";
		}
	}
	return label == 0 ? "a label is empty" : NULL;
}

/* RFC 5321 section 4.1.3: one spelling for each address, so that equal ones compare equal. */
static int
literal_normalize(const char *text, char **out, struct error *err)
{
	unsigned char binary[sizeof(struct in6_addr)];
	char inner[INET6_ADDRSTRLEN + 64];
	char address[INET6_ADDRSTRLEN];
	char result[sizeof(inner) + sizeof("[ipv6:]")];
	size_t size = strlen(text);

	if (size < 3 || text[size - 1] != ']' || size - 2 >= sizeof(inner))
		return no_domain(err, text, "it is no address literal");
	memcpy(inner, text + 1, size - 2);
	inner[size - 2] = '\0';
	for (const char *c = inner; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~' || strchr("[]\\", *c) != NULL)
			return no_domain(err, text, "it is no address literal");
	if (strncasecmp(inner, "ipv6:", 5) == 0) {
		if (inet_pton(AF_INET6, inner + 5, binary) != 1 ||
		    inet_ntop(AF_INET6, binary, address, sizeof(address)) == NULL)
			return no_domain(err, text, "it is no IPv6 address");
		snprintf(result, sizeof(result), "[ipv6:%s]", address);
	} else if (inet_pton(AF_INET, inner, binary) == 1 ||
		   (inner[0] != ':' && strchr(inner, ':') != NULL)) {
		snprintf(result, sizeof(result), "[%s]", inner);
	} else {
		return no_domain(err, text, "it is no address literal");
	}
	to_lower(result);
	*out = strdup(result);
	return *out != NULL ? 0 : error_no_memory(err);
}

/* UTS 46 without the transitional mappings: what browsers and RFC 5891 look-ups agree on. */
static int
to_a_labels(const char *text, char **out, struct error *err)
{
	int result;

	*out = NULL;
	if (g_str_is_ascii(text)) {
		*out = strdup(text);
		return *out != NULL ? 0 : error_no_memory(err);
	}
	result = idn2_to_ascii_8z(text, out, IDN2_NONTRANSITIONAL);
	if (result == IDN2_MALLOC)
		return error_no_memory(err);
	if (result != IDN2_OK)
		return no_domain(err, text, idn2_strerror(result));
	return 0;
}

int
address_domain_normalize(const char *text, char **out, struct error *err)
{
	const char *fault;
	char *name;
	size_t size;

	if (text[0] == '[')
		return literal_normalize(text, out, err);
	if (to_a_labels(text, &name, err) != 0)
		return -1;
	size = strlen(name);
	if (size > 1 && name[size - 1] == '.')
		name[size - 1] = '\0';
	fault = name_fault(name);
	if (fault != NULL) {
		free(name);
		return no_domain(err, text, fault);
	}
	to_lower(name);
	*out = name;
	return 0;
}

int
address_unicode_domain(const struct address *address, char **out, struct error *err)
{
	char *name = NULL;
	int result;

	*out = NULL;
	if (address->domain[0] == '\0' || address->domain[0] == '[')
		return 0;
	result = idn2_to_unicode_8z8z(address->domain, &name, 0);
	if (result == IDN2_MALLOC)
		return error_no_memory(err);
	/* What isn't IDNA has no other form. */
	if (result != IDN2_OK)
		return 0;
	if (strcmp(name, address->domain) == 0)
		free(name);
	else
		*out = name;
	return 0;
}

int
address_domain_parse(const char *text, char **out, struct error *err)
{
	size_t dot = text[0] == '.';
	char *name;

	if (strcmp(text, "*") == 0) {
		*out = strdup(text);
		return *out != NULL ? 0 : error_no_memory(err);
	}
	if (strlen(text) > ADDRESS_MAX)
		return error_set(err, ERROR_LIMIT, "a domain longer than %d bytes", ADDRESS_MAX);
	if (dot == 1 && text[1] == '[')
		return no_domain(err, text, "an address literal has no subdomains");
	if (address_domain_normalize(text + dot, &name, err) != 0)
		return -1;
	*out = malloc(dot + strlen(name) + 1);
	if (*out != NULL) {
		memcpy(*out, text, dot);
		strcpy(*out + dot, name);
	}
	free(name);
	return *out != NULL ? 0 : error_no_memory(err);
}

bool
address_domain_covers(const char *pattern, const char *domain)
{
	size_t tail = strlen(pattern);
	size_t size = strlen(domain);

	if (strcmp(pattern, "*") == 0)
		return true;
	if (pattern[0] == '.')
		return size > tail && strcmp(domain + size - tail, pattern) == 0;
	return strcmp(domain, pattern) == 0;
}

bool
address_domain_is_covered(const char *domain, char *const *patterns, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (address_domain_covers(patterns[i], domain))
			return true;
	}
	return false;
}
