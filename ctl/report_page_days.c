/* Messages by day, or by month. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "report_page.h"

enum page_tone
report_page_tone(enum report_end end)
{
	static const enum page_tone tones[REPORT_ENDS] = {
	    PAGE_GOOD, PAGE_FAIR, PAGE_MUTED, PAGE_WARNING, PAGE_BAD};

	return tones[end];
}

/* Days or months, side by side, with none left out between. */
struct calendar {
	int64_t first; /* number of the day or month */
	size_t count;
	bool months;
	char (*names)[CLOCK_TEXT_SIZE];
	const char **labels;
	uint64_t *values;
};

/* Days up to a quarter, else months. */
#define DAYS_SHOWN 92

static struct tm
parts_of(int64_t day)
{
	time_t at = (time_t)(day * 86400);
	struct tm parts = {0};

	gmtime_r(&at, &parts);
	return parts;
}

static int64_t
month_of(int64_t day)
{
	struct tm parts = parts_of(day);

	return (parts.tm_year + INT64_C(1900)) * 12 + parts.tm_mon;
}

static void
write_name(const struct calendar *calendar, size_t column)
{
	int64_t number = calendar->first + (int64_t)column;
	char *name = calendar->names[column];
	struct tm parts;

	if (calendar->months) {
		snprintf(
		    name, CLOCK_TEXT_SIZE, "%" PRId64 "-%02d", number / 12, (int)(number % 12) + 1);
	} else { /* without the year: ten letters are too wide for the columns of a quarter */
		parts = parts_of(number);
		snprintf(name, CLOCK_TEXT_SIZE, "%02d-%02d", parts.tm_mon + 1, parts.tm_mday);
	}
	calendar->labels[column] = name;
}

/* What is before the columns that there is room for is left out. */
static void
choose_columns(struct calendar *calendar, const struct report *report)
{
	int64_t first = report->days[0].day;
	int64_t last = report->days[report->day_count - 1].day;

	calendar->months = last - first >= DAYS_SHOWN;
	if (calendar->months) {
		first = month_of(first);
		last = month_of(last);
	}
	if (last - first >= PAGE_COLUMNS_MAX)
		first = last - PAGE_COLUMNS_MAX + 1;
	calendar->first = first;
	calendar->count = (size_t)(last - first) + 1;
}

static void
fill_columns(struct calendar *calendar, const struct report *report)
{
	int64_t number;
	size_t i;
	int end;

	for (i = 0; i < calendar->count; i++)
		write_name(calendar, i);
	for (i = 0; i < report->day_count; i++) {
		number = calendar->months ? month_of(report->days[i].day) : report->days[i].day;
		if (number < calendar->first)
			continue;
		for (end = 0; end < REPORT_ENDS; end++)
			calendar->values[(size_t)(number - calendar->first) * REPORT_ENDS +
					 (size_t)end] += report->days[i].ends[end];
	}
}

int
report_page_days(struct page *page, const struct report *report, struct error *err)
{
	struct page_series series[REPORT_ENDS];
	struct calendar calendar = {0};
	int result = -1;
	int i;

	if (report->day_count == 0)
		return 0;
	choose_columns(&calendar, report);
	calendar.names = calloc(calendar.count, sizeof(*calendar.names));
	calendar.labels = calloc(calendar.count, sizeof(*calendar.labels));
	calendar.values = calloc(calendar.count * REPORT_ENDS, sizeof(*calendar.values));
	if (calendar.names == NULL || calendar.labels == NULL || calendar.values == NULL) {
		error_no_memory(err);
		goto done;
	}
	fill_columns(&calendar, report);
	for (i = 0; i < REPORT_ENDS; i++)
		series[i] = (struct page_series){
		    report_end_words((enum report_end)i), report_page_tone((enum report_end)i)};
	page_columns(page, &(struct page_columns){
			       .caption = calendar.months ? "Messages by month" : "Messages by day",
			       .series = series,
			       .series_count = REPORT_ENDS,
			       .labels = calendar.labels,
			       .count = calendar.count,
			       .values = calendar.values,
			   });
	result = 0;
done:
	free(calendar.names);
	free(calendar.labels);
	free(calendar.values);
	return result;
}
