/* The sums as a page of HTML. */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "report_page.h"

/* Recipients listed by name: some ten sheets of paper would be too many. */
#define LISTED_MAX 100

static enum page_tone
tone_if(uint64_t count, enum page_tone tone)
{
	return count > 0 ? tone : PAGE_MUTED;
}

static void
write_tiles(struct page *page, const struct report *report)
{
	char recipients[60];
	char text[PAGE_NUMBER_SIZE];
	uint64_t encrypted = report->ends[REPORT_SEALED] + report->ends[REPORT_CLIENT];
	uint64_t refused = report->ends[REPORT_REFUSED];
	uint64_t deferred = report->ends[REPORT_DEFERRED];
	const struct page_tile tiles[] = {
	    {"messages", report->messages, recipients, PAGE_PLAIN},
	    {"left encrypted", encrypted, NULL, tone_if(encrypted, PAGE_GOOD)},
	    {"refused", refused, NULL, tone_if(refused, PAGE_BAD)},
	    {"deferred", deferred, "each attempt counts", tone_if(deferred, PAGE_WARNING)},
	    {"trust failures", report->trust_failures, "by recipients",
		tone_if(report->trust_failures, PAGE_BAD)},
	};

	snprintf(recipients, sizeof(recipients), "to %s recipients",
	    page_number(report->recipients, text));
	page_tiles(page, tiles, ARRAY_LENGTH(tiles));
}

static void
write_messages(struct page *page, const struct report *report)
{
	struct page_bar bars[REPORT_ENDS];
	struct page_bar would[ACTION_REFUSE + 1];
	static const char *const labels[] = {"pass", "encrypt", "defer", "refuse"};
	static const enum page_tone tones[] = {PAGE_MUTED, PAGE_GOOD, PAGE_WARNING, PAGE_BAD};
	int i;

	for (i = 0; i < REPORT_ENDS; i++)
		bars[i] = (struct page_bar){report_end_words((enum report_end)i), report->ends[i],
		    report_page_tone((enum report_end)i), NULL};
	page_section(page, "Messages", NULL);
	page_share(page, "What became of them", bars, REPORT_ENDS);
	if (report->observed == 0)
		return;
	for (i = 0; i <= ACTION_REFUSE; i++)
		would[i] = (struct page_bar){labels[i], report->would[i], tones[i], NULL};
	page_share(page, "Observed only (mode = observe): what the rules would have led to", would,
	    ACTION_REFUSE + 1);
}

static const char *
count_text(uint64_t count, char *text)
{
	return count > 0 ? page_number(count, text) : "";
}

/* A bar of the messages that a reason held, at its place: the longest first. */
static void
add_held(const struct report *report, size_t reason, struct page_bar *bars, size_t *count)
{
	uint64_t messages = report_held(report->by_message[reason]);
	size_t place;

	if (messages == 0 || reason == REASON_OTHER_RECIPIENT)
		return;
	for (place = (*count)++; place > 0 && bars[place - 1].value < messages; place--)
		bars[place] = bars[place - 1];
	bars[place] = (struct page_bar){
	    report_reason_code(reason), messages, PAGE_BAD, report_reason_sentence(reason)};
}

static void
write_reasons(struct page *page, const struct report *report)
{
	static const struct page_cell_head heads[] = {{"Reason", false}, {"Refused", true},
	    {"Deferred", true}, {"Observed", true}, {"Passed", true}, {"In words", false}};
	char texts[REPORT_EFFECTS][PAGE_NUMBER_SIZE];
	struct page_bar bars[REPORT_REASONS];
	const char *cells[ARRAY_LENGTH(heads)];
	size_t order[REPORT_REASONS];
	size_t count = report_reasons(report, order);
	size_t held = 0;
	size_t i;
	int effect;

	for (i = 0; i < count; i++)
		add_held(report, order[i], bars, &held);
	page_section(page, "Reasons", NULL);
	page_bars_of(page,
	    "Why messages were refused or deferred, or would have been (one may have several)",
	    bars, held, report->messages);
	if (count == 0)
		return;
	page_table_begin(page, "All reasons, by recipients", heads, ARRAY_LENGTH(heads));
	for (i = 0; i < count; i++) {
		cells[0] = report_reason_code(order[i]);
		for (effect = 0; effect < REPORT_EFFECTS; effect++)
			cells[1 + effect] =
			    count_text(report->by_recipient[order[i]][effect], texts[effect]);
		cells[1 + REPORT_EFFECTS] = report_reason_sentence(order[i]);
		page_table_row(page, cells);
	}
	page_table_end(page,
	    "Observed: refused or deferred if the rule were enforced. Passed: sent as it was.");
}

static void
write_tally_note(const struct tally *tally, size_t shown, char *note, size_t size)
{
	char left[PAGE_NUMBER_SIZE];
	char missed[PAGE_NUMBER_SIZE];
	int used = 0;

	note[0] = '\0';
	if (shown < tally->count)
		used =
		    snprintf(note, size, "%s more are not shown; smimectl report --json has them. ",
			page_number(tally->count - shown, left));
	if (tally->missed > 0)
		snprintf(note + used, size - (size_t)used,
		    "Approximate: there are too many; each was met up to %s times more.",
		    page_number(tally->missed, missed));
}

static void
write_tally(struct page *page, const struct tally *tally, const char *head)
{
	const struct page_cell_head heads[] = {
	    {head, false}, {"Times", true}, {"Mostly", false}, {"Last", false}};
	char count[PAGE_NUMBER_SIZE];
	char last[CLOCK_TEXT_SIZE];
	char note[200];
	size_t i;

	page_table_begin(page, "By count", heads, ARRAY_LENGTH(heads));
	for (i = 0; i < tally->count && i < LISTED_MAX; i++) {
		const struct tally_row *row = &tally->rows[i];
		const char *const cells[] = {row->name, page_number(row->count, count),
		    report_reason_code(tally_main_reason(row)), clock_format_date(row->last, last)};

		page_table_row(page, cells);
	}
	write_tally_note(tally, i, note, sizeof(note));
	page_table_end(page, note[0] != '\0' ? note : NULL);
}

static void
write_cas(struct page *page, const struct report *report)
{
	struct page_bar bars[PAGE_BARS_MAX];
	size_t count = 0;

	for (; count < report->cas.count && count < PAGE_BARS_MAX; count++)
		bars[count] = (struct page_bar){
		    report->cas.rows[count].name, report->cas.rows[count].count, PAGE_BAD, NULL};
	page_section(page, "Trust failures by CA",
	    "The issuer at the link of the chain that failed; smimectl trust pending shows those "
	    "that could be trusted.");
	page_bars_of(page, "Recipients, by CA", bars, count, report->trust_failures);
	if (report->cas.total > 0)
		write_tally(page, &report->cas, "CA");
}

static void
write_list(struct page *page, const uint64_t counts[REPORT_REASONS], const char *heading,
    const char *caption)
{
	struct page_bar bars[REPORT_REASONS];
	size_t count = 0;
	size_t i;

	for (i = 0; i < REPORT_REASONS; i++) {
		if (counts[i] > 0)
			bars[count++] = (struct page_bar){report_reason_code(i), counts[i],
			    i == REASON_OK ? PAGE_GOOD : PAGE_WARNING,
			    i == REASON_OK ? NULL : report_reason_sentence(i)};
	}
	if (count == 0)
		return;
	page_section(page, heading, NULL);
	page_bars(page, caption, bars, count);
}

static void
write_times(struct page *page, const struct report *report)
{
	static const struct {
		const char *label;
		int64_t below;
	} steps[] = {{"up to 10 ms", 10}, {"to 100 ms", 100}, {"to 1 s", 1000}, {"to 10 s", 10000},
	    {"longer", INT64_MAX}};
	struct page_bar bars[ARRAY_LENGTH(steps)];
	char text[200];
	uint64_t before = 0;
	uint64_t below;
	size_t i;

	if (report->timed == 0)
		return;
	for (i = 0; i < ARRAY_LENGTH(steps); i++) {
		below = steps[i].below == INT64_MAX ? report->timed
						    : report_times_below(report, steps[i].below);
		bars[i] = (struct page_bar){steps[i].label, below - before,
		    steps[i].below <= 1000 ? PAGE_PLAIN : PAGE_WARNING, NULL};
		before = below;
	}
	snprintf(text, sizeof(text),
	    "From MAIL FROM on. Half of all messages within %" PRId64 " ms, 90 %% within %" PRId64
	    " ms, 99 %% within %" PRId64 " ms; the longest took %" PRId64 " ms.",
	    report_time_within(report, 500), report_time_within(report, 900),
	    report_time_within(report, 990), report->time_most);
	page_section(page, "Time to decide", text);
	page_bars(page, "Messages, by time", bars, ARRAY_LENGTH(bars));
}

static void
write_notes(struct page *page, const struct report *report)
{
	char text[400];

	snprintf(text, sizeof(text),
	    "Read: %" PRIu64 " records in %zu files; %" PRIu64 " broken lines, %" PRIu64
	    " records of another version and %" PRIu64 " other lines were left out. %" PRIu64
	    " recipient(s) with a stale digital ID beside a better one.",
	    report->kinds[AUDIT_LOG_RECORD], report->files, report->kinds[AUDIT_LOG_BROKEN],
	    report->kinds[AUDIT_LOG_SCHEMA], report->kinds[AUDIT_LOG_OTHER], report->stale);
	page_paragraph(page, text);
}

int
report_write_page(
    const struct report *report, const char *path, const char *incomplete, struct error *err)
{
	char subtitle[PAGE_TEXT_MAX] = "";
	char warning[PAGE_TEXT_MAX];
	char from[CLOCK_TEXT_SIZE];
	char to[CLOCK_TEXT_SIZE];
	struct page *page;

	if (report->recipients > 0)
		snprintf(subtitle, sizeof(subtitle), "%s to %s",
		    clock_format_rfc3339(report->first, from),
		    clock_format_rfc3339(report->last, to));
	snprintf(
	    warning, sizeof(warning), "Not all was read: %s", incomplete != NULL ? incomplete : "");
	page = page_open(path, "Outgoing mail", subtitle, incomplete != NULL ? warning : NULL, err);
	if (page == NULL)
		return -1;
	write_tiles(page, report);
	write_messages(page, report);
	if (report_page_days(page, report, err) != 0) {
		page_discard(page);
		return -1;
	}
	write_reasons(page, report);
	report_page_ciphers(page, report);
	write_cas(page, report);
	page_section(page, "Recipients most often refused",
	    "Or would have been, where a rule only observes; not for another recipient's reason.");
	write_tally(page, &report->refused, "Address");
	write_list(
	    page, report->warnings, "Warnings", "Findings that rules only warn of, by recipients");
	write_list(page, report->signatures, "Signatures of mail clients",
	    "What they are worth, by messages");
	write_times(page, report);
	write_notes(page, report);
	return page_close(page, err);
}
