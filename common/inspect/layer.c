#include "inspect/layer.h"

#include <openssl/crypto.h>
#include <stdlib.h>

#include "base/compiler.h"

const char *
layer_type_name(enum layer_type type)
{
	static const char *const names[LAYER_TYPE_COUNT] = {"enveloped", "auth-enveloped", "signed",
	    "clear-signed", "certificates", "detached-signature", "compressed", "encrypted-data",
	    "other", "pgp-mime", "tnef", "malformed"};

	return names[type];
}

const char *
layer_place_name(enum layer_place place)
{
	static const char *const names[LAYER_PLACE_COUNT] = {
	    "whole", "among-text", "among-parts", "forwarded"};

	return names[place];
}

const char *
layer_transport_name(enum layer_transport transport)
{
	static const char *const names[LAYER_TRANSPORT_COUNT] = {
	    "rsa", "rsa-oaep", "ecdh", "shared-key", "password", "other"};

	return names[transport];
}

const char *
layer_signature_state_name(enum layer_signature_state state)
{
	static const char *const names[LAYER_SIGNATURE_STATE_COUNT] = {
	    "good", "bad", "unverifiable", "no-certificate", "malformed"};

	return names[state];
}

static void
recipient_clear(struct layer_recipient *recipient)
{
	free(recipient->algorithm);
	free(recipient->issuer);
	free(recipient->serial);
	free(recipient->key_id);
	free(recipient->issuer_der);
}

static void
signature_clear(struct layer_signature *signature)
{
	certificate_unref(signature->certificate);
	free(signature->issuer);
	free(signature->serial);
	free(signature->key_id);
}

void
layer_clear(struct layer *layer)
{
	size_t i;

	for (i = 0; i < layer->recipient_count; i++)
		recipient_clear(&layer->recipients[i]);
	for (i = 0; i < layer->signature_count; i++)
		signature_clear(&layer->signatures[i]);
	for (i = 0; i < layer->certificate_count; i++)
		certificate_unref(layer->certificates[i]);
	free(layer->recipients);
	free(layer->signatures);
	free(layer->certificates);
	free(layer->media_type);
	free(layer->smime_type);
	free(layer->name);
}

/* Whether it is so of a layer, or of one that encloses it; of layers that enclose each other it is. */
static bool
holds(const struct layer *layers, size_t count, const struct layer *layer,
    bool (*so)(const struct layer *layer))
{
	size_t steps;

	for (steps = 0; steps <= count; steps++) {
		if (so(layer))
			return true;
		if (layer->parent >= count)
			return false;
		layer = &layers[layer->parent];
	}
	return true;
}

static bool
is_in_message(const struct layer *layer)
{
	return layer->place == LAYER_FORWARDED;
}

static bool
is_one_of_several(const struct layer *layer)
{
	return layer->place != LAYER_WHOLE && layer->place != LAYER_AMONG_TEXT;
}

bool
layer_is_forwarded(const struct layer *layers, size_t count, const struct layer *layer)
{
	return holds(layers, count, layer, is_in_message);
}

bool
layer_stands_alone(const struct layer *layers, size_t count, const struct layer *layer)
{
	return !holds(layers, count, layer, is_one_of_several);
}

bool
layer_is_enveloped(const struct layer *layer)
{
	return layer->type == LAYER_ENVELOPED || layer->type == LAYER_AUTH_ENVELOPED;
}
