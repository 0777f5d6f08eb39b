/* Anchors one by one: for people, and to tell what changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "smime/trust_section.h"

/* Bytes of domains in one line of the log. */
#define DOMAINS_SHOWN 300

static enum trust_origin
origin_of(const struct trust *trust, size_t section, X509 *x509)
{
	if (section >= trust->configured)
		return TRUST_ADDED;
	if (trust->base == NULL || !trust->sections[section].from_directory ||
	    trust_index_holds(&trust->base->sections[section].anchors, x509))
		return TRUST_CONFIGURED;
	return TRUST_PUBLISHED;
}

void
trust_anchors_each(const struct trust *trust, trust_anchor_visitor *visit, void *context)
{
	size_t i;
	size_t n;

	for (i = 0; i < trust->section_count; i++) {
		const struct trust_section *section = &trust->sections[i];
		struct trust_anchor anchor = {section->title, section->domains,
		    section->domain_count, TRUST_CONFIGURED, NULL};

		for (n = 0; n < section->anchors.count; n++) {
			anchor.x509 = section->anchors.items[n];
			anchor.origin = origin_of(trust, i, anchor.x509);
			visit(context, &anchor);
		}
	}
}

struct comparison {
	const struct trust *other;
	const char *who;
	const char *what;
	size_t count;
};

static void
list_domains(const struct trust_anchor *anchor, char *out, size_t size)
{
	size_t used = 0;
	size_t i;

	out[0] = '\0';
	for (i = 0; i < anchor->domain_count && used < size; i++)
		used += (size_t)snprintf(
		    out + used, size - used, "%s%s", i == 0 ? "" : ", ", anchor->domains[i]);
}

/* Whether the other one has it in a section of that name. */
static bool
has(const struct trust *trust, const struct trust_anchor *anchor)
{
	size_t i;

	for (i = 0; i < trust->section_count; i++) {
		if (strcmp(trust->sections[i].title, anchor->section) == 0 &&
		    trust_index_holds(&trust->sections[i].anchors, anchor->x509))
			return true;
	}
	return false;
}

static void
compare(void *context, const struct trust_anchor *anchor)
{
	struct comparison *comparison = context;
	struct certificate *certificate;
	char domains[DOMAINS_SHOWN];
	char date[CLOCK_TEXT_SIZE];

	if (has(comparison->other, anchor))
		return;
	comparison->count++;
	certificate = certificate_from_x509(anchor->x509, NULL);
	list_domains(anchor, domains, sizeof(domains));
	if (certificate != NULL)
		log_info("trust: %s%sanchor %s for %s: %s, valid until %s, SHA-256 %s",
		    comparison->who != NULL ? comparison->who : "",
		    comparison->who != NULL ? ": " : "", comparison->what, domains,
		    certificate->subject, clock_format_date(certificate->not_after, date),
		    certificate->sha256);
	certificate_unref(certificate);
}

size_t
trust_log_changes(const struct trust *before, const struct trust *after, const char *who)
{
	struct comparison added = {before, who, "added", 0};
	struct comparison removed = {after, who, "removed", 0};

	trust_anchors_each(before, compare, &removed);
	trust_anchors_each(after, compare, &added);
	return added.count + removed.count;
}
