#include "inspect/line_end.h"

#include <string.h>

const char *
line_end_bare_cr(const char *bytes, size_t size)
{
	const char *end = bytes + size;
	const char *cr = bytes;

	while ((cr = memchr(cr, '\r', (size_t)(end - cr))) != NULL && cr + 1 < end) {
		if (cr[1] != '\n' && cr[1] != '\r')
			return cr;
		cr++;
	}
	return NULL;
}
