#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "command.h"
#include "page.h"

/* Between two showings, milliseconds. */
#define INTERVAL 250
/* Before this the rate is mere chance, milliseconds. */
#define SETTLED 1000

void
progress_begin(struct progress *progress, const char *unit, bool quiet_output)
{
	progress->unit = unit;
	progress->visible = isatty(STDERR_FILENO) && (quiet_output || !isatty(STDOUT_FILENO));
	progress->shown = false;
	progress->begun_ms = clock_monotonic_ms();
	progress->shown_ms = progress->begun_ms;
}

void
progress_text(const char *unit, uint64_t count, uint64_t done, uint64_t total, int64_t elapsed_ms,
    char *text, size_t size)
{
	char number[PAGE_NUMBER_SIZE];
	char rate[PAGE_NUMBER_SIZE];
	char left[CTL_AMOUNT_SIZE];
	int used;

	used = snprintf(text, size, "%s %s", page_number(count, number), unit);
	if (elapsed_ms < SETTLED)
		return;
	used += snprintf(text + used, size - (size_t)used, ", %s/s",
	    page_number(count * 1000 / (uint64_t)elapsed_ms, rate));
	if (done == 0 || total <= done)
		return;
	snprintf(text + used, size - (size_t)used, ", %d %%, about %s left",
	    (int)(100.0 * (double)done / (double)total),
	    ctl_format_duration(
		(int64_t)((double)elapsed_ms * (double)(total - done) / (double)done), left));
}

void
progress_show(struct progress *progress, uint64_t count, uint64_t done, uint64_t total)
{
	int64_t now = clock_monotonic_ms();
	char text[160];

	if (!progress->visible || now - progress->shown_ms < INTERVAL)
		return;
	progress->shown_ms = now;
	progress->shown = true;
	progress_text(
	    progress->unit, count, done, total, now - progress->begun_ms, text, sizeof(text));
	fprintf(stderr, "\r%s\033[K", text);
	fflush(stderr);
}

void
progress_end(struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = false;
}
