#include "smime/shelf.h"

#include <stdlib.h>
#include <string.h>

/* What an item costs beside its thing. */
#define OVERHEAD (sizeof(struct shelf_item) + 64)

static struct shelf_list *
chain_of_key(struct shelf *shelf, const char *key)
{
	uint32_t hash = 2166136261U;

	for (; *key != '\0'; key++)
		hash = (hash ^ (unsigned char)*key) * 16777619U;
	return &shelf->keys[hash % SHELF_CHAINS];
}

static struct shelf_list *
chain_of_name(struct shelf *shelf, uint64_t name)
{
	return &shelf->names[name % SHELF_CHAINS];
}

bool
shelf_init(struct shelf *shelf, size_t count_max, size_t bytes_max, void (*free_thing)(void *thing))
{
	size_t i;

	memset(shelf, 0, sizeof(*shelf));
	TAILQ_INIT(&shelf->uses);
	shelf->free_thing = free_thing;
	shelf->count_max = count_max;
	shelf->bytes_max = bytes_max;
	shelf->keys = calloc(SHELF_CHAINS, sizeof(*shelf->keys));
	shelf->names = calloc(SHELF_CHAINS, sizeof(*shelf->names));
	if (shelf->keys == NULL || shelf->names == NULL)
		return false;
	for (i = 0; i < SHELF_CHAINS; i++) {
		TAILQ_INIT(&shelf->keys[i]);
		TAILQ_INIT(&shelf->names[i]);
	}
	return true;
}

void
shelf_drop(struct shelf *shelf, struct shelf_item *item)
{
	TAILQ_REMOVE(&shelf->uses, item, by_use);
	TAILQ_REMOVE(chain_of_key(shelf, item->key), item, by_key);
	TAILQ_REMOVE(chain_of_name(shelf, item->name), item, by_name);
	shelf->count--;
	shelf->bytes -= item->bytes;
	shelf->free_thing(item->thing);
	free(item->key);
	free(item);
}

void
shelf_clear(struct shelf *shelf)
{
	struct shelf_item *item;

	while (shelf->keys != NULL && shelf->names != NULL &&
	       (item = TAILQ_FIRST(&shelf->uses)) != NULL)
		shelf_drop(shelf, item);
	free(shelf->keys);
	free(shelf->names);
	shelf->keys = NULL;
	shelf->names = NULL;
}

static bool
is_worthy(const struct shelf *shelf, void *thing)
{
	return shelf->is_worthy == NULL || shelf->is_worthy(thing);
}

/* The last used of those that are not worthy; of all, where a worthy one is to come. NULL: none. */
static struct shelf_item *
find_victim(struct shelf *shelf, bool worthy)
{
	struct shelf_item *item;

	if (shelf->is_worthy != NULL) {
		TAILQ_FOREACH_REVERSE(item, &shelf->uses, shelf_list, by_use)
		{
			if (!is_worthy(shelf, item->thing))
				return item;
		}
	}
	return worthy ? TAILQ_LAST(&shelf->uses, shelf_list) : NULL;
}

static bool
make_room(struct shelf *shelf, size_t bytes, bool worthy)
{
	while (shelf->count > 0 &&
	       (shelf->count >= shelf->count_max || shelf->bytes + bytes > shelf->bytes_max)) {
		struct shelf_item *victim = find_victim(shelf, worthy);

		if (victim == NULL)
			return false;
		shelf_drop(shelf, victim);
	}
	return true;
}

bool
shelf_add(
    struct shelf *shelf, const char *key, uint64_t name, void *thing, size_t bytes, time_t moment)
{
	struct shelf_item *item = calloc(1, sizeof(*item));
	char *copy = strdup(key);

	bytes += OVERHEAD + strlen(key);
	if (item == NULL || copy == NULL || bytes > shelf->bytes_max ||
	    !make_room(shelf, bytes, is_worthy(shelf, thing))) {
		free(item);
		free(copy);
		shelf->free_thing(thing);
		return false;
	}
	*item = (struct shelf_item){
	    .key = copy, .name = name, .thing = thing, .bytes = bytes, .moment = moment};
	TAILQ_INSERT_HEAD(&shelf->uses, item, by_use);
	TAILQ_INSERT_TAIL(chain_of_key(shelf, key), item, by_key);
	TAILQ_INSERT_TAIL(chain_of_name(shelf, name), item, by_name);
	shelf->count++;
	shelf->bytes += bytes;
	return true;
}

void
shelf_remove(struct shelf *shelf, const char *key)
{
	struct shelf_list *chain = chain_of_key(shelf, key);
	struct shelf_item *item = TAILQ_FIRST(chain);

	while (item != NULL) {
		struct shelf_item *next = TAILQ_NEXT(item, by_key);

		if (strcmp(item->key, key) == 0)
			shelf_drop(shelf, item);
		item = next;
	}
}

void
shelf_used(struct shelf *shelf, struct shelf_item *item)
{
	TAILQ_REMOVE(&shelf->uses, item, by_use);
	TAILQ_INSERT_HEAD(&shelf->uses, item, by_use);
}

struct shelf_item *
shelf_by_key(struct shelf *shelf, const char *key)
{
	struct shelf_item *item;

	TAILQ_FOREACH(item, chain_of_key(shelf, key), by_key)
	{
		if (strcmp(item->key, key) != 0)
			continue;
		shelf_used(shelf, item);
		return item;
	}
	return NULL;
}

struct shelf_item *
shelf_next(struct shelf_item *item)
{
	const char *key = item->key;

	do
		item = TAILQ_NEXT(item, by_key);
	while (item != NULL && strcmp(item->key, key) != 0);
	return item;
}

struct shelf_item *
shelf_by_name(struct shelf *shelf, uint64_t name, struct shelf_item *after)
{
	struct shelf_item *item =
	    after != NULL ? TAILQ_NEXT(after, by_name) : TAILQ_FIRST(chain_of_name(shelf, name));

	while (item != NULL && item->name != name)
		item = TAILQ_NEXT(item, by_name);
	return item;
}
