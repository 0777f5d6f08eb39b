#include "directory/group_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "directory/group_entry.h"

/* "member;range=1500-*" */
#define RANGE_SIZE 160

/* An entry to read: a member's, or once more a group's for the next part of its members. */
struct step {
	TAILQ_ENTRY(step) link;
	struct group_walk *walk;
	struct pool_search *search; /* NULL: waits */
	char *dn;
	size_t depth;  /* of the group that it is a member of, or is */
	unsigned from; /* of the part; 0: a member */
	char range[RANGE_SIZE];
	char *attributes[2]; /* of the part */
	struct group_entry entry;
	bool found;
};

TAILQ_HEAD(step_list, step);

/* An entry that was found for the address itself. */
struct top {
	char *dn;
	struct group_entry entry;
};

struct group_walk {
	const struct config_directory *directory;
	struct pool *pool;
	char *const *attributes;
	struct members members;
	struct top *tops;
	size_t top_count;
	struct step_list waiting;
	struct step_list running;
	size_t steps; /* members among both */
	size_t running_count;
	int64_t deadline_ms;
	group_walk_done *done;
	void *context;
};

struct group_walk *
group_walk_new(const struct config_directory *directory, struct pool *pool, char *const *attributes,
    const struct members_limits *limits, struct error *err)
{
	struct group_walk *walk = calloc(1, sizeof(*walk));

	if (walk == NULL || members_init(&walk->members, limits, err) != 0) {
		free(walk);
		error_no_memory(err);
		return NULL;
	}
	walk->directory = directory;
	walk->pool = pool;
	walk->attributes = attributes;
	TAILQ_INIT(&walk->waiting);
	TAILQ_INIT(&walk->running);
	return walk;
}

static void
free_step(struct step *step)
{
	struct group_walk *walk = step->walk;

	if (step->search != NULL) {
		TAILQ_REMOVE(&walk->running, step, link);
		walk->running_count--;
	} else {
		TAILQ_REMOVE(&walk->waiting, step, link);
	}
	if (step->from == 0)
		walk->steps--;
	group_entry_clear(&step->entry);
	free(step->dn);
	free(step);
}

/* Ends all that waits or is under way. */
static void
drop_steps(struct group_walk *walk)
{
	struct step *step;

	while ((step = TAILQ_FIRST(&walk->waiting)) != NULL)
		free_step(step);
	while ((step = TAILQ_FIRST(&walk->running)) != NULL) {
		pool_search_cancel(step->search);
		free_step(step);
	}
}

void
group_walk_begin(struct group_walk *walk)
{
	while (walk->top_count > 0) {
		walk->top_count--;
		group_entry_clear(&walk->tops[walk->top_count].entry);
		free(walk->tops[walk->top_count].dn);
	}
}

void
group_walk_free(struct group_walk *walk)
{
	if (walk == NULL)
		return;
	drop_steps(walk);
	group_walk_begin(walk);
	free(walk->tops);
	members_clear(&walk->members);
	free(walk);
}

static int
read_entry(struct group_walk *walk, struct group_entry *entry, LDAP *ld, LDAPMessage *message,
    struct error *err)
{
	return group_entry_read(
	    entry, walk->directory, ld, message, walk->members.limits.members + 1, err);
}

static char *
copy_dn(LDAP *ld, LDAPMessage *message)
{
	char *dn = ldap_get_dn(ld, message);
	char *copy = strdup(dn != NULL ? dn : "");

	ldap_memfree(dn);
	return copy;
}

int
group_walk_take(struct group_walk *walk, LDAP *ld, LDAPMessage *message, struct error *err)
{
	struct top *tops = reallocarray(walk->tops, walk->top_count + 1, sizeof(*tops));
	struct top *top;

	if (tops == NULL)
		return error_no_memory(err);
	walk->tops = tops;
	top = &tops[walk->top_count];
	top->entry = (struct group_entry)GROUP_ENTRY_INIT;
	top->dn = copy_dn(ld, message);
	if (top->dn == NULL)
		return error_no_memory(err);
	walk->top_count++;
	return read_entry(walk, &top->entry, ld, message, err);
}

bool
group_walk_is_group(const struct group_walk *walk)
{
	size_t i;

	for (i = 0; i < walk->top_count; i++) {
		if (walk->tops[i].entry.is_group)
			return true;
	}
	return false;
}

static struct step *
add_step(struct group_walk *walk, const char *dn, size_t depth, struct error *err)
{
	struct step *step = calloc(1, sizeof(*step));

	if (step != NULL)
		step->dn = strdup(dn);
	if (step == NULL || step->dn == NULL) {
		free(step);
		error_no_memory(err);
		return NULL;
	}
	step->walk = walk;
	step->depth = depth;
	walk->steps++;
	TAILQ_INSERT_TAIL(&walk->waiting, step, link);
	return step;
}

/* The next part of a group's members. One that does not go on where the last ended is no part. */
static int
add_part(struct group_walk *walk, const char *dn, const struct group_entry *entry, unsigned last,
    size_t depth, struct error *err)
{
	struct step *step;
	int size;

	if (entry->more_from <= last) {
		walk->members.group->incomplete = true;
		return 0;
	}
	step = add_step(walk, dn, depth, err);
	if (step == NULL)
		return -1;
	walk->steps--; /* it is no member */
	step->from = entry->more_from;
	size = snprintf(
	    step->range, sizeof(step->range), "%s;range=%u-*", entry->more, entry->more_from);
	if (size < 0 || (size_t)size >= sizeof(step->range))
		return error_set(err, ERROR_LIMIT, "the attribute's name is too long");
	step->attributes[0] = step->range;
	return 0;
}

/* A member by its name: to be looked for, unless it was already. */
static int
add_name(struct group_walk *walk, const char *dn, size_t depth, struct error *err)
{
	switch (members_follow(&walk->members, dn, NULL, err)) {
	case MEMBERS_FOLLOW:
		break;
	case MEMBERS_FOLLOWED:
		return 0;
	case MEMBERS_NO_NAME:
		return members_add_nameless(&walk->members, dn, err);
	case MEMBERS_NO_MEMORY:
		return -1;
	}
	if (members_full(&walk->members, walk->steps)) {
		walk->members.group->incomplete = true;
		return 0;
	}
	return add_step(walk, dn, depth, err) != NULL ? 0 : -1;
}

/* The members that a group's entry names. */
static int
expand(struct group_walk *walk, const char *dn, const struct group_entry *entry, unsigned last,
    size_t depth, struct error *err)
{
	const struct group_member *member;
	int result = 0;
	size_t i;

	if (depth > walk->members.limits.depth || entry->cut)
		walk->members.group->incomplete = true;
	for (i = 0; result == 0 && i < entry->member_count && !walk->members.group->incomplete;
	     i++) {
		member = &entry->members[i];
		if (member->is_address)
			result = members_add(&walk->members, member->text, err);
		else
			result = add_name(walk, member->text, depth, err);
	}
	if (result == 0 && entry->more != NULL && !walk->members.group->incomplete)
		result = add_part(walk, dn, entry, last, depth, err);
	return result;
}

/* What came of a step that has ended. */
static int
settle(struct step *step, struct error *err)
{
	struct group_walk *walk = step->walk;
	const struct group_entry *entry = &step->entry;

	if (step->from > 0 && !step->found) {
		walk->members.group->incomplete = true; /* it is gone meanwhile */
		return 0;
	}
	if (step->from > 0)
		return expand(walk, step->dn, entry, step->from, step->depth, err);
	if (entry->address != NULL)
		return members_add(&walk->members, entry->address, err);
	if (!entry->is_group)
		return members_add_nameless(&walk->members, step->dn, err);
	return expand(walk, step->dn, entry, 0, step->depth + 1, err);
}

static void
on_begin(void *context)
{
	struct step *step = context;

	group_entry_clear(&step->entry);
	step->found = false;
}

static int
on_entry(void *context, LDAP *ld, LDAPMessage *message, struct error *err)
{
	struct step *step = context;

	step->found = true;
	return read_entry(step->walk, &step->entry, ld, message, err);
}

static int go_on(struct group_walk *walk, struct error *err);

/* Whether the answer says of a member that nothing is to be found, here and now or later: a name
 * in a foreign directory, say. */
static bool
is_final(const struct pool_result *result)
{
	return result->outcome != POOL_FAILED || result->code == LDAP_REFERRAL ||
	       result->code == LDAP_INVALID_DN_SYNTAX;
}

static void
on_done(void *context, const struct pool_result *result)
{
	struct step *step = context;
	struct group_walk *walk = step->walk;
	struct error err = ERROR_INIT;
	int status = -1;

	if (result->outcome != POOL_COMPLETE)
		on_begin(step);
	if (is_final(result))
		status = settle(step, &err);
	else
		err = *result->error;
	free_step(step);
	if (status == 0)
		status = go_on(walk, &err);
	if (status == 0)
		return;
	drop_steps(walk);
	walk->done(walk->context, status > 0 ? NULL : &err);
}

static const struct pool_events events = {on_begin, on_entry, on_done};

static int
start_step(struct step *step, struct error *err)
{
	struct group_walk *walk = step->walk;
	const struct pool_question question = {
	    .base = step->dn,
	    .scope = LDAP_SCOPE_BASE,
	    .filter = "(objectClass=*)",
	    .attributes = step->from > 0 ? step->attributes : walk->attributes,
	    .deadline_ms = walk->deadline_ms,
	};

	step->search = pool_search_start(walk->pool, &question, &events, step, err);
	if (step->search == NULL)
		return -1;
	TAILQ_REMOVE(&walk->waiting, step, link);
	TAILQ_INSERT_TAIL(&walk->running, step, link);
	walk->running_count++;
	return 0;
}

/* Begins what there is room for. 1: all is done, or too much; 0: something is under way; -1. */
static int
go_on(struct group_walk *walk, struct error *err)
{
	struct step *step;

	if (walk->members.group->incomplete)
		return 1; /* what is still to come changes nothing */
	while (walk->running_count < GROUP_WALK_SEARCHES_MAX &&
	       (step = TAILQ_FIRST(&walk->waiting)) != NULL) {
		if (start_step(step, err) != 0)
			return -1;
	}
	return walk->running_count == 0 ? 1 : 0;
}

int
group_walk_start(struct group_walk *walk, int64_t deadline_ms, group_walk_done *done, void *context,
    struct error *err)
{
	struct top *top;
	size_t i;

	walk->deadline_ms = deadline_ms;
	walk->done = done;
	walk->context = context;
	for (i = 0; i < walk->top_count; i++) {
		top = &walk->tops[i];
		if (members_follow(&walk->members, top->dn, NULL, err) == MEMBERS_NO_MEMORY ||
		    (top->entry.is_group && expand(walk, top->dn, &top->entry, 0, 0, err) != 0))
			return -1;
	}
	return go_on(walk, err);
}

void
group_walk_give(struct group_walk *walk, struct findings *findings)
{
	members_give(&walk->members, findings);
}
