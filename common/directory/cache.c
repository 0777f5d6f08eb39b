#include "directory/cache.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "directory/cache_private.h"

/* The share of the bytes that one record may take, and that all groups' records may: what these hold
 * is mostly kept beside its own findings, too. */
#define RECORD_SHARE 4

/* Whoever was told to ask again in the background is given so much of the entry's life to do it. */
#define REFRESH_SHARE 10

static int
compare_keys(const void *a, const void *b)
{
	return strcmp(((const struct kept *)a)->key, ((const struct kept *)b)->key);
}

static struct kept *
find(struct cache *cache, const char *key)
{
	struct kept probe;
	struct kept **node;

	memset(&probe, 0, sizeof(probe));
	probe.key = (char *)key; /* compared only */
	node = tfind(&probe, &cache->tree, compare_keys);
	return node != NULL ? *node : NULL;
}

bool
cache_is_fresh(const struct kept *entry, int64_t now_ms)
{
	return entry->findings != NULL && now_ms - entry->life.now_ms < entry->life.life_ms;
}

bool
cache_is_kept(const struct kept *entry, int64_t now_ms)
{
	return entry->findings != NULL &&
	       now_ms - entry->life.now_ms < entry->life.life_ms + entry->life.stale_ms;
}

bool
cache_counts(const struct kept *entry, int64_t now_ms)
{
	return entry->findings != NULL ? cache_is_kept(entry, now_ms)
				       : now_ms < entry->error_until_ms;
}

void
cache_drop(struct cache *cache, struct kept *entry)
{
	tdelete(entry, &cache->tree, compare_keys);
	cache_room_remove(cache, entry);
	cache_room_group(cache, entry, 0);
	findings_unref(entry->findings);
	recipient_unref(entry->record);
	free(entry->key);
	free(entry);
}

void
cache_replace_record(
    struct cache *cache, struct kept *entry, struct recipient *record, uint64_t generation)
{
	bool group = record != NULL && record->state == RECIPIENT_GROUP;

	recipient_unref(entry->record);
	entry->record = record != NULL ? recipient_ref(record) : NULL;
	entry->generation = generation;
	cache_room_resize(cache, entry, cache_cost(entry->key, entry->findings, record));
	cache_room_group(cache, entry, group ? cache_cost_of_record(record) : 0);
}

struct cache *
cache_new(size_t entries_max, size_t bytes_max, struct error *err)
{
	struct cache *cache;

	cache = calloc(1, sizeof(*cache));
	if (cache == NULL) {
		error_no_memory(err);
		return NULL;
	}
	TAILQ_INIT(&cache->recent);
	TAILQ_INIT(&cache->groups);
	TAILQ_INIT(&cache->once.entries);
	TAILQ_INIT(&cache->used.entries);
	TAILQ_INIT(&cache->errors.entries);
	cache->entries_max = entries_max;
	cache->bytes_max = bytes_max;
	return cache;
}

void
cache_free(struct cache *cache)
{
	if (cache == NULL)
		return;
	while (!TAILQ_EMPTY(&cache->recent))
		cache_drop(cache, TAILQ_FIRST(&cache->recent));
	free(cache);
}

void
cache_found_clear(struct cache_found *found)
{
	findings_unref(found->findings);
	recipient_unref(found->record);
	memset(found, 0, sizeof(*found));
}

/* Hands out what an entry holds. */
static bool
give(struct cache *cache, struct kept *entry, int64_t now_ms, struct cache_found *found)
{
	cache_room_use(cache, entry);
	found->findings = entry->findings != NULL ? findings_ref(entry->findings) : NULL;
	found->record = entry->record != NULL ? recipient_ref(entry->record) : NULL;
	found->generation = entry->generation;
	found->asked_at = entry->life.asked_at;
	found->stale = entry->findings != NULL && !cache_is_fresh(entry, now_ms);
	return true;
}

/* The entry, if it is of any use yet. */
static struct kept *
find_living(struct cache *cache, const char *key, int64_t now_ms)
{
	struct kept *entry = find(cache, key);

	if (entry == NULL || cache_counts(entry, now_ms))
		return entry;
	cache_drop(cache, entry);
	return NULL;
}

bool
cache_get(struct cache *cache, const char *key, int64_t now_ms, struct cache_found *found)
{
	struct kept *entry = find_living(cache, key, now_ms);

	memset(found, 0, sizeof(*found));
	if (entry == NULL || (!cache_is_fresh(entry, now_ms) && now_ms >= entry->error_until_ms))
		return false;
	give(cache, entry, now_ms, found);
	found->refresh = cache_is_fresh(entry, now_ms) && now_ms >= entry->refresh_ms;
	if (found->refresh)
		entry->refresh_ms = now_ms + entry->life.life_ms / REFRESH_SHARE + 1;
	return true;
}

bool
cache_get_stale(struct cache *cache, const char *key, int64_t now_ms, struct cache_found *found)
{
	struct kept *entry = find_living(cache, key, now_ms);

	memset(found, 0, sizeof(*found));
	return entry != NULL && entry->findings != NULL && give(cache, entry, now_ms, found);
}

/* An entry in the tree and a list, in place of one that was there; NULL without memory. */
static struct kept *
add(struct cache *cache, const char *key, struct cache_list *list)
{
	struct kept *entry = find(cache, key);

	if (entry != NULL)
		cache_drop(cache, entry);
	if (cache->entries_max == 0)
		return NULL;
	entry = calloc(1, sizeof(*entry));
	if (entry == NULL)
		return NULL;
	entry->key = strdup(key);
	if (entry->key == NULL || tsearch(entry, &cache->tree, compare_keys) == NULL) {
		free(entry->key);
		free(entry);
		return NULL;
	}
	entry->bytes = cache_cost(key, NULL, NULL);
	cache_room_add(cache, entry, list);
	return entry;
}

void
cache_put(
    struct cache *cache, const char *key, struct findings *findings, const struct cache_life *life)
{
	struct kept *entry = find(cache, key);
	bool used = entry != NULL && entry->list == &cache->used && findings_hold(findings);

	entry = add(cache, key, used ? &cache->used : &cache->once);
	if (entry == NULL)
		return;
	if (life->life_ms <= 0 || cache_cost(key, findings, NULL) > cache->bytes_max) {
		cache_drop(cache, entry);
		return;
	}
	entry->findings = findings_ref(findings);
	entry->life = *life;
	entry->refresh_ms = life->refresh_ms > 0 ? life->now_ms + life->refresh_ms : INT64_MAX;
	cache_replace_record(cache, entry, NULL, 0);
	cache_room_make(cache);
}

void
cache_put_error(
    struct cache *cache, const char *key, int64_t now_ms, int64_t life_ms, struct recipient *record)
{
	struct kept *entry = find_living(cache, key, now_ms);

	if (entry != NULL && cache_is_fresh(entry, now_ms))
		return;
	if (entry != NULL && entry->findings != NULL) {
		/* A record that says that it is old stays right as long as it is so. */
		if (entry->record != NULL && !entry->record->stale_if_error)
			cache_replace_record(cache, entry, NULL, 0);
		entry->error_until_ms = now_ms + life_ms;
		return;
	}
	if (life_ms <= 0)
		return;
	entry = add(cache, key, &cache->errors);
	if (entry == NULL)
		return;
	entry->life.now_ms = now_ms;
	entry->error_until_ms = now_ms + life_ms;
	cache_replace_record(cache, entry, record, 0);
	cache_room_make(cache);
}

void
cache_set_record(struct cache *cache, const char *key, const struct findings *findings,
    struct recipient *record, uint64_t generation)
{
	struct kept *entry = find(cache, key);

	if (entry == NULL || entry->findings == NULL || entry->findings != findings ||
	    cache_cost_of_record(record) > cache->bytes_max / RECORD_SHARE)
		return;
	cache_replace_record(cache, entry, record, generation);
	while (cache->group_bytes > cache->bytes_max / RECORD_SHARE)
		cache_replace_record(cache, TAILQ_LAST(&cache->groups, kept_list), NULL, 0);
	cache_room_make(cache);
}

size_t
cache_entries(const struct cache *cache)
{
	return cache->entries;
}

size_t
cache_bytes(const struct cache *cache)
{
	return cache->bytes;
}
