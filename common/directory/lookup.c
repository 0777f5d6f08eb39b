#include "directory/lookup.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "directory/asking.h"
#include "directory/walk.h"

/* Background look-ups begin below this part of lookups-limit. */
#define ROOM_SHARE 2

TAILQ_HEAD(watch_list, lookup_watch);

struct lookup {
	char *key; /* first: what the tree compares */
	TAILQ_ENTRY(lookup) link;
	struct resolver *resolver;
	struct address address;
	struct watch_list watches;
	struct asking *asking; /* NULL: over */
	uint64_t flushes;      /* of the cache, as it began */
};

static int
compare_keys(const void *a, const void *b)
{
	return strcmp(((const struct lookup *)a)->key, ((const struct lookup *)b)->key);
}

static struct lookup *
find_lookup(struct resolver *resolver, const char *key)
{
	struct lookup probe;
	struct lookup **node;

	memset(&probe, 0, sizeof(probe));
	probe.key = (char *)key; /* compared only */
	node = tfind(&probe, &resolver->lookups, compare_keys);
	return node != NULL ? *node : NULL;
}

static void
free_lookup(struct lookup *lookup)
{
	asking_cancel(lookup->asking);
	address_free(&lookup->address);
	free(lookup->key);
	free(lookup);
}

static struct lookup *
new_lookup(struct resolver *resolver, const char *key, const struct address *address)
{
	struct lookup *lookup;

	lookup = calloc(1, sizeof(*lookup));
	if (lookup == NULL)
		return NULL;
	lookup->resolver = resolver;
	TAILQ_INIT(&lookup->watches);
	lookup->key = strdup(key);
	if (lookup->key == NULL || address_copy(address, &lookup->address, NULL) != 0)
		goto fail;
	if (tsearch(lookup, &resolver->lookups, compare_keys) == NULL)
		goto fail;
	resolver->lookup_count++;
	TAILQ_INSERT_TAIL(&resolver->asked, lookup, link);
	pthread_mutex_lock(&resolver->mutex);
	lookup->flushes = resolver->flushes;
	pthread_mutex_unlock(&resolver->mutex);
	return lookup;
fail:
	free_lookup(lookup);
	return NULL;
}

static void
remove_lookup(struct lookup *lookup)
{
	tdelete(lookup, &lookup->resolver->lookups, compare_keys);
	TAILQ_REMOVE(&lookup->resolver->asked, lookup, link);
	lookup->resolver->lookup_count--;
}

/* Tells all who watch, and ends the look-up. */
static void
end(struct lookup *lookup, const struct lookup_answer *answer)
{
	struct resolver *resolver = lookup->resolver;
	struct lookup_watch *watch;

	remove_lookup(lookup);
	while ((watch = TAILQ_FIRST(&lookup->watches)) != NULL) {
		lookup_leave(watch);
		watch->answered(watch->context, answer);
	}
	free_lookup(lookup);
	walk_wake(resolver); /* there is room for one more */
}

/* Ends it as failed, and remembers that. What was found before serves on, where it is still kept. */
static void
fail(struct lookup *lookup, const char *why)
{
	struct resolver *resolver = lookup->resolver;
	struct lookup_answer answer = {NULL, 0, why};
	struct cache_found found;
	struct recipient *record;
	int64_t now = clock_monotonic_ms();

	record = recipient_unavailable(&lookup->address, why);
	pthread_mutex_lock(&resolver->mutex);
	if (record != NULL && !resolver->stopping)
		cache_put_error(
		    resolver->cache, lookup->key, now, resolver->config->cache_error, record);
	cache_get_stale(resolver->cache, lookup->key, now, &found);
	pthread_mutex_unlock(&resolver->mutex);
	recipient_unref(record);
	answer.findings = found.findings;
	answer.stale_since = found.stale ? found.asked_at : 0;
	end(lookup, &answer);
	cache_found_clear(&found);
}

/* Keeps what was found for as long as the configuration says; what was found before is over in any
 * case, and must not serve as stale either. */
static void
keep_findings(struct lookup *lookup, struct findings *findings)
{
	struct resolver *resolver = lookup->resolver;
	const struct config *config = resolver->config;
	bool found = findings_hold(findings);
	struct cache_life life;

	memset(&life, 0, sizeof(life));
	life.asked_at = clock_wall();
	life.now_ms = clock_monotonic_ms();
	life.life_ms = found ? config->cache_positive : config->cache_negative;
	life.refresh_ms = life.life_ms * config->cache_refresh / 100;
	life.stale_ms = found ? config->stale_if_error : 0;
	pthread_mutex_lock(&resolver->mutex);
	if (lookup->flushes != resolver->flushes)
		life.life_ms = 0;
	cache_put(resolver->cache, lookup->key, findings, &life);
	pthread_mutex_unlock(&resolver->mutex);
}

static void
on_asked(void *context, struct findings *findings, const char *failure)
{
	struct lookup *lookup = context;
	struct lookup_answer answer = {findings, 0, NULL};

	lookup->asking = NULL;
	if (findings == NULL) {
		fail(lookup, failure);
		return;
	}
	keep_findings(lookup, findings);
	end(lookup, &answer);
	findings_unref(findings);
}

/* Asks. 0; -1: the look-up is gone, nobody was told. */
static int
begin(struct lookup *lookup, struct error *err)
{
	lookup->asking = asking_start(lookup->resolver, &lookup->address, on_asked, lookup, err);
	if (lookup->asking != NULL)
		return 0;
	remove_lookup(lookup);
	free_lookup(lookup);
	return -1;
}

bool
lookup_has_room(const struct resolver *resolver)
{
	return resolver->lookup_count < (size_t)resolver->config->lookups_limit / ROOM_SHARE;
}

/* Whether there is a place for one more, perhaps that of one that nobody watches any more. */
static bool
make_room(struct resolver *resolver)
{
	struct lookup *lookup;
	size_t looks;

	if (resolver->lookup_count < (size_t)resolver->config->lookups_limit)
		return true;
	for (looks = 0; looks < RESOLVER_DESERTED_LOOK; looks++) {
		lookup = TAILQ_FIRST(&resolver->asked);
		TAILQ_REMOVE(&resolver->asked, lookup, link);
		TAILQ_INSERT_TAIL(&resolver->asked, lookup, link);
		if (TAILQ_EMPTY(&lookup->watches)) {
			remove_lookup(lookup);
			free_lookup(lookup);
			return true;
		}
	}
	return false;
}

int
lookup_start(struct resolver *resolver, const char *key, const struct address *address,
    struct lookup_watch *watch, struct error *err)
{
	struct lookup *lookup = find_lookup(resolver, key);
	bool is_new = lookup == NULL;

	if (resolver->stopping)
		return error_set(err, ERROR_TEMPORARY, "look-ups have stopped");
	if (is_new && !make_room(resolver))
		return error_set(
		    err, ERROR_TEMPORARY, "too many look-ups are under way (lookups-limit)");
	if (is_new)
		lookup = new_lookup(resolver, key, address);
	if (lookup == NULL)
		return error_no_memory(err);
	if (is_new && begin(lookup, err) != 0)
		return -1;
	watch->lookup = lookup;
	TAILQ_INSERT_TAIL(&lookup->watches, watch, link);
	return 0;
}

void
lookup_leave(struct lookup_watch *watch)
{
	if (watch->lookup == NULL)
		return;
	TAILQ_REMOVE(&watch->lookup->watches, watch, link);
	watch->lookup = NULL;
}

void
lookup_refresh(struct resolver *resolver, const char *key, const struct address *address)
{
	struct lookup *lookup;

	if (resolver->stopping || !lookup_has_room(resolver) || find_lookup(resolver, key) != NULL)
		return;
	lookup = new_lookup(resolver, key, address);
	if (lookup == NULL || begin(lookup, NULL) != 0)
		return; /* whoever asks next is told again */
	pthread_mutex_lock(&resolver->mutex);
	resolver->counts.refreshed++;
	pthread_mutex_unlock(&resolver->mutex);
}

static void
cancel_one(const void *node, VISIT visit, int depth UNUSED)
{
	struct lookup *lookup = *(struct lookup *const *)node;

	if (visit != postorder && visit != leaf)
		return;
	asking_cancel(lookup->asking);
	lookup->asking = NULL;
}

void
lookup_cancel_all(struct resolver *resolver)
{
	twalk(resolver->lookups, cancel_one);
}

void
lookup_free_all(struct resolver *resolver)
{
	while (resolver->lookups != NULL)
		fail(*(struct lookup **)resolver->lookups, "look-ups have stopped");
}
