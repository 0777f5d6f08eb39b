/* What a part is, by its type. */
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

size_t
walker_watching(const struct walker *walker)
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
	walker->watching = walker_watching(walker);
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
