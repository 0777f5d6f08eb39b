/* The sums, for people and as JSON. */
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

static json_t *
reasons_json(const uint64_t counts[REASON_COUNT])
{
	json_t *json = json_object();
	unsigned i;

	for (i = 0; i < REASON_COUNT; i++) {
		if (counts[i] > 0)
			json_object_set_new(
			    json, survey_kind_code(i), json_integer((json_int_t)counts[i]));
	}
	return json;
}

static json_t *
found_json(const struct survey *survey)
{
	json_t *json = json_object();
	unsigned i;

	for (i = 0; i < SURVEY_KIND_COUNT; i++) {
		if (survey->found[i] > 0)
			json_object_set_new(
			    json, survey_kind_code(i), json_integer((json_int_t)survey->found[i]));
	}
	return json;
}

static json_t *
ciphers_json(const uint64_t counts[CIPHER_COUNT])
{
	json_t *json = json_object();
	int i;

	for (i = CIPHER_COUNT - 1; i >= 0; i--) {
		if (counts[i] > 0)
			json_object_set_new(json, cipher_get((enum cipher_id)i)->name,
			    json_integer((json_int_t)counts[i]));
	}
	return json;
}

static json_t *
weak_json(const struct survey *survey)
{
	json_t *json = json_object();
	unsigned i;

	for (i = 0; i < CLIENT_COUNT; i++)
		json_object_set_new(json, capabilities_client_name((enum client)i),
		    json_integer((json_int_t)survey->weak[i]));
	return json;
}

static json_t *
months_json(const struct survey *survey)
{
	json_t *json = json_object();
	char month[16];
	size_t i;

	for (i = 0; i <= SURVEY_MONTHS; i++)
		json_object_set_new(json, survey_month(survey, i, month),
		    json_integer((json_int_t)survey->months[i]));
	return json;
}

static json_t *
cas_json(const struct survey *survey)
{
	json_t *list = json_array();
	json_t *ca;
	size_t i;

	for (i = 0; i < survey->ca_count; i++) {
		ca = json_object();
		json_object_set_new(ca, "subject", ctl_json_text(survey->cas[i].name));
		json_object_set_new(ca, "sha256",
		    ctl_json_text(survey->cas[i].sha256[0] != '\0' ? survey->cas[i].sha256 : NULL));
		json_object_set_new(ca, "count", json_integer((json_int_t)survey->cas[i].count));
		json_object_set_new(ca, "reasons", reasons_json(survey->cas[i].reasons));
		json_array_append_new(list, ca);
	}
	return list;
}

json_t *
survey_json(const struct survey *survey, const char *incomplete)
{
	static const char *const names[SURVEY_STANDINGS] = {
	    "usable", "unusable", "unknown", "no_address", "not_asked"};
	char at[CLOCK_TEXT_SIZE];
	json_t *json = json_object();
	json_t *outer = json_object();
	unsigned i;

	json_object_set_new(json, "complete", json_boolean(incomplete == NULL));
	json_object_set_new(json, "incomplete", ctl_json_text(incomplete));
	json_object_set_new(json, "at", json_string(clock_format_rfc3339(survey->at, at)));
	json_object_set_new(json, "entries", json_integer((json_int_t)survey->entries));
	json_object_set_new(json, "broken", json_integer((json_int_t)survey->broken));
	for (i = 0; i < SURVEY_STANDINGS; i++)
		json_object_set_new(json, names[i], json_integer((json_int_t)survey->standing[i]));
	json_object_set_new(json, "reasons", reasons_json(survey->by_reason));
	json_object_set_new(json, "findings", found_json(survey));
	json_object_set_new(json, "digital_ids", reasons_json(survey->digital_ids));
	json_object_set_new(json, "fallback_40_bit", weak_json(survey));
	json_object_set_new(json, "ciphers", ciphers_json(survey->published));
	json_object_set_new(json, "assumed", ciphers_json(survey->assumed));
	json_object_set_new(json, "expiry", months_json(survey));
	json_object_set_new(json, "cas", cas_json(survey));
	json_object_set_new(json, "other_cas", json_integer((json_int_t)survey->other_cas));
	json_object_set_new(outer, "summary", json);
	return outer;
}
