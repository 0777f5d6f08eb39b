#include <stdlib.h>
#include <string.h>

#include "mail/address.h"
#include "mail/address_domain.h"

/* "@domain" and "@.domain": the address holds the domain alone. */
static int
parse_domain(const char *domain, struct address *address, struct error *err)
{
	struct address made = ADDRESS_INIT;

	if (address_domain_normalize(domain, &made.domain, err) != 0)
		return -1;
	made.text = strdup(made.domain);
	made.local = strdup("");
	if (made.text == NULL || made.local == NULL) {
		address_free(&made);
		return error_no_memory(err);
	}
	*address = made;
	return 0;
}

static int
parse_address(const char *text, struct address *address, struct error *err)
{
	if (strncmp(text, "*@", 2) == 0)
		return error_set(err, ERROR_INPUT,
		    "\"%.300s\": every address of a domain is written \"%.300s\"", text, text + 1);
	if (address_parse(text, address, err) != 0)
		return -1;
	if (address->domain[0] != '\0')
		return 0;
	address_free(address);
	return error_set(err, ERROR_INPUT,
	    "\"%.300s\" has no domain: expected user@domain, @domain, @.domain, <> or *", text);
}

int
address_pattern_parse(const char *text, struct address_pattern *pattern, struct error *err)
{
	struct address_pattern made = {PATTERN_ADDRESS, NULL, ADDRESS_INIT};
	int result;

	if (strlen(text) > ADDRESS_MAX)
		return error_set(
		    err, ERROR_LIMIT, "an address pattern longer than %d bytes", ADDRESS_MAX);
	if (strcmp(text, "*") == 0) {
		made.kind = PATTERN_ANY;
		result = address_parse("<>", &made.address, err);
	} else if (strcmp(text, "<>") == 0) {
		made.kind = PATTERN_NULL;
		result = address_parse("<>", &made.address, err);
	} else if (text[0] == '@' && text[1] == '.') {
		made.kind = PATTERN_SUBDOMAINS;
		result = parse_domain(text + 2, &made.address, err);
	} else if (text[0] == '@') {
		made.kind = PATTERN_DOMAIN;
		result = parse_domain(text + 1, &made.address, err);
	} else {
		result = parse_address(text, &made.address, err);
	}
	if (result != 0)
		return -1;
	made.text = strdup(text);
	if (made.text == NULL) {
		address_pattern_free(&made);
		return error_no_memory(err);
	}
	*pattern = made;
	return 0;
}

void
address_pattern_free(struct address_pattern *pattern)
{
	if (pattern == NULL)
		return;
	free(pattern->text);
	pattern->text = NULL;
	address_free(&pattern->address);
}

static bool
is_below(const char *domain, const char *parent)
{
	size_t size = strlen(domain);
	size_t tail = strlen(parent);

	return size > tail + 1 && domain[size - tail - 1] == '.' &&
	       strcmp(domain + size - tail, parent) == 0;
}

bool
address_pattern_matches(const struct address_pattern *pattern, const struct address *address)
{
	switch (pattern->kind) {
	case PATTERN_ADDRESS:
		/* Case must not decide whether a rule holds: senders can't know it (RFC 5321 2.4).
		 */
		return address_alike(&pattern->address, address);
	case PATTERN_DOMAIN:
		return strcmp(pattern->address.domain, address->domain) == 0;
	case PATTERN_SUBDOMAINS:
		return is_below(address->domain, pattern->address.domain);
	case PATTERN_NULL:
		return address_is_null(address);
	case PATTERN_ANY:
		return !address_is_null(address);
	}
	return false;
}
