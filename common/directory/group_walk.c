#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "directory/group_walk_private.h"

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
	if (step->counted)
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
group_walk_take(
    struct group_walk *walk, LDAP *ld, LDAPMessage *message, bool exact, struct error *err)
{
	struct top *tops = array_grow(walk->tops, walk->top_count, sizeof(*tops), err);
	struct top *top;

	if (tops == NULL)
		return -1;
	walk->tops = tops;
	top = &tops[walk->top_count];
	top->entry = (struct group_entry)GROUP_ENTRY_INIT;
	top->exact = exact;
	top->dn = copy_dn(ld, message);
	if (top->dn == NULL)
		return error_no_memory(err);
	walk->top_count++;
	return read_entry(walk, &top->entry, ld, message, err);
}

static bool
has_group(const struct group_walk *walk, bool exact)
{
	size_t i;

	for (i = 0; i < walk->top_count; i++) {
		if (walk->tops[i].entry.is_group && walk->tops[i].exact == exact)
			return true;
	}
	return false;
}

bool
group_walk_is_group(const struct group_walk *walk)
{
	return has_group(walk, true) || has_group(walk, false);
}

bool
group_walk_is_exact(const struct group_walk *walk)
{
	return has_group(walk, true);
}

static void
on_begin(void *context)
{
	struct step *step = context;

	group_entry_clear(&step->entry);
	step->entry.from = step->from;
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
		status = group_walk_settle(step, &err);
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

/* A group's members; or, beside a group, somebody who gets the same mail. */
static int
take_top(struct group_walk *walk, const struct top *top, struct error *err)
{
	if (members_follow(&walk->members, top->dn, NULL, err) == MEMBERS_NO_MEMORY)
		return -1;
	if (!top->entry.is_group)
		return members_add_nameless(&walk->members, top->dn, err);
	return group_walk_expand(walk, top->dn, &top->entry, 0, err);
}

int
group_walk_start(struct group_walk *walk, int64_t deadline_ms, group_walk_done *done, void *context,
    struct error *err)
{
	bool exact = group_walk_is_exact(walk);
	size_t i;

	walk->deadline_ms = deadline_ms;
	walk->done = done;
	walk->context = context;
	for (i = 0; i < walk->top_count; i++) {
		if (walk->tops[i].exact == exact && take_top(walk, &walk->tops[i], err) != 0)
			return -1;
	}
	return go_on(walk, err);
}

void
group_walk_give(struct group_walk *walk, struct findings *findings)
{
	members_give(&walk->members, findings);
}
