/* The sums, for people. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "command.h"
#include "page.h"
#include "survey.h"

/* CAs shown; all of them are in JSON. */
#define CAS_SHOWN 10

static void
print_standing(const struct survey *survey, enum survey_standing standing, const char *words,
    enum ctl_colour colour)
{
	if (survey->standing[standing] == 0 && standing > SURVEY_IS_UNUSABLE)
		return;
	ctl_colour(survey->standing[standing] > 0 ? colour : CTL_PLAIN);
	ctl_print_share(survey->standing[standing], survey->entries);
	printf("  %s", words);
	ctl_colour(CTL_PLAIN);
	putchar('\n');
}

static void
print_entries(const struct survey *survey)
{
	char at[CLOCK_TEXT_SIZE];
	char text[PAGE_NUMBER_SIZE];
	unsigned reason;

	printf("%s entries publish something; judged as of %s\n\n",
	    page_number(survey->entries, text), clock_format_date(survey->at, at));
	print_standing(survey, SURVEY_IS_USABLE, "usable", CTL_GOOD);
	print_standing(survey, SURVEY_IS_UNUSABLE, "not usable:", CTL_BAD);
	for (reason = 0; reason < REASON_COUNT; reason++) {
		if (survey->by_reason[reason] == 0)
			continue;
		printf("          ");
		ctl_print_share(survey->by_reason[reason], survey->entries);
		printf("  %s\n", survey_kind_code(reason));
	}
	print_standing(survey, SURVEY_IS_UNKNOWN, "not known for now", CTL_WARNING);
	print_standing(survey, SURVEY_IS_NAMELESS, "without an address", CTL_WARNING);
	print_standing(survey, SURVEY_IS_OUTSIDE,
	    "not judged: their addresses are not among the directory's domains", CTL_PLAIN);
}

static void
print_found(const struct survey *survey)
{
	unsigned kind;

	ctl_print_heading(
	    "   Entries  Digital IDs  Findings (an entry may have several, and be usable)");
	for (kind = 0; kind < SURVEY_KIND_COUNT; kind++) {
		if (survey->found[kind] == 0 || kind == SURVEY_UNUSABLE)
			continue;
		ctl_print_number(survey->found[kind]);
		if (kind < REASON_COUNT && survey->digital_ids[kind] > 0)
			printf("   ");
		if (kind < REASON_COUNT && survey->digital_ids[kind] > 0)
			ctl_print_number(survey->digital_ids[kind]);
		else
			printf("%13s", "");
		printf("  %s: %s\n", survey_kind_code(kind), survey_kind_sentence(kind));
	}
}

static void
print_weak(const struct survey *survey)
{
	unsigned client;

	if (survey->found[SURVEY_FALLBACK] == 0)
		return;
	ctl_print_heading("   Clients that would encrypt with 40 bits, by entries");
	for (client = 0; client < CLIENT_COUNT; client++) {
		if (survey->weak[client] == 0)
			continue;
		ctl_print_number(survey->weak[client]);
		printf("  %s\n", capabilities_client_name((enum client)client));
	}
}

static void
print_ciphers(const struct survey *survey)
{
	int cipher;

	ctl_print_heading("   Strongest cipher that can be read, by entries");
	for (cipher = CIPHER_COUNT - 1; cipher >= 0; cipher--) {
		if (survey->published[cipher] > 0) {
			ctl_print_number(survey->published[cipher]);
			printf("  %s\n", cipher_get((enum cipher_id)cipher)->name);
		}
	}
	for (cipher = CIPHER_COUNT - 1; cipher >= 0; cipher--) {
		if (survey->assumed[cipher] > 0) {
			ctl_print_number(survey->assumed[cipher]);
			printf("  nothing published; %s is assumed\n",
			    cipher_get((enum cipher_id)cipher)->name);
		}
	}
}

static void
print_months(const struct survey *survey)
{
	char month[16];
	size_t i;

	if (survey->standing[SURVEY_IS_USABLE] == 0)
		return;
	ctl_print_heading("   Expiry of the last usable certificate, by entries");
	for (i = 0; i <= SURVEY_MONTHS; i++) {
		if (survey->months[i] == 0)
			continue;
		ctl_print_number(survey->months[i]);
		printf("  %s\n", survey_month(survey, i, month));
	}
}

static void
print_cas(const struct survey *survey)
{
	char text[PAGE_NUMBER_SIZE];
	size_t i;

	if (survey->ca_count == 0)
		return;
	ctl_print_heading("   Trust failures by CA, of digital IDs");
	for (i = 0; i < survey->ca_count && i < CAS_SHOWN; i++) {
		ctl_print_number(survey->cas[i].count);
		fputs("  ", stdout);
		ctl_print_text(survey->cas[i].name);
		if (survey->cas[i].sha256[0] != '\0')
			printf(" (SHA-256 %.16s…)", survey->cas[i].sha256);
		putchar('\n');
	}
	if (survey->ca_count > CAS_SHOWN)
		printf("            and %s more CAs\n",
		    page_number(survey->ca_count - CAS_SHOWN, text));
	if (survey->other_cas > 0)
		printf("            %s digital IDs are of CAs beyond %d\n",
		    page_number(survey->other_cas, text), SURVEY_CAS_MAX);
}

void
survey_print_summary(const struct survey *survey, const char *incomplete)
{
	char text[PAGE_NUMBER_SIZE];

	if (incomplete != NULL) {
		ctl_colour(CTL_WARNING);
		fputs("NOT ALL ENTRIES WERE SEEN: ", stdout);
		ctl_print_text(incomplete);
		ctl_colour(CTL_PLAIN);
		putchar('\n');
	}
	print_entries(survey);
	if (survey->entries == 0)
		return;
	print_found(survey);
	print_weak(survey);
	print_ciphers(survey);
	print_months(survey);
	print_cas(survey);
	if (survey->broken > 0)
		printf("\n%s record(s) could not be read and were left out.\n",
		    page_number(survey->broken, text));
	if (survey->seen_full)
		puts("\nThere are too many entries to find all duplicates.");
}
