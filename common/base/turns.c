#include "base/turns.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

TAILQ_HEAD(turn_list, turn);
TAILQ_HEAD(owner_list, turns_owner);

/* One who has anything under way. */
struct turns_owner {
	char name[TURNS_OWNER_MAX]; /* first: what the tree compares */
	TAILQ_ENTRY(turns_owner) link;
	struct turn_list waiting;
	size_t wait_count;
	size_t running;
};

struct turns {
	struct turns_limits limits;
	void *tree;               /* of owners (tsearch(3)) */
	struct owner_list owners; /* whose turn is next first */
	size_t running;
	size_t waiting;
};

static int
compare_names(const void *a, const void *b)
{
	return strcmp(((const struct turns_owner *)a)->name, ((const struct turns_owner *)b)->name);
}

struct turns *
turns_new(const struct turns_limits *limits, struct error *err)
{
	struct turns *turns = calloc(1, sizeof(*turns));

	if (turns == NULL) {
		error_no_memory(err);
		return NULL;
	}
	turns->limits = *limits;
	TAILQ_INIT(&turns->owners);
	return turns;
}

void
turns_free(struct turns *turns)
{
	free(turns);
}

static void
set_name(struct turns_owner *owner, const char *name)
{
	memset(owner, 0, sizeof(*owner));
	strncpy(owner->name, name, sizeof(owner->name) - 1);
}

/* NULL: it has nothing under way. */
static const struct turns_owner *
find_owner(const struct turns *turns, const char *name)
{
	struct turns_owner probe;
	struct turns_owner *const *node;

	set_name(&probe, name);
	node = tfind(&probe, &turns->tree, compare_names);
	return node != NULL ? *node : NULL;
}

/* NULL without memory. */
static struct turns_owner *
get_owner(struct turns *turns, const char *name)
{
	struct turns_owner *owner = malloc(sizeof(*owner));
	struct turns_owner **node;

	if (owner == NULL)
		return NULL;
	set_name(owner, name);
	TAILQ_INIT(&owner->waiting);
	node = tsearch(owner, &turns->tree, compare_names);
	if (node == NULL || *node != owner) {
		free(owner);
		return node != NULL ? *node : NULL;
	}
	TAILQ_INSERT_TAIL(&turns->owners, owner, link);
	return owner;
}

/* Forgets an owner that has nothing any more. */
static void
drop_idle(struct turns *turns, struct turns_owner *owner)
{
	if (owner->wait_count + owner->running > 0)
		return;
	tdelete(owner, &turns->tree, compare_names);
	TAILQ_REMOVE(&turns->owners, owner, link);
	free(owner);
}

/* What an owner has must be less than what is left. */
static bool
fits(size_t own, size_t all, size_t most)
{
	return all < most && own < most - all;
}

bool
turns_has_room(const struct turns *turns, const char *name)
{
	const struct turns_owner *owner = find_owner(turns, name);
	size_t own = owner != NULL ? owner->wait_count + owner->running : 0;

	return turns->limits.most == 0 ||
	       fits(own, turns->waiting + turns->running, turns->limits.most);
}

bool
turns_may_run(const struct turns *turns, const char *name)
{
	const struct turns_owner *owner = find_owner(turns, name);

	return fits(owner != NULL ? owner->running : 0, turns->running, turns->limits.running);
}

static void
append(struct turns *turns, struct turns_owner *owner, struct turn *turn)
{
	TAILQ_INSERT_TAIL(&owner->waiting, turn, link);
	turn->owner = owner;
	turn->running = false;
	owner->wait_count++;
	turns->waiting++;
}

int
turns_wait(struct turns *turns, struct turn *turn, const char *name, struct error *err)
{
	struct turns_owner *owner;

	if (!turns_has_room(turns, name))
		return error_set(err, ERROR_LIMIT, "too much waits already");
	owner = get_owner(turns, name);
	if (owner == NULL)
		return error_no_memory(err);
	append(turns, owner, turn);
	return 0;
}

static void
stop_waiting(struct turns *turns, struct turn *turn)
{
	TAILQ_REMOVE(&turn->owner->waiting, turn, link);
	turn->owner->wait_count--;
	turns->waiting--;
}

void
turns_share(struct turns *turns, struct turn *turn, const char *name)
{
	struct turns_owner *before = turn->owner;
	struct turns_owner *owner;

	if (before == NULL || turn->running)
		return;
	owner = get_owner(turns, name);
	if (owner == NULL || owner == before)
		return;
	if (owner->wait_count + owner->running < before->wait_count + before->running) {
		stop_waiting(turns, turn);
		append(turns, owner, turn);
		drop_idle(turns, before);
	} else {
		drop_idle(turns, owner);
	}
}

static struct turn *
first_that_may(const struct turns_owner *owner, turns_may *may, void *context)
{
	struct turn *turn;

	TAILQ_FOREACH(turn, &owner->waiting, link)
	if (may(context, turn))
		return turn;
	return NULL;
}

/* The owner has had its turn. */
static void
begin(struct turns *turns, struct turns_owner *owner, struct turn *turn)
{
	turn->owner = owner;
	turn->running = true;
	owner->running++;
	turns->running++;
	TAILQ_REMOVE(&turns->owners, owner, link);
	TAILQ_INSERT_TAIL(&turns->owners, owner, link);
}

int
turns_run(struct turns *turns, struct turn *turn, const char *name, struct error *err)
{
	struct turns_owner *owner;

	if (!turns_may_run(turns, name))
		return error_set(err, ERROR_LIMIT, "too much is under way already");
	owner = get_owner(turns, name);
	if (owner == NULL)
		return error_no_memory(err);
	begin(turns, owner, turn);
	return 0;
}

struct turn *
turns_next(struct turns *turns, turns_may *may, void *context)
{
	struct turns_owner *owner;
	struct turn *turn;

	TAILQ_FOREACH(owner, &turns->owners, link)
	{
		if (!fits(owner->running, turns->running, turns->limits.running))
			continue;
		turn = first_that_may(owner, may, context);
		if (turn == NULL)
			continue;
		stop_waiting(turns, turn);
		begin(turns, owner, turn);
		return turn;
	}
	return NULL;
}

void
turns_leave(struct turns *turns, struct turn *turn)
{
	struct turns_owner *owner = turn->owner;

	if (owner == NULL)
		return;
	if (turn->running) {
		owner->running--;
		turns->running--;
	} else {
		stop_waiting(turns, turn);
	}
	turn->owner = NULL;
	drop_idle(turns, owner);
}

const char *
turns_owner_name(const struct turn *turn)
{
	return turn->owner->name;
}

size_t
turns_running(const struct turns *turns)
{
	return turns->running;
}

size_t
turns_waiting(const struct turns *turns)
{
	return turns->waiting;
}
