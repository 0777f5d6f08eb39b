/* What the client made, as JSON: layers, the envelope's recipient infos, signatures, warnings. */
#include "audit/audit.h"
#include "audit/json.h"
#include "policy/signed.h"

static size_t
at_most(size_t count, size_t most)
{
	return count < most ? count : most;
}

/* How many recipient infos there are of each kind of transport that there is. */
static json_t *
transports_json(const struct layer *layer)
{
	size_t counts[LAYER_TRANSPORT_COUNT] = {0};
	json_t *object = json_object();
	size_t i;

	for (i = 0; i < layer->recipient_count; i++)
		counts[layer->recipients[i].transport]++;
	for (i = 0; i < LAYER_TRANSPORT_COUNT; i++) {
		if (counts[i] > 0)
			audit_put(&object, layer_transport_name((enum layer_transport)i),
			    json_integer((json_int_t)counts[i]));
	}
	return object;
}

static json_t *
text_or_null(const char *text)
{
	return audit_text_json(text != NULL && text[0] != '\0' ? text : NULL);
}

static json_t *
layer_json(const struct layer *layer)
{
	json_t *object = json_object();

	audit_put(&object, "type", json_string(layer_type_name(layer->type)));
	audit_put(&object, "place", json_string(layer_place_name(layer->place)));
	audit_put(&object, "parent",
	    layer->parent != LAYER_NO_PARENT ? json_integer((json_int_t)layer->parent)
					     : json_null());
	audit_put(&object, "part", text_or_null(layer->path));
	audit_put(&object, "cipher", audit_cipher_json(layer->cipher));
	audit_put(&object, "cipher_text", text_or_null(layer->cipher_text));
	audit_put(&object, "recipients", json_integer((json_int_t)layer->recipient_count));
	audit_put(&object, "transports", transports_json(layer));
	audit_put(&object, "signatures", json_integer((json_int_t)layer->signature_count));
	audit_put(&object, "detail", text_or_null(layer->detail));
	return object;
}

json_t *
audit_layers_json(const struct facts *facts)
{
	json_t *array = json_array();
	size_t count = facts != NULL ? facts->layer_count : 0;
	size_t i;

	for (i = 0; i < at_most(count, AUDIT_LAYERS_MAX); i++)
		audit_append(&array, layer_json(&facts->layers[i]));
	return array;
}

json_t *
audit_envelope_json(const struct facts *facts)
{
	json_t *object;

	if (facts == NULL || facts->envelope == NULL)
		return json_null();
	object = json_object();
	audit_put(&object, "cipher", audit_cipher_json(facts->envelope->cipher));
	audit_put(
	    &object, "recipients", json_integer((json_int_t)facts->envelope->recipient_count));
	audit_put(&object, "transports", transports_json(facts->envelope));
	audit_put(&object, "unclaimed",
	    facts->compared ? json_integer((json_int_t)facts->unclaimed) : json_null());
	audit_put(&object, "sender_addressed", json_boolean(facts->sender_addressed));
	return object;
}

/* The signer: judged, or just as it came. */
static json_t *
signer_json(const struct facts_signature *signature)
{
	const struct layer_signature *made = signature->signature;
	json_t *object;

	if (signature->id != NULL)
		return audit_digital_id_json(signature->id);
	if (made->certificate == NULL && made->serial == NULL && made->key_id == NULL)
		return json_null();
	object = json_object();
	if (made->certificate != NULL) {
		audit_put_certificate(&object, made->certificate);
		return object;
	}
	audit_put(&object, "issuer", audit_text_json(made->issuer));
	audit_put(&object, "serial", audit_text_json(made->serial));
	audit_put(&object, "key_id", audit_text_json(made->key_id));
	return object;
}

static json_t *
signature_json(const struct facts *facts, const struct facts_signature *signature)
{
	const struct layer_signature *made = signature->signature;
	json_t *object = json_object();

	audit_put(&object, "part", text_or_null(signature->layer->path));
	audit_put(&object, "state", json_string(layer_signature_state_name(made->state)));
	audit_put(&object, "detail", text_or_null(made->detail));
	audit_put(&object, "worth", json_string(reason_get(signed_worth(facts, signature))->code));
	audit_put(&object, "digest", text_or_null(made->digest));
	audit_put(&object, "algorithm", text_or_null(made->algorithm));
	audit_put(&object, "signing_time",
	    made->signing_time != 0 ? audit_time_json(made->signing_time) : json_null());
	audit_put(&object, "then",
	    signed_then_is_known(signature) ? json_string(reason_get(signature->then)->code)
					    : json_null());
	audit_put(&object, "covers_all", json_boolean(signature->layer->covers_all));
	audit_put(&object, "forwarded", json_boolean(signed_is_forwarded(facts, signature)));
	audit_put(&object, "address_matches", json_boolean(signature->named != NULL));
	audit_put(&object, "unavailable", json_boolean(signature->unavailable));
	audit_put(&object, "signer", signer_json(signature));
	return object;
}

json_t *
audit_signatures_json(const struct facts *facts)
{
	json_t *array = json_array();
	size_t count = facts != NULL ? facts->signature_count : 0;
	size_t i;

	for (i = 0; i < at_most(count, AUDIT_SIGNATURES_MAX); i++)
		audit_append(&array, signature_json(facts, &facts->signatures[i]));
	return array;
}

json_t *
audit_in_use_json(const struct plan_recipient *told)
{
	json_t *object;

	if (told == NULL || told->in_use == NULL)
		return json_null();
	object = json_object();
	audit_put(&object, "issuer", audit_text_json(told->in_use->issuer));
	audit_put(&object, "serial", audit_text_json(told->in_use->serial));
	audit_put(&object, "transport", json_string(layer_transport_name(told->in_use->transport)));
	return object;
}

json_t *
audit_warnings_json(const struct facts *facts, const struct plan *plan, size_t recipient)
{
	json_t *array = json_array();
	const struct plan_finding *finding;
	json_t *object;
	size_t n;

	if (facts == NULL || plan == NULL || recipient >= plan->recipient_count)
		return array;
	for (n = 0; n < AUDIT_WARNINGS_MAX; n++) {
		finding = plan_warning(facts, plan, recipient, n);
		if (finding == NULL)
			break;
		object = json_object();
		audit_put(&object, "reason", json_string(reason_get(finding->reason)->code));
		audit_put(&object, "detail", text_or_null(finding->detail));
		audit_append(&array, object);
	}
	return array;
}
