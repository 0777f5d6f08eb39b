/* All that the records of a message tell, for the administrator. */
#include <stdio.h>
#include <string.h>

#include "audit_log.h"
#include "command.h"
#include "why.h"

const struct reason *
why_reason(const json_t *record)
{
	const char *code = audit_log_text(record, "reason");

	return code != NULL ? reason_by_code(code) : NULL;
}

static bool
is_held_by(const json_t *record, const char *key)
{
	const char *action = audit_log_text(record, key);

	return action != NULL && (strcmp(action, "refuse") == 0 || strcmp(action, "defer") == 0);
}

bool
why_is_held(const json_t *record)
{
	return is_held_by(record, "action") || is_held_by(record, "would");
}

static void
print_label(const char *label)
{
	printf("  %-14s", label);
}

static void
print_line(const char *label, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return;
	print_label(label);
	ctl_print_text(text);
	putchar('\n');
}

static void
print_member(const char *label, const json_t *object, const char *key)
{
	print_line(label, audit_log_text(object, key));
}

/* The day of a time, or the whole of what is none. */
static void
print_day(const char *text)
{
	char day[11];

	snprintf(day, sizeof(day), "%s", text != NULL ? text : "?");
	ctl_print_text(day);
}

static void
print_validity(const json_t *object)
{
	if (audit_log_text(object, "not_after") == NULL)
		return;
	print_label("valid");
	print_day(audit_log_text(object, "not_before"));
	fputs(" to ", stdout);
	print_day(audit_log_text(object, "not_after"));
	putchar('\n');
}

/* The link of the chain that failed: 0 is the certificate itself. */
static void
print_failed(const json_t *failed)
{
	if (!json_is_object(failed))
		return;
	print_label("failed link");
	printf("%lld", (long long)json_integer_value(json_object_get(failed, "depth")));
	fputs(json_integer_value(json_object_get(failed, "depth")) == 0
		  ? " (the certificate itself)\n"
		  : " (of the CAs above it)\n",
	    stdout);
	print_member("  subject", failed, "subject");
	print_member("  issued by", failed, "issuer");
	print_validity(failed);
}

/* A digital ID or a signer: all in one object, or in two within it. */
static void
print_certificate(const char *label, const json_t *id)
{
	const json_t *certificate = json_object_get(id, "certificate");
	const json_t *source = json_object_get(id, "source");

	if (!json_is_object(id))
		return;
	certificate = json_is_object(certificate) ? certificate : id;
	source = json_is_object(source) ? source : id;
	print_member(label, certificate, "subject");
	print_member("issued by", certificate, "issuer");
	print_validity(certificate);
	print_member("serial", certificate, "serial");
	print_member("SHA-256", certificate, "sha256");
	print_member("key ID", certificate, "key_id");
	print_member("verdict", id, "verdict");
	print_member("", id, "detail");
	print_failed(json_object_get(id, "failed"));
	print_member("revocation", id, "revocation");
	print_member("", id, "revocation_detail");
	print_member("found at", source, "dn");
	print_member("  directory", source, "directory");
	print_member("  attribute", source, "attribute");
}

static void
print_signatures(const json_t *record)
{
	const json_t *signature;
	size_t i;

	json_array_foreach(json_object_get(record, "signatures"), i, signature)
	{
		print_member("signature", signature, "state");
		print_member("  worth", signature, "worth");
		print_member("  detail", signature, "detail");
		print_member("  signed at", signature, "signing_time");
		print_certificate("signer", json_object_get(signature, "signer"));
	}
}

static void
print_warnings(const json_t *record)
{
	const json_t *warning;
	size_t i;

	json_array_foreach(json_object_get(record, "warnings"), i, warning)
	{
		print_member("warning", warning, "reason");
		print_member("", warning, "detail");
	}
}

static void
print_fallback(const json_t *record)
{
	const char *client;
	json_t *cipher;
	bool any = false;

	json_object_foreach(json_object_get(record, "fallback"), client, cipher)
	{
		if (!json_is_string(cipher))
			continue;
		if (any)
			fputs(", ", stdout);
		else
			print_label("old clients");
		any = true;
		ctl_print_text(client);
		fputs(": ", stdout);
		ctl_print_text(json_string_value(cipher));
	}
	if (any)
		putchar('\n');
}

static void
print_ciphers(const json_t *record)
{
	print_member("cipher", record, "cipher");
	print_member("best cipher", record, "best_cipher");
	print_member("known from", json_object_get(record, "capabilities"), "from");
	print_fallback(record);
}

static void
print_in_use(const json_t *in_use)
{
	if (!json_is_object(in_use))
		return;
	print_member("client used", in_use, "issuer");
	print_member("  serial", in_use, "serial");
}

/* What the client made, a line each: "enveloped, whole, aes256-cbc". */
static void
print_layers(const json_t *record)
{
	static const char *const keys[] = {"type", "place", "cipher", "detail"};
	const json_t *layer;
	const char *text;
	size_t i;
	size_t key;

	json_array_foreach(json_object_get(record, "layers"), i, layer)
	{
		print_label(i == 0 ? "client made" : "");
		for (key = 0; key < ARRAY_LENGTH(keys); key++) {
			text = audit_log_text(layer, keys[key]);
			if (key > 0 && text != NULL)
				fputs(", ", stdout);
			ctl_print_text(text);
		}
		putchar('\n');
	}
}

/* What was decided: "refuse, expired". */
static void
print_decision(const json_t *record)
{
	const struct reason *reason = why_reason(record);
	const char *group = audit_log_text(record, "group");
	const char *would = audit_log_text(record, "would");
	const char *recipient = audit_log_text(record, "recipient");

	putchar('\n');
	ctl_colour(CTL_STRONG);
	ctl_print_text(recipient != NULL ? recipient : "(the message as a whole)");
	ctl_colour(CTL_PLAIN);
	if (group != NULL) {
		fputs(" (member of ", stdout);
		ctl_print_text(group);
		putchar(')');
	}
	fputs(": ", stdout);
	ctl_colour(why_is_held(record) ? CTL_BAD : CTL_GOOD);
	if (would != NULL)
		fputs("would ", stdout);
	ctl_print_text(would != NULL ? would : audit_log_text(record, "action"));
	fputs(", ", stdout);
	ctl_print_text(audit_log_text(record, "reason"));
	ctl_colour(CTL_PLAIN);
	putchar('\n');
	if (reason != NULL)
		print_line("", reason->sentence);
}

static void
print_recipient(const json_t *record)
{
	const struct reason *reason = why_reason(record);

	print_decision(record);
	print_member("detail", record, "detail");
	if (reason != NULL)
		print_line("what to do", reason->advice);
	print_member("rule", record, "rule");
	print_certificate("certificate", json_object_get(record, "digital_id"));
	print_layers(record);
	print_in_use(json_object_get(record, "in_use"));
	print_ciphers(record);
	print_signatures(record);
	print_warnings(record);
	print_member("look-up", record, "lookup");
	if (json_is_true(json_object_get(record, "stale")))
		print_line("stale", reason_get(REASON_STALE)->sentence);
	if (json_is_true(json_object_get(record, "brief")))
		print_line("brief", "the record was too long for syslog: audit-file has all of it");
}

void
why_print(const json_t *records)
{
	const json_t *first = json_array_get(records, 0);
	const json_t *record;
	size_t i;

	print_member("reference", first, "reference");
	print_member("decided at", first, "time");
	print_member("action", first, "action");
	print_member("mode", first, "mode");
	print_member("from", first, "sender");
	print_member("user", first, "user");
	print_member("client", first, "client");
	print_member("queue ID", first, "queue_id");
	print_member("Message-ID", first, "message_id");
	print_member("content", first, "content");
	json_array_foreach(records, i, record) print_recipient(record);
}
