/*
 * What the parts of the cache share, and nobody else: cache.c keeps, cache_room.c says
 * what gives way, cache_cost.c counts, cache_view.c shows and forgets.
 */
#ifndef SMIME_DIRECTORY_CACHE_PRIVATE_H
#define SMIME_DIRECTORY_CACHE_PRIVATE_H

#include <sys/queue.h>

#include "directory/cache.h"

TAILQ_HEAD(kept_list, kept);

/* Entries of a kind, the latest first. */
struct cache_list {
	struct kept_list entries;
	size_t count;
	size_t bytes;
};

struct kept {
	char *key;                 /* first: what the tree compares */
	TAILQ_ENTRY(kept) recent;  /* of all */
	TAILQ_ENTRY(kept) link;    /* of its kind */
	struct cache_list *list;   /* once, used or errors */
	struct findings *findings; /* NULL: an error alone */
	struct recipient *record;
	uint64_t generation;
	struct cache_life life;
	int64_t refresh_ms;     /* when they are due to be asked for again; INT64_MAX: never */
	int64_t error_until_ms; /* that no server can be asked is remembered until then */
	size_t bytes;
	TAILQ_ENTRY(kept) group; /* of those that hold a group's record */
	size_t group_bytes;      /* of that; 0: it holds none */
};

/* A balanced tree (tsearch(3)): no choice of addresses makes it slow. */
struct cache {
	void *tree;
	struct kept_list recent; /* all, the latest used first */
	struct cache_list once;  /* not asked for again yet, or nothing is published */
	struct cache_list used;  /* asked for again: these give way last */
	struct cache_list errors;
	struct kept_list groups; /* that hold a record, the latest walked first */
	size_t group_bytes;      /* of these records */
	size_t entries;          /* of all lists */
	size_t bytes;
	size_t entries_max;
	size_t bytes_max;
};

bool cache_is_fresh(const struct kept *entry, int64_t now_ms);

/* Whether the findings may serve where no server can be asked. */
bool cache_is_kept(const struct kept *entry, int64_t now_ms);

/* Whether it is of any use yet: its findings, or that a directory could not be asked. */
bool cache_counts(const struct kept *entry, int64_t now_ms);

void cache_drop(struct cache *cache, struct kept *entry);

/*
 * cache_room.c: an entry with its bytes comes to the front of a list, or goes; it has other bytes
 * now; it was used; it holds a group's record of so many of them, or none (0); and what has no room
 * is dropped. One that says that nothing is published does not become `used`: whoever sends mail can
 * have any number of such looked up, and again.
 */
void cache_room_add(struct cache *cache, struct kept *entry, struct cache_list *list);
void cache_room_remove(struct cache *cache, struct kept *entry);
void cache_room_resize(struct cache *cache, struct kept *entry, size_t bytes);
void cache_room_use(struct cache *cache, struct kept *entry);
void cache_room_group(struct cache *cache, struct kept *entry, size_t bytes);
void cache_room_make(struct cache *cache);

/* cache_cost.c: what an entry takes of the memory, about; findings and record may be NULL. */
size_t cache_cost(const char *key, const struct findings *findings, const struct recipient *record);
size_t cache_cost_of_record(const struct recipient *record);

/* The record beside an entry's findings, or none (NULL); what it costs is counted. */
void cache_replace_record(
    struct cache *cache, struct kept *entry, struct recipient *record, uint64_t generation);

#endif
