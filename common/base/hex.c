#include "base/hex.h"

#include <stdlib.h>

static char *
write_digits(const unsigned char *bytes, size_t size, const char *digits, char *out)
{
	size_t i;

	for (i = 0; i < size; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 0x0f];
	}
	out[2 * size] = '\0';
	return out;
}

char *
hex_lower(const void *bytes, size_t size, char *out)
{
	return write_digits(bytes, size, "0123456789abcdef", out);
}

char *
hex_upper(const void *bytes, size_t size)
{
	char *out = malloc(2 * size + 1);

	return out != NULL ? write_digits(bytes, size, "0123456789ABCDEF", out) : NULL;
}
