/*
 * Inspection of a body or a whole message, as it comes from outside. The first byte says what it
 * claims and how it is cut; whatever it holds, the chunks must make no difference.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/inspect.h"
#include "mail/startup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct inspect *
look(const struct entity_type *type, const char *bytes, size_t size, size_t chunk,
    const struct inspection **it)
{
	struct inspect *inspect =
	    type == NULL ? inspect_new_message(NULL) : inspect_new(type, NULL);
	size_t taken;

	for (; size > 0; bytes += taken, size -= taken) {
		taken = size < chunk ? size : chunk;
		if (inspect_write(inspect, bytes, taken, NULL) == -1)
			abort();
	}
	if (inspect_finish(inspect, it, NULL) == -1)
		abort();
	return inspect;
}

static void
compare_layers(const struct layer *a, const struct layer *b)
{
	size_t i;

	if (a->type != b->type || a->place != b->place || a->parent != b->parent ||
	    a->depth != b->depth || a->cipher != b->cipher || a->covers_all != b->covers_all ||
	    a->recipient_count != b->recipient_count || a->signature_count != b->signature_count ||
	    a->certificate_count != b->certificate_count || strcmp(a->path, b->path) != 0 ||
	    strcmp(a->detail, b->detail) != 0) {
		fprintf(stderr, "%s %s \"%s\" and %s %s \"%s\"\n", layer_type_name(a->type),
		    a->path, a->detail, layer_type_name(b->type), b->path, b->detail);
		abort();
	}
	for (i = 0; i < a->signature_count; i++) {
		if (a->signatures[i].state != b->signatures[i].state)
			abort();
	}
}

/* What must hold of every inspection. */
static void
check(const struct inspection *it)
{
	size_t i;

	for (i = 0; i < it->layer_count; i++) {
		const struct layer *layer = &it->layers[i];

		if (layer->parent != LAYER_NO_PARENT &&
		    (layer->parent >= i || layer->depth != it->layers[layer->parent].depth + 1))
			abort();
		if (layer_is_enveloped(layer) &&
		    (layer->cipher == NULL || layer->recipient_count == 0))
			abort();
	}
}

static void
compare(const struct inspection *whole, const struct inspection *pieces)
{
	size_t i;

	if (whole->kind != pieces->kind || whole->layer_count != pieces->layer_count ||
	    whole->limited != pieces->limited || strcmp(whole->detail, pieces->detail) != 0) {
		fprintf(stderr, "\"%s\" and \"%s\"\n", whole->detail, pieces->detail);
		abort();
	}
	for (i = 0; i < whole->layer_count; i++)
		compare_layers(&whole->layers[i], &pieces->layers[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool started;
	char boundary[] = "b";
	struct entity_type type = {.boundary = boundary};
	const struct entity_type *given = &type;
	const struct inspection *whole;
	const struct inspection *pieces;
	struct inspect *a;
	struct inspect *b;

	if (!started)
		mail_startup();
	started = true;
	if (size == 0)
		return 0;
	type.claim = (data[0] & 1) != 0 ? ENTITY_PGP_MIME : ENTITY_SMIME;
	if ((data[0] >> 1 & 3) == 3)
		given = NULL;
	else
		type.encoding = (enum entity_encoding)(data[0] >> 1 & 3);
	a = look(given, (const char *)data + 1, size - 1, size, &whole);
	b = look(given, (const char *)data + 1, size - 1, 1 + (data[0] >> 3), &pieces);
	check(whole);
	compare(whole, pieces);
	inspect_free(a);
	inspect_free(b);
	return 0;
}
