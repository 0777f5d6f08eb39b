/* What a part is, and who gets its bytes. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "inspect/inspect.h"
#include "inspect/walker_private.h"

static bool
is_type(const struct entity_type *type, const char *media_type)
{
	return type->media_type != NULL && strcmp(type->media_type, media_type) == 0;
}

static bool
is_text(const struct entity_type *type)
{
	return type->media_type == NULL || strncmp(type->media_type, "text/", 5) == 0;
}

static bool
is_message(const struct entity_type *type)
{
	return is_type(type, "message/rfc822") || is_type(type, "message/global");
}

static bool
is_tnef(const struct entity_type *type)
{
	return is_type(type, "application/ms-tnef") || is_type(type, "application/vnd.ms-tnef") ||
	       (type->file != NULL && strcasecmp(type->file, "winmail.dat") == 0);
}

/* Of unknown content, which is told by its first bytes. */
static bool
is_unknown(const struct entity_type *type)
{
	return is_type(type, "application/octet-stream");
}

bool
walker_wanted(const struct entity_type *type)
{
	return type->claim != ENTITY_PLAIN || type->boundary != NULL || is_message(type) ||
	       is_tnef(type) || is_unknown(type);
}

/* Whether the part in hand is in the content of the frame's layer. */
static bool
is_content_of(const struct frame *frame)
{
	return frame->layer != LAYOUT_NONE &&
	       (!frame->is_signed || (frame->part == 1 && !frame->closed));
}

/* Where the part in hand stands: within the innermost layer around it. */
static void
find_spot(const struct walker *walker, struct layout_spot *spot)
{
	size_t i = walker->frame_count;

	*spot = walker->spot;
	while (i > 0 && !is_content_of(&walker->frames[i - 1]))
		i--;
	if (i > 0) {
		*spot = (struct layout_spot){.parent = walker->frames[i - 1].layer};
		/* Of a multipart/signed, part 1 is all of the content. */
		i = walker->frames[i - 1].is_signed ? i : i - 1;
	}
	for (; i < walker->frame_count; i++) {
		if (walker->frames[i].boundary != NULL)
			layout_spot_enter(spot, walker->frames[i].part);
		else
			spot->forwarded |= spot->path[0] != '\0';
	}
}

/* Only layers look at the bytes of what is in them. */
static size_t
count_watching(const struct walker *walker)
{
	size_t count = walker->frame_count;

	while (count > 0 && walker->frames[count - 1].layer == LAYOUT_NONE)
		count--;
	return count;
}

static int
push(struct walker *walker, const struct layout_spot *spot, const struct entity_type *type,
    struct error *err)
{
	struct frame *frame = &walker->frames[walker->frame_count];

	if (frame_init(frame, walker->layout, spot, type, err) == -1) {
		frame_free(frame, walker->layout);
		return -1;
	}
	walker->frame_count++;
	walker->boundaries += frame->boundary != NULL;
	walker->watching = count_watching(walker);
	return 0;
}

static int
open_encoded(struct walker *walker, struct layout_spot *spot, const struct entity_type *type,
    struct error *err)
{
	spot->forwarded |= spot->path[0] != '\0';
	if (walker->level + 1 >= INSPECT_DEPTH_MAX) {
		walker->layout->limited = true;
		return 0;
	}
	walker->encoded = walker_new(walker->layout, spot, walker->level + 1, err);
	if (walker->encoded == NULL)
		return -1;
	entity_decoder_init(&walker->decoder, type->encoding);
	walker->leaf = WALKER_ENCODED;
	return 0;
}

static int
open_message(struct walker *walker, struct layout_spot *spot, const struct entity_type *type,
    struct error *err)
{
	/* RFC 2046 5.2.1 forbids it, readers undo it. */
	if (type->encoding != ENTITY_IDENTITY)
		return open_encoded(walker, spot, type, err);
	if (walker->frame_count == WALKER_FRAMES_MAX) {
		walker->layout->limited = true;
		return 0;
	}
	if (push(walker, spot, NULL, err) == -1)
		return -1;
	walker_part_begin(walker);
	return 0;
}

static int
open_multipart(struct walker *walker, const struct layout_spot *spot,
    const struct entity_type *type, struct error *err)
{
	struct error why = ERROR_INIT;
	size_t layer;

	/* Two are gone by here, which may cut a part short for a reader that knows one. */
	walker->layout->limited |= type->other != NULL;
	if (type->boundary != NULL && strlen(type->boundary) <= FRAME_BOUNDARY_MAX &&
	    walker->frame_count < WALKER_FRAMES_MAX)
		return push(walker, spot, type, err);
	walker->layout->limited |= type->boundary != NULL;
	if (type->claim == ENTITY_PLAIN) {
		layout_note_part(walker->layout, spot->parent, false);
		return 0;
	}
	if (layout_add(walker->layout, spot, type, &layer, err) == -1)
		return -1;
	error_set(&why, ERROR_INPUT, "its boundary is missing or too long");
	return layer == LAYOUT_NONE ? 0 : layout_malformed(walker->layout, layer, &why, err);
}

static int
open_object(struct walker *walker, const struct layout_spot *spot, const struct entity_type *type,
    struct error *err)
{
	const struct frame *frame =
	    walker->frame_count > 0 ? &walker->frames[walker->frame_count - 1] : NULL;
	struct object_beside beside = {LAYOUT_NONE, NULL};
	size_t layer;

	if (layout_add(walker->layout, spot, type, &layer, err) == -1)
		return -1;
	if (layer == LAYOUT_NONE)
		return 0;
	if (frame != NULL && frame->is_signed && frame->part == 2 && !frame->closed &&
	    !frame->settled && frame->digests != NULL)
		beside = (struct object_beside){frame->layer, frame->digests};
	walker->object =
	    object_new(walker->layout, layer, type->encoding, walker->level, &beside, err);
	if (walker->object == NULL)
		return -1;
	walker->is_guess = type->claim == ENTITY_PLAIN;
	walker->is_signature = beside.layer != LAYOUT_NONE;
	walker->leaf = WALKER_OBJECT;
	return 0;
}

static int
open_tnef(struct walker *walker, const struct layout_spot *spot, const struct entity_type *type,
    struct error *err)
{
	struct layer *layer;
	size_t index;

	if (layout_add(walker->layout, spot, type, &index, err) == -1)
		return -1;
	if (index == LAYOUT_NONE)
		return 0;
	layer = &walker->layout->layers[index];
	layer->type = LAYER_TNEF;
	snprintf(layer->detail, sizeof(layer->detail), "not looked into");
	return 0;
}

int
walker_part_open(struct walker *walker, const struct entity_type *type, struct error *err)
{
	struct layout *layout = walker->layout;
	struct layout_spot spot;

	if (!walker->begun)
		walker->claim = type->claim;
	walker->begun = true;
	walker->leaf = WALKER_DROP;
	if (layout->parts == INSPECT_PARTS_MAX) {
		layout->limited = true;
		return 0;
	}
	layout->parts++;
	find_spot(walker, &spot);
	if (type->claim == ENTITY_SMIME)
		return open_object(walker, &spot, type, err);
	if (is_message(type))
		return open_message(walker, &spot, type, err);
	if (type->boundary != NULL || type->claim != ENTITY_PLAIN)
		return open_multipart(walker, &spot, type, err);
	if (is_tnef(type))
		return open_tnef(walker, &spot, type, err);
	if (is_unknown(type))
		return open_object(walker, &spot, type, err);
	layout_note_part(layout, spot.parent, is_text(type));
	return 0;
}

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

/* A line that is no field ends the header of a part that is plain so far: some readers skip it and
 * read on. */
static void
go_on(struct walker *walker, struct part_header *header)
{
	header->plain = true;
	header->plain_fields = header->fields.count;
	buffer_clear(&header->line);
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
		buffer_clear(&walker->header.line);
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
	walker->watching = count_watching(walker);
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
