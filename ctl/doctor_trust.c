/* The anchors: none, expired, expiring, weak. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "doctor.h"
#include "smime/trust.h"
#include "trust_command.h"

/* A successor has to be found in time, seconds. */
#define EXPIRES_SOON ((time_t)90 * 86400)

/* Anchors seen. */
struct seen {
	const struct doctor *doctor;
	size_t count;
	size_t bad;
	time_t first_end; /* of those that are good; 0: none */
};

static void
tell_end(struct seen *seen, const struct trust_anchor *anchor,
    const struct certificate *certificate, time_t now)
{
	char date[CLOCK_TEXT_SIZE];
	bool over = now >= certificate->not_after;
	char advice[256];

	snprintf(advice, sizeof(advice), "get the CA's successor (smimectl trust add FILE)%s%.16s",
	    over ? "; to take this one away: smimectl trust remove " : "",
	    over ? certificate->sha256 : "");
	diagnosis_add(seen->doctor->diagnosis, DIAGNOSIS_WARNING, "trust", advice,
	    "the anchor %s (section \"%s\") %s on %s: %s", certificate->subject, anchor->section,
	    over ? "expired" : "expires", clock_format_date(certificate->not_after, date),
	    over ? "nothing is trusted by it" : "after that nothing is trusted by it");
	seen->bad++;
}

/* What is to be thought of it, as smimectl trust add says it. An anchor's own signature does not
 * count. */
static void
tell_weakness(
    struct seen *seen, const struct trust_anchor *anchor, const struct certificate *certificate)
{
	json_t *object = json_object();
	const json_t *warnings;
	size_t i;

	trust_put_certificate(object, certificate);
	warnings = json_object_get(object, "warnings");
	for (i = 0; i < json_array_size(warnings); i++) {
		const char *text = json_string_value(json_array_get(warnings, i));

		if (strncmp(text, "its key is short", 16) != 0 &&
		    strncmp(text, "it is not valid before", 22) != 0)
			continue;
		diagnosis_add(seen->doctor->diagnosis, DIAGNOSIS_WARNING, "trust",
		    "ask the CA for its successor", "the anchor %s (section \"%s\"): %s",
		    certificate->subject, anchor->section, text);
		seen->bad++;
	}
	json_decref(object);
}

static void
look(void *context, const struct trust_anchor *anchor)
{
	struct seen *seen = context;
	struct error err = ERROR_INIT;
	struct certificate *certificate = certificate_from_x509(anchor->x509, &err);
	time_t now = clock_wall();

	seen->count++;
	if (certificate == NULL) {
		diagnosis_add(seen->doctor->diagnosis, DIAGNOSIS_WARNING, "trust", NULL,
		    "an anchor of section \"%s\" can't be read: %s", anchor->section, err.text);
		return;
	}
	if (now + EXPIRES_SOON >= certificate->not_after)
		tell_end(seen, anchor, certificate, now);
	else if (seen->first_end == 0 || certificate->not_after < seen->first_end)
		seen->first_end = certificate->not_after;
	tell_weakness(seen, anchor, certificate);
	certificate_unref(certificate);
}

static bool
takes_from_directory(const struct doctor *doctor, const struct trust *trust)
{
	size_t i;

	for (i = 0; i < doctor->config->trust_count; i++) {
		if (trust_takes_from_directory(trust, i) &&
		    doctor->config->trusts[i].anchor_bases.count > 0)
			return true;
	}
	return false;
}

static void
tell_count(const struct seen *seen, const struct trust *trust)
{
	struct diagnosis *diagnosis = seen->doctor->diagnosis;
	bool more = takes_from_directory(seen->doctor, trust);
	char date[CLOCK_TEXT_SIZE] = "-";

	if (seen->count == 0 && !more)
		diagnosis_add(diagnosis, DIAGNOSIS_PROBLEM, "trust",
		    "put CA certificates into the folder that anchors names, or: smimectl trust "
		    "pending, smimectl trust add",
		    "there is no anchor: nobody's certificate is trusted, and mail that must be "
		    "encrypted is refused");
	else if (seen->count == 0)
		diagnosis_add(diagnosis, DIAGNOSIS_NOTE, "trust",
		    "smimectl trust list shows them while the daemon runs",
		    "there is no anchor but those that directories hold");
	else if (seen->bad == 0)
		diagnosis_add(diagnosis, DIAGNOSIS_OK, "trust", NULL,
		    "%zu anchor(s); the first to expire does on %s", seen->count,
		    clock_format_date(seen->first_end, date));
}

void
doctor_trust(const struct doctor *doctor)
{
	struct seen seen = {.doctor = doctor};
	struct error err = ERROR_INIT;
	struct trust *trust = trust_load(doctor->config, &err);

	if (trust == NULL) {
		diagnosis_add(doctor->diagnosis, DIAGNOSIS_PROBLEM, "trust",
		    "repair it: the daemon does not start, or keeps its old trust", "%s", err.text);
		return;
	}
	trust_anchors_each(trust, look, &seen);
	tell_count(&seen, trust);
	trust_unref(trust);
}
