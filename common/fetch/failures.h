/*
 * What failed, remembered for a while: an error by a key of bytes. Bounded; the oldest goes first.
 * Not thread-safe.
 */
#ifndef SMIME_FETCH_FAILURES_H
#define SMIME_FETCH_FAILURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"

struct failures;

/* most: of entries; life_ms: how long each is remembered, 0: not at all. NULL without memory. */
struct failures *failures_new(size_t most, int64_t life_ms, struct error *err);
void failures_free(struct failures *failures);

/* Remembers the failure in place of an earlier one. Without memory it doesn't. */
void failures_put(struct failures *failures, const void *key, size_t size, int64_t now_ms,
    const struct error *why);

/* Whether one is remembered; then *why says it. */
bool failures_get(
    struct failures *failures, const void *key, size_t size, int64_t now_ms, struct error *why);

/* It has not failed, after all. */
void failures_forget(struct failures *failures, const void *key, size_t size);

size_t failures_count(const struct failures *failures);

#endif
