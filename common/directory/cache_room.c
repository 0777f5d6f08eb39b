/*
 * Which entries give way. A flood of addresses that nobody asks for twice pushes out only its own kind:
 *
 *   new ──▶ once ──asked for again──▶ used        over the limits the last of `once` go,
 *             ◀──too many, or large──             and where it is empty, the last of `used`
 */
#include "directory/cache_private.h"

/* The share of the entries that errors may take. */
#define ERRORS_SHARE 10
/* The share of entries and bytes that what was used leaves to what is new. */
#define NEW_SHARE 5

static void
take_out(struct kept *entry)
{
	TAILQ_REMOVE(&entry->list->entries, entry, link);
	entry->list->count--;
	entry->list->bytes -= entry->bytes;
}

static void
put_in(struct cache_list *list, struct kept *entry)
{
	entry->list = list;
	TAILQ_INSERT_HEAD(&list->entries, entry, link);
	list->count++;
	list->bytes += entry->bytes;
}

void
cache_room_add(struct cache *cache, struct kept *entry, struct cache_list *list)
{
	TAILQ_INSERT_HEAD(&cache->recent, entry, recent);
	put_in(list, entry);
	cache->entries++;
	cache->bytes += entry->bytes;
}

void
cache_room_remove(struct cache *cache, struct kept *entry)
{
	TAILQ_REMOVE(&cache->recent, entry, recent);
	take_out(entry);
	cache->entries--;
	cache->bytes -= entry->bytes;
}

void
cache_room_resize(struct cache *cache, struct kept *entry, size_t bytes)
{
	cache->bytes += bytes - entry->bytes;
	entry->list->bytes += bytes - entry->bytes;
	entry->bytes = bytes;
}

static struct kept *
last_of(const struct cache_list *list)
{
	return TAILQ_LAST(&list->entries, kept_list);
}

/* Of what was used, the last become as what is new, where they are too many. */
static void
leave_room(struct cache *cache)
{
	struct kept *entry;

	while (cache->used.count > cache->entries_max - cache->entries_max / NEW_SHARE ||
	       cache->used.bytes > cache->bytes_max - cache->bytes_max / NEW_SHARE) {
		entry = last_of(&cache->used);
		take_out(entry);
		put_in(&cache->once, entry);
	}
}

void
cache_room_make(struct cache *cache)
{
	struct kept *last;

	leave_room(cache);
	while (cache->errors.count > cache->entries_max / ERRORS_SHARE + 1)
		cache_drop(cache, last_of(&cache->errors));
	while (cache->entries > cache->entries_max || cache->bytes > cache->bytes_max) {
		last = last_of(&cache->once);
		if (last == NULL)
			last = last_of(&cache->used);
		cache_drop(cache, last != NULL ? last : last_of(&cache->errors));
	}
}

void
cache_room_group(struct cache *cache, struct kept *entry, size_t bytes)
{
	if (entry->group_bytes > 0)
		TAILQ_REMOVE(&cache->groups, entry, group);
	if (bytes > 0)
		TAILQ_INSERT_HEAD(&cache->groups, entry, group);
	cache->group_bytes += bytes - entry->group_bytes;
	entry->group_bytes = bytes;
}

void
cache_room_use(struct cache *cache, struct kept *entry)
{
	bool holds = entry->findings != NULL && findings_hold(entry->findings);

	TAILQ_REMOVE(&cache->recent, entry, recent);
	TAILQ_INSERT_HEAD(&cache->recent, entry, recent);
	take_out(entry);
	put_in(holds ? &cache->used : entry->list, entry);
	leave_room(cache);
}
