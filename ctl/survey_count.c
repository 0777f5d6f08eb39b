/* The sums. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/utf8.h"
#include "survey.h"

int
survey_init(struct survey *survey, time_t at, int days, bool exact_local, struct error *err)
{
	memset(survey, 0, sizeof(*survey));
	survey->at = at;
	survey->days = days;
	survey->exact_local = exact_local;
	survey->cas = calloc(SURVEY_CAS_MAX, sizeof(*survey->cas));
	survey->listed = calloc(SURVEY_LISTED_MAX, sizeof(*survey->listed));
	survey->seen = survey_seen_new(SURVEY_SEEN_MAX);
	if (survey->cas == NULL || survey->listed == NULL || survey->seen == NULL)
		return error_no_memory(err);
	return 0;
}

void
survey_free(struct survey *survey)
{
	size_t i;

	for (i = 0; i < survey->listed_count; i++) {
		free(survey->listed[i].address);
		free(survey->listed[i].detail);
	}
	free(survey->listed);
	free(survey->cas);
	survey_seen_free(survey->seen);
}

/* Whose fault it is that the chain does not hold: not that the certificate's owner let it expire. */
static bool
is_chain_failure(enum reason_id verdict)
{
	return verdict == REASON_UNTRUSTED_ISSUER || verdict == REASON_INCOMPLETE_CHAIN ||
	       verdict == REASON_INVALID_CHAIN || verdict == REASON_REVOKED ||
	       verdict == REASON_WEAK_DIGEST;
}

/* As much of a name as is kept; whole characters. */
static void
cut_name(const char *name, char *out)
{
	size_t size = utf8_cut(name, SURVEY_NAME_MAX - 1);

	memcpy(out, name, size);
	out[size] = '\0';
}

static void
count_ca(struct survey *survey, const struct digital_id *id)
{
	const struct certificate *authority = id->authority;
	const char *sha256 = authority != NULL ? authority->sha256 : "";
	char name[SURVEY_NAME_MAX];
	struct survey_ca *ca;
	size_t i;

	cut_name(authority != NULL ? authority->subject : id->certificate->issuer, name);
	for (i = 0; i < survey->ca_count; i++) {
		ca = &survey->cas[i];
		if (strcmp(ca->sha256, sha256) == 0 && strcmp(ca->name, name) == 0)
			break;
	}
	if (i == SURVEY_CAS_MAX) {
		survey->other_cas++;
		return;
	}
	ca = &survey->cas[i];
	if (i == survey->ca_count) {
		survey->ca_count++;
		strcpy(ca->name, name);
		strcpy(ca->sha256, sha256);
	}
	ca->count++;
	ca->reasons[id->verdict]++;
}

static void
count_digital_ids(struct survey *survey, const struct recipient *record)
{
	const struct digital_id *id;
	size_t i;

	for (i = 0; i < record->digital_id_count; i++) {
		id = &record->digital_ids[i];
		survey->digital_ids[id->verdict]++;
		if (id->stale)
			survey->digital_ids[REASON_STALE]++;
		if (is_chain_failure(id->verdict) && id->certificate != NULL)
			count_ca(survey, id);
	}
}

/* Months from one moment to another, as people count them. */
static size_t
months_between(time_t from, time_t to)
{
	struct tm a;
	struct tm b;
	int months;

	if (gmtime_r(&from, &a) == NULL || gmtime_r(&to, &b) == NULL)
		return SURVEY_MONTHS;
	months = (b.tm_year - a.tm_year) * 12 + b.tm_mon - a.tm_mon;
	if (months < 0)
		return 0;
	return months < SURVEY_MONTHS ? (size_t)months : SURVEY_MONTHS;
}

const char *
survey_month(const struct survey *survey, size_t month, char text[16])
{
	struct tm tm;
	int count;

	strcpy(text, "later");
	if (month >= SURVEY_MONTHS || gmtime_r(&survey->at, &tm) == NULL)
		return text;
	count = tm.tm_mon + (int)month;
	snprintf(text, 16, "%04d-%02d", (1900 + tm.tm_year + count / 12) % 10000, count % 12 + 1);
	return text;
}

static void
count_usable(struct survey *survey, const struct survey_row *row)
{
	if (row->cipher != NULL && row->published)
		survey->published[row->cipher->id]++;
	else if (row->cipher != NULL)
		survey->assumed[row->cipher->id]++;
	if (row->standing == SURVEY_IS_USABLE)
		survey->months[months_between(survey->at, row->expires)]++;
}

/* Keeps the first of those that can't be used, for the page. */
static int
list(struct survey *survey, const struct survey_row *row, struct error *err)
{
	const struct digital_id *evidence = row->planned->evidence;
	struct survey_listed *listed;

	if (survey->listed_count == SURVEY_LISTED_MAX)
		return 0;
	listed = &survey->listed[survey->listed_count];
	listed->address = strdup(row->address->text);
	listed->detail = strdup(row->planned->detail);
	listed->reason = row->planned->reason;
	if (evidence != NULL && evidence->certificate != NULL)
		listed->expires = evidence->certificate->not_after;
	survey->listed_count++;
	return listed->address != NULL && listed->detail != NULL ? 0 : error_no_memory(err);
}

int
survey_add(struct survey *survey, const struct survey_row *row, struct error *err)
{
	unsigned i;

	survey->entries++;
	survey->standing[row->standing]++;
	for (i = 0; i < SURVEY_KIND_COUNT; i++)
		survey->found[i] += (row->kinds & SURVEY_BIT(i)) != 0;
	for (i = 0; i < CLIENT_COUNT; i++)
		survey->weak[i] += (row->weak_clients >> i) & 1;
	if (row->record != NULL)
		count_digital_ids(survey, row->record);
	if (row->expires != 0)
		count_usable(survey, row);
	if (row->standing != SURVEY_IS_UNUSABLE)
		return 0;
	survey->by_reason[row->planned->reason]++;
	return list(survey, row, err);
}

static int
more_first(const void *a, const void *b)
{
	const struct survey_ca *left = a;
	const struct survey_ca *right = b;

	if (left->count != right->count)
		return left->count > right->count ? -1 : 1;
	if (strcmp(left->name, right->name) != 0)
		return strcmp(left->name, right->name);
	return strcmp(left->sha256, right->sha256);
}

void
survey_sort(struct survey *survey)
{
	qsort(survey->cas, survey->ca_count, sizeof(*survey->cas), more_first);
}
