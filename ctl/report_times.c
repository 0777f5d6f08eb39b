/* Messages by day, and the times to decide. */
#include <stdlib.h>
#include <string.h>

#include "report.h"

#define DAY 86400

/* Where a day stands, or would. */
static size_t
place_of(const struct report *report, int64_t day)
{
	size_t low = 0;
	size_t high = report->day_count;
	size_t middle;

	/* Logs are read in order: it is the last but for chance. */
	if (high > 0 && report->days[high - 1].day <= day)
		low = high - 1;
	while (low < high) {
		middle = low + (high - low) / 2;
		if (report->days[middle].day < day)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int
report_count_day(struct report *report, time_t at, enum report_end end, struct error *err)
{
	int64_t day = (int64_t)at / DAY - (at % DAY < 0);
	size_t place = place_of(report, day);
	size_t after = report->day_count - place;

	if (after > 0 && report->days[place].day == day) {
		report->days[place].ends[end]++;
		return 0;
	}
	if (report->day_count == REPORT_DAYS_MAX) {
		report->other_days++;
		return 0;
	}
	if (report->days == NULL) {
		report->days = calloc(REPORT_DAYS_MAX, sizeof(*report->days));
		if (report->days == NULL)
			return error_no_memory(err);
	}
	memmove(&report->days[place + 1], &report->days[place], after * sizeof(*report->days));
	memset(&report->days[place], 0, sizeof(report->days[place]));
	report->days[place].day = day;
	report->days[place].ends[end]++;
	report->day_count++;
	return 0;
}

/* Up to twice REPORT_STEPS each millisecond has a step of its own; from there on each doubling has
 * REPORT_STEPS. */
static size_t
step_of(int64_t duration_ms)
{
	size_t shift = 0;
	size_t step;

	while (duration_ms >> shift >= 2 * REPORT_STEPS)
		shift++;
	step = shift * REPORT_STEPS + (size_t)(duration_ms >> shift);
	return step < REPORT_TIMES ? step : REPORT_TIMES - 1;
}

/* The longest time of a step. */
static int64_t
step_end(size_t step)
{
	size_t shift = step < 2 * REPORT_STEPS ? 0 : step / REPORT_STEPS - 1;

	return ((int64_t)(step - shift * REPORT_STEPS + 1) << shift) - 1;
}

void
report_count_time(struct report *report, int64_t duration_ms)
{
	report->times[step_of(duration_ms)]++;
	report->timed++;
	report->time_sum += (double)duration_ms;
	if (duration_ms > report->time_most)
		report->time_most = duration_ms;
}

int64_t
report_time_within(const struct report *report, unsigned per_mille)
{
	/* Rounded up: half of three are two. */
	uint64_t wanted =
	    report->timed / 1000 * per_mille + (report->timed % 1000 * per_mille + 999) / 1000;
	uint64_t seen = 0;
	size_t step;

	for (step = 0; step < REPORT_TIMES; step++) {
		seen += report->times[step];
		if (seen >= wanted)
			break;
	}
	/* The last step has no end. */
	return step + 1 < REPORT_TIMES && step_end(step) < report->time_most ? step_end(step)
									     : report->time_most;
}

uint64_t
report_times_below(const struct report *report, int64_t duration_ms)
{
	size_t end = step_of(duration_ms);
	uint64_t sum = 0;
	size_t step;

	for (step = 0; step < end; step++)
		sum += report->times[step];
	return sum;
}
