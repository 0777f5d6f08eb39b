/*
 * What directories said, remembered for a while: findings by address key, and beside them the
 * record they were judged to; or that a directory could not be asked. Bounded by entries and bytes;
 * what was asked for only once goes first, then what was not used for longest. Not thread-safe: the
 * resolver guards it with its mutex.
 *
 *   fresh ──life──▶ over, but kept for stale-if-error ──▶ gone
 *
 * Fresh findings answer. Those that are over answer only while it is remembered that no server can
 * be asked (cache-error), or to whoever has just found that out himself (cache_get_stale).
 */
#ifndef SMIME_DIRECTORY_CACHE_H
#define SMIME_DIRECTORY_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/compiler.h"
#include "base/error.h"
#include "smime/findings.h"
#include "smime/recipient.h"

struct cache;

/* entries_max 0: nothing is kept. NULL without memory. */
struct cache *cache_new(size_t entries_max, size_t bytes_max, struct error *err);
void cache_free(struct cache *cache);

/* How long findings are kept. All but asked_at in milliseconds; now by clock_monotonic_ms(). */
struct cache_life {
	time_t asked_at;    /* wall clock, for people */
	int64_t now_ms;     /* when they were found */
	int64_t life_ms;    /* fresh for so long */
	int64_t refresh_ms; /* and due to be asked for again after so much of it; 0: never */
	int64_t stale_ms;   /* kept for so much longer */
};

/* What answers. */
struct cache_found {
	struct findings *findings; /* a new reference; NULL: a directory could not be asked */
	struct recipient *record;  /* another, or NULL: what they were judged to, or the error's */
	uint64_t generation;       /* of trust, that the record was judged by */
	time_t asked_at;
	bool stale;   /* the findings are over, but no server can be asked */
	bool refresh; /* the caller is to ask again in the background: only one is told so */
};

/* What answers for a key without asking; false: nothing does. The next two are as this. */
bool cache_get(struct cache *cache, const char *key, int64_t now_ms, struct cache_found *found);

/* The same for one who has asked in vain: fresh findings, or those kept beyond their time. */
bool cache_get_stale(
    struct cache *cache, const char *key, int64_t now_ms, struct cache_found *found);

/* Gives the references back. */
void cache_found_clear(struct cache_found *found);

/* Keeps findings (its own reference) in place of what was there, which goes in any case. Findings
 * with no life, or larger than the whole cache, are not kept. Without memory nothing is kept: it is
 * only a cache. */
void cache_put(
    struct cache *cache, const char *key, struct findings *findings, const struct cache_life *life);

/*
 * Remembers for life_ms that a directory could not be asked; record is the answer meanwhile. Fresh
 * findings are not touched by it, and those that are over but kept answer in its place. Errors take
 * at most a tenth of the entries: a storm of mail during an outage pushes no findings out.
 */
void cache_put_error(struct cache *cache, const char *key, int64_t now_ms, int64_t life_ms,
    struct recipient *record);

/* Keeps the record that these findings were judged to, if they are still the ones kept, unless it
 * alone is more than a quarter of the cache. All groups' records are no more than that, either: of those
 * walked first only the findings stay. */
void cache_set_record(struct cache *cache, const char *key, const struct findings *findings,
    struct recipient *record, uint64_t generation);

/* One entry as it is, for people. Borrowed. */
struct cache_view {
	const char *key;
	const struct findings *findings; /* NULL: an error alone */
	size_t bytes;
	int64_t age_ms;
	int64_t left_ms; /* until it is asked for again; negative: kept for stale-if-error */
	bool is_error;   /* no directory can be asked, as far as is remembered */
};

/* The entries that count, the latest used first, while the visitor returns true. */
typedef bool cache_visitor(void *context, const struct cache_view *view);
void cache_each(const struct cache *cache, int64_t now_ms, cache_visitor *visit, void *context);

/* Forgets the entries that match; all records of groups with them, as they hold those of others.
 * The number of entries forgotten. */
typedef bool cache_matcher(const void *context, const char *key);
size_t cache_flush(struct cache *cache, cache_matcher *matches, const void *context);

size_t cache_entries(const struct cache *cache);
size_t cache_bytes(const struct cache *cache);

#endif
