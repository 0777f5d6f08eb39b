/* Whether the links of a chain that stands are revoked (RFC 5280 6.3, RFC 6960): from the
 * certificate up to the one below the anchor, by what is at hand. */
#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "smime/trust_status.h"

/* The last part of its life in which a CRL or an answer that is used is fetched again. */
#define RENEW_SHARE 5
/* Bytes of a name in words; the records have it whole. */
#define NAME_SHOWN 100

void
trust_link_why(struct trust_link *link, const char *format, ...)
{
	va_list arguments;

	if (link->words[0] != '\0')
		return;
	va_start(arguments, format);
	vsnprintf(link->words, sizeof(link->words), format, arguments);
	va_end(arguments);
}

void
trust_link_revoked(struct trust_link *link, time_t at, int reason, const char *who)
{
	const char *because = crl_reason_words(reason);
	char date[CLOCK_TEXT_SIZE] = "an unknown date";

	if (at != 0)
		clock_format_date(at, date);
	link->status = LINK_REVOKED;
	link->on_hold = reason == CRL_REASON_CERTIFICATE_HOLD;
	snprintf(link->words, sizeof(link->words), "revoked on %s%s%s%s, says %s", date,
	    because != NULL ? " (" : "", because != NULL ? because : "", because != NULL ? ")" : "",
	    who);
}

void
trust_link_renew(struct trust_link *link, time_t this_update, time_t end)
{
	time_t renew = end - (end - this_update) / RENEW_SHARE;

	if (link->renew == 0 || renew < link->renew)
		link->renew = renew;
}

/* An answer that says good may be older than a list at hand: who is on that is revoked. A hold may
 * be over. */
static void
look_further(struct trust_link *link)
{
	struct trust_link other = *link;

	other.status = LINK_UNKNOWN;
	other.words[0] = '\0';
	trust_status_by_lists(&other);
	if (other.status == LINK_REVOKED && !other.on_hold)
		*link = other;
}

static void
check(struct trust_link *link)
{
	link->points = crl_points(link->certificate);
	if (link->question->evidence != NULL)
		trust_status_by_answer(link);
	if (link->status == LINK_UNKNOWN)
		trust_status_by_lists(link);
	else if (link->status == LINK_GOOD)
		look_further(link);
	link->ahead = link->status == LINK_GOOD && !link->overdue &&
		      link->question->evidence != NULL && link->renew != 0 &&
		      link->question->at >= link->renew;
	if (link->status == LINK_UNKNOWN || link->overdue || link->ahead)
		trust_status_want(link);
	if (link->status == LINK_UNKNOWN)
		trust_link_why(link, "no CRL and no OCSP answer is at hand");
	CRL_DIST_POINTS_free(link->points);
	link->points = NULL;
}

static void
name_link(const struct trust_link *link, char *out)
{
	char *text = certificate_name_text(X509_get_subject_name(link->certificate));

	snprintf(out, NAME_SHOWN, "%s", text != NULL ? text : "?");
	free(text);
}

/* Says it of the verdict; what is worse stays. */
static void
note(const struct trust_link *link, struct trust_verdict *verdict)
{
	static const char *const statuses[] = {
	    [LINK_UNKNOWN] = "unknown", [LINK_GOOD] = "good", [LINK_REVOKED] = "revoked"};
	bool known = strcmp(verdict->revocation, "good") == 0;
	char name[NAME_SHOWN];

	if (!link->leaf && (!known || link->status == LINK_GOOD) && link->status != LINK_REVOKED)
		return;
	name_link(link, name);
	verdict->revocation = statuses[link->status];
	snprintf(verdict->revocation_detail, sizeof(verdict->revocation_detail), "%s%s%s%s",
	    link->leaf ? "" : "the CA certificate \"", link->leaf ? "" : name,
	    link->leaf ? "" : "\": ", link->words);
}

static void
until(struct trust_verdict *verdict, time_t moment)
{
	if (moment != 0 && (verdict->valid_until == 0 || moment < verdict->valid_until))
		verdict->valid_until = moment;
}

/* Whether the verdict fails for this link; then its reason is set. */
static bool
fails(const struct trust_link *link, struct trust_verdict *verdict)
{
	bool unknown = link->status == LINK_UNKNOWN;
	char name[NAME_SHOWN];

	if (link->status == LINK_GOOD || (unknown && link->section->revocation != REVOCATION_HARD))
		return false;
	name_link(link, name);
	verdict->reason = unknown ? REASON_REVOCATION_UNAVAILABLE : REASON_REVOKED;
	snprintf(verdict->detail, sizeof(verdict->detail), "the %scertificate \"%s\"%s %.300s",
	    link->leaf ? "" : "CA ", name,
	    unknown ? ": whether it is revoked is not known:" : " was", link->words);
	return true;
}

/* One revoked link decides, whatever isn't known of others. */
int
trust_revocation_check(const struct trust_section *section, const struct trust_question *question,
    STACK_OF(X509) * chain, int trusted_from, struct trust_verdict *verdict)
{
	int failed = -1;
	int i;

	if (section->revocation == REVOCATION_OFF)
		return -1;
	/* An anchor itself: there is nobody to revoke it but who trusts it. */
	if (trusted_from == 0)
		verdict->revocation = "off";
	for (i = 0; i < trusted_from && i + 1 < sk_X509_num(chain); i++) {
		struct trust_link link = {.section = section,
		    .question = question,
		    .chain = chain,
		    .certificate = sk_X509_value(chain, i),
		    .issuer = sk_X509_value(chain, i + 1),
		    .leaf = i == 0};

		check(&link);
		note(&link, verdict);
		until(verdict, link.until);
		if (link.status == LINK_UNKNOWN && question->evidence != NULL)
			until(verdict, question->at + TRUST_UNKNOWN_HOLDS);
		if ((failed < 0 || link.status == LINK_REVOKED) && fails(&link, verdict))
			failed = i;
		if (link.status == LINK_REVOKED)
			break;
	}
	ERR_clear_error();
	return failed;
}
