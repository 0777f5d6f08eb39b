#include "audit/json.h"

#include <string.h>

#include "audit/audit.h"
#include "base/clock.h"
#include "base/escape.h"

void
audit_put(json_t **object, const char *key, json_t *value)
{
	if (json_object_set_new(*object, key, value) != 0) {
		json_decref(*object);
		*object = NULL;
	}
}

void
audit_append(json_t **array, json_t *value)
{
	if (json_array_append_new(*array, value) != 0) {
		json_decref(*array);
		*array = NULL;
	}
}

/* json_string() refuses what is not UTF-8, so that is escaped first; escaping also cuts. */
json_t *
audit_text_json(const char *text)
{
	char escaped[AUDIT_TEXT_MAX + 1];
	json_t *value = NULL;

	if (text == NULL)
		return json_null();
	if (strnlen(text, AUDIT_TEXT_MAX + 1) <= AUDIT_TEXT_MAX)
		value = json_string(text);
	if (value == NULL)
		value = json_string(escape_text(ESCAPE_LOG, text, escaped, sizeof(escaped)));
	return value;
}

json_t *
audit_time_json(time_t at)
{
	char text[CLOCK_TEXT_SIZE];

	return json_string(clock_format_rfc3339(at, text));
}

json_t *
audit_cipher_json(const struct cipher *cipher)
{
	return cipher != NULL ? json_string(cipher->name) : json_null();
}

json_t *
audit_capabilities_json(const struct capabilities *capabilities)
{
	json_t *object = json_object();
	json_t *ciphers = json_array();
	size_t i;

	for (i = 0; i < capabilities->cipher_count; i++)
		audit_append(&ciphers, audit_cipher_json(cipher_get(capabilities->ciphers[i])));
	audit_put(&object, "from", json_string(capabilities_source_name(capabilities->from)));
	audit_put(&object, "ciphers", ciphers);
	return object;
}

json_t *
audit_fallback_json(const struct cipher *const fallback[CLIENT_COUNT])
{
	json_t *object = json_object();
	int client;

	for (client = 0; client < CLIENT_COUNT; client++)
		audit_put(&object, capabilities_client_name((enum client)client),
		    audit_cipher_json(fallback[client]));
	return object;
}

void
audit_put_certificate(json_t **object, const struct certificate *certificate)
{
	static const struct certificate none;
	const struct certificate *shown = certificate != NULL ? certificate : &none;

	audit_put(object, "subject", audit_text_json(shown->subject));
	audit_put(object, "issuer", audit_text_json(shown->issuer));
	audit_put(object, "serial", audit_text_json(shown->serial));
	audit_put(object, "sha256",
	    certificate != NULL ? audit_text_json(certificate->sha256) : json_null());
	audit_put(object, "not_before",
	    certificate != NULL ? audit_time_json(certificate->not_before) : json_null());
	audit_put(object, "not_after",
	    certificate != NULL ? audit_time_json(certificate->not_after) : json_null());
}

json_t *
audit_failed_json(const struct digital_id *digital_id)
{
	json_t *object;

	if (digital_id->verdict == REASON_OK || digital_id->failed_depth < 0)
		return json_null();
	object = json_object();
	audit_put(&object, "depth", json_integer(digital_id->failed_depth));
	audit_put(&object, "subject", audit_text_json(digital_id->failed_subject));
	audit_put(&object, "issuer", audit_text_json(digital_id->failed_issuer));
	audit_put(&object, "not_before",
	    digital_id->failed_from != 0 ? audit_time_json(digital_id->failed_from) : json_null());
	audit_put(&object, "not_after",
	    digital_id->failed_until != 0 ? audit_time_json(digital_id->failed_until)
					  : json_null());
	return object;
}

static json_t *
source_json(const struct digital_id *digital_id)
{
	json_t *object = json_object();

	audit_put(&object, "directory", audit_text_json(digital_id->directory));
	audit_put(&object, "dn", audit_text_json(digital_id->dn));
	audit_put(&object, "attribute", audit_text_json(digital_id->attribute));
	return object;
}

static json_t *
certificate_json(const struct certificate *certificate)
{
	json_t *object;

	if (certificate == NULL)
		return json_null();
	object = json_object();
	audit_put_certificate(&object, certificate);
	return object;
}

json_t *
audit_digital_id_json(const struct digital_id *digital_id)
{
	json_t *object = json_object();

	audit_put(&object, "source", source_json(digital_id));
	audit_put(&object, "certificate", certificate_json(digital_id->certificate));
	audit_put(&object, "capabilities", audit_capabilities_json(&digital_id->capabilities));
	audit_put(&object, "verdict", json_string(reason_get(digital_id->verdict)->code));
	audit_put(&object, "detail", audit_text_json(digital_id->detail));
	audit_put(&object, "stale", json_boolean(digital_id->stale));
	audit_put(&object, "preferred", json_boolean(digital_id->preferred));
	audit_put(&object, "revocation", audit_text_json(digital_id->revocation));
	audit_put(&object, "revocation_detail", audit_text_json(digital_id->revocation_detail));
	audit_put(&object, "failed", audit_failed_json(digital_id));
	return object;
}

json_t *
audit_digital_ids_json(const struct recipient *record)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; record != NULL && i < record->digital_id_count; i++)
		json_array_append_new(list, audit_digital_id_json(&record->digital_ids[i]));
	return list;
}
