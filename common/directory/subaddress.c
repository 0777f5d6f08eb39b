#include "directory/subaddress.h"

#include <string.h>

#include "base/buffer.h"

/* As a quoted string, whatever it holds: address_parse() finds its one spelling. */
static int
append_quoted(struct buffer *text, const char *local, size_t size, struct error *err)
{
	size_t i;

	if (buffer_append(text, "\"", 1, err) != 0)
		return -1;
	for (i = 0; i < size; i++) {
		if ((local[i] == '"' || local[i] == '\\') && buffer_append(text, "\\", 1, err) != 0)
			return -1;
		if (buffer_append(text, local + i, 1, err) != 0)
			return -1;
	}
	return buffer_append(text, "\"", 1, err);
}

int
subaddress_shorten(const struct config_directory *directory, const struct address *address,
    struct address *shorter, struct error *err)
{
	const char *delimiter = directory->subaddress_delimiter;
	struct buffer text = BUFFER_INIT;
	size_t size;
	int result = -1;

	if (delimiter == NULL || delimiter[0] == '\0' || address->domain[0] == '\0')
		return 0;
	size = strcspn(address->local, delimiter);
	if (size == 0 || address->local[size] == '\0')
		return 0;
	if (append_quoted(&text, address->local, size, err) == 0 &&
	    buffer_append_format(&text, err, "@%s", address->domain) == 0 &&
	    address_parse(text.data, shorter, err) == 0)
		result = 1;
	buffer_free(&text);
	return result;
}
