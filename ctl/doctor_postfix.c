/* Postfix: whether all outgoing mail comes by our milter, and what happens when it is down. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"
#include "postfix_way.h"

/* Services that are looked at. */
#define WAYS_MAX 64

#define SETUP "smimectl setup postfix shows the settings for this machine"

/* Whether another service hands its mail on to this one. */
static bool
is_second(const struct postfix_way *ways, size_t count, const struct postfix_service *service)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (ways[i].kind == POSTFIX_WAY_FILTER && ways[i].carrier == service)
			return true;
	}
	return false;
}

/* Whether mail may come from a content filter that is no service here. */
static bool
is_any_abroad(const struct postfix_way *ways, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (ways[i].kind == POSTFIX_WAY_ABROAD)
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
	       !is_second(ways, count, way->service) && !is_any_abroad(ways, count);
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

static size_t
find_ways(const struct doctor *doctor, const struct postfix *postfix, struct postfix_way *ways)
{
	size_t count = 0;
	size_t i;

	for (i = 0; i < postfix->service_count; i++) {
		if (!postfix_way_begins(&postfix->services[i]))
			continue;
		if (count == WAYS_MAX) {
			diagnosis_add(doctor->diagnosis, DIAGNOSIS_WARNING, "postfix", NULL,
			    "only the first %d services that take mail in were looked at",
			    WAYS_MAX);
			break;
		}
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
		if (ways[i].kind == POSTFIX_WAY_MILTER) {
			doctor_postfix_carrier(
			    doctor, postfix, &ways[i], is_second(ways, count, ways[i].service));
		} else if (ways[i].kind == POSTFIX_WAY_FILTER) {
			doctor_postfix_pair(doctor, postfix, &ways[i]);
		}
	}
	doctor_postfix_order(doctor, postfix, ways, count);
	doctor_postfix_limits(doctor, postfix, ways, count);
	if (any)
		tell_access(doctor, postfix);
	free(ways);
}
