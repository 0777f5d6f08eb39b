#include "directory/walk.h"

#include <event2/event.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "directory/walk_private.h"

/* Members taken up in one turn of the loop; the rest waits for the next. */
#define STEPS_MAX 200

void
walk_free(struct walk *walk)
{
	if (walk == NULL)
		return;
	if (walk->turn.running)
		TAILQ_REMOVE(&walk->resolver->walks, walk, link);
	turns_leave(walk->resolver->walk_turns, &walk->turn);
	walk_free_members(walk);
	free(walk);
}

bool
walk_waits(const struct walk *walk)
{
	return !walk->turn.running;
}

void
walk_wake(struct resolver *resolver)
{
	static const struct timeval at_once = {0, 0};

	/* A timer, not event_active(): others have their turn between. */
	if (!TAILQ_EMPTY(&resolver->walks) || turns_waiting(resolver->walk_turns) > 0)
		event_add(resolver->walk_step, &at_once);
}

static struct recipient *
make_record(const struct walk *walk)
{
	struct recipient *group;
	const struct member *member;
	int result = 0;

	group = recipient_group(
	    walk->address, walk->note[0] != '\0' ? walk->note : NULL, clock_wall(), NULL);
	if (group == NULL)
		return NULL;
	group->members_incomplete = walk->over;
	for (member = walk->first; member != NULL && result == 0; member = member->next) {
		if (member->nameless)
			result = recipient_group_add_nameless(group, member->key + 1, NULL);
		else if (member->record != NULL)
			result = recipient_group_add(group, member->record, NULL);
	}
	if (result == 0 && walk->stale_since != 0)
		result = recipient_set_stale(group, walk->stale_since, NULL);
	if (result != 0) {
		recipient_unref(group);
		return NULL;
	}
	return group;
}

static void
finish(struct walk *walk)
{
	struct resolver *resolver = walk->resolver;
	struct recipient *record = make_record(walk);
	walk_done *done = walk->done;
	void *context = walk->context;
	bool lasting = walk->lasting;

	pthread_mutex_lock(&resolver->mutex);
	resolver->counts.groups++;
	pthread_mutex_unlock(&resolver->mutex);
	walk_free(walk);
	walk_wake(resolver); /* there is room for another */
	done(context, record, lasting);
	recipient_unref(record);
}

/* The next level, once all of this one are done. false: there is none. */
static bool
go_deeper(struct walk *walk)
{
	if (walk->over || TAILQ_EMPTY(&walk->deeper))
		return false;
	TAILQ_CONCAT(&walk->todo, &walk->deeper, link);
	walk->depth++;
	return true;
}

static void
step(struct walk *walk)
{
	size_t steps;

	for (steps = 0; steps < STEPS_MAX && walk->busy < WALK_ASIDE_MAX; steps++) {
		if (walk->over || TAILQ_EMPTY(&walk->todo)) {
			if (walk->busy > 0)
				return;
			if (!go_deeper(walk)) {
				finish(walk);
				return;
			}
		}
		if (!walk_take_first(walk))
			return; /* woken when a look-up has ended */
	}
	if (walk->busy < WALK_ASIDE_MAX)
		walk_wake(walk->resolver);
}

static bool
may_walk(void *context UNUSED, struct turn *turn UNUSED)
{
	return true;
}

void
walk_step_all(struct resolver *resolver)
{
	struct turn *turn;
	struct walk *walk;
	struct walk *next;

	while ((turn = turns_next(resolver->walk_turns, may_walk, NULL)) != NULL) {
		walk = (struct walk *)(void *)((char *)turn - offsetof(struct walk, turn));
		TAILQ_INSERT_TAIL(&resolver->walks, walk, link);
	}
	/* Another one is the first to find room for a look-up each time. */
	walk = TAILQ_FIRST(&resolver->walks);
	if (walk != NULL) {
		TAILQ_REMOVE(&resolver->walks, walk, link);
		TAILQ_INSERT_TAIL(&resolver->walks, walk, link);
	}
	for (walk = TAILQ_FIRST(&resolver->walks); walk != NULL; walk = next) {
		next = TAILQ_NEXT(walk, link);
		step(walk);
	}
}

struct walk *
walk_start(struct resolver *resolver, const char *key, const struct address *address,
    const struct findings_group *group, time_t stale_since, walk_done *done, void *context,
    struct error *err)
{
	struct walk *walk;

	walk = calloc(1, sizeof(*walk));
	if (walk == NULL) {
		error_no_memory(err);
		return NULL;
	}
	walk->resolver = resolver;
	walk->address = address;
	walk->last = &walk->first;
	TAILQ_INIT(&walk->todo);
	TAILQ_INIT(&walk->deeper);
	walk->stale_since = stale_since;
	walk->lasting = true;
	walk->done = done;
	walk->context = context;
	if (turns_wait(resolver->walk_turns, &walk->turn, address->domain, err) != 0) {
		free(walk);
		return NULL;
	}
	walk_meet(walk, strdup(key)); /* a group that names itself has not one member more for it */
	walk_expand(walk, group);
	walk_wake(resolver);
	return walk;
}
