/* The sums, for people. */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "command.h"
#include "page.h"
#include "report.h"

/* Rows shown of a tally; all of them are in JSON. */
#define ROWS_SHOWN 10

/* "12 ms", "1.5 s" … */
static void
print_time(const char *label, int64_t ms)
{
	if (ms < 1000)
		printf("%s %" PRId64 " ms", label, ms);
	else
		printf("%s %.1f s", label, (double)ms / 1000);
}

static void
print_span(const struct report *report)
{
	char from[CLOCK_TEXT_SIZE];
	char to[CLOCK_TEXT_SIZE];
	char text[PAGE_NUMBER_SIZE];

	printf("%s messages", page_number(report->messages, text));
	printf(" to %s recipients", page_number(report->recipients, text));
	if (report->recipients > 0)
		printf(", from %s to %s", clock_format_rfc3339(report->first, from),
		    clock_format_rfc3339(report->last, to));
	puts("\n");
}

static void
print_messages(const struct report *report)
{
	static const enum ctl_colour colours[REPORT_ENDS] = {
	    CTL_GOOD, CTL_GOOD, CTL_PLAIN, CTL_WARNING, CTL_BAD};
	int end;
	int action;

	for (end = 0; end < REPORT_ENDS; end++) {
		ctl_colour(report->ends[end] > 0 ? colours[end] : CTL_PLAIN);
		ctl_print_share(report->ends[end], report->messages);
		printf("  %s", report_end_words((enum report_end)end));
		ctl_colour(CTL_PLAIN);
		putchar('\n');
	}
	if (report->observed == 0)
		return;
	ctl_print_heading("  Observed only (mode = observe): what the rules would have led to");
	for (action = ACTION_REFUSE; action >= ACTION_PASS; action--) {
		ctl_print_share(report->would[action], report->observed);
		printf("  would %s\n", action_name((enum action)action));
	}
}

static void
print_reasons(const struct report *report)
{
	size_t order[REPORT_REASONS];
	size_t count = report_reasons(report, order);
	size_t i;
	int effect;

	if (count == 0)
		return;
	ctl_print_heading("   Refused   Deferred   Observed     Passed  Reason (recipients)");
	for (i = 0; i < count; i++) {
		for (effect = 0; effect < REPORT_EFFECTS; effect++) {
			if (effect > 0)
				putchar(' ');
			ctl_print_number(report->by_recipient[order[i]][effect]);
		}
		printf(
		    "  %s: %s\n", report_reason_code(order[i]), report_reason_sentence(order[i]));
	}
}

static void
print_ciphers(const struct report *report)
{
	bool any = false;
	int cipher;
	int source;

	for (cipher = CIPHER_COUNT - 1; cipher >= 0; cipher--) {
		for (source = 0; source < REPORT_SOURCES; source++) {
			if (report->ciphers[cipher][source] == 0)
				continue;
			if (!any)
				ctl_print_heading("   Recipients  Cipher, strongest first, and "
						  "where it was known from");
			any = true;
			ctl_print_number(report->ciphers[cipher][source]);
			printf("    %-18s %s\n", cipher_get((enum cipher_id)cipher)->name,
			    report_source_words((enum report_source)source));
		}
	}
}

static void
print_fallback(const struct report *report)
{
	bool any = false;
	int client;
	int cipher;

	for (client = 0; client < CLIENT_COUNT; client++) {
		for (cipher = 0; cipher < CIPHER_COUNT; cipher++) {
			if (report->fallback[client][cipher] == 0)
				continue;
			if (!any)
				ctl_print_heading(
				    "   Recipients  What a client would have encrypted with");
			any = true;
			ctl_colour(cipher_get((enum cipher_id)cipher)->strength < 112 ? CTL_BAD
										      : CTL_PLAIN);
			ctl_print_number(report->fallback[client][cipher]);
			printf("    %-14s %s", capabilities_client_name((enum client)client),
			    cipher_get((enum cipher_id)cipher)->name);
			ctl_colour(CTL_PLAIN);
			putchar('\n');
		}
	}
}

/* Its first rows, with the reason met most. */
static void
print_tally(const struct tally *tally, const char *heading, const char *unit)
{
	char text[PAGE_NUMBER_SIZE];
	char date[CLOCK_TEXT_SIZE];
	size_t i;

	if (tally->total == 0)
		return;
	ctl_print_heading(heading);
	for (i = 0; i < tally->count && i < ROWS_SHOWN; i++) {
		ctl_print_number(tally->rows[i].count);
		fputs("  ", stdout);
		ctl_print_text(tally->rows[i].name);
		printf(" (%s; last %s)", report_reason_code(tally_main_reason(&tally->rows[i])),
		    clock_format_date(tally->rows[i].last, date));
		putchar('\n');
	}
	if (tally->count > ROWS_SHOWN)
		printf("            and %s more %s\n", page_number(tally->count - ROWS_SHOWN, text),
		    unit);
	if (tally->missed > 0)
		printf("            approximate: there are too many %s; each was met up to %s "
		       "times more\n",
		    unit, page_number(tally->missed, text));
}

static void
print_list(const uint64_t counts[REPORT_REASONS], const char *heading)
{
	bool any = false;
	size_t i;

	for (i = 0; i < REPORT_REASONS; i++) {
		if (counts[i] == 0)
			continue;
		if (!any)
			ctl_print_heading(heading);
		any = true;
		ctl_print_number(counts[i]);
		printf("  %s: %s\n", report_reason_code(i),
		    i == REASON_OK ? "as it should be" : report_reason_sentence(i));
	}
}

static void
print_times(const struct report *report)
{
	if (report->timed == 0)
		return;
	ctl_print_heading("   Time to decide, from MAIL FROM on");
	print_time("    half of all within", report_time_within(report, 500));
	print_time(", 90 % within", report_time_within(report, 900));
	print_time(", 99 % within", report_time_within(report, 990));
	print_time(", longest", report->time_most);
	putchar('\n');
}

static void
print_count(uint64_t count, const char *words)
{
	char text[PAGE_NUMBER_SIZE];

	if (count > 0)
		printf("%s %s\n", page_number(count, text), words);
}

static void
print_notes(const struct report *report)
{
	putchar('\n');
	print_count(report->stale, "recipient(s) with a stale digital ID beside a better one.");
	print_count(report->stale_if_error,
	    "recipient(s) decided by what had been found earlier, as no server could be asked.");
	print_count(report->brief,
	    "records were too long for syslog: the audit file alone has all of them.");
	print_count(report->kinds[AUDIT_LOG_BROKEN], "lines are broken and were left out.");
	print_count(report->kinds[AUDIT_LOG_SCHEMA],
	    "records are of another version of smime-milter and were left out.");
	print_count(report->kinds[AUDIT_LOG_OTHER], "lines are no audit records.");
}

void
report_print(const struct report *report, const char *incomplete)
{
	if (incomplete != NULL) {
		ctl_colour(CTL_WARNING);
		fputs("NOT ALL WAS READ: ", stdout);
		ctl_print_text(incomplete);
		ctl_colour(CTL_PLAIN);
		putchar('\n');
	}
	print_span(report);
	if (report->messages > 0) {
		print_messages(report);
		print_reasons(report);
		print_ciphers(report);
		print_fallback(report);
		print_tally(&report->cas, "   Trust failures by CA (recipients)", "CAs");
		print_tally(&report->refused,
		    "   Recipients most often refused, or would have been", "recipients");
		print_list(report->warnings, "   Warnings (recipients)");
		print_list(report->signatures, "   Signatures of mail clients (messages)");
		print_times(report);
	}
	print_notes(report);
}
