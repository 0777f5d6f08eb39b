/* What CRLs say of a link (RFC 5280 6.3.3): the newest that speak of it, until every reason for
 * revoking is covered. */
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "smime/trust_status.h"

/* Lists looked at for one link: those of its issuer, and of others that its points name. */
#define LISTS_MAX 64
/* Seconds that a list without nextUpdate holds. */
#define LIST_LIFE 86400

/* A list that may be believed, and what it says of the link. */
struct view {
	struct crl *list;
	unsigned int reasons;
	bool listed;
	struct crl_entry entry;
	time_t end; /* its nextUpdate */
	bool overdue;
	bool expired;
};

struct views {
	struct view items[LISTS_MAX];
	size_t count;
};

static void
set_age(const struct trust_link *link, struct view *view)
{
	time_t at = link->question->at;

	view->end = crl_next_update(view->list);
	if (view->end == 0)
		view->end = crl_this_update(view->list) + LIST_LIFE;
	view->overdue = at >= view->end;
	view->expired = view->overdue && at - view->end >= link->section->crl_grace;
}

/* Why a list can't be believed, or does not speak of the link; NULL: it does. */
static const char *
look(const struct trust_link *link, struct view *view)
{
	const char *why = NULL;

	view->reasons = crl_reasons_for(view->list, link->certificate, link->points, &why);
	if (view->reasons == 0)
		return why;
	if (crl_unusable(view->list) != NULL)
		return crl_unusable(view->list);
	if (crl_this_update(view->list) > link->question->at + OCSP_SKEW)
		return "it is dated in the future";
	why = trust_signer_fault(link, view->list);
	if (why != NULL)
		return why;
	set_age(link, view);
	view->listed = crl_find(view->list, link->certificate, &view->entry);
	return NULL;
}

/* Lists of one name, as references. */
static size_t
fetch(const struct trust_link *link, const X509_NAME *issuer, struct crl **out, size_t room)
{
	size_t count = trust_crls_find(&link->section->crls, issuer, out, room);

	if (link->question->evidence != NULL)
		count += evidence_crls(link->question->evidence, issuer, out + count, room - count);
	return count;
}

/* And those of cRLIssuers that the points name. */
static size_t
fetch_all(const struct trust_link *link, struct crl **out, size_t room)
{
	const X509_NAME *own = X509_get_issuer_name(link->certificate);
	size_t count = fetch(link, own, out, room);
	int i;

	for (i = 0; i < sk_DIST_POINT_num(link->points); i++) {
		const GENERAL_NAMES *names = sk_DIST_POINT_value(link->points, i)->CRLissuer;
		const GENERAL_NAME *name =
		    sk_GENERAL_NAME_num(names) > 0 ? sk_GENERAL_NAME_value(names, 0) : NULL;

		if (name != NULL && name->type == GEN_DIRNAME &&
		    X509_NAME_cmp(name->d.directoryName, own) != 0)
			count += fetch(link, name->d.directoryName, out + count, room - count);
	}
	return count;
}

static int
newest_first(const void *a, const void *b)
{
	const struct view *left = a;
	const struct view *right = b;
	time_t l = crl_this_update(left->list);
	time_t r = crl_this_update(right->list);

	return l > r ? -1 : l < r;
}

static void
gather(struct trust_link *link, struct views *views)
{
	struct crl *lists[LISTS_MAX];
	size_t count = fetch_all(link, lists, LISTS_MAX);
	char words[200];
	size_t i;

	views->count = 0;
	for (i = 0; i < count; i++) {
		struct view view = {.list = lists[i]};
		const char *why = look(link, &view);

		if (why == NULL) {
			views->items[views->count++] = view;
			continue;
		}
		crl_describe(lists[i], words, sizeof(words));
		trust_link_why(link, "%s does not count: %s", words, why);
		crl_unref(lists[i]);
	}
	qsort(views->items, views->count, sizeof(views->items[0]), newest_first);
}

/* An entry that counts however old the list is: only what is on hold may come back. */
static bool
is_revoked(const struct view *view)
{
	if (!view->listed || view->entry.reason == CRL_REASON_REMOVE_FROM_CRL)
		return false;
	return !view->expired || view->entry.reason != CRL_REASON_CERTIFICATE_HOLD;
}

/* Whether a delta takes what the complete list has on hold off again. */
static bool
is_released(const struct views *views, const struct view *complete)
{
	size_t i;

	for (i = 0; i < views->count; i++) {
		const struct view *delta = &views->items[i];

		if (!delta->expired && delta->listed &&
		    delta->entry.reason == CRL_REASON_REMOVE_FROM_CRL &&
		    crl_delta_extends(delta->list, complete->list))
			return true;
	}
	return false;
}

static void
limit(struct trust_link *link, const struct view *view)
{
	time_t end = view->end + (view->overdue ? link->section->crl_grace : 0);

	if (!view->expired && (link->until == 0 || end < link->until))
		link->until = end;
	link->overdue |= view->overdue;
	trust_link_renew(link, crl_this_update(view->list), view->end);
}

static void
say_revoked(struct trust_link *link, const struct view *view)
{
	char who[220];

	crl_describe(view->list, who, sizeof(who));
	trust_link_revoked(link, view->entry.at, view->entry.reason, who);
	limit(link, view);
}

static void
say_good(struct trust_link *link, const struct view *view)
{
	char date[CLOCK_TEXT_SIZE];
	char who[220];

	crl_describe(view->list, who, sizeof(who));
	clock_format_rfc3339(view->end, date);
	link->status = LINK_GOOD;
	snprintf(link->words, sizeof(link->words), "not revoked, says %s%s%s%s", who,
	    link->overdue ? ", whose update has been due since " : "", link->overdue ? date : "",
	    link->overdue ? " (crl-grace)" : "");
}

static void
say_incomplete(struct trust_link *link, const struct views *views, unsigned int covered)
{
	char who[220];
	char date[CLOCK_TEXT_SIZE];
	size_t i;

	for (i = 0; i < views->count; i++) {
		if (!views->items[i].expired)
			continue;
		crl_describe(views->items[i].list, who, sizeof(who));
		trust_link_why(
		    link, "%s expired on %s", who, clock_format_rfc3339(views->items[i].end, date));
		return;
	}
	if (covered != 0)
		trust_link_why(link, "the CRLs at hand tell of some reasons for revoking only");
	else if (views->count > 0)
		trust_link_why(link, "only a delta CRL is at hand");
}

/* A complete list covers its reasons, and makes older ones of no account for them. */
static void
conclude(struct trust_link *link, const struct views *views)
{
	const struct view *said = NULL;
	unsigned int covered = 0;
	size_t i;

	for (i = 0; i < views->count && covered != CRL_ALL_REASONS; i++) {
		const struct view *view = &views->items[i];
		bool delta = crl_is_delta(view->list);

		if ((view->reasons & ~covered) == 0)
			continue;
		if (is_revoked(view) && (delta || !is_released(views, view))) {
			say_revoked(link, view);
			return;
		}
		if (delta || view->expired)
			continue;
		covered |= view->reasons;
		limit(link, view);
		if (said == NULL)
			said = view;
	}
	if (covered == CRL_ALL_REASONS && said != NULL)
		say_good(link, said);
	else
		say_incomplete(link, views, covered);
}

void
trust_status_by_lists(struct trust_link *link)
{
	struct views *views = malloc(sizeof(*views));
	size_t i;

	if (views == NULL) {
		trust_link_why(link, "out of memory");
		return;
	}
	gather(link, views);
	conclude(link, views);
	for (i = 0; i < views->count; i++)
		crl_unref(views->items[i].list);
	free(views);
}
