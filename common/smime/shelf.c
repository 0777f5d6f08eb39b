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

static void
drop(struct shelf *shelf, struct shelf_item *item)
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
		drop(shelf, item);
	free(shelf->keys);
	free(shelf->names);
	shelf->keys = NULL;
	shelf->names = NULL;
}

static void
make_room(struct shelf *shelf, size_t bytes)
{
	while (shelf->count > 0 &&
	       (shelf->count >= shelf->count_max || shelf->bytes + bytes > shelf->bytes_max))
		drop(shelf, TAILQ_LAST(&shelf->uses, shelf_list));
}

bool
shelf_add(
    struct shelf *shelf, const char *key, uint64_t name, void *thing, size_t bytes, time_t moment)
{
	struct shelf_item *item = calloc(1, sizeof(*item));
	char *copy = strdup(key);

	bytes += OVERHEAD + strlen(key);
	if (item == NULL || copy == NULL || bytes > shelf->bytes_max) {
		free(item);
		free(copy);
		shelf->free_thing(thing);
		return false;
	}
	make_room(shelf, bytes);
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
			drop(shelf, item);
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
shelf_by_name(struct shelf *shelf, uint64_t name, struct shelf_item *after)
{
	struct shelf_item *item =
	    after != NULL ? TAILQ_NEXT(after, by_name) : TAILQ_FIRST(chain_of_name(shelf, name));

	while (item != NULL && item->name != name)
		item = TAILQ_NEXT(item, by_name);
	return item;
}
