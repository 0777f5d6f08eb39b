/* What CRLs say of a link (RFC 5280 6.3.3): the newest that speak of it, until every reason for
 * revoking is covered. */
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/clock.h"
#include "smime/trust_status.h"

/* Lists whose signatures are looked at for one link: of those of its issuer, and of others that its
 * points name, that speak of it, the best known ones. A CA with more lists has them for other links. */
#define LISTS_MAX 64
/* Seconds that a list without nextUpdate holds. */
#define LIST_LIFE 86400

/* A list that may be believed, and what it says of the link. */
struct view {
	struct crl *list;
	unsigned int reasons;
	int known; /* crl_standing(), or more: the link's issuer is known to have signed it */
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

/* Lists that speak of the link, not looked at closely yet. */
struct pile {
	struct view *views;
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

/* Why a list that speaks of the link can't be believed; NULL: it can. */
static const char *
look(const struct trust_link *link, struct view *view)
{
	const char *why = NULL;

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

static void
say_why(struct trust_link *link, const struct crl *list, const char *why)
{
	char words[200];

	crl_describe(list, words, sizeof(words));
	trust_link_why(link, "%s does not count: %s", words, why);
}

/* Takes a reference to a list that speaks of the link. False without memory. */
static bool
pick(struct trust_link *link, struct pile *pile, struct crl *list)
{
	struct view view = {.list = list};
	const char *why = NULL;
	struct view *views;

	view.reasons = crl_reasons_for(list, link->certificate, link->points, &why);
	if (view.reasons == 0) {
		say_why(link, list, why);
		return true;
	}
	view.known =
	    crl_is_vouched_by(list, link->issuer) ? CRL_BELIEVED + 1 : (int)crl_standing(list);
	views = array_grow(pile->views, pile->count, sizeof(*views), NULL);
	if (views == NULL)
		return false;
	pile->views = views;
	views[pile->count++] = view;
	crl_ref(list);
	return true;
}

/* Of the lists of one name. */
static bool
pick_named(struct trust_link *link, struct pile *pile, const X509_NAME *issuer)
{
	const struct trust_crls *configured = &link->section->crls;
	struct crl **fetched = NULL;
	bool good = true;
	size_t first;
	size_t count = trust_crls_find(configured, issuer, &first);
	size_t i;

	for (i = first; i < first + count && good; i++)
		good = pick(link, pile, configured->items[i]);
	if (link->question->evidence == NULL)
		return good;
	count = evidence_crls(link->question->evidence, issuer, &fetched);
	good = good && fetched != NULL;
	for (i = 0; i < count; i++) {
		good = good && pick(link, pile, fetched[i]);
		crl_unref(fetched[i]);
	}
	free(fetched);
	return good;
}

/* And of those of cRLIssuers that the points name. */
static bool
pick_all(struct trust_link *link, struct pile *pile)
{
	const X509_NAME *own = X509_get_issuer_name(link->certificate);
	bool good = pick_named(link, pile, own);
	int i;

	for (i = 0; i < sk_DIST_POINT_num(link->points) && good; i++) {
		const GENERAL_NAMES *names = sk_DIST_POINT_value(link->points, i)->CRLissuer;
		const GENERAL_NAME *name =
		    sk_GENERAL_NAME_num(names) > 0 ? sk_GENERAL_NAME_value(names, 0) : NULL;

		if (name != NULL && name->type == GEN_DIRNAME &&
		    X509_NAME_cmp(name->d.directoryName, own) != 0)
			good = pick_named(link, pile, name->d.directoryName);
	}
	return good;
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

/* What is known to be the issuer's: nothing that others have put there hides it. */
static int
best_known_first(const void *a, const void *b)
{
	const struct view *left = a;
	const struct view *right = b;

	if (left->known != right->known)
		return left->known > right->known ? -1 : 1;
	return newest_first(a, b);
}

/* False without memory: then lists may be missing that would say "revoked". */
static bool
gather(struct trust_link *link, struct views *views)
{
	struct pile pile = {NULL, 0};
	bool good = pick_all(link, &pile);
	size_t i;

	views->count = 0;
	if (pile.count > 0)
		qsort(pile.views, pile.count, sizeof(*pile.views), best_known_first);
	for (i = 0; i < pile.count; i++) {
		struct view *view = &pile.views[i];
		const char *why = "there are too many";

		if (i < LISTS_MAX)
			why = look(link, view);
		if (why == NULL) {
			views->items[views->count++] = *view;
			continue;
		}
		say_why(link, view->list, why);
		crl_unref(view->list);
	}
	free(pile.views);
	qsort(views->items, views->count, sizeof(views->items[0]), newest_first);
	return good;
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
	if (gather(link, views))
		conclude(link, views);
	else
		trust_link_why(link, "out of memory");
	for (i = 0; i < views->count; i++)
		crl_unref(views->items[i].list);
	free(views);
}
