#include "policy/evidence.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "policy/choice.h"

/* Parts of a description, so that all of them fit into plan_recipient.detail. */
#define NAME_MOST 110
#define SERIAL_MOST 48
#define DETAIL_MOST 160

static bool
is_more_hopeful(const struct digital_id *a, const struct digital_id *b)
{
	bool a_waits = reason_is_temporary(a->verdict);
	bool b_waits = reason_is_temporary(b->verdict);

	if (a_waits != b_waits)
		return a_waits;
	if (a->certificate == NULL || b->certificate == NULL)
		return a->certificate != NULL && b->certificate == NULL;
	return a->certificate->not_after > b->certificate->not_after;
}

const struct digital_id *
evidence_most_hopeful(const struct recipient *record, const bool *among)
{
	const struct digital_id *hopeful = NULL;
	size_t i;

	for (i = 0; i < record->digital_id_count; i++) {
		if (choice_is_usable(&record->digital_ids[i]) || (among != NULL && !among[i]))
			continue;
		if (hopeful == NULL || is_more_hopeful(&record->digital_ids[i], hopeful))
			hopeful = &record->digital_ids[i];
	}
	return hopeful;
}

/* What shows that a detail is not all there is. */
static const char *
more(const char *detail)
{
	return strlen(detail) > DETAIL_MOST ? " ..." : "";
}

void
evidence_describe(const struct digital_id *digital_id, char *out, size_t size)
{
	const struct certificate *certificate = digital_id->certificate;
	const char *detail = digital_id->detail != NULL ? digital_id->detail : "";
	const char *colon = detail[0] != '\0' ? ": " : "";
	char from[CLOCK_TEXT_SIZE];
	char to[CLOCK_TEXT_SIZE];

	if (certificate == NULL) {
		snprintf(out, size, "a value that can't be read%s%.*s%s", colon,
		    (int)utf8_cut(detail, DETAIL_MOST), detail, more(detail));
		return;
	}
	snprintf(out, size,
	    "certificate %.*s, issued by %.*s, serial %.*s, valid from %s to %s%s%.*s%s",
	    (int)utf8_cut(certificate->subject, NAME_MOST), certificate->subject,
	    (int)utf8_cut(certificate->issuer, NAME_MOST), certificate->issuer, SERIAL_MOST,
	    certificate->serial, clock_format_date(certificate->not_before, from),
	    clock_format_date(certificate->not_after, to), colon,
	    (int)utf8_cut(detail, DETAIL_MOST), detail, more(detail));
}
