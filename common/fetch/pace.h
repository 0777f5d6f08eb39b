/*
 * How much each host is asked: so many transfers at a time, and so many begun in a period. Hosts are
 * told apart by a text ("host:port"). Bounded: beyond the most, a host that was asked first and has
 * nothing under way is no longer counted. Not thread-safe.
 */
#ifndef SMIME_FETCH_PACE_H
#define SMIME_FETCH_PACE_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"

struct pace;

struct pace_limits {
	size_t starts; /* in a period */
	int64_t period_ms;
	size_t hosts; /* counted at a time */
};

/* NULL without memory. */
struct pace *pace_new(const struct pace_limits *limits, struct error *err);
void pace_free(struct pace *pace);

/* Counts one more for the host, unless it has `most` already, and gives 0; or milliseconds after
 * which to ask again, or -1 when a pace_end() comes before anything changes. Without memory it is to be asked again, too. */
int64_t pace_begin(struct pace *pace, const char *host, size_t most, int64_t now_ms);

/* One that began has ended. */
void pace_end(struct pace *pace, const char *host);

#endif
