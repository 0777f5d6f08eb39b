#include "inspect_show.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "command.h"

const char *
inspect_show_encoding(enum entity_encoding encoding)
{
	static const char *const names[] = {
	    [ENTITY_IDENTITY] = "none",
	    [ENTITY_BASE64] = "base64",
	    [ENTITY_QUOTED_PRINTABLE] = "quoted-printable",
	};

	return names[encoding];
}

const char *
inspect_show_kind(enum inspect_kind kind)
{
	switch (kind) {
	case INSPECT_ENVELOPED:
		return "enveloped";
	case INSPECT_AUTH_ENVELOPED:
		return "auth-enveloped";
	case INSPECT_PGP_MIME:
		return "pgp-mime";
	case INSPECT_READABLE:
		break;
	}
	return "readable";
}

/* A line's label, indented as its layer is. */
static void
label(const struct layer *layer, const char *text)
{
	printf("%*s%-14s", (int)(4 * layer->depth + 4), "", text);
}

static void
text_line(const struct layer *layer, const char *name, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return;
	label(layer, name);
	ctl_print_text(text);
	putchar('\n');
}

static void
show_header(const struct layer *layer)
{
	if (layer->media_type == NULL && layer->smime_type == NULL && layer->name == NULL)
		return;
	label(layer, "header");
	ctl_print_text(layer->media_type);
	if (layer->smime_type != NULL) {
		fputs("; smime-type ", stdout);
		ctl_print_text(layer->smime_type);
	}
	if (layer->name != NULL) {
		fputs("; file ", stdout);
		ctl_print_text(layer->name);
	}
	putchar('\n');
}

static void
show_form(const struct layer *layer)
{
	if (layer->type == LAYER_MALFORMED || layer->type == LAYER_PGP_MIME ||
	    layer->type == LAYER_TNEF)
		return;
	label(layer, "form");
	if (layer->encoding != ENTITY_IDENTITY)
		printf("%s, ", inspect_show_encoding(layer->encoding));
	puts(layer->indefinite ? "BER, streamed" : "DER or BER");
}

/* How a recipient or signer is named. */
static void
show_name(const char *issuer, const char *serial, const char *key_id)
{
	if (serial != NULL) {
		fputs("serial ", stdout);
		ctl_print_text(serial);
		fputs(" of ", stdout);
		ctl_print_text(issuer);
	} else if (key_id != NULL) {
		fputs("key identifier ", stdout);
		ctl_print_text(key_id);
	} else {
		fputs("nobody named", stdout);
	}
}

static void
show_recipient(const struct layer *layer, const struct layer_recipient *recipient)
{
	label(layer, "recipient");
	show_name(recipient->issuer, recipient->serial, recipient->key_id);
	printf(", %s", layer_transport_name(recipient->transport));
	if (recipient->algorithm[0] != '\0') {
		fputs(" (", stdout);
		ctl_print_text(recipient->algorithm);
		putchar(')');
	}
	putchar('\n');
}

static void
show_capabilities(const struct layer *layer, const struct capabilities *capabilities)
{
	size_t i;

	if (capabilities->from == CAPABILITIES_NONE)
		return;
	label(layer, "  can read");
	for (i = 0; i < capabilities->cipher_count; i++)
		printf("%s%s", i == 0 ? "" : ", ", cipher_get(capabilities->ciphers[i])->name);
	printf("%s\n", capabilities->oaep_sha256 ? ", oaep-sha256"
		       : capabilities->oaep      ? ", oaep"
						 : "");
}

static void
show_signature(const struct layer *layer, const struct layer_signature *signature)
{
	char at[CLOCK_TEXT_SIZE];

	label(layer, "signature");
	fputs(layer_signature_state_name(signature->state), stdout);
	if (signature->detail[0] != '\0') {
		fputs(": ", stdout);
		ctl_print_text(signature->detail);
	}
	putchar('\n');
	label(layer, "  by");
	show_name(signature->issuer, signature->serial, signature->key_id);
	putchar('\n');
	if (signature->certificate != NULL)
		text_line(layer, "  subject", signature->certificate->subject);
	label(layer, "  algorithm");
	ctl_print_text(signature->algorithm);
	fputs(" with ", stdout);
	ctl_print_text(signature->digest);
	putchar('\n');
	if (signature->signing_time != 0)
		text_line(layer, "  signed at", clock_format_rfc3339(signature->signing_time, at));
	show_capabilities(layer, &signature->capabilities);
}

static void
show_certificates(const struct layer *layer)
{
	size_t i;

	for (i = 0; i < layer->certificate_count; i++) {
		label(layer, "certificate");
		ctl_print_text(layer->certificates[i]->subject);
		fputs(", serial ", stdout);
		ctl_print_text(layer->certificates[i]->serial);
		fputs(" of ", stdout);
		ctl_print_text(layer->certificates[i]->issuer);
		putchar('\n');
	}
	if (layer->crl_count > 0) {
		label(layer, "CRLs");
		printf("%zu\n", layer->crl_count);
	}
}

static void
show_layer(const struct layer *layer)
{
	size_t i;

	printf("%*s%s, %s%s%s%s\n", (int)(4 * layer->depth + 2), "", layer_type_name(layer->type),
	    layer_place_name(layer->place), layer->path[0] != '\0' ? ", part " : "", layer->path,
	    layer->covers_all ? ", covers all" : "");
	text_line(layer, layer->type == LAYER_MALFORMED ? "malformed" : "note", layer->detail);
	show_header(layer);
	show_form(layer);
	if (layer_is_enveloped(layer))
		text_line(layer, "cipher", layer->cipher_text);
	for (i = 0; i < layer->recipient_count; i++)
		show_recipient(layer, &layer->recipients[i]);
	for (i = 0; i < layer->signature_count; i++)
		show_signature(layer, &layer->signatures[i]);
	show_certificates(layer);
}

void
inspect_show_tree(const char *path, const struct inspection *inspection)
{
	size_t i;

	ctl_print_text(path);
	printf(": %s\n", inspection->layer_count == 0           ? "nothing S/MIME is in it"
			 : inspection->malformed                ? "malformed"
			 : inspection->kind != INSPECT_READABLE ? "encrypted as a whole"
								: "not encrypted as a whole");
	for (i = 0; i < inspection->layer_count; i++)
		show_layer(&inspection->layers[i]);
	if (inspection->limited)
		puts("  some of it was not looked at, being over a limit");
}
