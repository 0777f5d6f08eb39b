#include "directory/cache.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "directory/cache_private.h"

/* What an entry costs beside its findings: itself, its tree node, the allocator. */
#define ENTRY_OVERHEAD (sizeof(struct kept) + (size_t)128)

/* What a record costs, about: a parsed certificate takes several times its DER. */
#define RECORD_COST ((size_t)512)
#define RECORD_DIGITAL_ID_COST ((size_t)12 << 10)

/* The share of the entries that errors may take, and that of the bytes that one record may. */
#define ERRORS_SHARE 10
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

void
cache_drop(struct cache *cache, struct kept *entry)
{
	tdelete(entry, &cache->tree, compare_keys);
	TAILQ_REMOVE(entry->list, entry, link);
	cache->entries--;
	if (entry->list == &cache->errors)
		cache->error_count--;
	cache->bytes -= entry->bytes;
	findings_unref(entry->findings);
	recipient_unref(entry->record);
	free(entry->key);
	free(entry);
}

static void
shrink(struct cache *cache)
{
	while (cache->error_count > cache->entries_max / ERRORS_SHARE + 1)
		cache_drop(cache, TAILQ_LAST(&cache->errors, kept_list));
	while (cache->entries > cache->entries_max || cache->bytes > cache->bytes_max)
		cache_drop(
		    cache, TAILQ_LAST(!TAILQ_EMPTY(&cache->used) ? &cache->used : &cache->errors,
			       kept_list));
}

static size_t
cost_of_record(const struct recipient *record)
{
	size_t cost = RECORD_COST + record->digital_id_count * RECORD_DIGITAL_ID_COST;
	size_t i;

	cost += record->detail != NULL ? strlen(record->detail) : 0;
	for (i = 0; i < record->member_count; i++)
		cost += sizeof(struct recipient *) + cost_of_record(record->members[i]);
	return cost;
}

static size_t
cost_of(const char *key, const struct findings *findings, const struct recipient *record)
{
	return ENTRY_OVERHEAD + strlen(key) + (findings != NULL ? findings->bytes : 0) +
	       (record != NULL ? cost_of_record(record) : 0);
}

void
cache_replace_record(
    struct cache *cache, struct kept *entry, struct recipient *record, uint64_t generation)
{
	recipient_unref(entry->record);
	entry->record = record != NULL ? recipient_ref(record) : NULL;
	entry->generation = generation;
	cache->bytes -= entry->bytes;
	entry->bytes = cost_of(entry->key, entry->findings, record);
	cache->bytes += entry->bytes;
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
	TAILQ_INIT(&cache->used);
	TAILQ_INIT(&cache->errors);
	cache->entries_max = entries_max;
	cache->bytes_max = bytes_max;
	return cache;
}

void
cache_free(struct cache *cache)
{
	if (cache == NULL)
		return;
	while (!TAILQ_EMPTY(&cache->used))
		cache_drop(cache, TAILQ_FIRST(&cache->used));
	while (!TAILQ_EMPTY(&cache->errors))
		cache_drop(cache, TAILQ_FIRST(&cache->errors));
	free(cache);
}

void
cache_found_clear(struct cache_found *found)
{
	findings_unref(found->findings);
	recipient_unref(found->record);
	memset(found, 0, sizeof(*found));
}

/* Hands out what an entry holds, and makes it the latest used. */
static bool
give(struct kept *entry, int64_t now_ms, struct cache_found *found)
{
	TAILQ_REMOVE(entry->list, entry, link);
	TAILQ_INSERT_HEAD(entry->list, entry, link);
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

	if (entry == NULL || cache_is_kept(entry, now_ms) ||
	    (entry->findings == NULL && now_ms < entry->error_until_ms))
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
	give(entry, now_ms, found);
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
	return entry != NULL && entry->findings != NULL && give(entry, now_ms, found);
}

/* An entry in the tree and a list, in place of one that was there; NULL without memory. */
static struct kept *
add(struct cache *cache, const char *key, struct kept_list *list)
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
	entry->list = list;
	TAILQ_INSERT_HEAD(list, entry, link);
	cache->entries++;
	if (list == &cache->errors)
		cache->error_count++;
	entry->bytes = cost_of(key, NULL, NULL);
	cache->bytes += entry->bytes;
	return entry;
}

void
cache_put(
    struct cache *cache, const char *key, struct findings *findings, const struct cache_life *life)
{
	struct kept *entry = add(cache, key, &cache->used);

	if (entry == NULL)
		return;
	if (cost_of(key, findings, NULL) > cache->bytes_max) {
		cache_drop(cache, entry);
		return;
	}
	entry->findings = findings_ref(findings);
	entry->life = *life;
	entry->refresh_ms = life->refresh_ms > 0 ? life->now_ms + life->refresh_ms : INT64_MAX;
	cache_replace_record(cache, entry, NULL, 0);
	shrink(cache);
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
	shrink(cache);
}

void
cache_set_record(struct cache *cache, const char *key, const struct findings *findings,
    struct recipient *record, uint64_t generation)
{
	struct kept *entry = find(cache, key);

	if (entry == NULL || entry->findings == NULL || entry->findings != findings ||
	    cost_of_record(record) > cache->bytes_max / RECORD_SHARE)
		return;
	cache_replace_record(cache, entry, record, generation);
	shrink(cache);
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
