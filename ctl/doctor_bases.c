/* Where trust sections take CAs and CRLs from a directory: whether there are any. */
#include <ldap.h>
#include <stdio.h>
#include <string.h>

#include "doctor_view.h"

/* A list of bases, and what is taken below them. */
struct bases {
	const char *setting;
	const struct strings *list;
	const char *filter;
	const char *what;
};

static void
tell_missing(
    struct doctor_view *view, const struct config_trust *trust, const struct bases *bases, size_t i)
{
	diagnosis_add(view->doctor->diagnosis, DIAGNOSIS_WARNING, "directory",
	    "see that it is right, and that bind-dn may read what is below",
	    "\"%s\": %s shows no %s below %s (%s of trust \"%s\")", view->directory->title,
	    view->uri, bases->what, bases->list->items[i], bases->setting, trust->title);
}

static void
look_below(struct doctor_view *view, const struct config_trust *trust, const struct bases *bases)
{
	size_t i;

	for (i = 0; i < bases->list->count; i++) {
		struct pool_question question = doctor_view_question(
		    view, bases->list->items[i], LDAP_SCOPE_SUBTREE, bases->filter);
		struct inquiry_answer answer;

		question.entries_limit = 1;
		inquiry_ask(view->inquiry, &question, NULL, NULL, &answer);
		if (answer.outcome == POOL_NO_SUCH_OBJECT ||
		    (answer.outcome == POOL_COMPLETE && answer.entries == 0))
			tell_missing(view, trust, bases, i);
		else if (answer.outcome == POOL_FAILED)
			diagnosis_add(view->doctor->diagnosis, DIAGNOSIS_WARNING, "directory",
			    "see that bind-dn may read it", "\"%s\": %s (%s of trust \"%s\")",
			    view->directory->title, answer.error.text, bases->setting,
			    trust->title);
	}
}

void
doctor_bases(struct doctor_view *view)
{
	const struct config *config = view->doctor->config;
	size_t i;
	size_t k;

	for (i = 0; i < config->trust_count; i++) {
		const struct config_trust *trust = &config->trusts[i];
		const struct bases all[] = {
		    {"anchor-bases", &trust->anchor_bases, "(cACertificate=*)", "CA certificate"},
		    {"intermediate-bases", &trust->intermediate_bases, "(cACertificate=*)",
			"CA certificate"},
		    {"crl-bases", &trust->crl_bases,
			"(|(certificateRevocationList=*)(authorityRevocationList=*)"
			"(deltaRevocationList=*))",
			"CRL"}};

		if (trust->directory == NULL ||
		    strcmp(trust->directory, view->directory->title) != 0)
			continue;
		for (k = 0; k < ARRAY_LENGTH(all); k++)
			look_below(view, trust, &all[k]);
	}
}
