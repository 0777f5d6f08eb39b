/*
 * What the parts of the cache share, and nobody else: cache.c keeps, cache_view.c shows and forgets.
 */
#ifndef SMIME_DIRECTORY_CACHE_PRIVATE_H
#define SMIME_DIRECTORY_CACHE_PRIVATE_H

#include <sys/queue.h>

#include "directory/cache.h"

TAILQ_HEAD(kept_list, kept);

struct kept {
	char *key; /* first: what the tree compares */
	TAILQ_ENTRY(kept) link;
	struct kept_list *list;    /* used, or errors */
	struct findings *findings; /* NULL: an error alone */
	struct recipient *record;
	uint64_t generation;
	struct cache_life life;
	int64_t refresh_ms;     /* when they are due to be asked for again; INT64_MAX: never */
	int64_t error_until_ms; /* that no server can be asked is remembered until then */
	size_t bytes;
};

/* A balanced tree (tsearch(3)): no choice of addresses makes it slow. */
struct cache {
	void *tree;
	struct kept_list used;   /* the latest first */
	struct kept_list errors; /* the latest first */
	size_t error_count;
	size_t entries; /* of both lists */
	size_t bytes;
	size_t entries_max;
	size_t bytes_max;
};

bool cache_is_fresh(const struct kept *entry, int64_t now_ms);

/* Whether the findings may serve where no server can be asked. */
bool cache_is_kept(const struct kept *entry, int64_t now_ms);

void cache_drop(struct cache *cache, struct kept *entry);

/* The record beside an entry's findings, or none (NULL); what it costs is counted. */
void cache_replace_record(
    struct cache *cache, struct kept *entry, struct recipient *record, uint64_t generation);

#endif
