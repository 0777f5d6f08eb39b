#include "inspect/inspect.h"

#include <stdio.h>
#include <stdlib.h>

#include "inspect/layout.h"
#include "inspect/walker.h"

struct inspect {
	struct layout layout;
	struct walker *walker;
	struct inspection result;
};

bool
inspect_wanted(const struct entity_type *type)
{
	return walker_wanted(type);
}

struct inspect *
inspect_new_message(struct error *err)
{
	const struct layout_spot spot = {.parent = LAYOUT_NONE};
	struct inspect *inspect = calloc(1, sizeof(*inspect));

	if (inspect == NULL) {
		error_no_memory(err);
		return NULL;
	}
	inspect->walker = walker_new(&inspect->layout, &spot, 0, err);
	if (inspect->walker == NULL) {
		inspect_free(inspect);
		return NULL;
	}
	return inspect;
}

struct inspect *
inspect_new(const struct entity_type *type, struct error *err)
{
	struct inspect *inspect = inspect_new_message(err);

	if (inspect == NULL || walker_begin_body(inspect->walker, type, err) == 0)
		return inspect;
	inspect_free(inspect);
	return NULL;
}

int
inspect_write(struct inspect *inspect, const char *bytes, size_t size, struct error *err)
{
	return walker_write(inspect->walker, bytes, size, err);
}

/* What an object that is not encrypted is, in a sentence. */
static const char *
object_name(const struct layer *layer)
{
	switch (layer->type) {
	case LAYER_SIGNED:
	case LAYER_CERTIFICATES:
	case LAYER_DETACHED:
		return "SignedData";
	default:
		return layer->detail;
	}
}

/* The body says that it is encrypted: whether its first layer, which is all of it, is. */
static void
judge_claim(struct inspect *inspect, enum entity_claim claim)
{
	struct inspection *result = &inspect->result;
	const struct layer *layer = &inspect->layout.layers[0];
	bool smime = claim == ENTITY_SMIME;

	if (smime && layer->type == LAYER_ENVELOPED)
		result->kind = INSPECT_ENVELOPED;
	else if (smime && layer->type == LAYER_AUTH_ENVELOPED)
		result->kind = INSPECT_AUTH_ENVELOPED;
	else if (!smime && layer->type == LAYER_PGP_MIME)
		result->kind = INSPECT_PGP_MIME;
	else if (layer->type == LAYER_MALFORMED)
		snprintf(result->detail, sizeof(result->detail), "it says %s, but %.200s",
		    smime ? "S/MIME" : "PGP/MIME", layer->detail);
	else
		snprintf(result->detail, sizeof(result->detail),
		    "it says S/MIME, but the CMS object is %.200s", object_name(layer));
}

int
inspect_finish(struct inspect *inspect, const struct inspection **inspection, struct error *err)
{
	struct inspection *result = &inspect->result;
	struct layout *layout = &inspect->layout;
	enum entity_claim claim = walker_claim(inspect->walker);
	size_t i;

	*inspection = result;
	if (walker_finish(inspect->walker, err) == -1)
		return -1;
	layout_finish(layout);
	result->kind = INSPECT_READABLE;
	if ((claim == ENTITY_SMIME || claim == ENTITY_PGP_MIME) && layout->count > 0)
		judge_claim(inspect, claim);
	result->layers = layout->layers;
	result->layer_count = layout->count;
	result->limited = layout->limited;
	for (i = 0; i < layout->count; i++)
		result->malformed |= layout->layers[i].type == LAYER_MALFORMED;
	return 0;
}

void
inspect_free(struct inspect *inspect)
{
	if (inspect == NULL)
		return;
	walker_free(inspect->walker);
	layout_free(&inspect->layout);
	free(inspect);
}
