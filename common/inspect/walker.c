#include "inspect/walker.h"

#include <stdlib.h>

#include "inspect/walker_private.h"

struct walker *
walker_new(
    struct layout *layout, const struct layout_spot *spot, unsigned int level, struct error *err)
{
	struct walker *walker = calloc(1, sizeof(*walker));

	if (walker == NULL) {
		error_no_memory(err);
		return NULL;
	}
	walker->layout = layout;
	walker->spot = *spot;
	walker->level = level;
	walker_part_begin(walker);
	return walker;
}

int
walker_begin_body(struct walker *walker, const struct entity_type *type, struct error *err)
{
	return walker_part_open(walker, type, err);
}

int
walker_write(struct walker *walker, const char *bytes, size_t size, struct error *err)
{
	size_t used = 0;
	int result = 0;

	for (; result == 0 && size > 0; bytes += used, size -= used) {
		if (walker->boundaries > 0)
			result = walker_lines(walker, bytes, size, &used, err);
		else
			result = walker_part_write(walker, bytes, size, &used, err);
	}
	return result;
}

int
walker_finish(struct walker *walker, struct error *err)
{
	if (walker_lines_finish(walker, err) == -1 || walker_part_finish(walker, err) == -1)
		return -1;
	return walker_pop(walker, 0, err);
}

enum entity_claim
walker_claim(const struct walker *walker)
{
	return walker->claim;
}

void
walker_free(struct walker *walker)
{
	size_t i;

	if (walker == NULL)
		return;
	object_free(walker->object);
	walker_free(walker->encoded);
	for (i = 0; i < walker->frame_count; i++)
		frame_free(&walker->frames[i], walker->layout);
	part_header_free(&walker->header);
	buffer_free(&walker->decoded);
	free(walker);
}
