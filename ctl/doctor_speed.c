/* How fast a directory server finds an address, and whether it has the index for that. */
#include <inttypes.h>
#include <ldap.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "doctor_index.h"
#include "doctor_view.h"

/* A server has so long for one answer, connecting included, milliseconds. */
#define ANSWER_TIME ((int64_t)20 * 1000)
/* Of several tries the fastest counts, lest a busy machine be taken for a missing index. */
#define TRIES 3
struct pool_question
doctor_view_question(
    const struct doctor_view *view, const char *base, int scope, const char *filter)
{
	static char none[] = LDAP_NO_ATTRS;
	static char *const attributes[] = {none, NULL};

	return (struct pool_question){.base = base,
	    .scope = scope,
	    .filter = filter,
	    .attributes = attributes,
	    .connection = view->connection,
	    .deadline_ms = clock_monotonic_ms() + ANSWER_TIME};
}

int
doctor_view_scope(const struct doctor_view *view)
{
	switch (view->directory->scope) {
	case SCOPE_BASE:
		return LDAP_SCOPE_BASE;
	case SCOPE_ONE:
		return LDAP_SCOPE_ONELEVEL;
	default:
		return LDAP_SCOPE_SUBTREE;
	}
}

/* The shortest time of several tries; -1 if one of them failed, which is told. */
static int64_t
fastest(struct doctor_view *view, const struct pool_question *question)
{
	struct inquiry_answer answer;
	int64_t best = INT64_MAX;
	size_t i;

	for (i = 0; i < TRIES; i++) {
		struct pool_question asked = *question;

		asked.deadline_ms = clock_monotonic_ms() + ANSWER_TIME;
		inquiry_ask(view->inquiry, &asked, NULL, NULL, &answer);
		if (answer.outcome != POOL_COMPLETE && answer.outcome != POOL_LIMITED) {
			diagnosis_add(view->doctor->diagnosis, DIAGNOSIS_PROBLEM, "directory",
			    "see that filter, base and the access of bind-dn are right",
			    "\"%s\": %s does not answer the question for an address: %s",
			    view->directory->title, view->uri, answer.error.text);
			return -1;
		}
		if (answer.took_ms < best)
			best = answer.took_ms;
	}
	return best;
}

/* An index of OpenLDAP's database for the base. */
static void
take_index(void *context, LDAP *ld, LDAPMessage *entry)
{
	struct doctor_view *view = context;
	struct berval **suffixes = ldap_get_values_len(ld, entry, "olcSuffix");
	struct berval **values = ldap_get_values_len(ld, entry, "olcDbIndex");
	size_t i;

	if (suffixes != NULL && suffixes[0] != NULL &&
	    doctor_index_is_below(view->directory->base, suffixes[0]->bv_val)) {
		view->indexed = true;
		for (i = 0; values != NULL && values[i] != NULL; i++)
			view->covered = view->covered ||
					doctor_index_covers(values[i]->bv_val, view->attribute);
	}
	ldap_value_free_len(suffixes);
	ldap_value_free_len(values);
}

/* Whether cn=config can be read, which is rare, and what it says of each attribute of the filter. */
static bool
tell_configured_indexes(struct doctor_view *view)
{
	static char suffix[] = "olcSuffix";
	static char index[] = "olcDbIndex";
	static char *const attributes[] = {suffix, index, NULL};
	const char *rest = view->filter;
	struct inquiry_answer answer;
	char last[128] = "";
	char name[128];
	char advice[256];
	bool seen = false;

	while (doctor_index_attribute(&rest, name, sizeof(name))) {
		struct pool_question question = doctor_view_question(
		    view, "cn=config", LDAP_SCOPE_ONELEVEL, "(&(olcSuffix=*)(olcDbIndex=*))");

		if (strcasecmp(name, last) == 0 || strcasecmp(name, "objectClass") == 0)
			continue;
		memcpy(last, name, sizeof(last));
		question.attributes = attributes;
		view->attribute = name;
		view->indexed = view->covered = false;
		inquiry_ask(view->inquiry, &question, take_index, view, &answer);
		if (!view->indexed)
			break;
		seen = true;
		if (view->covered)
			continue;
		snprintf(advice, sizeof(advice), "add olcDbIndex: %.100s eq", name);
		diagnosis_add(view->doctor->diagnosis, DIAGNOSIS_WARNING, "directory", advice,
		    "\"%s\": %s has no index for %s (olcDbIndex in cn=config): each look-up goes "
		    "through all entries",
		    view->directory->title, view->uri, name);
	}
	return seen;
}

void
doctor_speed(struct doctor_view *view)
{
	const struct config_directory *directory = view->directory;
	struct pool_question entry =
	    doctor_view_question(view, directory->base, LDAP_SCOPE_BASE, "(objectClass=*)");
	struct pool_question lookup =
	    doctor_view_question(view, directory->base, doctor_view_scope(view), view->filter);
	int64_t base_ms = fastest(view, &entry);
	int64_t lookup_ms = base_ms >= 0 ? fastest(view, &lookup) : -1;

	if (lookup_ms < 0)
		return;
	if (tell_configured_indexes(view))
		return;
	if (doctor_index_seems_missing(base_ms, lookup_ms))
		diagnosis_add(view->doctor->diagnosis, DIAGNOSIS_WARNING, "directory",
		    "have an index for equality made for the attributes of the filter (OpenLDAP: "
		    "olcDbIndex: mail eq)",
		    "\"%s\": %s takes %" PRId64 " ms to look up an address and %" PRId64
		    " ms to read one entry: it looks like an attribute without index",
		    directory->title, view->uri, lookup_ms, base_ms);
	else
		diagnosis_add(view->doctor->diagnosis, DIAGNOSIS_OK, "directory", NULL,
		    "\"%s\": %s takes %" PRId64 " ms to look up an address", directory->title,
		    view->uri, lookup_ms);
}
