/* What a walk has to ask next: members by their names, and further parts of large groups. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "directory/group_walk_private.h"

/* It is no member. */
static void
uncount(struct step *step)
{
	step->counted = false;
	step->walk->steps--;
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
	step->counted = true;
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
	uncount(step);
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
	if (entry->dynamic)
		members_set_dynamic(&walk->members);
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

int
group_walk_expand(struct group_walk *walk, const char *dn, const struct group_entry *entry,
    size_t depth, struct error *err)
{
	return expand(walk, dn, entry, 0, depth, err);
}

int
group_walk_settle(struct step *step, struct error *err)
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
	uncount(step); /* its members are, in its place */
	return expand(walk, step->dn, entry, 0, step->depth + 1, err);
}
