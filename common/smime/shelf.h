/*
 * Things of one kind, found by the key that they were fetched by and by the name that they are
 * about; what was used longest ago goes when there are too many entries or bytes. Internal to
 * evidence.c, whose lock guards it.
 */
#ifndef SMIME_SMIME_SHELF_H
#define SMIME_SMIME_SHELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <time.h>

/* Chains of a hash table: short ones for the entries that a large installation has. */
#define SHELF_CHAINS 4096

TAILQ_HEAD(shelf_list, shelf_item);

struct shelf_item {
	TAILQ_ENTRY(shelf_item) by_use;
	TAILQ_ENTRY(shelf_item) by_key;
	TAILQ_ENTRY(shelf_item) by_name;
	char *key;
	uint64_t name; /* a hash of it */
	void *thing;
	size_t bytes;
	time_t moment; /* its owner's: when it was made, or ends */
};

struct shelf {
	struct shelf_list *keys; /* SHELF_CHAINS of them */
	struct shelf_list *names;
	struct shelf_list uses; /* the last used first */
	void (*free_thing)(void *thing);
	/* Whether a thing is worth keeping, if any are told apart: nothing that is not takes the
	 * place of what is. May be set once shelf_init() is done. */
	bool (*is_worthy)(void *thing);
	size_t count;
	size_t bytes;
	size_t count_max;
	size_t bytes_max;
};

/* false without memory. */
bool shelf_init(
    struct shelf *shelf, size_t count_max, size_t bytes_max, void (*free_thing)(void *thing));
void shelf_clear(struct shelf *shelf);

/* Puts a thing there; it is the shelf's now, also on false (no memory, or no room for it). */
bool shelf_add(
    struct shelf *shelf, const char *key, uint64_t name, void *thing, size_t bytes, time_t moment);
/* Takes away all that has the key; or one. */
void shelf_remove(struct shelf *shelf, const char *key);
void shelf_drop(struct shelf *shelf, struct shelf_item *item);

/* The first that has the key; NULL. It counts as used. */
struct shelf_item *shelf_by_key(struct shelf *shelf, const char *key);
/* The one of the same key that was put there next; NULL. */
struct shelf_item *shelf_next(struct shelf_item *item);
/* The first whose name has that hash, then the next after one; NULL. */
struct shelf_item *shelf_by_name(struct shelf *shelf, uint64_t name, struct shelf_item *after);
void shelf_used(struct shelf *shelf, struct shelf_item *item);

#endif
