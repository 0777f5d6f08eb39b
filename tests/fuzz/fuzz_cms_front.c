/* The walker of CMS objects alone: what it accepts as a whole it accepts in pieces, with the same
 * front kept; and one byte less is never accepted. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/cms_front.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
walk(struct cms_front *front, const uint8_t *data, size_t size, size_t chunk)
{
	const char *bytes = (const char *)data;
	size_t taken;

	cms_front_init(front, INSPECT_FRONT_MAX, NULL, NULL);
	for (; size > 0; bytes += taken, size -= taken) {
		taken = size < chunk ? size : chunk;
		if (cms_front_read(front, bytes, taken, NULL) == -1)
			return false;
	}
	return cms_front_finish(front, false, NULL) == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cms_front whole;
	struct cms_front pieces;
	struct cms_front cut;
	bool accepted = walk(&whole, data, size, size);

	if (walk(&pieces, data, size, 1) != accepted)
		abort();
	if (accepted && (whole.kept.size != pieces.kept.size ||
			    memcmp(whole.kept.data, pieces.kept.data, whole.kept.size) != 0))
		abort();
	if (size > 0 && walk(&cut, data, size - 1, size) && accepted)
		abort();
	if (size > 0)
		cms_front_free(&cut);
	cms_front_free(&pieces);
	cms_front_free(&whole);
	return 0;
}
