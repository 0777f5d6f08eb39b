#include "inspect/object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/cms_front.h"
#include "inspect/envelope.h"
#include "inspect/inspect.h"
#include "inspect/signatures.h"
#include "inspect/walker.h"
#include "smime/content_cipher.h"

struct object {
	struct layout *layout;
	size_t layer;
	unsigned int level;
	struct object_beside beside;
	struct entity_decoder decoder;
	struct buffer decoded;
	struct cms_front front;
	bool failed; /* its layer is malformed, whatever follows */
	struct digests *digests;
	struct walker *inside;
	bool is_digesting;
	bool has_bytes; /* of content */
};

static struct layer *
own_layer(const struct object *object)
{
	return &object->layout->layers[object->layer];
}

/* The object is malformed; so is what it should have signed. */
static int
fail(struct object *object, const struct error *why, struct error *err)
{
	object->failed = true;
	return layout_malformed(object->layout, object->layer, why, err);
}

static bool
holds_mail(const struct cms_front *front)
{
	static const unsigned char data[] = {
	    TLV_OID, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};

	return front->inner_type.size == sizeof(data) &&
	       memcmp(front->kept.data + front->inner_type.at, data, sizeof(data)) == 0;
}

/* Whether the content is another object without MIME around it: some readers (NSS) open it. */
static bool
holds_object(const struct cms_front *front)
{
	const unsigned char *type = (const unsigned char *)front->kept.data + front->inner_type.at;

	return front->inner_type.size > 2 && type[1] == front->inner_type.size - 2 &&
	       cms_grammar_type(type + 2, front->inner_type.size - 2) != NULL;
}

static int
on_content_begin(void *context, struct error *err)
{
	struct object *object = context;
	struct cms_front *front = &object->front;
	struct layout_spot spot = {.parent = object->layer};

	if (!holds_mail(front) && holds_object(front))
		return error_set(err, ERROR_INPUT, "its content is another CMS object, not mail");

	if (layout_digesting(object->layout, err) == -1)
		return -1;
	object->is_digesting = true;
	object->digests = digests_named(
	    (const unsigned char *)front->kept.data + front->digests.at, front->digests.size, err);
	if (object->digests == NULL)
		return -1;
	if (!holds_mail(front))
		return 0;
	object->inside = walker_new(object->layout, &spot, object->level + 1, err);
	return object->inside != NULL ? 0 : -1;
}

static int
on_content(void *context, const unsigned char *bytes, size_t size, struct error *err)
{
	struct object *object = context;

	object->has_bytes = object->has_bytes || size > 0;
	if (digests_write(object->digests, bytes, size, err) == -1)
		return -1;
	return object->inside == NULL
		   ? 0
		   : walker_write(object->inside, (const char *)bytes, size, err);
}

static const struct front_sink sink = {on_content_begin, on_content};

struct object *
object_new(struct layout *layout, size_t layer, enum entity_encoding encoding, unsigned int level,
    const struct object_beside *beside, struct error *err)
{
	struct error why = ERROR_INIT;
	struct object *object = calloc(1, sizeof(*object));
	size_t room = layout->kept < INSPECT_KEPT_MAX ? INSPECT_KEPT_MAX - layout->kept : 0;

	if (object == NULL) {
		error_no_memory(err);
		return NULL;
	}
	object->layout = layout;
	object->layer = layer;
	object->level = level;
	object->beside = *beside;
	entity_decoder_init(&object->decoder, encoding);
	cms_front_init(
	    &object->front, room < INSPECT_FRONT_MAX ? room : INSPECT_FRONT_MAX, &sink, object);
	if (level < INSPECT_DEPTH_MAX)
		return object;
	error_set(&why, ERROR_LIMIT, "it is the content of too many others");
	if (fail(object, &why, err) == 0)
		return object;
	object_free(object);
	return NULL;
}

int
object_write(struct object *object, const char *bytes, size_t size, struct error *err)
{
	struct error why = ERROR_INIT;
	size_t taken;
	int result = 0;

	for (; result == 0 && size > 0 && !object->failed; bytes += taken, size -= taken) {
		taken = size < OBJECT_PIECE ? size : OBJECT_PIECE;
		buffer_clear(&object->decoded);
		if (entity_decode(&object->decoder, bytes, taken, &object->decoded, &why) == -1 ||
		    cms_front_read(
			&object->front, object->decoded.data, object->decoded.size, &why) == -1)
			result = fail(object, &why, err);
	}
	return result;
}

/* The end of what the transport gave. */
static int
finish_bytes(struct object *object, struct error *err)
{
	const struct entity_decoder *decoder = &object->decoder;

	if (decoder->alien > 0)
		return error_set(err, ERROR_INPUT, "%zu bytes in it do not belong to its encoding",
		    decoder->alien);
	/* A group of four letters that stops short would be dropped, whatever it held. */
	if (decoder->encoding == ENTITY_BASE64 && decoder->place != 0)
		return error_set(err, ERROR_INPUT, "its base64 is cut off");
	return cms_front_finish(&object->front, decoder->encoding != ENTITY_BASE64, err);
}

/* Reads signers and certificates into a layer; digests may be NULL: there is no content. */
static int
read_signatures(
    struct object *object, struct layer *layer, struct digests *digests, struct error *err)
{
	struct digests *none = NULL;
	CMS_ContentInfo *cms = envelope_parse(&object->front, err);
	int result = -1;

	if (cms == NULL)
		return -1;
	if (digests == NULL)
		digests = none = digests_all(err);
	if (digests != NULL)
		result = signatures_read(cms, digests, layer, err);
	layer->crl_count = object->front.crls;
	digests_free(none);
	CMS_ContentInfo_free(cms);
	return result;
}

/* The signature of a multipart/signed: what it is goes into the layer of that. */
static int
finish_beside(struct object *object, struct error *err)
{
	struct layer *signs = &object->layout->layers[object->beside.layer];

	signs->type = LAYER_CLEAR_SIGNED;
	signs->detail[0] = '\0';
	signs->indefinite = object->front.indefinite;
	return read_signatures(object, signs, object->beside.digests, err);
}

/* What is not there can't have been signed, whatever the digest of nothing says. */
static void
forget_verdicts(struct layer *layer)
{
	size_t i;

	for (i = 0; i < layer->signature_count; i++) {
		struct layer_signature *signature = &layer->signatures[i];

		if (signature->state != LAYER_SIGNATURE_GOOD &&
		    signature->state != LAYER_SIGNATURE_BAD)
			continue;
		signature->state = LAYER_SIGNATURE_UNVERIFIABLE;
		signature->capabilities = (struct capabilities){.from = CAPABILITIES_NONE};
		snprintf(
		    signature->detail, sizeof(signature->detail), "what it signs is not beside it");
	}
}

static int
finish_signed(struct object *object, struct layer *layer, struct error *err)
{
	const struct cms_front *front = &object->front;

	if (front->signers == 0 && !object->has_bytes)
		layer->type = LAYER_CERTIFICATES;
	else
		layer->type = front->has_content ? LAYER_SIGNED : LAYER_DETACHED;
	object->layout->entries[object->layer].sole = true;
	if (read_signatures(object, layer, object->digests, err) == -1)
		return -1;
	if (layer->type == LAYER_DETACHED)
		forget_verdicts(layer);
	return 0;
}

static int
finish_sound(struct object *object, struct error *err)
{
	struct layer *layer = own_layer(object);
	const struct cms_front *front = &object->front;

	layer->type = front->type->layer;
	layer->detail[0] = '\0';
	layer->indefinite = front->indefinite;
	switch (front->type->object) {
	case GRAMMAR_ENVELOPED:
	case GRAMMAR_AUTH_ENVELOPED:
		return envelope_read(front, layer, err);
	case GRAMMAR_SIGNED:
		return finish_signed(object, layer, err);
	default:
		snprintf(layer->detail, sizeof(layer->detail), "%s", front->type->name);
		return 0;
	}
}

static bool
is_signature(const struct object *object)
{
	const struct grammar_type *type = object->front.type;

	if (object->beside.layer == LAYOUT_NONE)
		return false;
	if (object->failed)
		return type == NULL || type->object == GRAMMAR_SIGNED;
	return type->object == GRAMMAR_SIGNED && !object->front.has_content;
}

/* Of what is broken behind its cipher that is told all the same: readers may open it. */
static int
read_cipher(struct object *object, struct error *err)
{
	const struct cms_front *front = &object->front;
	struct layer *layer = own_layer(object);
	struct error why = ERROR_INIT;

	if (front->algorithm.size == 0 || layer->cipher != NULL)
		return 0;
	if (content_cipher_read((const unsigned char *)front->kept.data + front->algorithm.at,
		front->algorithm.size, &layer->cipher, layer->cipher_text,
		sizeof(layer->cipher_text), &why) == 0)
		return 0;
	return why.code == ERROR_INPUT ? 0 : error_set(err, why.code, "%s", why.text);
}

/* As the signature of what is beside it. */
static int
settle_beside(struct object *object, struct error *err)
{
	struct error why = ERROR_INIT;
	struct layout *layout = object->layout;

	if (object->failed)
		error_set(&why, ERROR_INPUT, "of its signature: %s", own_layer(object)->detail);
	else
		(void)finish_beside(object, &why);
	layout_drop(layout, object->layer);
	return why.code == ERROR_NONE ? 0
				      : layout_malformed(layout, object->beside.layer, &why, err);
}

bool
object_is_cms(const struct object *object)
{
	return object->front.type != NULL;
}

int
object_finish(struct object *object, bool *settled, struct error *err)
{
	struct error why = ERROR_INIT;

	*settled = false;
	if (object->inside != NULL && walker_finish(object->inside, err) == -1)
		return -1;
	if (!object->failed && finish_bytes(object, &why) == -1 && fail(object, &why, err) == -1)
		return -1;
	object->layout->kept += object->front.kept.size;
	if (is_signature(object)) {
		*settled = true;
		return settle_beside(object, err);
	}
	if (!object->failed && finish_sound(object, &why) == -1 && fail(object, &why, err) == -1)
		return -1;
	return object->failed ? read_cipher(object, err) : 0;
}

void
object_free(struct object *object)
{
	if (object == NULL)
		return;
	if (object->is_digesting)
		layout_digested(object->layout);
	walker_free(object->inside);
	digests_free(object->digests);
	cms_front_free(&object->front);
	buffer_free(&object->decoded);
	free(object);
}
