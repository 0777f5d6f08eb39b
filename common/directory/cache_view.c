/* The cache, for people: what is in it, and forgetting. */
#include "directory/cache_private.h"

static bool
show(const struct kept *entry, int64_t now_ms, cache_visitor *visit, void *context)
{
	struct cache_view view;

	view.key = entry->key;
	view.findings = entry->findings;
	view.bytes = entry->bytes;
	view.age_ms = now_ms - entry->life.now_ms;
	view.is_error = !cache_is_fresh(entry, now_ms) && now_ms < entry->error_until_ms;
	view.left_ms = entry->findings != NULL ? entry->life.life_ms - view.age_ms
					       : entry->error_until_ms - now_ms;
	return visit(context, &view);
}

void
cache_each(const struct cache *cache, int64_t now_ms, cache_visitor *visit, void *context)
{
	const struct kept *entry;

	TAILQ_FOREACH(entry, &cache->recent, recent)
	{
		if (cache_counts(entry, now_ms) && !show(entry, now_ms, visit, context))
			return;
	}
}

size_t
cache_flush(struct cache *cache, cache_matcher *matches, const void *context)
{
	struct kept *entry = TAILQ_FIRST(&cache->recent);
	struct kept *next;
	size_t count = 0;

	for (; entry != NULL; entry = next) {
		next = TAILQ_NEXT(entry, recent);
		if (matches(context, entry->key)) {
			cache_drop(cache, entry);
			count++;
		} else if (entry->record != NULL && entry->record->state == RECIPIENT_GROUP) {
			cache_replace_record(cache, entry, NULL, 0);
		}
	}
	return count;
}
