/*
 * What directories said, remembered for a while: findings by address key, and beside them the
 * record they were judged to. Bounded by entries and bytes; what was not used for longest goes
 * first. Errors are never kept. Not thread-safe: the resolver guards it with its mutex.
 */
#ifndef SMIME_DIRECTORY_CACHE_H
#define SMIME_DIRECTORY_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "smime/findings.h"
#include "smime/recipient.h"

struct cache;

/* entries_max 0: nothing is kept. NULL without memory. */
struct cache *cache_new(size_t entries_max, size_t bytes_max, struct error *err);
void cache_free(struct cache *cache);

/*
 * Looks up what is kept and has not expired (now_ms by clock_monotonic_ms()). On true *findings is
 * a new reference, and *record another, or NULL where none is kept.
 */
bool cache_get(struct cache *cache, const char *key, int64_t now_ms, struct findings **findings,
    struct recipient **record);

/* Keeps findings (its own reference) until expires_ms in place of what was there. Findings that are
 * larger than the whole cache are not kept. Without memory nothing is kept: it is only a cache. */
void cache_put(struct cache *cache, const char *key, struct findings *findings, int64_t expires_ms);

/* Keeps the record that these findings were judged to, if they are still the ones kept. */
void cache_set_record(struct cache *cache, const char *key, const struct findings *findings,
    struct recipient *record);

size_t cache_entries(const struct cache *cache);
size_t cache_bytes(const struct cache *cache);

#endif
