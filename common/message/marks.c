#include "message/marks.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "mail/authres.h"
#include "policy/signed.h"

/* Signatures told of one message: real ones have one, or two. */
#define RESULTS_MAX 8

/* Bytes of an issuer, an address or a serial number in a field (a line has 998: RFC 5322 2.1.1). */
#define PROPERTY_MOST 400

/* RFC 8601 2.7.1 as RFC 7281 3 applies it to S/MIME: the result is about this message, so that a good
 * signature by nobody who is trusted is no pass. */
static const char *
result_of(const struct facts_signature *signature, enum reason_id worth)
{
	switch (worth) {
	case REASON_OK:
		return "pass";
	case REASON_SIGNATURE_PARTIAL:
	case REASON_SIGNER_UNFIT:
		return "policy";
	case REASON_SIGNATURE_UNVERIFIED:
		return signature->signature->state == LAYER_SIGNATURE_NO_CERTIFICATE ? "permerror"
										     : "neutral";
	case REASON_SIGNER_STATUS_UNAVAILABLE:
		return "temperror";
	default:
		return "fail";
	}
}

/* The body part that holds the signature (RFC 3501 6.4.5): of multipart/signed its second; in what is
 * opaque there are none to name. */
static int
append_part(struct buffer *out, const struct layer *layer, struct error *err)
{
	const char *path = layer->path;
	bool clear = layer->type == LAYER_CLEAR_SIGNED;

	if (layer->parent != LAYER_NO_PARENT)
		return 0;
	if (path[0] == '\0')
		return buffer_append_format(out, err, "\n\tbody.smime-part=%s", clear ? "2" : "1");
	return buffer_append_format(
	    out, err, "\n\tbody.smime-part=%.31s%s", path, clear ? ".2" : "");
}

static int
append_property(struct buffer *out, const char *name, const char *value, struct error *err)
{
	if (value == NULL || value[0] == '\0')
		return 0;
	if (buffer_append_format(out, err, "\n\tbody.smime-%s=", name) != 0)
		return -1;
	return authres_value(out, value, PROPERTY_MOST, err);
}

/* The address that the signer was judged for: its CA need not be trusted for the others that it put
 * into the certificate. Where it was judged for none, the first. */
static const char *
identifier_of(const struct facts_signature *signature)
{
	const struct certificate *certificate = signature->signature->certificate;

	if (signature->named != NULL)
		return signature->named->text;
	return certificate->address_count > 0 ? certificate->addresses[0] : NULL;
}

static int
append_signer(struct buffer *out, const struct facts_signature *signature, struct error *err)
{
	const struct layer_signature *made = signature->signature;
	const struct certificate *certificate = made->certificate;

	if (certificate == NULL)
		return append_property(out, "serial", made->serial, err) != 0
			   ? -1
			   : append_property(out, "issuer", made->issuer, err);
	if (append_property(out, "identifier", identifier_of(signature), err) != 0 ||
	    append_property(out, "serial", certificate->serial, err) != 0)
		return -1;
	return append_property(out, "issuer", certificate->issuer, err);
}

static int
append_result(struct buffer *out, const struct facts *facts,
    const struct facts_signature *signature, struct error *err)
{
	enum reason_id worth = signed_worth(facts, signature);

	if (buffer_append_format(out, err, ";\n\tsmime=%s", result_of(signature, worth)) != 0)
		return -1;
	if (worth != REASON_OK &&
	    buffer_append_format(out, err, " reason=%s", reason_get(worth)->code) != 0)
		return -1;
	if (append_part(out, signature->layer, err) != 0)
		return -1;
	return append_signer(out, signature, err);
}

/* The value of Authentication-Results, with its leading space, folded with LF; free(). NULL in *value
 * where the client signed nothing that is to be told. */
static int
make_results(const struct facts *facts, const char *id, char **value, struct error *err)
{
	struct buffer out = BUFFER_INIT;
	size_t told = 0;
	size_t i;

	*value = NULL;
	if (buffer_append(&out, " ", 1, err) != 0 ||
	    authres_value(&out, id, PROPERTY_MOST, err) != 0)
		goto failed;
	for (i = 0; i < facts->signature_count && told < RESULTS_MAX; i++) {
		if (signed_is_forwarded(facts, &facts->signatures[i]))
			continue;
		if (append_result(&out, facts, &facts->signatures[i], err) != 0)
			goto failed;
		told++;
	}
	if (told > 0 && (*value = buffer_take(&out)) == NULL) {
		error_no_memory(err);
		goto failed;
	}
	buffer_free(&out);
	return 0;

failed:
	buffer_free(&out);
	return -1;
}

/* Removes the fields of a name, from the last to the first: MTAs count those that are left. id: only
 * those that claim to be of it; NULL: all. */
static int
remove_fields(struct edits *edits, const struct header *header, const char *name, const char *id,
    struct error *err)
{
	const struct header_field *field;
	bool no_memory = false;
	size_t i;

	for (i = header->count; i-- > 0;) {
		field = &header->fields[i];
		if (strcasecmp(field->name, name) != 0 ||
		    (id != NULL && !authres_claims(field->value, id, &no_memory)))
			continue;
		if (edits_add(
			edits, EDIT_DELETE_HEADER, field->name, field->occurrence, NULL, err) != 0)
			return -1;
	}
	return no_memory ? error_no_memory(err) : 0;
}

static int
add_results(
    struct edits *edits, const struct header *header, const struct facts *facts, struct error *err)
{
	char host[256] = "";
	const char *id = facts->config->authserv_id;
	char *value;
	int result = 0;

	if (!facts->config->authentication_results)
		return 0;
	if (id[0] == '\0' && gethostname(host, sizeof(host) - 1) == 0)
		id = host;
	if (id[0] == '\0')
		id = "localhost";
	if (remove_fields(edits, header, AUTHRES_FIELD, id, err) != 0 ||
	    make_results(facts, id, &value, err) != 0)
		return -1;
	if (value != NULL)
		result = edits_add(edits, EDIT_INSERT_HEADER, AUTHRES_FIELD, 1, value, err);
	free(value);
	return result;
}

/* Notes the reasons that a recipient's rule warns of. */
static void
note_warnings(
    const struct facts *facts, const struct plan *plan, size_t i, bool warned[REASON_COUNT])
{
	const struct plan_finding *finding;
	size_t n;

	if (plan->recipients[i].observed)
		return;
	for (n = 0; (finding = plan_warning(facts, plan, i, n)) != NULL; n++)
		warned[finding->reason] = true;
}

static int
add_warnings(struct edits *edits, const struct header *header, const struct facts *facts,
    const struct plan *plan, struct error *err)
{
	const char *name = facts->config->warning_header;
	bool warned[REASON_COUNT] = {false};
	char value[512];
	size_t i;

	if (name[0] == '\0')
		return 0;
	if (remove_fields(edits, header, name, NULL, err) != 0)
		return -1;
	for (i = 0; i < plan->recipient_count; i++)
		note_warnings(facts, plan, i, warned);
	for (i = 0; i < REASON_COUNT; i++) {
		const struct reason *reason = reason_get((enum reason_id)i);

		if (!warned[i])
			continue;
		snprintf(value, sizeof(value), " %s: %s", reason->code, reason->sentence);
		if (edits_add(edits, EDIT_ADD_HEADER, name, 1, value, err) != 0)
			return -1;
	}
	return 0;
}

int
marks_add(struct edits *edits, const struct header *header, const struct facts *facts,
    const struct plan *plan, struct error *err)
{
	if (add_warnings(edits, header, facts, plan, err) != 0)
		return -1;
	return add_results(edits, header, facts, err);
}
