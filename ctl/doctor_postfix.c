/* Postfix: whether all outgoing mail comes by our milter, and what happens when it is down. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor.h"
#include "postfix_way.h"

/* Services that are looked at. */
#define WAYS_MAX 64

#define SETUP "smimectl setup postfix shows the settings for this machine"

/* Whether another service hands its mail on to this one, or may by what is no service here. */
static bool
is_second(const struct postfix_way *ways, size_t count, const struct postfix_service *service)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (ways[i].kind == POSTFIX_WAY_ABROAD)
			return true;
		if (ways[i].kind == POSTFIX_WAY_FILTER && ways[i].carrier == service)
			return true;
	}
	return false;
}

/* Whether it looks like a second smtpd, to which nobody hands mail on. */
static bool
is_deserted(const struct postfix *postfix, const struct postfix_way *ways, size_t count,
    const struct postfix_way *way)
{
	return way->kind == POSTFIX_WAY_MILTER && !postfix_way_is_submission(way->service) &&
	       postfix_overrides(postfix, way->service, "content_filter") &&
	       !is_second(ways, count, way->service);
}

static void
tell_way(const struct doctor *doctor, const struct postfix_way *way, bool any)
{
	const struct postfix_service *service = way->service;
	bool local = strcmp(service->command, "pickup") == 0;

	if (way->kind == POSTFIX_WAY_MILTER)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_OK, "postfix", NULL,
		    "%s has our milter (%s)", service->id, way->item.endpoint);
	else if (way->kind == POSTFIX_WAY_FILTER)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_OK, "postfix", NULL,
		    "%s hands its mail on by %s to %s, which has our milter (%s)", service->id,
		    way->transport, way->carrier->id, way->item.endpoint);
	else if (way->kind == POSTFIX_WAY_ABROAD && any)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_NOTE, "postfix",
		    "see that what it hands back comes in at a service with our milter",
		    "%s hands its mail to the content filter %s, which is no service of this "
		    "Postfix",
		    service->id, way->transport);
	else if (local)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_WARNING, "postfix",
		    "set non_smtpd_milters, or a content_filter of pickup: " SETUP,
		    "mail of the sendmail command (pickup) does not come by our milter: it leaves "
		    "in the clear");
	else if (!any || postfix_way_is_submission(service))
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "postfix", SETUP,
		    "mail that comes in at %s does not come by our milter (smtpd_milters, "
		    "content_filter): it leaves in the clear",
		    service->id);
	else
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_NOTE, "postfix", NULL,
		    "mail that comes in at %s does not come by our milter: right only if none of "
		    "it is outgoing",
		    service->id);
}

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

/* Whether Postfix's user gets to the socket. */
static void
tell_access(const struct doctor *doctor, const struct postfix *postfix)
{
	const char *owner = postfix_value(postfix, NULL, "mail_owner");
	struct access_user user;
	char why[ACCESS_TEXT];

	if (strncmp(doctor->listen, "unix:", 5) != 0 || access(doctor->listen + 5, F_OK) != 0 ||
	    !access_user(owner, &user))
		return; /* that it is not there was said */
	if (access_may(&user, doctor->listen + 5, R_OK | W_OK, why))
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_OK, "postfix", NULL,
		    "its user %s can connect to %s", owner, doctor->listen);
	else
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "postfix",
		    "socket-group = \"postfix\", socket-mode = 0660, and a folder that the group "
		    "may enter (mode 2750, group postfix)",
		    "its user %s can't connect to %s: %s", owner, doctor->listen, why);
}

/* The transport to the second smtpd. */
static void
tell_transport(
    const struct doctor *doctor, const struct postfix *postfix, const struct postfix_way *way)
{
	char name[POSTFIX_WAY_TEXT + 64];
	char advice[POSTFIX_WAY_TEXT + 128];
	const char *limit;

	snprintf(name, sizeof(name), "%s/unix", way->transport);
	if (postfix_service(postfix, name) == NULL) {
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "postfix", SETUP,
		    "content_filter of %s names transport %s, which is not in master.cf: mail "
		    "waits",
		    way->service->id, way->transport);
		return;
	}
	snprintf(name, sizeof(name), "%s_destination_recipient_limit", way->transport);
	limit = postfix_value(postfix, NULL, name);
	if (strcmp(limit, "1") == 0)
		return;
	snprintf(advice, sizeof(advice), "postconf -e '%s = 1'", name);
	diagnosis_add(doctor->diagnosis, DIAGNOSIS_WARNING, "postfix", advice,
	    "%s is not 1: several recipients come in one message, which is sealed for all or "
	    "refused for all",
	    name);
}

/* Of one service: what holds for it whoever hands it mail. */
static void
tell_carrier(const struct doctor *doctor, const struct postfix *postfix,
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

static size_t
find_ways(const struct doctor *doctor, const struct postfix *postfix, struct postfix_way *ways)
{
	size_t count = 0;
	size_t i;

	for (i = 0; i < postfix->service_count; i++) {
		if (!postfix_way_begins(&postfix->services[i]) || count == WAYS_MAX)
			continue;
		postfix_way(postfix, &postfix->services[i], doctor->listen, &ways[count]);
		count++;
	}
	return count;
}

void
doctor_postfix(const struct doctor *doctor, const struct postfix *postfix)
{
	struct postfix_way *ways = calloc(WAYS_MAX, sizeof(*ways));
	bool any = false;
	size_t count;
	size_t i;

	if (ways == NULL) {
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "postfix", NULL, "no memory");
		return;
	}
	count = find_ways(doctor, postfix, ways);
	for (i = 0; i < count; i++) {
		if (is_deserted(postfix, ways, count, &ways[i]))
			diagnosis_add(doctor->diagnosis, DIAGNOSIS_WARNING, "postfix", SETUP,
			    "no content_filter leads to %s, which has our milter",
			    ways[i].service->id);
		else if (strcmp(ways[i].service->command, "smtpd") == 0)
			any = any || ways[i].kind == POSTFIX_WAY_MILTER ||
			      ways[i].kind == POSTFIX_WAY_FILTER;
	}
	for (i = 0; i < count; i++)
		tell_way(doctor, &ways[i], any);
	for (i = 0; i < count; i++) {
		if (ways[i].kind == POSTFIX_WAY_MILTER)
			tell_carrier(
			    doctor, postfix, &ways[i], is_second(ways, count, ways[i].service));
		else if (ways[i].kind == POSTFIX_WAY_FILTER)
			tell_transport(doctor, postfix, &ways[i]);
	}
	doctor_postfix_order(doctor, postfix, ways, count);
	doctor_postfix_limits(doctor, postfix, ways, count);
	if (any)
		tell_access(doctor, postfix);
	free(ways);
}
