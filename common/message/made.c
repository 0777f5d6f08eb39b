/* From what inspection found to facts: what the client made, and for whom. */
#include <stdlib.h>

#include "inspect/claims.h"
#include "message/internal.h"

/* Also what is broken behind that: readers may be lenient. */
static bool
is_encrypted(const struct layer *layer)
{
	return layer->cipher != NULL;
}

/* The envelope whose recipients are compared is the only one there is, and all that is there but text. */
static void
find_encrypted(struct facts *facts)
{
	const struct layer *only = NULL;
	const struct layer *layer;
	size_t count = 0;
	size_t i;

	for (i = 0; i < facts->layer_count; i++) {
		layer = &facts->layers[i];
		if (!is_encrypted(layer) ||
		    layer_is_forwarded(facts->layers, facts->layer_count, layer))
			continue;
		if (facts->weakest == NULL || layer->cipher->id < facts->weakest->cipher->id)
			facts->weakest = layer;
		only = layer;
		count++;
	}
	if (count == 1 && layer_is_enveloped(only) &&
	    layer_stands_alone(facts->layers, facts->layer_count, only))
		facts->envelope = only;
}

static void
find_malformed(struct facts *facts, const struct inspection *inspection)
{
	size_t i;

	for (i = 0; i < facts->layer_count && !facts->malformed; i++) {
		if (facts->layers[i].type != LAYER_MALFORMED ||
		    layer_is_forwarded(facts->layers, facts->layer_count, &facts->layers[i]))
			continue;
		facts->malformed = true;
		facts->malformed_detail = facts->layers[i].detail;
	}
	if (facts->malformed || !inspection->limited)
		return;
	facts->malformed = true;
	facts->malformed_detail = "it holds more than is looked at";
}

/* For each digital ID of the recipient: is a recipient info for its certificate? */
static int
note_addressed(struct claims *claims, struct facts_recipient *facts, struct error *err)
{
	size_t i;

	if (facts->record == NULL || facts->record->digital_id_count == 0)
		return 0;
	facts->addressed = calloc(facts->record->digital_id_count, sizeof(bool));
	if (facts->addressed == NULL)
		return error_no_memory(err);
	for (i = 0; i < facts->record->digital_id_count; i++) {
		const struct certificate *certificate = facts->record->digital_ids[i].certificate;

		facts->addressed[i] = certificate != NULL && claims_take(claims, certificate);
	}
	return 0;
}

static void
note_sender(struct claims *claims, struct facts *facts)
{
	const struct recipient *record = facts->sender_record;
	size_t i;

	for (i = 0; record != NULL && i < record->digital_id_count; i++) {
		if (record->digital_ids[i].certificate != NULL &&
		    claims_take(claims, record->digital_ids[i].certificate))
			facts->sender_addressed = true;
	}
}

/* One that is not addressed, but by whose certificate's issuer somebody unknown is. */
static void
note_superseded(const struct claims *claims, struct facts_recipient *facts)
{
	size_t i;

	if (facts->addressed == NULL)
		return;
	for (i = 0; i < facts->record->digital_id_count; i++) {
		if (facts->addressed[i])
			return;
	}
	for (i = 0; i < facts->record->digital_id_count && facts->superseded == NULL; i++) {
		if (facts->record->digital_ids[i].certificate != NULL)
			facts->superseded =
			    claims_left_of(claims, facts->record->digital_ids[i].certificate);
	}
}

static int
find_addressed(struct message *message, struct error *err)
{
	struct facts *facts = &message->facts;
	struct claims *claims = claims_new(facts->envelope, err);
	int result = -1;
	size_t i;

	if (claims == NULL)
		return -1;
	for (i = 0; i < message->gathered.count; i++) {
		facts->compared = facts->compared || message->gathered.items[i].record != NULL;
		if (note_addressed(claims, &message->gathered.items[i], err) != 0)
			goto done;
	}
	note_sender(claims, facts);
	facts->unclaimed = claims_left(claims);
	if (claims_close(claims, err) != 0)
		goto done;
	for (i = 0; i < message->gathered.count; i++)
		note_superseded(claims, &message->gathered.items[i]);
	result = 0;
done:
	claims_free(claims);
	return result;
}

int
made_note(struct message *message, struct error *err)
{
	const struct inspection *inspection = message->inspection;
	struct facts *facts = &message->facts;

	facts->layers = inspection->layers;
	facts->layer_count = inspection->layer_count;
	find_encrypted(facts);
	find_malformed(facts, inspection);
	if (inspection->kind == INSPECT_PGP_MIME) {
		facts->content = CONTENT_PGP_MIME;
	} else if (inspection->kind != INSPECT_READABLE) {
		facts->content = CONTENT_ENVELOPED;
		facts->body = &inspection->layers[0];
	}
	return facts->envelope != NULL ? find_addressed(message, err) : 0;
}
