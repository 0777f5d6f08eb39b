/* Postfix: a service with our milter: its chroot, its default action, its protocol. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "postfix_way.h"

/* The name of the socket leads the caller elsewhere. */
static void
tell_reach(const struct doctor *doctor, const struct postfix *postfix,
    const struct postfix_way *way, const char *queue)
{
	const struct postfix_service *caller = postfix_way_caller(postfix, way->carrier);
	const char *list = postfix_way_list(way->carrier);
	char right[MTA_MILTER_MAX];
	char advice[1024];

	if (way->reach == MTA_MILTER_REACHED)
		return;
	if (mta_milter_name(
		doctor->listen, queue, caller != NULL && caller->chrooted, right, sizeof(right)))
		snprintf(advice, sizeof(advice), "in %s of %s, write %.400s", list,
		    way->carrier->id, right);
	else
		snprintf(advice, sizeof(advice),
		    "put the socket below %.200s (listen = "
		    "\"unix:%.200s/smime-milter/milter.sock\")"
		    ", or take the chroot away in master.cf",
		    queue, queue);
	diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "postfix", advice,
	    way->reach == MTA_MILTER_OUTSIDE ? "%s is chrooted to %s: %s is out of its reach"
					     : "%s is not chrooted to %s: %s leads nowhere there",
	    caller != NULL ? caller->id : way->carrier->id, queue, way->item.endpoint);
}

/* milter_default_action, of the item alone or for all. */
static void
tell_action(
    const struct doctor *doctor, const struct postfix *postfix, const struct postfix_way *way)
{
	char value[64];

	if (!mta_milter_setting(&way->item, "default_action", value, sizeof(value)))
		snprintf(value, sizeof(value), "%s",
		    postfix_value(postfix, way->carrier, "milter_default_action"));
	if (strcmp(value, "accept") == 0)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "postfix",
		    "postconf -e 'milter_default_action = tempfail' (in master.cf or braces, where "
		    "it stands there)",
		    "milter_default_action of %s is accept: while the daemon is down, mail leaves "
		    "in the clear",
		    way->carrier->id);
	else if (strcmp(value, "reject") == 0)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_WARNING, "postfix",
		    "postconf -e 'milter_default_action = tempfail'",
		    "milter_default_action of %s is reject: while the daemon is down, mail is "
		    "refused for good instead of waiting",
		    way->carrier->id);
	else
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_OK, "postfix", NULL,
		    "milter_default_action of %s is %s: mail waits while the daemon is down",
		    way->carrier->id, value);
}

static void
tell_protocol(
    const struct doctor *doctor, const struct postfix *postfix, const struct postfix_way *way)
{
	const char *value = postfix_value(postfix, way->carrier, "milter_protocol");
	const char *maps = postfix_value(postfix, way->carrier, "smtpd_milter_maps");

	if (strtol(value, NULL, 10) < 6)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "postfix",
		    "postconf -e 'milter_protocol = 6'",
		    "milter_protocol of %s is %s: the daemon needs 6", way->carrier->id, value);
	if (maps[0] != '\0' && strcmp(way->carrier->command, "smtpd") == 0)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_NOTE, "postfix",
		    "see that none of its entries leaves our milter out",
		    "smtpd_milter_maps of %s (%s) gives some clients other milters",
		    way->carrier->id, maps);
}

/* Of one service: what holds for it whoever hands it mail. */
void
doctor_postfix_carrier(const struct doctor *doctor, const struct postfix *postfix,
    const struct postfix_way *way, bool second)
{
	tell_reach(doctor, postfix, way, postfix_value(postfix, NULL, "queue_directory"));
	tell_action(doctor, postfix, way);
	tell_protocol(doctor, postfix, way);
	if (second && postfix_value(postfix, way->carrier, "content_filter")[0] != '\0')
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "postfix",
		    "-o content_filter= at that service in master.cf",
		    "%s is what a content filter leads to and has one itself (%s): mail may go in "
		    "a circle",
		    way->carrier->id, postfix_value(postfix, way->carrier, "content_filter"));
}
