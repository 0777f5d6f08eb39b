/* What is counted, in words. */
#include "report.h"

const char *
report_reason_code(size_t reason)
{
	return reason < REASON_COUNT ? reason_get((enum reason_id)reason)->code : "unknown";
}

const char *
report_reason_sentence(size_t reason)
{
	return reason < REASON_COUNT ? reason_get((enum reason_id)reason)->sentence
				     : "a reason that this smimectl does not know";
}

const char *
report_source_words(enum report_source source)
{
	static const char *const words[REPORT_SOURCES] = {
	    [REPORT_BY_BLOB] = "from a signed blob",
	    [REPORT_BY_EXTENSION] = "from the certificate",
	    [REPORT_BY_POLICY] = "assumed by the rule",
	    [REPORT_UNSAID] = "not recorded",
	    [REPORT_BY_CLIENT] = "by the mail client",
	    [REPORT_BY_CLIENT_REFUSED] = "by the mail client, not sent",
	    [REPORT_WOULD_SEAL] = "observed, left as it was",
	};

	return words[source];
}

const char *
report_end_words(enum report_end end)
{
	static const char *const words[REPORT_ENDS] = {
	    [REPORT_SEALED] = "encrypted here",
	    [REPORT_CLIENT] = "passed, encrypted by the mail client",
	    [REPORT_PASSED] = "passed as they were",
	    [REPORT_DEFERRED] = "deferred (each attempt counts)",
	    [REPORT_REFUSED] = "refused",
	};

	return words[end];
}

uint64_t
report_held(const uint64_t effects[REPORT_EFFECTS])
{
	return effects[REPORT_TO_REFUSE] + effects[REPORT_TO_DEFER] + effects[REPORT_TO_WOULD];
}

/* Whether a reason comes before another: most held first, then most passed, then by the list; and last
 * what follows from another recipient's reason. */
static bool
is_before(const struct report *report, size_t a, size_t b)
{
	const uint64_t *x = report->by_recipient[a];
	const uint64_t *y = report->by_recipient[b];

	if ((a == REASON_OTHER_RECIPIENT) != (b == REASON_OTHER_RECIPIENT))
		return b == REASON_OTHER_RECIPIENT;
	if (report_held(x) != report_held(y))
		return report_held(x) > report_held(y);
	if (x[REPORT_TO_PASS] != y[REPORT_TO_PASS])
		return x[REPORT_TO_PASS] > y[REPORT_TO_PASS];
	return a < b;
}

size_t
report_reasons(const struct report *report, size_t order[REPORT_REASONS])
{
	size_t count = 0;
	size_t reason;
	size_t place;

	for (reason = 0; reason < REPORT_REASONS; reason++) {
		if (report_held(report->by_recipient[reason]) +
			report->by_recipient[reason][REPORT_TO_PASS] ==
		    0)
			continue;
		for (place = count; place > 0 && is_before(report, reason, order[place - 1]);
		     place--)
			order[place] = order[place - 1];
		order[place] = reason;
		count++;
	}
	return count;
}
