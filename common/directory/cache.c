#include "directory/cache.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

/* What an entry costs beside its findings: itself, its tree node, the allocator. */
#define ENTRY_OVERHEAD (sizeof(struct kept) + (size_t)128)

/* What a record costs, about: a parsed certificate takes several times its DER. */
#define RECORD_COST ((size_t)512)
#define RECORD_DIGITAL_ID_COST ((size_t)12 << 10)

struct kept {
	char *key; /* first: what the tree compares */
	TAILQ_ENTRY(kept) link;
	struct findings *findings;
	struct recipient *record;
	int64_t expires_ms;
	size_t bytes;
};

TAILQ_HEAD(kept_list, kept);

/* A balanced tree (tsearch(3)): no choice of addresses makes it slow. */
struct cache {
	void *tree;
	struct kept_list used; /* the latest first */
	size_t entries;
	size_t bytes;
	size_t entries_max;
	size_t bytes_max;
};

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

static void
drop(struct cache *cache, struct kept *entry)
{
	tdelete(entry, &cache->tree, compare_keys);
	TAILQ_REMOVE(&cache->used, entry, link);
	cache->entries--;
	cache->bytes -= entry->bytes;
	findings_unref(entry->findings);
	recipient_unref(entry->record);
	free(entry->key);
	free(entry);
}

static void
shrink(struct cache *cache)
{
	while (cache->entries > cache->entries_max || cache->bytes > cache->bytes_max)
		drop(cache, TAILQ_LAST(&cache->used, kept_list));
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
		drop(cache, TAILQ_FIRST(&cache->used));
	free(cache);
}

bool
cache_get(struct cache *cache, const char *key, int64_t now_ms, struct findings **findings,
    struct recipient **record)
{
	struct kept *entry = find(cache, key);

	if (entry == NULL)
		return false;
	if (entry->expires_ms <= now_ms) {
		drop(cache, entry);
		return false;
	}
	TAILQ_REMOVE(&cache->used, entry, link);
	TAILQ_INSERT_HEAD(&cache->used, entry, link);
	*findings = findings_ref(entry->findings);
	*record = entry->record != NULL ? recipient_ref(entry->record) : NULL;
	return true;
}

/* An entry in the tree and the list; NULL without memory. */
static struct kept *
add(struct cache *cache, const char *key)
{
	struct kept *entry;

	entry = calloc(1, sizeof(*entry));
	if (entry == NULL)
		return NULL;
	entry->key = strdup(key);
	if (entry->key == NULL || tsearch(entry, &cache->tree, compare_keys) == NULL) {
		free(entry->key);
		free(entry);
		return NULL;
	}
	TAILQ_INSERT_HEAD(&cache->used, entry, link);
	cache->entries++;
	return entry;
}

void
cache_put(struct cache *cache, const char *key, struct findings *findings, int64_t expires_ms)
{
	size_t bytes = ENTRY_OVERHEAD + strlen(key) + findings->bytes;
	struct kept *entry = find(cache, key);

	if (entry != NULL)
		drop(cache, entry);
	if (cache->entries_max == 0 || bytes > cache->bytes_max)
		return;
	entry = add(cache, key);
	if (entry == NULL)
		return;
	entry->findings = findings_ref(findings);
	entry->expires_ms = expires_ms;
	entry->bytes = bytes;
	cache->bytes += bytes;
	shrink(cache);
}

void
cache_set_record(
    struct cache *cache, const char *key, const struct findings *findings, struct recipient *record)
{
	struct kept *entry = find(cache, key);
	size_t base;

	if (entry == NULL || entry->findings != findings)
		return;
	recipient_unref(entry->record);
	entry->record = recipient_ref(record);
	base = ENTRY_OVERHEAD + strlen(key) + findings->bytes;
	cache->bytes -= entry->bytes;
	entry->bytes = base + RECORD_COST + record->digital_id_count * RECORD_DIGITAL_ID_COST;
	cache->bytes += entry->bytes;
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
