#include "base/utf8.h"

#include <string.h>

size_t
utf8_cut(const char *text, size_t most)
{
	size_t size = strnlen(text, most + 1);

	if (size <= most)
		return size;
	size = most;
	while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
		size--;
	return size;
}
