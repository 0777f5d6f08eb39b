/*
 * Inspection of a body, as it comes from outside. The first byte says what it claims and how it is
 * cut; whatever it holds, the chunks must make no difference.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/inspect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct inspection
look(const struct entity_type *type, const char *bytes, size_t size, size_t chunk)
{
	struct inspect *inspect = inspect_new(type, NULL);
	const struct inspection *it;
	struct inspection result;
	size_t taken;

	for (; size > 0; bytes += taken, size -= taken) {
		taken = size < chunk ? size : chunk;
		if (inspect_write(inspect, bytes, taken, NULL) == -1)
			abort();
	}
	if (inspect_finish(inspect, &it, NULL) == -1)
		abort();
	result = *it;
	inspect_free(inspect);
	return result;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char boundary[] = "b";
	struct entity_type type = {.boundary = boundary};
	struct inspection whole;
	struct inspection pieces;

	if (size == 0)
		return 0;
	type.claim = (data[0] & 1) != 0 ? ENTITY_PGP_MIME : ENTITY_SMIME;
	type.encoding = (enum entity_encoding)((data[0] >> 1 & 3) % 3);
	whole = look(&type, (const char *)data + 1, size - 1, size);
	pieces = look(&type, (const char *)data + 1, size - 1, 1 + (data[0] >> 3));
	if (whole.kind != pieces.kind || whole.cipher != pieces.cipher ||
	    whole.recipient_infos != pieces.recipient_infos ||
	    strcmp(whole.detail, pieces.detail) != 0) {
		fprintf(stderr, "\"%s\" and \"%s\"\n", whole.detail, pieces.detail);
		abort();
	}
	return 0;
}
