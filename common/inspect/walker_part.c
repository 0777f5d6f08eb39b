/* Who gets the bytes of a part, and how it begins and ends. */
#include <string.h>

#include "inspect/walker_private.h"

void
walker_part_begin(struct walker *walker)
{
	walker->leaf = WALKER_HEADER;
}

/* A line that ended a header without belonging to it is the first of the body. */
static int
write_first_line(struct walker *walker, const char *line, size_t size, struct error *err)
{
	struct frame *frame =
	    walker->frame_count > 0 ? &walker->frames[walker->frame_count - 1] : NULL;
	enum frame_delimiter delimiter;
	size_t used;

	if (frame != NULL && frame->part == 0 && walker->leaf == WALKER_DROP) {
		while (size > 0 && strchr(" \t\r\n", line[size - 1]) != NULL)
			size--;
		delimiter = frame_delimiter(frame, line, size);
		return delimiter == FRAME_NO_DELIMITER
			   ? 0
			   : walker_delimit(walker, walker->frame_count - 1, delimiter, err);
	}
	for (; size > 0; line += used, size -= used) {
		if (walker_part_write(walker, line, size, &used, err) == -1)
			return -1;
	}
	return 0;
}

/* RFC 2046 5.1.5. */
static int
default_type(struct walker *walker, struct part_header *header, struct error *err)
{
	if (walker->frame_count == 0 || !walker->frames[walker->frame_count - 1].digest ||
	    header_find(&header->fields, "Content-Type", 0) != NULL)
		return 0;
	return header_append(&header->fields, "Content-Type", " message/rfc822", err);
}

/* Some readers skip a line that is no field. What is still to come of it is no line of its own. */
static void
skip_line(struct part_header *header)
{
	if (!header->cut)
		buffer_clear(&header->line);
}

/* A line that is no field ends the header of a part that is plain so far: some readers skip it and
 * read on. */
static void
go_on(struct walker *walker, struct part_header *header)
{
	header->plain = true;
	header->plain_fields = header->fields.count;
	skip_line(header);
	walker->header = *header;
	*header = (struct part_header){.bytes = 0};
}

/* Whether such a line needs no second look at the fields. */
static bool
is_known_plain(const struct part_header *header)
{
	return header->line.size > 0 && header->plain &&
	       header->plain_fields == header->fields.count;
}

/* The header is over: says what the part is. */
static int
end_header(struct walker *walker, struct error *err)
{
	struct part_header header = walker->header;
	struct entity_type type = {.claim = ENTITY_PLAIN};
	bool lines = walker->boundaries > 0;
	int result = -1;

	if (is_known_plain(&header)) {
		skip_line(&walker->header);
		return 0;
	}
	walker->header = (struct part_header){.bytes = 0};
	walker->layout->limited |= header.limited;
	if (default_type(walker, &header, err) == -1 ||
	    entity_type_read(&header.fields, &type, err) == -1)
		goto out;
	if (header.line.size > 0 && !walker_wanted(&type)) {
		go_on(walker, &header);
		result = 0;
		goto out;
	}
	result = walker_part_open(walker, &type, err);
	if (result == 0 && header.line.size > 0)
		result = write_first_line(walker, header.line.data, header.line.size, err);
	if (!lines)
		walker->inside_line =
		    header.line.size > 0 && header.line.data[header.line.size - 1] != '\n';
out:
	entity_type_free(&type);
	part_header_free(&header);
	return result;
}

static int
write_header(struct walker *walker, const char *bytes, size_t size, size_t *used, struct error *err)
{
	bool ended;

	if (part_header_read(&walker->header, bytes, size, used, &ended, err) == -1)
		return -1;
	return ended ? end_header(walker, err) : 0;
}

static int
write_encoded(struct walker *walker, const char *bytes, size_t size, struct error *err)
{
	size_t taken;
	int result = 0;

	for (; result == 0 && size > 0; bytes += taken, size -= taken) {
		taken = size < OBJECT_PIECE ? size : OBJECT_PIECE;
		buffer_clear(&walker->decoded);
		result = entity_decode(&walker->decoder, bytes, taken, &walker->decoded, err);
		if (result == 0)
			result = walker_write(
			    walker->encoded, walker->decoded.data, walker->decoded.size, err);
	}
	return result;
}

int
walker_part_write(
    struct walker *walker, const char *bytes, size_t size, size_t *used, struct error *err)
{
	*used = size;
	switch (walker->leaf) {
	case WALKER_HEADER:
		return write_header(walker, bytes, size, used, err);
	case WALKER_OBJECT:
		return object_write(walker->object, bytes, size, err);
	case WALKER_ENCODED:
		return write_encoded(walker, bytes, size, err);
	case WALKER_DROP:
		break;
	}
	return 0;
}

static int
finish_object(struct walker *walker, struct error *err)
{
	bool settled = false;

	if (walker->is_guess && !object_is_cms(walker->object))
		layout_take_back(walker->layout);
	else if (object_finish(walker->object, &settled, err) == -1)
		return -1;
	if (walker->is_signature)
		walker->frames[walker->frame_count - 1].settled |= settled;
	object_free(walker->object);
	walker->object = NULL;
	return 0;
}

int
walker_part_finish(struct walker *walker, struct error *err)
{
	int result = 0;

	/* A header that just ends is followed by an empty body; a message in it has an empty header,
	 * and so on, as deep as there are frames. */
	while (result == 0 && walker->leaf == WALKER_HEADER) {
		result = part_header_finish(&walker->header, err);
		if (result == 0)
			result = end_header(walker, err);
	}
	if (result == 0 && walker->leaf == WALKER_OBJECT)
		result = finish_object(walker, err);
	if (result == 0 && walker->leaf == WALKER_ENCODED) {
		result = walker_finish(walker->encoded, err);
		walker_free(walker->encoded);
		walker->encoded = NULL;
	}
	walker->leaf = WALKER_DROP;
	return result;
}

int
walker_pop(struct walker *walker, size_t count, struct error *err)
{
	struct frame *frame;
	int result = 0;

	while (walker->frame_count > count) {
		frame = &walker->frames[walker->frame_count - 1];
		if (result == 0)
			result = frame_finish(frame, walker->layout, err);
		walker->frame_count--;
		walker->boundaries -= frame->boundary != NULL;
		frame_free(frame, walker->layout);
	}
	walker->watching = walker_watching(walker);
	return result;
}

int
walker_delimit(
    struct walker *walker, size_t frame, enum frame_delimiter delimiter, struct error *err)
{
	if (walker_part_finish(walker, err) == -1 || walker_pop(walker, frame + 1, err) == -1)
		return -1;
	if (delimiter == FRAME_CLOSE)
		return frame_close(&walker->frames[frame], walker->layout, err);
	walker_part_begin(walker);
	return frame_next(&walker->frames[frame], walker->layout, err);
}
