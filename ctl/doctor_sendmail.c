/* Sendmail: whether our filter is called, in which order, what happens when it is down, its times. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "growth.h"
#include "mta_milter.h"

#define SETUP "smimectl setup sendmail shows the lines for sendmail.mc"

static const struct sendmail_filter *
find_ours(const struct doctor *doctor, const struct sendmail_cf *sendmail)
{
	size_t i;

	for (i = 0; i < sendmail->filter_count; i++) {
		if (mta_milter_reach(sendmail->filters[i].socket, doctor->listen, "/", false) ==
		    MTA_MILTER_REACHED)
			return &sendmail->filters[i];
	}
	return NULL;
}

static void
tell_flags(const struct doctor *doctor, const struct sendmail_filter *ours)
{
	if (strpbrk(ours->flags, "T4") != NULL)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_OK, "sendmail", NULL,
		    "filter %s has F=%s: mail waits while the daemon is down", ours->name,
		    ours->flags);
	else if (strchr(ours->flags, 'R') != NULL)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_WARNING, "sendmail", "write F=T",
		    "filter %s has F=R: while the daemon is down, mail is refused for good instead "
		    "of waiting",
		    ours->name);
	else
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "sendmail", "write F=T",
		    "filter %s has no F=T: while the daemon is down, mail leaves in the clear",
		    ours->name);
}

static void
tell_times(const struct doctor *doctor, const struct sendmail_filter *ours)
{
	int64_t deadline = doctor->config->deadline;
	int64_t least = ours->read_ms < ours->end_ms ? ours->read_ms : ours->end_ms;
	char advice[128];

	if (least >= deadline + GROWTH_TIME_MARGIN) {
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_OK, "sendmail", NULL,
		    "it waits %" PRId64
		    " s for an answer, longer than the daemon's deadline (%" PRId64 " ms)",
		    least / 1000, deadline);
		return;
	}
	snprintf(advice, sizeof(advice), "write T=S:30s;R:%" PRId64 "s;E:5m, or a shorter deadline",
	    growth_answer_seconds(deadline));
	diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "sendmail", advice,
	    "filter %s: Sendmail waits %" PRId64 " s for an answer (T=R: and E:) and the daemon's "
	    "deadline is %" PRId64 " ms: it gives up before the daemon has its answer",
	    ours->name, least / 1000, deadline);
}

static void
tell_order(const struct doctor *doctor, const struct sendmail_cf *sendmail,
    const struct sendmail_filter *ours)
{
	bool good = true;
	size_t i;

	for (i = 0; i < sendmail->filter_count; i++) {
		const struct sendmail_filter *other = &sendmail->filters[i];
		enum mta_milter_kind kind = mta_milter_kind(other->socket);

		if (kind == MTA_MILTER_UNKNOWN)
			kind = mta_milter_kind(other->name);
		if (other == ours || other->place < 0)
			continue;
		if (other->place < ours->place &&
		    (kind == MTA_MILTER_SIGNER || kind == MTA_MILTER_BOTH)) {
			good = false;
			diagnosis_add(doctor->diagnosis,
			    kind == MTA_MILTER_SIGNER ? DIAGNOSIS_PROBLEM : DIAGNOSIS_WARNING,
			    "sendmail",
			    "name ours before it: INPUT_MAIL_FILTER lines count in their order",
			    "the DKIM signer %s is called before %s: its signature is broken by "
			    "sealing",
			    other->name, ours->name);
		} else if (other->place > ours->place && kind == MTA_MILTER_SCANNER) {
			good = false;
			diagnosis_add(doctor->diagnosis, DIAGNOSIS_WARNING, "sendmail",
			    "name it before ours: what is sealed can't be scanned",
			    "the scanner %s is called after %s", other->name, ours->name);
		}
	}
	if (good)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_OK, "sendmail", NULL,
		    "the order of filters is right (InputMailFilters)");
}

/* A daemon's own InputFilter takes the place of the list. */
static void
tell_daemons(const struct doctor *doctor, const struct sendmail_cf *sendmail,
    const struct sendmail_filter *ours)
{
	size_t length = strlen(ours->name);
	size_t i;

	for (i = 0; i < sendmail->daemon_count; i++) {
		const char *list = sendmail->daemons[i].filters;
		bool found = false;

		while (*list != '\0' && !found) {
			size_t size = strcspn(list, ";");

			found = size == length && strncmp(list, ours->name, length) == 0;
			list += size + (list[size] != '\0');
		}
		if (!found)
			diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "sendmail",
			    "add it to InputFilter= of DAEMON_OPTIONS",
			    "daemon %s has filters of its own (%s) without %s: mail that comes in "
			    "there leaves in the clear",
			    sendmail->daemons[i].name, sendmail->daemons[i].filters, ours->name);
	}
}

static void
tell_size(const struct doctor *doctor, const struct sendmail_cf *sendmail)
{
	char size[CTL_AMOUNT_SIZE];

	if (sendmail->message_size > 0)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_NOTE, "sendmail",
		    "the next server has to take mail 1.37 times as large",
		    "MaxMessageSize is %s: it counts before sealing",
		    ctl_format_size(sendmail->message_size, size));
	else
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_OK, "sendmail", NULL,
		    "MaxMessageSize is not set: sealed mail may be of any size");
}

void
doctor_sendmail(const struct doctor *doctor, const struct sendmail_cf *sendmail)
{
	const struct sendmail_filter *ours = find_ours(doctor, sendmail);

	if (ours == NULL) {
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "sendmail", SETUP,
		    "no filter in %s leads to our milter (%s): mail leaves in the clear",
		    sendmail->path, doctor->listen);
		return;
	}
	if (ours->place < 0) {
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "sendmail",
		    "write INPUT_MAIL_FILTER in place of MAIL_FILTER, or name it in "
		    "confINPUT_MAIL_FILTERS",
		    "filter %s is in %s, but InputMailFilters does not name it: mail leaves in the "
		    "clear",
		    ours->name, sendmail->path);
		return;
	}
	diagnosis_add(doctor->diagnosis, DIAGNOSIS_OK, "sendmail", NULL,
	    "filter %s leads to our milter (%s)", ours->name, ours->socket);
	tell_flags(doctor, ours);
	tell_times(doctor, ours);
	tell_order(doctor, sendmail, ours);
	tell_daemons(doctor, sendmail, ours);
	tell_size(doctor, sendmail);
}
