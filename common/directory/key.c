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
