#include "inspect/survey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/inspect.h"

static struct survey_scope *
scope_of(struct survey *survey, size_t parent)
{
	return parent == SURVEY_NONE ? &survey->message : &survey->entries[parent].inside;
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
survey_spot_enter(struct survey_spot *spot, size_t number)
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
make_room(struct survey *survey, struct error *err)
{
	if (survey->layers != NULL)
		return 0;
	survey->layers = calloc(INSPECT_LAYERS_MAX, sizeof(*survey->layers));
	survey->entries = calloc(INSPECT_LAYERS_MAX, sizeof(*survey->entries));
	if (survey->layers != NULL && survey->entries != NULL)
		return 0;
	free(survey->layers);
	free(survey->entries);
	survey->layers = NULL;
	survey->entries = NULL;
	return error_no_memory(err);
}

int
survey_add(struct survey *survey, const struct survey_spot *spot, const struct entity_type *type,
    size_t *index, struct error *err)
{
	struct layer *layer;

	*index = SURVEY_NONE;
	if (survey->count == INSPECT_LAYERS_MAX) {
		survey->limited = true;
		return 0;
	}
	if (make_room(survey, err) == -1)
		return -1;
	scope_of(survey, spot->parent)->objects++;
	*index = survey->count++;
	layer = &survey->layers[*index];
	layer->type = LAYER_MALFORMED;
	layer->parent = spot->parent;
	layer->encoding = type->encoding;
	memcpy(layer->path, spot->path, sizeof(layer->path));
	snprintf(layer->detail, sizeof(layer->detail), "it is cut off");
	survey->entries[*index].forwarded = spot->forwarded;
	if (copy_text(&layer->media_type, type->media_type, err) == -1 ||
	    copy_text(&layer->smime_type, type->smime_type, err) == -1 ||
	    copy_text(&layer->name, type->file, err) == -1)
		return -1;
	return 0;
}

void
survey_note_part(struct survey *survey, size_t parent, bool text)
{
	if (!text)
		scope_of(survey, parent)->others++;
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
survey_drop(struct survey *survey, size_t index)
{
	struct layer *layer = &survey->layers[index];
	struct survey_entry *entry = &survey->entries[index];
	struct survey_scope *outer = scope_of(survey, layer->parent);
	size_t i;

	entry->dropped = true;
	outer->objects += entry->inside.objects;
	outer->objects--;
	outer->others += entry->inside.others;
	for (i = index + 1; i < survey->count; i++) {
		if (survey->layers[i].parent != index)
			continue;
		survey->layers[i].parent = layer->parent;
		survey->entries[i].forwarded |= entry->forwarded;
		move_out(&survey->layers[i], layer->path);
	}
}

int
survey_malformed(struct survey *survey, size_t index, const struct error *why, struct error *err)
{
	struct layer *layer = &survey->layers[index];

	if (why->code == ERROR_TEMPORARY || why->code == ERROR_INTERNAL) {
		if (err != NULL)
			*err = *why;
		return -1;
	}
	if (why->code == ERROR_LIMIT)
		survey->limited = true;
	layer->type = LAYER_MALFORMED;
	snprintf(layer->detail, sizeof(layer->detail), "%.250s", why->text);
	return 0;
}

int
survey_digesting(struct survey *survey, struct error *err)
{
	if (survey->digesting == SURVEY_DIGESTING_MAX)
		return error_set(err, ERROR_LIMIT, "it is signed within too many others");
	survey->digesting++;
	return 0;
}

void
survey_digested(struct survey *survey)
{
	survey->digesting--;
}

static enum layer_place
place_of(struct survey *survey, size_t index)
{
	const struct layer *layer = &survey->layers[index];
	const struct survey_scope *scope = scope_of(survey, layer->parent);

	if (survey->entries[index].forwarded)
		return LAYER_FORWARDED;
	if (layer->path[0] == '\0')
		return LAYER_WHOLE;
	return scope->objects == 1 && scope->others == 0 ? LAYER_AMONG_TEXT : LAYER_AMONG_PARTS;
}

/* Parents stand before their children. */
static void
settle_layer(struct survey *survey, size_t index)
{
	struct layer *layer = &survey->layers[index];
	bool is_signed = layer->type == LAYER_SIGNED || layer->type == LAYER_CLEAR_SIGNED;
	bool alone = true;

	layer->place = place_of(survey, index);
	if (layer->parent != SURVEY_NONE) {
		layer->depth = survey->layers[layer->parent].depth + 1;
		alone = survey->layers[layer->parent].covers_all;
	}
	layer->covers_all =
	    is_signed && alone && layer->place == LAYER_WHOLE && survey->entries[index].sole;
}

/* Moves layers up into the room of those that were dropped. */
static void
close_gaps(struct survey *survey)
{
	size_t moved[INSPECT_LAYERS_MAX];
	size_t left = 0;
	size_t i;

	for (i = 0; i < survey->count; i++) {
		struct layer *layer = &survey->layers[i];

		if (survey->entries[i].dropped) {
			layer_clear(layer);
			envelope_free(&survey->entries[i].envelope);
			continue;
		}
		if (layer->parent != SURVEY_NONE)
			layer->parent = moved[layer->parent];
		moved[i] = left;
		survey->entries[left] = survey->entries[i];
		survey->layers[left++] = *layer;
	}
	survey->count = left;
}

void
survey_finish(struct survey *survey)
{
	size_t i;

	close_gaps(survey);
	for (i = 0; i < survey->count; i++)
		settle_layer(survey, i);
}

void
survey_free(struct survey *survey)
{
	size_t i;

	for (i = 0; i < survey->count; i++) {
		layer_clear(&survey->layers[i]);
		envelope_free(&survey->entries[i].envelope);
	}
	free(survey->layers);
	free(survey->entries);
	*survey = (struct survey){.count = 0};
}
