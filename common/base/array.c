#include "base/array.h"

#include <stdlib.h>

void *
array_grow(void *items, size_t count, size_t size, struct error *err)
{
	void *grown;

	if ((count & (count - 1)) != 0)
		return items;
	grown = reallocarray(items, count == 0 ? 1 : 2 * count, size);
	if (grown == NULL)
		error_no_memory(err);
	return grown;
}
