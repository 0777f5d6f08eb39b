/* The members of a walk: met, looked up, judged, or found to be groups themselves. */
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "directory/judging.h"
#include "directory/key.h"
#include "directory/walk_private.h"

/* So many members whose directory could not be asked are enough: the others are not tried. */
#define FAILURES_MAX 20
/* Addresses and names met, as a multiple of the members allowed: some turn out to be groups. */
#define NODES_SHARE 2
/* Before the name of a member without an address, where others have a key: no key begins so. */
#define NAMELESS_MARK '\n'

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
walk_free_members(struct walk *walk)
{
	struct member *member;

	while ((member = walk->first) != NULL) {
		walk->first = member->next;
		tdelete(member, &walk->met, compare_keys);
		free_member(member);
	}
}

/* Nobody is asked any more. */
static void
give_up(struct walk *walk, const char *why)
{
	walk->over = true;
	snprintf(walk->note, sizeof(walk->note), "its members are not all known: %s", why);
}

static void
give_up_beyond(struct walk *walk, const char *setting, int64_t limit)
{
	char why[80];

	snprintf(why, sizeof(why), "%s (%lld)", setting, (long long)limit);
	give_up(walk, why);
}

static void
give_up_many(struct walk *walk)
{
	give_up_beyond(
	    walk, "more than group-members-limit", walk->resolver->config->group_members_limit);
}

static void on_found(void *context, const struct lookup_answer *answer);

struct member *
walk_meet(struct walk *walk, char *key)
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
	give_up(walk, "out of memory");
	return NULL;
}

/* A member that stands for the group. */
static void
count_member(struct walk *walk)
{
	walk->count++;
	if (walk->count > (size_t)walk->resolver->config->group_members_limit)
		give_up_many(walk);
}

static void
meet_nameless(struct walk *walk, const char *dn)
{
	size_t size = strlen(dn) + 2;
	char *key = malloc(size);
	struct member *member;

	if (key != NULL)
		snprintf(key, size, "%c%s", NAMELESS_MARK, dn);
	member = walk_meet(walk, key);
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
	member = walk_meet(walk, key_of_address(&address, walk->resolver->exact_keys, NULL));
	if (member == NULL) {
		address_free(&address);
		return;
	}
	member->address = address;
	TAILQ_INSERT_TAIL(&walk->deeper, member, link);
}

void
walk_expand(struct walk *walk, const struct findings_group *group)
{
	const struct config *config = walk->resolver->config;
	size_t most = (size_t)config->group_members_limit * NODES_SHARE;
	size_t i;

	if (group->dynamic)
		give_up(walk, "some are to be searched for (dynamic-attributes)");
	else if (group->partial)
		give_up(walk, "the file holds only a part of them (range=)");
	else if (group->incomplete)
		give_up_many(walk);
	if (walk->depth > config->group_depth_limit)
		give_up_beyond(walk, "groups within groups, beyond group-depth-limit",
		    config->group_depth_limit);
	if (group->address_count + group->nameless_count > most)
		give_up_many(walk);
	for (i = 0; i < group->address_count && !walk->over; i++) {
		if (walk->met_count > most)
			give_up_many(walk);
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
	/* That nothing is published is remembered for a time of its own (cache-negative). */
	if (record == NULL || record->state != RECIPIENT_FOUND || record->stale_if_error)
		walk->lasting = false;
	if (record == NULL)
		give_up(walk, "out of memory");
	else
		count_member(walk);
}

static void
set_unavailable(struct member *member, const char *why)
{
	struct recipient *record = recipient_unavailable(&member->address, why);

	set_record(member, record);
	recipient_unref(record);
}

static void
on_judged(void *context, struct recipient *record, bool lasting, const char *failure)
{
	struct member *member = context;

	member->walk->busy--;
	member->walk->lasting &= lasting;
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
		if (stale_since != 0 && (walk->stale_since == 0 || stale_since < walk->stale_since))
			walk->stale_since = stale_since;
		walk_expand(walk, findings->group);
		return;
	}
	if (judging_start(walk->resolver, member->key, &member->address, findings, stale_since,
		on_judged, member, &err) != NULL)
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

bool
walk_take_first(struct walk *walk)
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
