#include "directory/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *
key_of_address(const struct address *address, bool exact_local, struct error *err)
{
	/* Without a domain, an "@" stands within the quoted local part. */
	const char *at = address->domain[0] != '\0' ? strrchr(address->text, '@') : NULL;
	size_t local_size = at != NULL ? (size_t)(at - address->text) : strlen(address->text);
	size_t size = local_size + strlen(address->domain) + 2;
	char *key;
	size_t i;

	key = malloc(size);
	if (key == NULL) {
		error_no_memory(err);
		return NULL;
	}
	memcpy(key, address->text, local_size);
	for (i = 0; !exact_local && i < local_size; i++) {
		if (key[i] >= 'A' && key[i] <= 'Z')
			key[i] = (char)(key[i] - 'A' + 'a');
	}
	snprintf(key + local_size, size - local_size, "@%s", address->domain);
	return key;
}

bool
key_matches(const char *key, const struct address_pattern *pattern)
{
	const char *at = strrchr(key, '@'); /* every key has one */
	struct address address = ADDRESS_INIT;
	bool matches;

	if (pattern->kind == PATTERN_ADDRESS) {
		if (strcmp(at + 1, pattern->address.domain) != 0 || at[1] == '\0' ||
		    address_parse(key, &address, NULL) != 0)
			return false;
		matches = address_pattern_matches(pattern, &address);
		address_free(&address);
		return matches;
	}
	/* The other kinds look at the domain alone. */
	address.text = (char *)key; /* read only */
	address.local = (char *)key;
	address.domain = (char *)at + 1;
	return address_pattern_matches(pattern, &address);
}
