/*
 * CRLs in the store. What comes over plain http from a URL may be what somebody else put there, or
 * what its signer took back long ago. So a list takes the place of another only in its row: of the
 * same signer and scope, and not older (crl_succeeds()). What is not known to be in any row stands
 * beside what is there, and is the first to go.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "smime/evidence_private.h"

/* Lists of one key: an issuer's new key beside its old one, and what nobody has judged by yet. */
#define LISTS_AT_MAX 4

bool
evidence_list_is_worthy(void *thing)
{
	struct crl *crl = thing;
	time_t end = crl_next_update(crl);

	return crl_standing(crl) != CRL_UNKNOWN && (end == 0 || clock_wall() < end);
}

/* References to those of a key. */
static size_t
lists_at(struct evidence *evidence, const char *key, struct crl *lists[LISTS_AT_MAX])
{
	struct shelf_item *item;
	size_t count = 0;

	pthread_mutex_lock(&evidence->mutex);
	for (item = shelf_by_key(&evidence->crls, key); item != NULL && count < LISTS_AT_MAX;
	     item = shelf_next(item))
		lists[count++] = crl_ref(item->thing);
	pthread_mutex_unlock(&evidence->mutex);
	return count;
}

/* The least known, of them the one that has been there longest. */
static struct shelf_item *
weakest(struct shelf *shelf, const char *key, size_t *count)
{
	struct shelf_item *found = NULL;
	struct shelf_item *item;

	*count = 0;
	for (item = shelf_by_key(shelf, key); item != NULL; item = shelf_next(item)) {
		++*count;
		if (found == NULL || crl_standing(item->thing) < crl_standing(found->thing))
			found = item;
	}
	return found;
}

static void
drop_list(struct shelf *shelf, const char *key, const struct crl *crl)
{
	struct shelf_item *item = shelf_by_key(shelf, key);

	while (item != NULL && item->thing != crl)
		item = shelf_next(item);
	if (item != NULL)
		shelf_drop(shelf, item);
}

/* Takes the list over. */
static int
put(struct evidence *evidence, const char *key, struct crl *crl, struct crl *const *gone,
    size_t gone_count, struct error *err)
{
	struct shelf *shelf = &evidence->crls;
	struct shelf_item *item;
	size_t count;
	size_t i;
	bool kept;

	pthread_mutex_lock(&evidence->mutex);
	for (i = 0; i < gone_count; i++)
		drop_list(shelf, key, gone[i]);
	while ((item = weakest(shelf, key, &count)) != NULL && count >= LISTS_AT_MAX)
		shelf_drop(shelf, item);
	kept = shelf_add(shelf, key, evidence_name_hash(crl_issuer(crl)), crl, crl_bytes(crl), 0);
	pthread_mutex_unlock(&evidence->mutex);
	return kept ? 0 : error_set(err, ERROR_LIMIT, "there is no room for the CRL");
}

/* Whether of two that nobody has verified one may take the other's place. */
static bool
is_next(struct crl *crl, struct crl *before)
{
	return crl_standing(crl) == CRL_UNKNOWN && crl_standing(before) == CRL_UNKNOWN &&
	       crl_is_alike(crl, before);
}

/* Sorts out which of those there the list takes the place of. False: there is a later one. */
static bool
find_gone(struct crl *crl, struct crl *const *there, size_t count, bool known, struct crl **gone,
    size_t *gone_count)
{
	size_t i;

	*gone_count = 0;
	for (i = 0; i < count; i++) {
		if (!crl_succeeds(crl, there[i]) && !(known && is_next(crl, there[i])))
			continue;
		if (crl_is_older(crl, there[i]))
			return false;
		gone[(*gone_count)++] = there[i];
	}
	return true;
}

static bool
is_there(struct crl *crl, struct crl *const *there, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (!crl_is_same(crl, there[i]))
			continue;
		crl_raise(there[i], crl_standing(crl));
		return true;
	}
	return false;
}

/* One that a folder gave back has not been verified yet. */
static void
verify(struct crl *const *there, size_t count, X509 *wanted_of)
{
	size_t i;

	for (i = 0; i < count && wanted_of != NULL; i++) {
		if (crl_is_signed_by(there[i], wanted_of))
			crl_vouch(there[i], wanted_of, CRL_SIGNED);
	}
}

int
evidence_put_list(struct evidence *evidence, const char *key, struct crl *crl, X509 *wanted_of,
    bool known, struct error *err)
{
	struct crl *there[LISTS_AT_MAX];
	struct crl *gone[LISTS_AT_MAX];
	size_t count = lists_at(evidence, key, there);
	size_t gone_count;
	int status = 0;

	verify(there, count, wanted_of);
	if (is_there(crl, there, count)) {
		crl_unref(crl);
	} else if (find_gone(crl, there, count, known, gone, &gone_count)) {
		status = put(evidence, key, crl, gone, gone_count, err);
	} else {
		crl_unref(crl);
		status = error_set(err, ERROR_INPUT, "the CRL is older than the one at hand");
	}
	while (count > 0)
		crl_unref(there[--count]);
	return status;
}

/* The best known first; of them the newest. */
static int
best_first(const void *a, const void *b)
{
	struct crl *const *left = a;
	struct crl *const *right = b;
	enum crl_standing l = crl_standing(*left);
	enum crl_standing r = crl_standing(*right);

	if (l != r)
		return l > r ? -1 : 1;
	return crl_is_older(*left, *right) - crl_is_older(*right, *left);
}

struct crl *
evidence_best_list(struct evidence *evidence, const char *key)
{
	struct crl *lists[LISTS_AT_MAX];
	size_t count = lists_at(evidence, key, lists);
	size_t i;

	if (count == 0)
		return NULL;
	qsort(lists, count, sizeof(struct crl *), best_first);
	for (i = 1; i < count; i++)
		crl_unref(lists[i]);
	return lists[0];
}

size_t
evidence_crls(struct evidence *evidence, const X509_NAME *issuer, struct crl ***out)
{
	uint64_t name = evidence_name_hash(issuer);
	struct shelf_item *item = NULL;
	struct crl **lists;
	size_t count = 0;

	pthread_mutex_lock(&evidence->mutex);
	lists = calloc(evidence->crls.count + 1, sizeof(struct crl *));
	while (lists != NULL && (item = shelf_by_name(&evidence->crls, name, item)) != NULL) {
		if (X509_NAME_cmp(crl_issuer(item->thing), issuer) != 0)
			continue;
		shelf_used(&evidence->crls, item);
		lists[count++] = crl_ref(item->thing);
	}
	pthread_mutex_unlock(&evidence->mutex);
	*out = lists;
	return count;
}
