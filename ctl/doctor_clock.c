/* Whether the clock, by which certificates are judged, is kept right. */
#include <sys/timex.h>

#include "base/clock.h"
#include "doctor.h"

void
doctor_clock(const struct doctor *doctor)
{
	struct timex state = {.modes = 0}; /* only read */
	char now[CLOCK_TEXT_SIZE];
	int answer = adjtimex(&state);

	clock_format_rfc3339(clock_wall(), now);
	if (answer < 0)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_NOTE, "clock", NULL,
		    "it is %s; whether that is right can't be seen here", now);
	else if (answer == TIME_ERROR || (state.status & STA_UNSYNC) != 0)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_NOTE, "clock",
		    "if nothing else keeps the clock (a virtual machine's host may): apt-get "
		    "install chrony",
		    "it is %s; nothing on this machine keeps it right (adjtimex: not "
		    "synchronised), and certificates are judged by it",
		    now);
	else
		diagnosis_add(
		    doctor->diagnosis, DIAGNOSIS_OK, "clock", NULL, "it is %s, synchronised", now);
}
