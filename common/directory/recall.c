/* What the cache answers, and what is asked for again ahead of its end. With the mutex held. */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "directory/resolver_private.h"

/* A record is judged again after so long, whatever it says of its validity. Seconds. */
#define RECORD_LIFE 60

void
refresh_free(struct refresh *refresh)
{
	if (refresh == NULL)
		return;
	address_free(&refresh->address);
	free(refresh->key);
	free(refresh);
}

static void
want_refresh(struct resolver *resolver, const char *key, const struct address *address)
{
	struct refresh *refresh;

	if (resolver->refresh_count >= RESOLVER_REFRESHES_MAX)
		return;
	refresh = calloc(1, sizeof(*refresh));
	if (refresh == NULL)
		return;
	refresh->key = strdup(key);
	if (refresh->key == NULL || address_copy(address, &refresh->address, NULL) != 0) {
		refresh_free(refresh);
		return;
	}
	TAILQ_INSERT_TAIL(&resolver->refreshes, refresh, link);
	resolver->refresh_count++;
	event_active(resolver->wake, 0, 0);
}

struct refresh *
resolver_next_refresh(struct resolver *resolver)
{
	struct refresh *refresh = TAILQ_FIRST(&resolver->refreshes);

	if (refresh == NULL)
		return NULL;
	TAILQ_REMOVE(&resolver->refreshes, refresh, link);
	resolver->refresh_count--;
	return refresh;
}

/* Whether the record answers for these findings, as they stand now. */
static bool
still_counts(const struct resolver *resolver, const struct cache_found *found)
{
	const struct recipient *record = found->record;
	time_t now = clock_wall();

	if (found->findings == NULL)
		return true; /* an error, remembered for its own time */
	if (found->generation != resolver->generation || record->stale_if_error != found->stale)
		return false;
	if (now < record->judged_at || now - record->judged_at >= RECORD_LIFE)
		return false;
	return record->valid_until == 0 || now < record->valid_until;
}

bool
resolver_recall(struct resolver *resolver, const char *key, const struct address *address,
    struct cache_found *found)
{
	if (!cache_get(resolver->cache, key, clock_monotonic_ms(), found))
		return false;
	if (found->refresh)
		want_refresh(resolver, key, address);
	if (found->record != NULL && !still_counts(resolver, found)) {
		recipient_unref(found->record);
		found->record = NULL;
	}
	return true;
}
