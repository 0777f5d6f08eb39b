/* Postfix: the first smtpd, the transport, and the second one. */
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "postfix_way.h"

#define SETUP "smimectl setup postfix shows the settings for this machine"

/* What the second smtpd needs of the first, and of us. */
static void
tell_pair(const struct doctor *doctor, const struct postfix *postfix, const struct postfix_way *way)
{
	static const char setting[] = "receive_override_options";

	if (!postfix_way_counts_loopback(doctor->config))
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "postfix",
		    "add \"127.0.0.0/8\" to internal-hosts in the configuration",
		    "to %s all mail comes from loopback, which internal-hosts does not name: none "
		    "of it counts as outgoing, and it leaves in the clear",
		    way->carrier->id);
	if (postfix_list_has(
		postfix_value(postfix, way->service, setting), "no_address_mappings") &&
	    postfix_list_has(postfix_value(postfix, way->carrier, setting), "no_address_mappings"))
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_WARNING, "postfix",
		    "take no_address_mappings away from the first",
		    "%s and %s both have no_address_mappings: aliases and *_bcc_maps are applied "
		    "nowhere",
		    way->service->id, way->carrier->id);
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

void
doctor_postfix_pair(
    const struct doctor *doctor, const struct postfix *postfix, const struct postfix_way *way)
{
	tell_pair(doctor, postfix, way);
	tell_transport(doctor, postfix, way);
}
