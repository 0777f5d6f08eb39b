/* What the sender of a message may be told of it. */
#include <stdio.h>
#include <string.h>

#include "audit_log.h"
#include "command.h"
#include "why.h"

/* Reasons whose detail speaks of the recipient or of the message, and of nothing within our walls. */
static bool
has_open_detail(enum reason_id id)
{
	return id == REASON_WEAK_CIPHER || id == REASON_CAPABILITIES_UNKNOWN ||
	       id == REASON_CLEARTEXT_RECIPIENT || id == REASON_SIGNATURE_INVALID ||
	       id == REASON_SIGNATURE_PARTIAL || id == REASON_SIGNATURE_UNVERIFIED;
}

static void
print_text(const char *before, const char *text)
{
	fputs(before, stdout);
	ctl_print_text(text != NULL ? text : "?");
}

/* The day of a time. */
static void
print_day(const char *before, const char *text)
{
	char day[11];

	snprintf(day, sizeof(day), "%s", text != NULL ? text : "?");
	print_text(before, day);
}

/* The digital ID that the reason speaks of: a signer's, where it is about a signature. */
static const json_t *
find_id(const json_t *record)
{
	const char *reason = audit_log_text(record, "reason");
	const json_t *signature;
	const char *worth;
	size_t i;

	json_array_foreach(json_object_get(record, "signatures"), i, signature)
	{
		worth = audit_log_text(signature, "worth");
		if (reason != NULL && worth != NULL && strcmp(worth, reason) == 0)
			return json_object_get(signature, "signer");
	}
	return json_object_get(record, "digital_id");
}

static void
print_certificate(const json_t *id)
{
	const json_t *within = json_object_get(id, "certificate");

	if (json_is_object(within))
		id = within;
	if (audit_log_text(id, "issuer") == NULL)
		return;
	print_text("    Certificate: issued by ", audit_log_text(id, "issuer"));
	print_text(", serial ", audit_log_text(id, "serial"));
	print_day(", valid from ", audit_log_text(id, "not_before"));
	print_day(" to ", audit_log_text(id, "not_after"));
	putchar('\n');
}

static void
print_recipient(const json_t *record)
{
	const struct reason *reason = why_reason(record);
	const char *recipient = audit_log_text(record, "recipient");
	const char *group = audit_log_text(record, "group");
	bool nameless = recipient != NULL && group != NULL && strcmp(recipient, group) == 0;

	putchar('\n');
	if (nameless)
		fputs("A member of ", stdout);
	if (recipient != NULL)
		print_text("", recipient);
	if (group != NULL && !nameless) {
		print_text(" (member of ", group);
		putchar(')');
	}
	printf("%s%s.\n", recipient != NULL ? ": " : "The message: ",
	    reason != NULL ? reason->sentence : "it can't be sent");
	if (reason == NULL)
		return;
	if (reason->trust_failure || reason->id == REASON_KEY_UNSUPPORTED)
		print_certificate(find_id(record));
	if (has_open_detail(reason->id) && audit_log_text(record, "detail") != NULL) {
		print_text("    ", audit_log_text(record, "detail"));
		putchar('\n');
	}
	if (reason->advice[0] != '\0')
		printf("    %s\n", reason->advice);
}

/* Whether the record's recipient is itself a reason not to send. */
static bool
is_cause(const json_t *record)
{
	const struct reason *reason = why_reason(record);

	return why_is_held(record) && (reason == NULL || reason->id != REASON_OTHER_RECIPIENT);
}

static void
print_beginning(const json_t *record)
{
	const char *action = audit_log_text(record, "action");
	const char *message_id = audit_log_text(record, "message_id");

	ctl_print_heading("--- For the sender ---");
	print_day("Your message of ", audit_log_text(record, "time"));
	if (action != NULL && strcmp(action, "refuse") == 0)
		fputs(" was not sent", stdout);
	else if (action != NULL && strcmp(action, "defer") == 0)
		fputs(" could not be sent yet, and is tried again", stdout);
	else
		fputs(" was sent, but would not be once the rules are enforced", stdout);
	if (message_id != NULL) {
		print_text(" (Message-ID ", message_id);
		putchar(')');
	}
	puts(".");
}

void
why_forward(const json_t *records, const char *contact)
{
	const json_t *record;
	bool begun = false;
	size_t i;

	json_array_foreach(records, i, record)
	{
		if (!is_cause(record))
			continue;
		if (!begun)
			print_beginning(record);
		begun = true;
		print_recipient(record);
	}
	if (!begun)
		return;
	putchar('\n');
	if (contact != NULL && contact[0] != '\0') {
		print_text("Contact: ", contact);
		putchar('\n');
	}
	print_text("Reference: ", audit_log_text(json_array_get(records, 0), "reference"));
	putchar('\n');
}
