#include "inspect/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/inspect.h"

static struct layout_scope *
scope_of(struct layout *layout, size_t parent)
{
	return parent == LAYOUT_NONE ? &layout->message : &layout->entries[parent].inside;
}

/* What does not fit is left out: such a path is beyond all real mail. */
static void
path_append(char *path, size_t size, const char *more)
{
	size_t used = strlen(path);

	if (used + 1 + strlen(more) >= size)
		return;
	if (used > 0)
		path[used++] = '.';
	memcpy(path + used, more, strlen(more) + 1);
}

void
layout_spot_enter(struct layout_spot *spot, size_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%zu", number);
	path_append(spot->path, sizeof(spot->path), text);
}

static int
copy_text(char **to, const char *text, struct error *err)
{
	if (text == NULL)
		return 0;
	*to = strdup(text);
	return *to != NULL ? 0 : error_no_memory(err);
}

static int
make_room(struct layout *layout, struct error *err)
{
	if (layout->layers != NULL)
		return 0;
	layout->layers = calloc(INSPECT_LAYERS_MAX, sizeof(*layout->layers));
	layout->entries = calloc(INSPECT_LAYERS_MAX, sizeof(*layout->entries));
	if (layout->layers != NULL && layout->entries != NULL)
		return 0;
	free(layout->layers);
	free(layout->entries);
	layout->layers = NULL;
	layout->entries = NULL;
	return error_no_memory(err);
}

int
layout_add(struct layout *layout, const struct layout_spot *spot, const struct entity_type *type,
    size_t *index, struct error *err)
{
	struct layer *layer;

	*index = LAYOUT_NONE;
	if (layout->count == INSPECT_LAYERS_MAX) {
		layout->limited = true;
		return 0;
	}
	if (make_room(layout, err) == -1)
		return -1;
	scope_of(layout, spot->parent)->objects++;
	*index = layout->count++;
	layer = &layout->layers[*index];
	layer->type = LAYER_MALFORMED;
	layer->parent = spot->parent;
	layer->encoding = type->encoding;
	memcpy(layer->path, spot->path, sizeof(layer->path));
	snprintf(layer->detail, sizeof(layer->detail), "it is cut off");
	layout->entries[*index].forwarded = spot->forwarded;
	layout->entries[*index].doubtful = type->doubtful;
	if (copy_text(&layer->media_type, type->media_type, err) == -1 ||
	    copy_text(&layer->smime_type, type->smime_type, err) == -1 ||
	    copy_text(&layer->name, type->file, err) == -1)
		return -1;
	return 0;
}

void
layout_note_part(struct layout *layout, size_t parent, bool text)
{
	if (!text)
		scope_of(layout, parent)->others++;
}

void
layout_take_back(struct layout *layout)
{
	struct layer *layer = &layout->layers[--layout->count];
	struct layout_scope *outer = scope_of(layout, layer->parent);

	outer->objects--;
	outer->others++;
	layer_clear(layer);
	memset(layer, 0, sizeof(*layer));
	memset(&layout->entries[layout->count], 0, sizeof(layout->entries[layout->count]));
}

/* The path of what is in part 1 of something that stands at `outer`. */
static void
move_out(struct layer *layer, const char *outer)
{
	char path[sizeof(layer->path)];

	memcpy(path, outer, strlen(outer) + 1);
	path_append(path, sizeof(path), "1");
	if (layer->path[0] != '\0')
		path_append(path, sizeof(path), layer->path);
	memcpy(layer->path, path, sizeof(path));
}

void
layout_drop(struct layout *layout, size_t index)
{
	struct layer *layer = &layout->layers[index];
	struct layout_entry *entry = &layout->entries[index];
	struct layout_scope *outer = scope_of(layout, layer->parent);
	size_t i;

	entry->dropped = true;
	outer->objects += entry->inside.objects;
	outer->objects--;
	outer->others += entry->inside.others;
	for (i = index + 1; i < layout->count; i++) {
		if (layout->layers[i].parent != index)
			continue;
		layout->layers[i].parent = layer->parent;
		layout->entries[i].forwarded |= entry->forwarded;
		move_out(&layout->layers[i], layer->path);
	}
}

int
layout_malformed(struct layout *layout, size_t index, const struct error *why, struct error *err)
{
	struct layer *layer = &layout->layers[index];

	if (why->code == ERROR_TEMPORARY || why->code == ERROR_INTERNAL) {
		if (err != NULL)
			*err = *why;
		return -1;
	}
	if (why->code == ERROR_LIMIT)
		layout->limited = true;
	layer->type = LAYER_MALFORMED;
	snprintf(layer->detail, sizeof(layer->detail), "%.250s", why->text);
	return 0;
}

int
layout_digesting(struct layout *layout, struct error *err)
{
	if (layout->digesting == LAYOUT_DIGESTING_MAX)
		return error_set(err, ERROR_LIMIT, "it is signed within too many others");
	layout->digesting++;
	return 0;
}

void
layout_digested(struct layout *layout)
{
	layout->digesting--;
}

static enum layer_place
place_of(struct layout *layout, size_t index)
{
	const struct layer *layer = &layout->layers[index];
	const struct layout_scope *scope = scope_of(layout, layer->parent);

	if (layout->entries[index].forwarded)
		return LAYER_FORWARDED;
	if (layer->path[0] == '\0')
		return LAYER_WHOLE;
	return scope->objects == 1 && scope->others == 0 ? LAYER_AMONG_TEXT : LAYER_AMONG_PARTS;
}

/* Parents stand before their children. */
static void
settle_layer(struct layout *layout, size_t index)
{
	struct layer *layer = &layout->layers[index];
	bool is_signed = (layer->type == LAYER_SIGNED || layer->type == LAYER_CLEAR_SIGNED) &&
			 layer->signature_count > 0;
	bool alone = true;

	layer->place = place_of(layout, index);
	if (layer->parent != LAYOUT_NONE) {
		layer->depth = layout->layers[layer->parent].depth + 1;
		alone = layout->layers[layer->parent].covers_all;
	}
	layer->covers_all = is_signed && alone && layer->place == LAYER_WHOLE &&
			    layout->entries[index].sole && !layout->entries[index].doubtful;
}

/* Moves layers up into the room of those that were dropped. */
static void
close_gaps(struct layout *layout)
{
	size_t moved[INSPECT_LAYERS_MAX];
	size_t left = 0;
	size_t i;

	for (i = 0; i < layout->count; i++) {
		struct layer *layer = &layout->layers[i];

		if (layout->entries[i].dropped) {
			layer_clear(layer);
			continue;
		}
		if (layer->parent != LAYOUT_NONE)
			layer->parent = moved[layer->parent];
		moved[i] = left;
		layout->entries[left] = layout->entries[i];
		layout->layers[left++] = *layer;
	}
	layout->count = left;
}

void
layout_finish(struct layout *layout)
{
	size_t i;

	close_gaps(layout);
	for (i = 0; i < layout->count; i++)
		settle_layer(layout, i);
}

void
layout_free(struct layout *layout)
{
	size_t i;

	for (i = 0; i < layout->count; i++)
		layer_clear(&layout->layers[i]);
	free(layout->layers);
	free(layout->entries);
	*layout = (struct layout){.count = 0};
}
