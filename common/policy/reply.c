#include "policy/reply.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/escape.h"
#include "policy/signed.h"

/* Recipients told in full: with at most four lines each, the first line, one of the signature, and
 * three at the end, that stays within REPLY_LINES_MAX. The record names all. */
#define RECIPIENTS_TOLD 6
_Static_assert(1 + 1 + 4 * RECIPIENTS_TOLD + 3 <= REPLY_LINES_MAX, "a reply has room for its end");

/* Parts of a line, escaped: so that the longest sentences of reason.def still stand beside them. */
#define ADDRESS_SIZE 104
#define GROUP_SIZE 64
#define WHO_SIZE (ADDRESS_SIZE + GROUP_SIZE + 16)
#define NAME_SIZE 104
#define NOTE_SIZE 150
#define SERIAL_SIZE 52
#define BRIEF_NAME_SIZE 64 /* in the first line, beside two serial numbers */

static void add_line(struct reply *reply, const char *format, ...) PRINTF_LIKE(2, 3);

/* One more line; what is too long is cut (all of it is printable US-ASCII by now). */
static void
add_line(struct reply *reply, const char *format, ...)
{
	va_list args;
	int size;

	if (reply->line_count == REPLY_LINES_MAX)
		return;
	va_start(args, format);
	size = vsnprintf(reply->lines[reply->line_count], REPLY_LINE_SIZE, format, args);
	va_end(args);
	if (size <= 0)
		return;
	if (size >= REPLY_LINE_SIZE)
		memcpy(reply->lines[reply->line_count] + REPLY_LINE_SIZE - 4, "...", 4);
	reply->line_count++;
}

/* A reason that is no refusal can't give a code: whoever says it made a mistake, and waiting is
 * the safe answer. */
static const struct reason *
begin(struct reply *reply, enum reason_id id)
{
	const struct reason *reason = reason_get(id);

	memset(reply, 0, sizeof(*reply));
	if (reason->smtp == 0)
		reason = reason_get(REASON_INTERNAL_ERROR);
	snprintf(reply->code, sizeof(reply->code), "%03u", (unsigned int)reason->smtp % 1000);
	snprintf(reply->enhanced, sizeof(reply->enhanced), "%s", reason->enhanced);
	return reason;
}

static void
end(struct reply *reply, const struct config *config, const char *reference)
{
	char text[NOTE_SIZE];

	if (config != NULL && config->contact != NULL && config->contact[0] != '\0')
		add_line(reply, "Contact: %s",
		    escape_text(ESCAPE_REPLY, config->contact, text, sizeof(text)));
	if (reference == NULL || reference[0] == '\0')
		return;
	escape_text(ESCAPE_REPLY, reference, text, 40);
	add_line(reply, "Reference: %s (the administrator finds the record of this decision by it)",
	    text);
}

/* Whether the reason speaks of a certificate, so that naming it says most. */
static bool
is_about_certificate(const struct plan_recipient *told)
{
	return told->evidence != NULL && told->evidence->certificate != NULL &&
	       (reason_get(told->reason)->trust_failure || told->reason == REASON_KEY_UNSUPPORTED ||
		   told->reason == REASON_RECIPIENT_NOT_ADDRESSED);
}

/* What is said of it beside the sentence. Why a directory can't be asked names servers, accounts and
 * files of ours: that is for the administrator, who has the log and the record. */
static const char *
detail_of(const struct plan_recipient *told)
{
	return told->reason == REASON_DIRECTORY_UNAVAILABLE ? "" : told->detail;
}

static bool
is_early(const struct plan_recipient *told)
{
	return told->reason == REASON_NOT_YET_VALID ||
	       (told->reason == REASON_SIGNER_EXPIRED &&
		   told->evidence->verdict == REASON_NOT_YET_VALID);
}

/* The certificate in use, and the one published instead, as far as a line has room. */
static void
write_superseded(const struct plan_recipient *told, char *note, size_t size)
{
	const struct certificate *certificate = told->evidence->certificate;
	char issuer[BRIEF_NAME_SIZE];
	char used[SERIAL_SIZE];
	char published[SERIAL_SIZE];
	char date[CLOCK_TEXT_SIZE];

	snprintf(note, size,
	    " (in use: serial %s, issued by %s; published: serial %s, valid until %s)",
	    escape_text(ESCAPE_REPLY, told->in_use->serial, used, sizeof(used)),
	    escape_text(ESCAPE_REPLY, told->in_use->issuer, issuer, sizeof(issuer)),
	    escape_text(ESCAPE_REPLY, certificate->serial, published, sizeof(published)),
	    clock_format_date(certificate->not_after, date));
}

/* What follows the sentence in the first line: the certificate in short, or the detail. */
static void
write_note(const struct plan_recipient *told, char *note, size_t size)
{
	const struct certificate *certificate;
	char text[NOTE_SIZE];
	char date[CLOCK_TEXT_SIZE];
	bool early;

	note[0] = '\0';
	if (is_about_certificate(told) && told->in_use != NULL) {
		write_superseded(told, note, size);
	} else if (is_about_certificate(told)) {
		early = is_early(told);
		certificate = told->evidence->certificate;
		escape_text(ESCAPE_REPLY, certificate->issuer, text, NAME_SIZE);
		snprintf(note, size, " (issued by %s, valid %s %s)", text, early ? "from" : "until",
		    clock_format_date(
			early ? certificate->not_before : certificate->not_after, date));
	} else if (detail_of(told)[0] != '\0') {
		snprintf(note, size, " (%s)",
		    escape_text(ESCAPE_REPLY, detail_of(told), text, sizeof(text)));
	}
}

/* Who it is: the address; for a member the group as well, and the DN for one without address. */
static const char *
write_who(const struct facts_recipient *who, char text[WHO_SIZE])
{
	char member[ADDRESS_SIZE];
	char group[GROUP_SIZE];

	if (!who->member)
		return escape_text(ESCAPE_REPLY, who->address->text, text, ADDRESS_SIZE);
	escape_text(ESCAPE_REPLY, facts_is_nameless(who) ? who->record->detail : who->address->text,
	    member, sizeof(member));
	escape_text(ESCAPE_REPLY, who->envelope->text, group, sizeof(group));
	snprintf(text, WHO_SIZE, "%s (member of %s)", member, group);
	return text;
}

static void
add_headline(struct reply *reply, const struct facts *facts, const struct plan *plan,
    const struct reason *reason, size_t others)
{
	char who[WHO_SIZE];
	char note[NOTE_SIZE + 150];
	char more[48] = "";

	write_note(&plan->recipients[plan->decider], note, sizeof(note));
	if (others > 0)
		snprintf(more, sizeof(more), "; and %zu more recipient%s", others,
		    others == 1 ? "" : "s");
	add_line(reply, "%s: %s%s%s", write_who(&facts->recipients[plan->decider], who),
	    reason->sentence, note, more);
}

static void
add_certificate(struct reply *reply, const char *label, const struct digital_id *digital_id)
{
	const struct certificate *certificate = digital_id->certificate;
	char subject[NAME_SIZE];
	char issuer[NAME_SIZE];
	char serial[SERIAL_SIZE];
	char from[CLOCK_TEXT_SIZE];
	char to[CLOCK_TEXT_SIZE];

	add_line(reply, "%s: %s, issued by %s, serial %s, valid from %s to %s", label,
	    escape_text(ESCAPE_REPLY, certificate->subject, subject, sizeof(subject)),
	    escape_text(ESCAPE_REPLY, certificate->issuer, issuer, sizeof(issuer)),
	    escape_text(ESCAPE_REPLY, certificate->serial, serial, sizeof(serial)),
	    clock_format_date(certificate->not_before, from),
	    clock_format_date(certificate->not_after, to));
}

static void
add_in_use(struct reply *reply, const struct layer_recipient *in_use)
{
	char issuer[NAME_SIZE];
	char serial[SERIAL_SIZE];

	add_line(reply, "Encrypted for: serial %s, issued by %s",
	    escape_text(ESCAPE_REPLY, in_use->serial, serial, sizeof(serial)),
	    escape_text(ESCAPE_REPLY, in_use->issuer, issuer, sizeof(issuer)));
}

/* How and when it was signed, by the signer's clock, and whether the certificate held then. */
static void
add_signature(struct reply *reply, const struct facts_signature *signature)
{
	const struct layer_signature *made = signature->signature;
	char algorithm[NAME_SIZE];
	char digest[SERIAL_SIZE];
	char date[CLOCK_TEXT_SIZE];
	const char *then = "";

	if (signed_then_is_known(signature))
		then = signature->then == REASON_OK
			   ? ", when the certificate was usable"
			   : ", when the certificate was not usable either";
	add_line(reply, "Signature: %s with %s, made %s%s",
	    escape_text(ESCAPE_REPLY, made->algorithm, algorithm, sizeof(algorithm)),
	    escape_text(ESCAPE_REPLY, made->digest, digest, sizeof(digest)),
	    made->signing_time != 0 ? clock_format_date(made->signing_time, date)
				    : "at a time that it does not say",
	    then);
}

/* Whether the first line has room for all of a detail. */
static bool
is_told_whole(const char *detail)
{
	char note[NOTE_SIZE];
	char text[NOTE_SIZE + 4];

	escape_text(ESCAPE_REPLY, detail, note, sizeof(note));
	escape_text(ESCAPE_REPLY, detail, text, sizeof(text));
	return strcmp(note, text) == 0;
}

/* Up to three lines of one recipient: certificate, detail, and the advice once a reason. What the
 * first line of the reply has said whole is not said again. */
static void
add_finding(struct reply *reply, const struct plan_recipient *told, bool in_headline,
    bool advised[REASON_COUNT])
{
	const struct reason *reason = reason_get(told->reason);
	const char *detail = detail_of(told);
	char text[REPLY_LINE_SIZE - 16];

	if (told->signature != NULL && !in_headline)
		return; /* it is the same message's */
	if (is_about_certificate(told) && told->in_use != NULL) {
		add_in_use(reply, told->in_use);
		add_certificate(reply, "Published", told->evidence);
		detail = NULL;
	} else if (is_about_certificate(told)) {
		add_certificate(reply, "Certificate", told->evidence);
		detail = told->evidence->detail;
	} else if (in_headline && is_told_whole(detail)) {
		detail = NULL;
	}
	if (detail != NULL && detail[0] != '\0')
		add_line(
		    reply, "Detail: %s", escape_text(ESCAPE_REPLY, detail, text, sizeof(text)));
	if (told->signature != NULL)
		add_signature(reply, told->signature);
	if (reason->advice[0] != '\0' && !advised[reason->id])
		add_line(reply, "%s", reason->advice);
	advised[reason->id] = true;
}

/* The one who decided, whom the first line names, then the others concerned in the envelope's
 * order (of a group, its members), each after a line with its address and reason. */
static void
add_recipients(
    struct reply *reply, const struct facts *facts, const struct plan *plan, size_t concerned)
{
	bool advised[REASON_COUNT] = {false};
	char who[WHO_SIZE];
	size_t told = 1;
	size_t i;

	add_finding(reply, &plan->recipients[plan->decider], true, advised);
	for (i = 0; i < plan->recipient_count && told < RECIPIENTS_TOLD; i++) {
		if (!plan->recipients[i].concerned || i == plan->decider)
			continue;
		add_line(reply, "%s: %s.", write_who(&facts->recipients[i], who),
		    reason_get(plan->recipients[i].reason)->sentence);
		add_finding(reply, &plan->recipients[i], false, advised);
		told++;
	}
	if (told < concerned)
		add_line(reply, "And %zu more; the record names them all.", concerned - told);
}

void
reply_write(
    const struct facts *facts, const struct plan *plan, const char *reference, struct reply *reply)
{
	const struct reason *reason;
	size_t concerned = 0;
	size_t i;

	for (i = 0; i < plan->recipient_count; i++)
		concerned += plan->recipients[i].concerned ? 1 : 0;
	if (plan->would < ACTION_DEFER || concerned == 0) {
		reply_write_trouble(facts->config, REASON_INTERNAL_ERROR, NULL, reference, reply);
		return;
	}
	reason = begin(reply, plan->reason);
	add_headline(reply, facts, plan, reason, concerned - 1);
	add_recipients(reply, facts, plan, concerned);
	end(reply, facts->config, reference);
}

void
reply_write_trouble(const struct config *config, enum reason_id id, const char *detail,
    const char *reference, struct reply *reply)
{
	const struct reason *reason = begin(reply, id);
	char text[REPLY_LINE_SIZE / 2];
	bool more = detail != NULL && detail[0] != '\0';

	escape_text(ESCAPE_REPLY, detail, text, sizeof(text));
	add_line(reply, "%s%s%s%s", reason->sentence, more ? " (" : "", text, more ? ")" : "");
	if (reason->advice[0] != '\0')
		add_line(reply, "%s", reason->advice);
	end(reply, config, reference);
}
