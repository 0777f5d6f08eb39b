#include "inspect/inspect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/survey.h"
#include "inspect/walker.h"

struct inspect {
	struct survey survey;
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
	const struct survey_spot spot = {.parent = SURVEY_NONE};
	struct inspect *inspect = calloc(1, sizeof(*inspect));

	if (inspect == NULL) {
		error_no_memory(err);
		return NULL;
	}
	inspect->walker = walker_new(&inspect->survey, &spot, 0, err);
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

/* The body says that it is encrypted: whether its first layer, which is all of it, is. */
static void
judge_claim(struct inspect *inspect, enum entity_claim claim)
{
	struct inspection *result = &inspect->result;
	const struct layer *layer = &inspect->survey.layers[0];
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
		    "it says S/MIME, but the CMS object is %.200s",
		    layer->detail[0] != '\0' ? layer->detail : "SignedData");
	if (layer_is_enveloped(layer)) {
		result->cipher = layer->cipher;
		memcpy(result->cipher_text, layer->cipher_text, sizeof(result->cipher_text));
		result->recipient_infos = inspect->survey.entries[0].envelope.infos;
	}
}

int
inspect_finish(struct inspect *inspect, const struct inspection **inspection, struct error *err)
{
	struct inspection *result = &inspect->result;
	struct survey *survey = &inspect->survey;
	enum entity_claim claim = walker_claim(inspect->walker);
	size_t i;

	*inspection = result;
	if (walker_finish(inspect->walker, err) == -1)
		return -1;
	survey_finish(survey);
	result->kind = INSPECT_READABLE;
	if ((claim == ENTITY_SMIME || claim == ENTITY_PGP_MIME) && survey->count > 0)
		judge_claim(inspect, claim);
	result->layers = survey->layers;
	result->layer_count = survey->count;
	result->limited = survey->limited;
	for (i = 0; i < survey->count; i++)
		result->malformed |= survey->layers[i].type == LAYER_MALFORMED;
	return 0;
}

size_t
inspect_claimed(const struct inspect *inspect, size_t layer, const struct certificate *certificate)
{
	if (layer >= inspect->result.layer_count)
		return INSPECT_NONE;
	return envelope_find(&inspect->survey.entries[layer].envelope, certificate->x509);
}

bool
inspect_same_issuer(const struct inspect *inspect, size_t layer, size_t recipient,
    const struct certificate *certificate)
{
	return layer < inspect->result.layer_count &&
	       envelope_same_issuer(
		   &inspect->survey.entries[layer].envelope, recipient, certificate->x509);
}

bool
inspect_addresses(const struct inspect *inspect, const struct certificate *certificate)
{
	return inspect->result.kind != INSPECT_READABLE &&
	       inspect_claimed(inspect, 0, certificate) != INSPECT_NONE;
}

void
inspect_free(struct inspect *inspect)
{
	if (inspect == NULL)
		return;
	walker_free(inspect->walker);
	survey_free(&inspect->survey);
	free(inspect);
}
