#include "explain_made.h"

#include <stdio.h>

#include "audit/audit.h"
#include "base/clock.h"
#include "command.h"
#include "policy/signed.h"

/* Recipient infos named one by one. */
#define INFOS_SHOWN 10

void
explain_made_json(json_t *json, const struct message_result *result)
{
	json_object_set_new(json, "layers", audit_layers_json(result->facts));
	json_object_set_new(json, "envelope", audit_envelope_json(result->facts));
	json_object_set_new(json, "signatures", audit_signatures_json(result->facts));
}

void
explain_made_recipient_json(json_t *json, const struct message_result *result, size_t index)
{
	json_object_set_new(json, "in_use",
	    audit_in_use_json(result->plan != NULL ? &result->plan->recipients[index] : NULL));
	json_object_set_new(
	    json, "warnings", audit_warnings_json(result->facts, result->plan, index));
}

static void
print_after(const char *before, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return;
	fputs(before, stdout);
	ctl_print_text(text);
}

static void
print_info(const struct layer_recipient *info)
{
	fputs("       for ", stdout);
	if (info->serial != NULL) {
		print_after("serial ", info->serial);
		print_after(", issued by ", info->issuer);
	} else {
		print_after("key ", info->key_id != NULL ? info->key_id : "that is not named");
	}
	printf(" (%s", layer_transport_name(info->transport));
	print_after(", ", info->algorithm);
	fputs(")\n", stdout);
}

static void
print_layer(const struct facts *facts, size_t index)
{
	const struct layer *layer = &facts->layers[index];
	size_t i;

	printf("  layer %zu: %s, %s", index + 1, layer_type_name(layer->type),
	    layer_place_name(layer->place));
	if (layer->parent < facts->layer_count)
		printf(" of layer %zu", layer->parent + 1);
	print_after(", part ", layer->path);
	if (layer->cipher != NULL)
		print_after(", ", layer->cipher_text);
	print_after(": ", layer->detail);
	putchar('\n');
	for (i = 0; i < layer->recipient_count && i < INFOS_SHOWN; i++)
		print_info(&layer->recipients[i]);
	if (layer->recipient_count > INFOS_SHOWN)
		printf("       and %zu more\n", layer->recipient_count - INFOS_SHOWN);
	if (layer != facts->envelope || !facts->compared)
		return;
	printf("       %zu of these for nobody's published certificate%s\n", facts->unclaimed,
	    facts->sender_addressed ? "; one for the sender" : "");
}

static void
print_signature(const struct facts *facts, size_t index)
{
	const struct facts_signature *signature = &facts->signatures[index];
	const struct layer_signature *made = signature->signature;
	char date[CLOCK_TEXT_SIZE];
	const struct digital_id bare = {.certificate = made->certificate};

	printf("  signature %zu: %s, %s", index + 1, layer_signature_state_name(made->state),
	    reason_get(signed_worth(facts, signature))->code);
	print_after(", part ", signature->layer->path);
	print_after(": ", made->detail);
	putchar('\n');
	print_after("       made with ", made->algorithm);
	print_after(" and ", made->digest);
	if (made->signing_time != 0)
		printf(", %s by the signer's clock", clock_format_date(made->signing_time, date));
	putchar('\n');
	if (!signature->layer->covers_all)
		puts("       it covers only a part of the message");
	if (signed_is_forwarded(facts, signature))
		puts("       of a forwarded message: not looked at further");
	if (signature->id != NULL)
		ctl_print_digital_id(signature->id, index + 1);
	else if (bare.certificate != NULL)
		puts("       the signer was not judged");
}

void
explain_made_print(const struct message_result *result)
{
	const struct facts *facts = result->facts;
	size_t i;

	for (i = 0; facts != NULL && i < facts->layer_count; i++)
		print_layer(facts, i);
	for (i = 0; facts != NULL && i < facts->signature_count; i++)
		print_signature(facts, i);
}

void
explain_made_recipient_print(const struct message_result *result, size_t index)
{
	const struct plan_finding *finding;
	size_t n;

	for (n = 0; n < AUDIT_WARNINGS_MAX; n++) {
		finding = plan_warning(result->facts, result->plan, index, n);
		if (finding == NULL)
			return;
		printf("  warning: %s", reason_get(finding->reason)->code);
		print_after(": ", finding->detail);
		putchar('\n');
	}
}
