/* Postfix: its times against the daemon's deadline, its sizes against the growth of sealed mail. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "growth.h"
#include "postfix_way.h"

/* A milter's time, of the item alone or for all; milliseconds. */
static int64_t
time_of(const struct postfix *postfix, const struct postfix_way *way, const char *name)
{
	char value[64];

	/* "content_timeout" within braces, "milter_content_timeout" for all */
	if (mta_milter_setting(&way->item, name + strlen("milter_"), value, sizeof(value)))
		return postfix_time(value);
	return postfix_time(postfix_value(postfix, way->carrier, name));
}

static bool
is_long_enough(
    const struct doctor *doctor, const struct postfix *postfix, const struct postfix_way *way)
{
	int64_t deadline = doctor->config->deadline;
	int64_t ms = time_of(postfix, way, "milter_content_timeout");
	char advice[256];

	if (ms >= deadline + GROWTH_TIME_MARGIN)
		return true;
	snprintf(advice, sizeof(advice),
	    "postconf -e 'milter_content_timeout = 300s' (Postfix's default), or a shorter "
	    "deadline "
	    "in %.100s",
	    doctor->config->file);
	diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "postfix", advice,
	    "milter_content_timeout of %s is %" PRId64 " s and the daemon's deadline %" PRId64
	    " ms: Postfix gives up before the daemon has its answer",
	    way->carrier->id, ms / 1000, deadline);
	return false;
}

static int64_t
size_of(const struct postfix *postfix, const struct postfix_service *service)
{
	return strtoll(postfix_value(postfix, service, "message_size_limit"), NULL, 10);
}

/* What cleanup, behind the milter, takes. */
static void
tell_size(const struct doctor *doctor, const struct postfix *postfix)
{
	const struct postfix_service *cleanup = postfix_service(postfix, "cleanup/unix");
	int64_t limit = size_of(postfix, cleanup);
	char sizes[2][CTL_AMOUNT_SIZE];
	char advice[256];

	if (limit <= 0) {
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_OK, "postfix", NULL,
		    "message_size_limit is 0: sealed mail may be of any size");
		return;
	}
	ctl_format_size(limit, sizes[0]);
	ctl_format_size(growth_plain(limit), sizes[1]);
	snprintf(advice, sizeof(advice),
	    "if senders may send %s: postconf -e 'message_size_limit = %" PRId64 "'", sizes[0],
	    growth_sealed(limit));
	diagnosis_add(doctor->diagnosis,
	    limit == GROWTH_POSTFIX_DEFAULT ? DIAGNOSIS_WARNING : DIAGNOSIS_NOTE, "postfix", advice,
	    "message_size_limit is %s%s: sealed mail is 1.37 times as large, so that senders can "
	    "send %s sealed, and more is refused with 552",
	    sizes[0], limit == GROWTH_POSTFIX_DEFAULT ? " (Postfix's default)" : "", sizes[1]);
}

/* A second smtpd that takes less than the first has taken. */
static void
compare_sizes(
    const struct doctor *doctor, const struct postfix *postfix, const struct postfix_way *way)
{
	int64_t first = size_of(postfix, way->service);
	int64_t second = size_of(postfix, way->carrier);

	if (second > 0 && (first == 0 || first > second))
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_WARNING, "postfix",
		    "take -o message_size_limit away from the second service",
		    "%s takes larger messages than %s, to which it hands them on", way->service->id,
		    way->carrier->id);
}

void
doctor_postfix_limits(const struct doctor *doctor, const struct postfix *postfix,
    const struct postfix_way *ways, size_t count)
{
	bool good = true;
	bool any = false;
	size_t i;

	for (i = 0; i < count; i++) {
		if (ways[i].kind == POSTFIX_WAY_MILTER) {
			any = true;
			good = is_long_enough(doctor, postfix, &ways[i]) && good;
		} else if (ways[i].kind == POSTFIX_WAY_FILTER) {
			compare_sizes(doctor, postfix, &ways[i]);
		}
	}
	if (!any)
		return;
	if (good)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_OK, "postfix", NULL,
		    "milter_content_timeout is longer than the daemon's deadline (%" PRId64 " ms)",
		    (int64_t)doctor->config->deadline);
	tell_size(doctor, postfix);
}
