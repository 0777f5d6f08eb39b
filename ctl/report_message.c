/* Messages, of which each record tells a recipient. */
#include <string.h>

#include "report.h"

static int
end_message(struct report *report, const struct report_message *message, struct error *err)
{
	size_t reason;
	int effect;

	report->messages++;
	report->ends[message->end]++;
	if (message->would >= 0) {
		report->observed++;
		report->would[message->would]++;
	}
	for (reason = 0; reason < REPORT_REASONS; reason++) {
		for (effect = 0; effect < REPORT_EFFECTS; effect++)
			report->by_message[reason][effect] +=
			    (message->reasons[effect] >> reason) & 1;
	}
	if (message->duration_ms >= 0)
		report_count_time(report, message->duration_ms);
	return report_count_day(report, message->at, message->end, err);
}

/* Moves the message at a place to the front. */
static struct report_message *
bring_forward(struct report *report, size_t place)
{
	struct report_message message = report->open[place];

	memmove(&report->open[1], &report->open[0], place * sizeof(message));
	report->open[0] = message;
	return &report->open[0];
}

/* A record without a reference is a message of its own. */
static bool
is_of(const struct report_message *message, const char *reference)
{
	return reference != NULL &&
	       strncmp(message->reference, reference, REPORT_REFERENCE_MAX - 1) == 0;
}

int
report_message_of(struct report *report, const char *reference, struct report_message **message,
    bool *is_new, struct error *err)
{
	size_t i;

	*is_new = false;
	for (i = 0; i < report->open_count; i++) {
		if (is_of(&report->open[i], reference)) {
			*message = bring_forward(report, i);
			return 0;
		}
	}
	if (report->open_count == REPORT_OPEN_MAX) {
		if (end_message(report, &report->open[REPORT_OPEN_MAX - 1], err) != 0)
			return -1;
		report->open_count--;
	}
	*is_new = true;
	*message = bring_forward(report, report->open_count++);
	memset(*message, 0, sizeof(**message));
	if (reference != NULL)
		strncpy((*message)->reference, reference, REPORT_REFERENCE_MAX - 1);
	return 0;
}

int
report_message_end(struct report *report, struct error *err)
{
	while (report->open_count > 0) {
		if (end_message(report, &report->open[report->open_count - 1], err) != 0)
			return -1;
		report->open_count--;
	}
	return 0;
}
