/* What smimectl explain shows of the decision on a message. */
#include "audit/audit.h"
#include "command.h"
#include "explain_made.h"
#include "explain_show.h"

static json_t *
reply_json(const struct reply *reply)
{
	json_t *lines = json_array();
	size_t i;

	if (reply == NULL) {
		json_decref(lines);
		return json_null();
	}
	for (i = 0; i < reply->line_count; i++)
		json_array_append_new(lines, ctl_json_text(reply->lines[i]));
	return json_pack(
	    "{s:s, s:s, s:o}", "code", reply->code, "enhanced", reply->enhanced, "lines", lines);
}

static json_t *
recipient_json(const struct message_result *result, size_t index)
{
	const struct facts_recipient *facts = &result->facts->recipients[index];
	const struct plan_recipient *planned =
	    result->plan != NULL ? &result->plan->recipients[index] : NULL;
	json_t *json = json_object();

	json_object_set_new(json, "address", ctl_json_text(facts->address->text));
	json_object_set_new(
	    json, "group", ctl_json_text(facts->member ? facts->envelope->text : NULL));
	json_object_set_new(
	    json, "rule", ctl_json_text(facts->rule != NULL ? facts->rule->title : NULL));
	json_object_set_new(
	    json, "action", ctl_json_text(planned != NULL ? action_name(planned->action) : NULL));
	json_object_set_new(json, "reason",
	    ctl_json_text(planned != NULL ? reason_get(planned->reason)->code : NULL));
	json_object_set_new(json, "detail",
	    ctl_json_text(planned != NULL && planned->detail[0] != '\0' ? planned->detail : NULL));
	if (planned != NULL) {
		json_object_set_new(json, "cipher",
		    ctl_json_text(planned->cipher != NULL ? planned->cipher->name : NULL));
		json_object_set_new(json, "capabilities",
		    ctl_json_text(capabilities_source_name(planned->capabilities.from)));
		json_object_set_new(json, "fallback", audit_fallback_json(planned->fallback));
		json_object_set_new(json, "trust_failure", json_boolean(planned->trust_failure));
	}
	explain_made_recipient_json(json, result, index);
	json_object_set_new(json, "digital_ids", audit_digital_ids_json(facts->record));
	return json;
}

static const char *
sealed_with(const struct message_result *result)
{
	return result->plan != NULL && result->plan->would == ACTION_SEAL
		   ? result->plan->cipher->name
		   : NULL;
}

void
explain_show_json(const struct message *message, const struct message_result *result)
{
	const struct layer *body = result->facts != NULL ? result->facts->body : NULL;
	json_t *json = json_object();
	json_t *made;
	json_t *recipients = json_array();
	size_t i;

	for (i = 0; result->facts != NULL && i < result->facts->recipient_count; i++)
		json_array_append_new(recipients, recipient_json(result, i));
	json_object_set_new(json, "action", json_string(action_name(result->action)));
	if (result->plan != NULL)
		json_object_set_new(json, "would", json_string(action_name(result->plan->would)));
	json_object_set_new(json, "cipher", ctl_json_text(sealed_with(result)));
	json_object_set_new(json, "reply", reply_json(result->reply));
	made = json_pack("{s:s, s:s?}", "kind", message_content(message), "cipher",
	    body != NULL && body->cipher != NULL ? body->cipher->name : NULL);
	explain_made_json(made, result);
	json_object_set_new(json, "message", made);
	json_object_set_new(json, "recipients", recipients);
	ctl_print_json(json);
}

static void
print_recipient(const struct message_result *result, size_t index)
{
	const struct facts_recipient *facts = &result->facts->recipients[index];
	const struct plan_recipient *planned = &result->plan->recipients[index];
	size_t i;

	putchar('\n');
	ctl_print_text(facts->address->text);
	if (facts->member) {
		fputs(" (member of ", stdout);
		ctl_print_text(facts->envelope->text);
		putchar(')');
	}
	printf(": %s, %s: %s\n  rule: ", action_name(planned->action),
	    reason_get(planned->reason)->code, reason_get(planned->reason)->sentence);
	ctl_print_text(facts->rule != NULL ? facts->rule->title : "none matches");
	putchar('\n');
	if (planned->detail[0] != '\0') {
		fputs("  ", stdout);
		ctl_print_text(planned->detail);
		putchar('\n');
	}
	explain_made_recipient_print(result, index);
	for (i = 0; facts->record != NULL && i < facts->record->digital_id_count; i++)
		ctl_print_digital_id(&facts->record->digital_ids[i], i + 1);
}

void
explain_show(const struct message *message, const struct message_result *result)
{
	size_t i;

	fputs(action_name(result->action), stdout);
	if (result->plan != NULL && result->plan->would != result->action)
		printf(" (only observed; would %s)", action_name(result->plan->would));
	if (sealed_with(result) != NULL)
		printf(" with %s", sealed_with(result));
	printf("; the message is: %s", message_content(message));
	if (result->facts != NULL && result->facts->body != NULL) {
		fputs(", ", stdout);
		ctl_print_text(result->facts->body->cipher_text);
	}
	putchar('\n');
	explain_made_print(result);
	for (i = 0; result->reply != NULL && i < result->reply->line_count; i++) {
		printf("  %s%s%s ", result->reply->code,
		    i + 1 < result->reply->line_count ? "-" : " ", result->reply->enhanced);
		ctl_print_text(result->reply->lines[i]);
		putchar('\n');
	}
	for (i = 0; result->plan != NULL && i < result->plan->recipient_count; i++)
		print_recipient(result, i);
}
