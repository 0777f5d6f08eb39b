/* What the resolver remembers, for people. Any thread. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "directory/key.h"
#include "directory/resolver_private.h"

struct row {
	struct resolver_cached cached;
	char *key;
};

struct listing {
	struct row *rows;
	size_t count;
	size_t most;
	bool no_memory;
};

static size_t
values_of(const struct findings *findings)
{
	size_t count = 0;
	size_t i;

	for (i = 0; findings != NULL && i < findings->count; i++)
		count += findings->items[i].kind != FINDING_CA;
	return count;
}

static bool
take_entry(void *context, const struct cache_view *view)
{
	struct listing *listing = context;
	const struct findings_group *group = view->findings != NULL ? view->findings->group : NULL;
	struct row *row;

	if (listing->count == listing->most)
		return false;
	row = &listing->rows[listing->count];
	row->key = strdup(view->key);
	if (row->key == NULL) {
		listing->no_memory = true;
		return false;
	}
	row->cached.key = row->key;
	row->cached.values = values_of(view->findings);
	row->cached.members = group != NULL ? group->address_count + group->nameless_count : 0;
	row->cached.is_group = group != NULL;
	row->cached.bytes = view->bytes;
	row->cached.age_ms = view->age_ms;
	row->cached.left_ms = view->left_ms;
	row->cached.is_error = view->is_error;
	listing->count++;
	return true;
}

int
resolver_cache_each(struct resolver *resolver, size_t most, resolver_cache_visitor *visit,
    void *context, struct error *err)
{
	struct listing listing = {NULL, 0, 0, false};
	size_t i;

	pthread_mutex_lock(&resolver->mutex);
	listing.most = cache_entries(resolver->cache);
	if (listing.most > most)
		listing.most = most;
	listing.rows = calloc(listing.most + 1, sizeof(*listing.rows));
	if (listing.rows != NULL)
		cache_each(resolver->cache, clock_monotonic_ms(), take_entry, &listing);
	pthread_mutex_unlock(&resolver->mutex);
	for (i = 0; i < listing.count && !listing.no_memory; i++)
		visit(context, &listing.rows[i].cached);
	for (i = 0; i < listing.count; i++)
		free(listing.rows[i].key);
	free(listing.rows);
	return listing.rows != NULL && !listing.no_memory ? 0 : error_no_memory(err);
}

static bool
matches(const void *context, const char *key)
{
	return context == NULL || key_matches(key, context);
}

size_t
resolver_cache_flush(struct resolver *resolver, const struct address_pattern *pattern)
{
	size_t count;

	pthread_mutex_lock(&resolver->mutex);
	resolver->flushes++;
	count = cache_flush(resolver->cache, matches, pattern);
	pthread_mutex_unlock(&resolver->mutex);
	return count;
}
