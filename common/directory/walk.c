#include "directory/walk.h"

#include <event2/event.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "directory/judging.h"
#include "directory/key.h"
#include "directory/lookup.h"

/* Members taken up in one turn of the loop; the rest waits for the next. */
#define STEPS_MAX 200
/* So many members whose directory could not be asked are enough: the others are not tried. */
#define FAILURES_MAX 20
/* Addresses and names met, as a multiple of the members allowed: some turn out to be groups. */
#define NODES_SHARE 2
/* Before the name of a member without an address, where others have a key: no key begins so. */
#define NAMELESS_MARK '\n'

TAILQ_HEAD(member_list, member);

struct member {
	char *key; /* first: what the tree compares */
	TAILQ_ENTRY(member) link;
	struct member *next; /* in the order in which they were met */
	struct walk *walk;
	struct address address;
	struct lookup_watch watch;
	struct recipient *record; /* NULL: a group, or not known (yet) */
	bool nameless;
};

struct walk {
	TAILQ_ENTRY(walk) link;
	struct resolver *resolver;
	const struct address *address;
	bool running;     /* on the resolver's walks; else it waits for its turn */
	void *met;        /* members by key (tsearch(3)), the group itself among them */
	size_t met_count; /* of them */
	struct member *first;
	struct member **last;
	struct member_list todo;   /* of this level */
	struct member_list deeper; /* of the next */
	int64_t depth; /* of the groups that this level's members may be; the first group's is 0 */
	size_t busy;   /* members being looked up or judged */
	size_t count;  /* members that stand for the group */
	size_t failures; /* of them, could not be asked */
	bool lasting;
	bool over;      /* nobody is asked any more */
	char note[128]; /* why it is incomplete; "" */
	walk_done *done;
	void *context;
};

static int
compare_keys(const void *a, const void *b)
{
	return strcmp(((const struct member *)a)->key, ((const struct member *)b)->key);
}

static void
free_member(struct member *member)
{
	lookup_leave(&member->watch);
	recipient_unref(member->record);
	address_free(&member->address);
	free(member->key);
	free(member);
}

void
walk_free(struct walk *walk)
{
	struct member *member;

	if (walk == NULL)
		return;
	TAILQ_REMOVE(
	    walk->running ? &walk->resolver->walks : &walk->resolver->walks_waiting, walk, link);
	if (walk->running)
		walk->resolver->walk_count--;
	while ((member = walk->first) != NULL) {
		walk->first = member->next;
		tdelete(member, &walk->met, compare_keys);
		free_member(member);
	}
	free(walk);
}

void
walk_wake(struct resolver *resolver)
{
	static const struct timeval at_once = {0, 0};

	/* A timer, not event_active(): others have their turn between. */
	if (!TAILQ_EMPTY(&resolver->walks) || !TAILQ_EMPTY(&resolver->walks_waiting))
		event_add(resolver->walk_step, &at_once);
}

/* Nobody is asked any more. */
static void
give_up(struct walk *walk, const char *why, int64_t limit)
{
	walk->over = true;
	snprintf(walk->note, sizeof(walk->note), "its members are not all known: %s (%lld)", why,
	    (long long)limit);
}

static void on_found(void *context, const struct lookup_answer *answer);

/* Takes up a member under its key (given), unless it was met before. NULL: it was, or no memory
 * (then the walk can't be kept, nor be complete). */
static struct member *
meet(struct walk *walk, char *key)
{
	struct member *member;
	struct member **node;

	member = key != NULL ? calloc(1, sizeof(*member)) : NULL;
	if (member == NULL)
		goto no_memory;
	member->key = key;
	node = tsearch(member, &walk->met, compare_keys);
	if (node == NULL)
		goto no_memory;
	if (*node != member) {
		free(member);
		free(key);
		return NULL;
	}
	member->walk = walk;
	member->watch.answered = on_found;
	member->watch.context = member;
	*walk->last = member;
	walk->last = &member->next;
	walk->met_count++;
	return member;
no_memory:
	free(member);
	free(key);
	walk->lasting = false;
	give_up(walk, "out of memory", 0);
	return NULL;
}

/* A member that stands for the group. */
static void
count_member(struct walk *walk)
{
	int64_t limit = walk->resolver->config->group_members_limit;

	walk->count++;
	if (walk->count > (size_t)limit)
		give_up(walk, "more than group-members-limit", limit);
}

static void
meet_nameless(struct walk *walk, const char *dn)
{
	size_t size = strlen(dn) + 2;
	char *key = malloc(size);
	struct member *member;

	if (key != NULL)
		snprintf(key, size, "%c%s", NAMELESS_MARK, dn);
	member = meet(walk, key);
	if (member == NULL)
		return;
	member->nameless = true;
	count_member(walk);
}

static void
meet_address(struct walk *walk, const char *text)
{
	struct address address = ADDRESS_INIT;
	struct member *member;

	if (address_parse(text, &address, NULL) != 0) {
		meet_nameless(walk, text); /* nobody's: it stands for nothing that is published */
		return;
	}
	member = meet(walk, key_of_address(&address, walk->resolver->exact_keys, NULL));
	if (member == NULL) {
		address_free(&address);
		return;
	}
	member->address = address;
	TAILQ_INSERT_TAIL(&walk->deeper, member, link);
}

/* Takes up the members of a group at walk->depth. */
static void
expand(struct walk *walk, const struct findings_group *group)
{
	const struct config *config = walk->resolver->config;
	size_t most = (size_t)config->group_members_limit * NODES_SHARE;
	size_t i;

	if (group->incomplete)
		give_up(walk, "more than group-members-limit", config->group_members_limit);
	if (walk->depth > config->group_depth_limit)
		give_up(walk, "groups within groups, beyond group-depth-limit",
		    config->group_depth_limit);
	for (i = 0; i < group->address_count && !walk->over; i++) {
		if (walk->met_count > most)
			give_up(walk, "more than group-members-limit", config->group_members_limit);
		else
			meet_address(walk, group->addresses[i]);
	}
	for (i = 0; i < group->nameless_count && !walk->over; i++)
		meet_nameless(walk, group->nameless[i]);
}

static void
set_record(struct member *member, struct recipient *record)
{
	struct walk *walk = member->walk;

	member->record = record != NULL ? recipient_ref(record) : NULL;
	if (record == NULL || record->state == RECIPIENT_UNAVAILABLE)
		walk->failures++;
	if (record == NULL || record->state == RECIPIENT_UNAVAILABLE || record->stale_if_error)
		walk->lasting = false;
	if (record == NULL)
		give_up(walk, "out of memory", 0);
	else
		count_member(walk);
}

static void
set_unavailable(struct member *member, const char *why)
{
	struct recipient *record = recipient_unavailable(&member->address, why, NULL);

	set_record(member, record);
	recipient_unref(record);
}

static void
on_judged(void *context, struct recipient *record, const char *failure)
{
	struct member *member = context;

	member->walk->busy--;
	if (record != NULL)
		set_record(member, record);
	else
		set_unavailable(member, failure);
	walk_wake(member->walk->resolver);
}

/* What is published for the member: it is a group, too, or is judged. */
static void
take_findings(struct member *member, struct findings *findings, time_t stale_since)
{
	struct walk *walk = member->walk;
	struct error err = ERROR_INIT;

	if (findings->group != NULL) {
		walk->lasting &= stale_since == 0;
		expand(walk, findings->group);
		return;
	}
	if (judging_start(walk->resolver, member->key, &member->address, findings, stale_since,
		on_judged, member, &err) == 0)
		walk->busy++;
	else
		set_unavailable(member, err.text);
}

static void
on_found(void *context, const struct lookup_answer *answer)
{
	struct member *member = context;
	struct walk *walk = member->walk;

	walk->busy--;
	if (answer->findings != NULL)
		take_findings(member, answer->findings, answer->stale_since);
	else
		set_unavailable(member, answer->failure);
	walk_wake(walk->resolver);
}

/* What the cache knows of a member. false: it must be asked for. */
static bool
recall(struct member *member)
{
	struct resolver *resolver = member->walk->resolver;
	struct cache_found found;
	bool known;

	pthread_mutex_lock(&resolver->mutex);
	known = resolver_recall(resolver, member->key, &member->address, &found);
	pthread_mutex_unlock(&resolver->mutex);
	if (!known)
		return false;
	if (found.findings != NULL && (found.findings->group != NULL || found.record == NULL))
		take_findings(member, found.findings, found.stale ? found.asked_at : 0);
	else
		set_record(member, found.record);
	cache_found_clear(&found);
	return true;
}

/* Takes up the first member that is to be done. false: there is no room for its look-up. */
static bool
take_first(struct walk *walk)
{
	struct member *member = TAILQ_FIRST(&walk->todo);
	struct error err = ERROR_INIT;

	if (!recall(member)) {
		if (walk->failures >= FAILURES_MAX) {
			set_unavailable(
			    member, "not asked for, as others of the group could not be");
		} else if (!lookup_has_room(walk->resolver) && !walk->resolver->stopping) {
			return false;
		} else if (lookup_start(walk->resolver, member->key, &member->address,
			       &member->watch, &err) == 0) {
			walk->busy++;
		} else {
			set_unavailable(member, err.text);
		}
	}
	TAILQ_REMOVE(&walk->todo, member, link);
	return true;
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
		if (!take_first(walk))
			return; /* woken when a look-up has ended */
	}
	if (walk->busy < WALK_ASIDE_MAX)
		walk_wake(walk->resolver);
}

void
walk_step_all(struct resolver *resolver)
{
	struct walk *walk;
	struct walk *next;

	while (resolver->walk_count < WALK_MAX &&
	       (walk = TAILQ_FIRST(&resolver->walks_waiting)) != NULL) {
		TAILQ_REMOVE(&resolver->walks_waiting, walk, link);
		TAILQ_INSERT_TAIL(&resolver->walks, walk, link);
		walk->running = true;
		resolver->walk_count++;
	}
	for (walk = TAILQ_FIRST(&resolver->walks); walk != NULL; walk = next) {
		next = TAILQ_NEXT(walk, link);
		step(walk);
	}
	if (!TAILQ_EMPTY(&resolver->walks_waiting) && resolver->walk_count < WALK_MAX)
		walk_wake(resolver);
}

struct walk *
walk_start(struct resolver *resolver, const char *key, const struct address *address,
    const struct findings_group *group, walk_done *done, void *context, struct error *err)
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
	walk->lasting = true;
	walk->done = done;
	walk->context = context;
	TAILQ_INSERT_TAIL(&resolver->walks_waiting, walk, link);
	meet(walk, strdup(key)); /* a group that names itself has not one member more for it */
	expand(walk, group);
	walk_wake(resolver);
	return walk;
}
