/* What "smimectl inspect" found, as JSON. */
#include "base/clock.h"
#include "command.h"
#include "inspect_show.h"

static json_t *
recipient_json(const struct layer_recipient *recipient)
{
	json_t *json = json_object();

	json_object_set_new(
	    json, "transport", json_string(layer_transport_name(recipient->transport)));
	json_object_set_new(json, "algorithm", ctl_json_text(recipient->algorithm));
	json_object_set_new(json, "issuer", ctl_json_text(recipient->issuer));
	json_object_set_new(json, "serial", ctl_json_text(recipient->serial));
	json_object_set_new(json, "key_id", ctl_json_text(recipient->key_id));
	return json;
}

static json_t *
certificate_json(const struct certificate *certificate)
{
	json_t *json;

	if (certificate == NULL)
		return json_null();
	json = json_object();
	json_object_set_new(json, "subject", ctl_json_text(certificate->subject));
	json_object_set_new(json, "issuer", ctl_json_text(certificate->issuer));
	json_object_set_new(json, "serial", ctl_json_text(certificate->serial));
	json_object_set_new(json, "sha256", json_string(certificate->sha256));
	return json;
}

static json_t *
capabilities_json(const struct capabilities *capabilities)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < capabilities->cipher_count; i++)
		json_array_append_new(
		    list, json_string(cipher_get(capabilities->ciphers[i])->name));
	if (capabilities->oaep)
		json_array_append_new(list, json_string("oaep"));
	if (capabilities->oaep_sha256)
		json_array_append_new(list, json_string("oaep-sha256"));
	return list;
}

static json_t *
signature_json(const struct layer_signature *signature)
{
	json_t *json = json_object();
	char at[CLOCK_TEXT_SIZE];

	json_object_set_new(
	    json, "state", json_string(layer_signature_state_name(signature->state)));
	json_object_set_new(json, "detail", ctl_json_text(signature->detail));
	json_object_set_new(json, "issuer", ctl_json_text(signature->issuer));
	json_object_set_new(json, "serial", ctl_json_text(signature->serial));
	json_object_set_new(json, "key_id", ctl_json_text(signature->key_id));
	json_object_set_new(json, "algorithm", ctl_json_text(signature->algorithm));
	json_object_set_new(json, "digest", ctl_json_text(signature->digest));
	json_object_set_new(json, "signing_time",
	    signature->signing_time != 0
		? json_string(clock_format_rfc3339(signature->signing_time, at))
		: json_null());
	json_object_set_new(json, "capabilities", capabilities_json(&signature->capabilities));
	json_object_set_new(json, "certificate", certificate_json(signature->certificate));
	return json;
}

static json_t *
layer_lists_json(json_t *json, const struct layer *layer)
{
	json_t *recipients = json_array();
	json_t *signatures = json_array();
	json_t *certificates = json_array();
	size_t i;

	for (i = 0; i < layer->recipient_count; i++)
		json_array_append_new(recipients, recipient_json(&layer->recipients[i]));
	for (i = 0; i < layer->signature_count; i++)
		json_array_append_new(signatures, signature_json(&layer->signatures[i]));
	for (i = 0; i < layer->certificate_count; i++)
		json_array_append_new(certificates, certificate_json(layer->certificates[i]));
	json_object_set_new(json, "recipients", recipients);
	json_object_set_new(json, "signatures", signatures);
	json_object_set_new(json, "certificates", certificates);
	json_object_set_new(json, "crls", json_integer((json_int_t)layer->crl_count));
	return json;
}

static json_t *
layer_json(const struct layer *layer)
{
	json_t *json = json_object();
	const struct cipher *cipher = layer->cipher;

	json_object_set_new(json, "type", json_string(layer_type_name(layer->type)));
	json_object_set_new(json, "place", json_string(layer_place_name(layer->place)));
	json_object_set_new(json, "parent",
	    layer->parent == LAYER_NO_PARENT ? json_null()
					     : json_integer((json_int_t)layer->parent));
	json_object_set_new(json, "part", json_string(layer->path));
	json_object_set_new(json, "covers_all", json_boolean(layer->covers_all));
	json_object_set_new(json, "detail", ctl_json_text(layer->detail));
	json_object_set_new(json, "media_type", ctl_json_text(layer->media_type));
	json_object_set_new(json, "smime_type", ctl_json_text(layer->smime_type));
	json_object_set_new(json, "file", ctl_json_text(layer->name));
	json_object_set_new(json, "encoding", json_string(inspect_show_encoding(layer->encoding)));
	json_object_set_new(json, "indefinite", json_boolean(layer->indefinite));
	json_object_set_new(
	    json, "cipher", cipher != NULL ? json_string(cipher->name) : json_null());
	json_object_set_new(
	    json, "cipher_text", ctl_json_text(cipher != NULL ? layer->cipher_text : NULL));
	return layer_lists_json(json, layer);
}

json_t *
inspect_json(const char *path, const struct inspection *inspection)
{
	json_t *json = json_object();
	json_t *layers = json_array();
	size_t i;

	for (i = 0; i < inspection->layer_count; i++)
		json_array_append_new(layers, layer_json(&inspection->layers[i]));
	json_object_set_new(json, "file", ctl_json_text(path));
	json_object_set_new(json, "whole", json_string(inspect_show_kind(inspection->kind)));
	json_object_set_new(json, "malformed", json_boolean(inspection->malformed));
	json_object_set_new(json, "limited", json_boolean(inspection->limited));
	json_object_set_new(json, "layers", layers);
	return json;
}
