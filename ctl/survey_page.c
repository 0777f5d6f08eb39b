/* The sums as a page of HTML. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "page.h"
#include "survey.h"

static void
write_tiles(struct page *page, const struct survey *survey)
{
	char within[40];
	char nameless[80];
	char number[PAGE_NUMBER_SIZE];
	struct page_tile tiles[5] = {
	    {"entries publish something", survey->entries, NULL, PAGE_PLAIN},
	    {"usable", survey->standing[SURVEY_IS_USABLE], NULL, PAGE_GOOD},
	    {"not usable", survey->standing[SURVEY_IS_UNUSABLE], NULL, PAGE_BAD},
	    {within, survey->found[SURVEY_EXPIRING], "the last usable certificate", PAGE_WARNING},
	    {"40 bits in old mail clients", survey->found[SURVEY_FALLBACK],
		"would fall back to RC2-40", PAGE_BAD},
	};
	size_t i;

	snprintf(within, sizeof(within), "expire within %d days", survey->days);
	if (survey->standing[SURVEY_IS_NAMELESS] > 0) {
		snprintf(nameless, sizeof(nameless), "%s without an address",
		    page_number(survey->standing[SURVEY_IS_NAMELESS], number));
		tiles[0].note = nameless;
	}
	for (i = 2; i < ARRAY_LENGTH(tiles); i++) {
		if (tiles[i].value == 0)
			tiles[i].tone = PAGE_MUTED;
	}
	page_tiles(page, tiles, ARRAY_LENGTH(tiles));
}

static void
write_ciphers(struct page *page, const struct survey *survey)
{
	struct page_bar bars[2 * CIPHER_COUNT];
	char labels[CIPHER_COUNT][80];
	const struct cipher *cipher;
	size_t count = 0;
	int i;

	for (i = CIPHER_COUNT - 1; i >= 0; i--) {
		cipher = cipher_get((enum cipher_id)i);
		if (survey->published[i] > 0)
			bars[count++] = (struct page_bar){cipher->title, survey->published[i],
			    page_tone_of_strength(cipher->strength), NULL};
	}
	for (i = CIPHER_COUNT - 1; i >= 0; i--) {
		snprintf(labels[i], sizeof(labels[i]), "not published (%s is assumed)",
		    cipher_get((enum cipher_id)i)->title);
		if (survey->assumed[i] > 0)
			bars[count++] =
			    (struct page_bar){labels[i], survey->assumed[i], PAGE_MUTED, NULL};
	}
	page_section(page, "Ciphers that people can read",
	    "The strongest one that each entry's software is known to read, of entries with a "
	    "usable certificate.");
	page_share(page, "Strongest cipher, by entries", bars, count);
}

static void
write_fallback(struct page *page, const struct survey *survey)
{
	struct page_bar bars[CLIENT_COUNT];
	int i;

	for (i = 0; i < CLIENT_COUNT; i++)
		bars[i] = (struct page_bar){
		    capabilities_client_name((enum client)i), survey->weak[i], PAGE_BAD, NULL};
	page_bars_of(page, "Mail clients that would encrypt with 40 bits, by entries", bars,
	    CLIENT_COUNT, survey->entries);
}

/* The largest first; equal ones as they were. */
static void
sort_bars(struct page_bar *bars, size_t count)
{
	struct page_bar bar;
	size_t i;
	size_t place;

	for (i = 1; i < count; i++) {
		bar = bars[i];
		for (place = i; place > 0 && bars[place - 1].value < bar.value; place--)
			bars[place] = bars[place - 1];
		bars[place] = bar;
	}
}

static void
write_reasons(struct page *page, const struct survey *survey)
{
	struct page_bar unusable[REASON_COUNT];
	struct page_bar found[SURVEY_KIND_COUNT];
	size_t unusable_count = 0;
	size_t found_count = 0;
	unsigned i;

	for (i = 0; i < SURVEY_KIND_COUNT; i++) {
		const char *code = survey_kind_code(i);
		const char *sentence = survey_kind_sentence(i);

		if (i < REASON_COUNT && survey->by_reason[i] > 0)
			unusable[unusable_count++] =
			    (struct page_bar){code, survey->by_reason[i], PAGE_BAD, sentence};
		if (survey->found[i] > 0 && i != SURVEY_UNUSABLE)
			found[found_count++] =
			    (struct page_bar){code, survey->found[i], PAGE_WARNING, sentence};
	}
	sort_bars(unusable, unusable_count);
	sort_bars(found, found_count);
	page_section(page, "Reasons", NULL);
	page_bars(page, "Why mail to an entry could not be encrypted", unusable, unusable_count);
	page_bars_of(page, "All that was found, by entries (one may have several, and be usable)",
	    found, found_count, survey->entries);
}

static void
write_expiry(struct page *page, const struct survey *survey)
{
	static const struct page_series series = {"entries", PAGE_PLAIN};
	char names[SURVEY_MONTHS + 1][16];
	const char *labels[SURVEY_MONTHS + 1];
	const struct page_columns columns = {
	    .caption = "Expiry of the last usable certificate, by entries",
	    .series = &series,
	    .series_count = 1,
	    .labels = labels,
	    .count = SURVEY_MONTHS + 1,
	    .values = survey->months,
	};
	size_t i;

	for (i = 0; i <= SURVEY_MONTHS; i++)
		labels[i] = survey_month(survey, i, names[i]);
	page_section(
	    page, "Expiry", "When usable entries stop being usable, if nothing is renewed.");
	page_columns(page, &columns);
}

static const char *
count_text(uint64_t count, char *text)
{
	return count > 0 ? page_number(count, text) : "";
}

static void
write_ca_row(struct page *page, const struct survey_ca *ca)
{
	static const enum reason_id reasons[] = {REASON_UNTRUSTED_ISSUER, REASON_INCOMPLETE_CHAIN,
	    REASON_INVALID_CHAIN, REASON_REVOKED, REASON_WEAK_DIGEST};
	char texts[ARRAY_LENGTH(reasons)][PAGE_NUMBER_SIZE];
	const char *cells[2 + ARRAY_LENGTH(reasons)] = {ca->name, ca->sha256};
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(reasons); i++)
		cells[2 + i] = count_text(ca->reasons[reasons[i]], texts[i]);
	page_table_row(page, cells);
}

static void
write_cas(struct page *page, const struct survey *survey)
{
	static const struct page_cell_head heads[] = {{"CA", false}, {"SHA-256", false},
	    {"untrusted", true}, {"incomplete", true}, {"invalid", true}, {"revoked", true},
	    {"digest", true}};
	struct page_bar *bars = calloc(survey->ca_count + 1, sizeof(*bars));
	char text[PAGE_NUMBER_SIZE];
	char note[120];
	size_t count = survey->ca_count;
	size_t i;

	for (i = 0; bars != NULL && i < count; i++)
		bars[i] =
		    (struct page_bar){survey->cas[i].name, survey->cas[i].count, PAGE_BAD, NULL};
	if (bars != NULL && survey->other_cas > 0)
		bars[count++] = (struct page_bar){
		    "CAs that were not told apart", survey->other_cas, PAGE_MUTED, NULL};
	page_section(page, "Trust failures by CA",
	    "Digital IDs whose chain does not hold, by the topmost CA that was found: what "
	    "smimectl trust add would trust.");
	if (bars != NULL)
		page_bars(page, "Digital IDs, by CA", bars, count);
	free(bars);
	if (survey->ca_count == 0)
		return;
	page_table_begin(page, "By reason", heads, ARRAY_LENGTH(heads));
	for (i = 0; i < survey->ca_count && i < PAGE_BARS_MAX; i++)
		write_ca_row(page, &survey->cas[i]);
	snprintf(note, sizeof(note),
	    "%s further CAs are not shown; smimectl audit --json has them.",
	    page_number(survey->ca_count - i, text));
	page_table_end(page, i < survey->ca_count ? note : NULL);
}

static void
write_listed(struct page *page, const struct survey *survey)
{
	static const struct page_cell_head heads[] = {
	    {"Address", false}, {"Reason", false}, {"Expires", false}, {"Detail", false}};
	uint64_t left = survey->standing[SURVEY_IS_UNUSABLE] - survey->listed_count;
	char number[PAGE_NUMBER_SIZE];
	char date[CLOCK_TEXT_SIZE];
	char note[160];
	size_t i;

	page_section(page, "Entries that mail could not be encrypted to", NULL);
	page_table_begin(page, "In the directory's order", heads, ARRAY_LENGTH(heads));
	for (i = 0; i < survey->listed_count; i++) {
		const struct survey_listed *listed = &survey->listed[i];
		const char *const cells[] = {listed->address, survey_kind_code(listed->reason),
		    listed->expires != 0 ? clock_format_date(listed->expires, date) : "",
		    listed->detail};

		page_table_row(page, cells);
	}
	snprintf(note, sizeof(note), "%s more are not shown; smimectl audit --table has them.",
	    page_number(left, number));
	page_table_end(page, left > 0 ? note : NULL);
}

int
survey_write_page(const struct survey *survey, const char *path, const char *directories,
    const char *incomplete, struct error *err)
{
	char subtitle[PAGE_TEXT_MAX];
	char warning[PAGE_TEXT_MAX];
	char date[CLOCK_TEXT_SIZE];
	struct page *page;

	snprintf(subtitle, sizeof(subtitle), "%s; judged as of %s", directories,
	    clock_format_date(survey->at, date));
	snprintf(warning, sizeof(warning), "Not all entries were seen: %s",
	    incomplete != NULL ? incomplete : "");
	page = page_open(path, "Digital IDs in the directory", subtitle,
	    incomplete != NULL ? warning : NULL, err);
	if (page == NULL)
		return -1;
	write_tiles(page, survey);
	write_ciphers(page, survey);
	write_fallback(page, survey);
	write_reasons(page, survey);
	write_expiry(page, survey);
	write_cas(page, survey);
	write_listed(page, survey);
	return page_close(page, err);
}
