/* Postfix: who sees mail before us and after us, and what becomes of addresses after us. */
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "postfix_way.h"

/* One item of a list that stands before ours. */
static void
tell_earlier(const struct doctor *doctor, const struct postfix_way *way, const char *endpoint)
{
	switch (mta_milter_kind(endpoint)) {
	case MTA_MILTER_SIGNER:
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "postfix",
		    "name ours before it: milters are called in the order of the list",
		    "the DKIM signer %s comes before our milter at %s: its signature is broken by "
		    "sealing",
		    endpoint, way->carrier->id);
		break;
	case MTA_MILTER_BOTH:
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_WARNING, "postfix",
		    "if it signs (DKIM, ARC): let it do that behind ours",
		    "%s comes before our milter at %s: right for scanning, but what it signs is "
		    "broken by sealing",
		    endpoint, way->carrier->id);
		break;
	case MTA_MILTER_UNKNOWN:
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_NOTE, "postfix",
		    "if it signs, name ours before it",
		    "%s comes before our milter at %s: right if it scans, wrong if it signs",
		    endpoint, way->carrier->id);
		break;
	case MTA_MILTER_SCANNER:
		break;
	}
}

static void
tell_later(const struct doctor *doctor, const struct postfix_way *way, const char *endpoint)
{
	if (mta_milter_kind(endpoint) == MTA_MILTER_SCANNER)
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_WARNING, "postfix",
		    "name it before ours: what is sealed can't be scanned",
		    "the scanner %s comes after our milter at %s", endpoint, way->carrier->id);
}

static bool
look_at_list(
    const struct doctor *doctor, const struct postfix *postfix, const struct postfix_way *way)
{
	const char *list = postfix_value(postfix, way->carrier, postfix_way_list(way->carrier));
	struct mta_milter item;
	bool ours = false;
	size_t others = 0;

	while (mta_milter_next(&list, &item)) {
		if (strcmp(item.endpoint, way->item.endpoint) == 0) {
			ours = true;
			continue;
		}
		others++;
		if (ours)
			tell_later(doctor, way, item.endpoint);
		else
			tell_earlier(doctor, way, item.endpoint);
	}
	return others > 0;
}

/* The first smtpd's milters come before the second's. */
static void
look_at_first(
    const struct doctor *doctor, const struct postfix *postfix, const struct postfix_way *way)
{
	const char *list = postfix_value(postfix, way->service, postfix_way_list(way->service));
	struct mta_milter item;

	while (mta_milter_next(&list, &item)) {
		if (mta_milter_kind(item.endpoint) == MTA_MILTER_SIGNER)
			diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "postfix",
			    "call it at the second smtpd alone, behind our milter",
			    "the DKIM signer %s is called at %s, before our milter at %s: its "
			    "signature is broken by sealing",
			    item.endpoint, way->service->id, way->carrier->id);
	}
}

/* What cleanup does with addresses after the milter has seen them. */
static void
look_at_addresses(
    const struct doctor *doctor, const struct postfix *postfix, const struct postfix_way *way)
{
	static const char *const settings[] = {
	    "virtual_alias_maps", "always_bcc", "sender_bcc_maps", "recipient_bcc_maps"};
	size_t i;

	if (postfix_list_has(postfix_value(postfix, way->carrier, "receive_override_options"),
		"no_address_mappings"))
		return;
	for (i = 0; i < ARRAY_LENGTH(settings); i++) {
		const char *value = postfix_value(postfix, way->carrier, settings[i]);

		if (value[0] != '\0')
			diagnosis_add(doctor->diagnosis, DIAGNOSIS_WARNING, "postfix",
			    "seal one recipient at a time, after aliases and copies: smimectl "
			    "setup postfix",
			    "%s (%s) is applied after our milter at %s: mail is sealed for the "
			    "address that the client gave, and who gets it in its place, or a "
			    "copy, "
			    "can't read it",
			    settings[i], value, way->carrier->id);
	}
}

void
doctor_postfix_order(const struct doctor *doctor, const struct postfix *postfix,
    const struct postfix_way *ways, size_t count)
{
	size_t before = diagnosis_count(doctor->diagnosis, DIAGNOSIS_NOTE);
	bool others = false;
	bool any = false;
	size_t i;

	for (i = 0; i < count; i++) {
		if (ways[i].kind == POSTFIX_WAY_MILTER) {
			any = true;
			others = look_at_list(doctor, postfix, &ways[i]) || others;
			look_at_addresses(doctor, postfix, &ways[i]);
		} else if (ways[i].kind == POSTFIX_WAY_FILTER) {
			look_at_first(doctor, postfix, &ways[i]);
		}
	}
	if (any && before == diagnosis_count(doctor->diagnosis, DIAGNOSIS_NOTE))
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_OK, "postfix", NULL,
		    others ? "the order of milters is right; no aliases or copies are made after "
			     "ours"
			   : "no other milter is called beside ours; no aliases or copies are made "
			     "after it");
}
