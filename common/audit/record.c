#include <stdbool.h>
#include <stdlib.h>

#include "audit/audit.h"
#include "audit/json.h"
#include "base/clock.h"

/* What a record is made from; told and who are NULL where nothing is known of a recipient. */
struct view {
	const struct audit_message *message;
	const struct facts *facts;
	const struct plan *plan;
	const struct plan_recipient *told;
	const struct facts_recipient *who;
	size_t recipient;
	enum reason_id trouble; /* REASON_OK: the plan was carried out */
};

static struct view
view_of(const struct audit_message *message, const struct facts *facts, const struct plan *plan,
    size_t recipient)
{
	struct view view = {message, facts, plan, NULL, NULL, recipient, message->trouble};

	if (facts != NULL && recipient < facts->recipient_count)
		view.who = &facts->recipients[recipient];
	if (plan != NULL && recipient < plan->recipient_count)
		view.told = &plan->recipients[recipient];
	if (view.told == NULL && view.trouble == REASON_OK)
		view.trouble = REASON_INTERNAL_ERROR;
	return view;
}

static bool
is_observed(const struct view *view)
{
	const struct config_policy *policy;

	if (view->told != NULL)
		return view->told->observed;
	if (view->facts == NULL)
		return false;
	policy = &view->facts->config->policy;
	if (view->who != NULL && view->who->rule != NULL)
		policy = &view->who->rule->policy;
	return policy->mode == MODE_OBSERVE;
}

static enum action
action_of(const struct view *view)
{
	if (view->trouble == REASON_OK)
		return view->plan->action;
	return reason_get(view->trouble)->smtp / 100 == 5 ? ACTION_REFUSE : ACTION_DEFER;
}

static void
put_message(json_t **record, const struct view *view)
{
	const struct audit_message *message = view->message;
	char now[CLOCK_TEXT_SIZE];

	audit_put(record, "schema", json_integer(AUDIT_SCHEMA));
	audit_put(record, "time", json_string(clock_format_rfc3339_ms(clock_wall_ms(), now)));
	audit_put(record, "event", json_string("decision"));
	audit_put(record, "reference", audit_text_json(message->reference));
	audit_put(record, "queue_id", audit_text_json(message->queue_id));
	audit_put(record, "message_id", audit_text_json(message->message_id));
	audit_put(record, "sender", audit_text_json(message->sender));
	audit_put(record, "user", audit_text_json(message->user));
	audit_put(record, "client", audit_text_json(message->client));
	audit_put(record, "content", audit_text_json(message->content));
}

static void
put_decision(json_t **record, const struct view *view)
{
	const struct facts_recipient *who = view->who;
	enum reason_id reason = view->trouble;
	const char *detail = view->message->trouble_detail;

	if (view->trouble == REASON_OK) {
		reason = view->told->reason;
		detail = view->told->detail[0] != '\0' ? view->told->detail : NULL;
	}
	audit_put(record, "recipient", audit_text_json(who != NULL ? who->address->text : NULL));
	audit_put(record, "group",
	    audit_text_json(who != NULL && who->member ? who->envelope->text : NULL));
	audit_put(record, "rule",
	    audit_text_json(who != NULL && who->rule != NULL ? who->rule->title : NULL));
	audit_put(record, "mode", json_string(is_observed(view) ? "observe" : "enforce"));
	audit_put(record, "action", json_string(action_name(action_of(view))));
	if (is_observed(view) && view->told != NULL)
		audit_put(record, "would", json_string(action_name(view->told->action)));
	audit_put(record, "reason", json_string(reason_get(reason)->code));
	audit_put(
	    record, "trust_failure", json_boolean(view->told != NULL && view->told->trust_failure));
	audit_put(record, "detail", audit_text_json(detail));
}

/* The cipher that the body leaves under, or would: ours, or the client's. */
static const struct cipher *
body_cipher(const struct view *view)
{
	if (view->facts != NULL && view->facts->body != NULL)
		return view->facts->body->cipher;
	if (view->told != NULL && view->told->action == ACTION_SEAL)
		return view->plan->cipher;
	return NULL;
}

static void
put_ciphers(json_t **record, const struct view *view)
{
	static const struct plan_recipient nothing;
	const struct plan_recipient *told = view->told != NULL ? view->told : &nothing;
	const struct cipher *cipher = body_cipher(view);

	audit_put(record, "cipher", audit_cipher_json(cipher));
	audit_put(record, "cipher_strength",
	    cipher != NULL ? json_integer(cipher->strength) : json_null());
	audit_put(record, "best_cipher", audit_cipher_json(told->cipher));
	audit_put(record, "capabilities",
	    told->capabilities.from != CAPABILITIES_NONE
		? audit_capabilities_json(&told->capabilities)
		: json_null());
	audit_put(record, "fallback", audit_fallback_json(told->fallback));
}

static json_t *
evidence_json(const struct digital_id *digital_id)
{
	json_t *object;

	if (digital_id == NULL)
		return json_null();
	object = json_object();
	audit_put(&object, "directory", audit_text_json(digital_id->directory));
	audit_put(&object, "dn", audit_text_json(digital_id->dn));
	audit_put(&object, "attribute", audit_text_json(digital_id->attribute));
	audit_put_certificate(&object, digital_id->certificate);
	audit_put(&object, "verdict", json_string(reason_get(digital_id->verdict)->code));
	audit_put(&object, "detail", audit_text_json(digital_id->detail));
	audit_put(&object, "revocation", audit_text_json(digital_id->revocation));
	audit_put(&object, "revocation_detail", audit_text_json(digital_id->revocation_detail));
	audit_put(&object, "failed", audit_failed_json(digital_id));
	return object;
}

static int
compare_seals(const void *a, const void *b)
{
	const struct plan_seal *x = a;
	const struct plan_seal *y = b;

	if (x->recipient != y->recipient)
		return x->recipient < y->recipient ? -1 : 1;
	return (x->digital_id > y->digital_id) - (x->digital_id < y->digital_id);
}

/* The plan lists its seals by recipient, then digital ID. */
static bool
is_sealed_to(const struct view *view, size_t digital_id)
{
	struct plan_seal key = {.recipient = view->recipient, .digital_id = digital_id};

	return view->plan != NULL && view->plan->seal_count > 0 &&
	       bsearch(&key, view->plan->seals, view->plan->seal_count, sizeof(key),
		   compare_seals) != NULL;
}

static json_t *
brief_json(const struct view *view, size_t k)
{
	const struct digital_id *digital_id = &view->who->record->digital_ids[k];
	const struct certificate *certificate = digital_id->certificate;
	json_t *object = json_object();

	audit_put(&object, "attribute", audit_text_json(digital_id->attribute));
	audit_put(
	    &object, "serial", audit_text_json(certificate != NULL ? certificate->serial : NULL));
	audit_put(
	    &object, "sha256", audit_text_json(certificate != NULL ? certificate->sha256 : NULL));
	audit_put(&object, "not_after",
	    certificate != NULL ? audit_time_json(certificate->not_after) : json_null());
	audit_put(&object, "verdict", json_string(reason_get(digital_id->verdict)->code));
	audit_put(&object, "stale", json_boolean(digital_id->stale));
	audit_put(&object, "sealed", json_boolean(is_sealed_to(view, k)));
	return object;
}

static void
put_digital_ids(json_t **record, const struct view *view)
{
	json_t *array = json_array();
	size_t count = 0;
	size_t k;

	if (view->who != NULL && view->who->record != NULL)
		count = view->who->record->digital_id_count;
	for (k = 0; k < count && k < AUDIT_DIGITAL_IDS_MAX; k++)
		audit_append(&array, brief_json(view, k));
	audit_put(
	    record, "digital_id", evidence_json(view->told != NULL ? view->told->evidence : NULL));
	audit_put(record, "digital_ids", array);
	if (count > AUDIT_DIGITAL_IDS_MAX)
		audit_put(record, "digital_ids_left_out",
		    json_integer((json_int_t)(count - AUDIT_DIGITAL_IDS_MAX)));
	audit_put(record, "stale", json_boolean(view->told != NULL && view->told->stale));
}

static void
put_left_out(json_t **record, const char *key, size_t count, size_t most)
{
	if (count > most)
		audit_put(record, key, json_integer((json_int_t)(count - most)));
}

static void
put_made(json_t **record, const struct view *view)
{
	const struct facts *facts = view->facts;

	audit_put(record, "layers", audit_layers_json(facts));
	audit_put(record, "envelope", audit_envelope_json(facts));
	audit_put(record, "in_use", audit_in_use_json(view->told));
	audit_put(record, "signatures", audit_signatures_json(facts));
	audit_put(record, "warnings", audit_warnings_json(facts, view->plan, view->recipient));
	if (facts == NULL)
		return;
	put_left_out(record, "layers_left_out", facts->layer_count, AUDIT_LAYERS_MAX);
	put_left_out(record, "signatures_left_out", facts->signature_count, AUDIT_SIGNATURES_MAX);
}

static void
put_lookup(json_t **record, const struct view *view)
{
	const struct recipient *found = view->who != NULL ? view->who->record : NULL;
	const struct recipient *group = view->who != NULL ? view->who->group : NULL;

	/* Whose members are old findings may have others by now. */
	if (found != NULL && !found->stale_if_error && group != NULL && group->stale_if_error)
		found = group;
	audit_put(record, "stale_if_error", json_boolean(found != NULL && found->stale_if_error));
	audit_put(record, "lookup", audit_text_json(found != NULL ? found->detail : NULL));
}

json_t *
audit_record(const struct audit_message *message, const struct facts *facts,
    const struct plan *plan, size_t recipient)
{
	struct view view = view_of(message, facts, plan, recipient);
	json_t *record = json_object();

	put_message(&record, &view);
	put_decision(&record, &view);
	put_ciphers(&record, &view);
	put_digital_ids(&record, &view);
	put_made(&record, &view);
	put_lookup(&record, &view);
	audit_put(&record, "duration_ms", json_integer(message->duration_ms));
	return record;
}
