/* Mail groups in an LDIF file: members are other entries of the same file. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "directory/dn.h"
#include "directory/roster_private.h"

int
roster_add_name(struct roster_reading *reading, const char *dn, size_t entry, struct error *err)
{
	struct roster *roster = reading->roster;
	struct roster_name *names;
	struct error why = ERROR_INIT;
	char *key;

	names = array_grow(roster->names, roster->name_count, sizeof(*names), err);
	if (names == NULL)
		return -1;
	roster->names = names;
	key = dn_key(dn, &why);
	if (key == NULL && why.code == ERROR_INPUT)
		return 0; /* nobody can name it as a member */
	if (key == NULL)
		return error_no_memory(err);
	roster->names[roster->name_count].key = key;
	roster->names[roster->name_count].entry = entry;
	roster->name_count++;
	return 0;
}

static int
compare_names(const void *a, const void *b)
{
	const struct roster_name *one = a;
	const struct roster_name *other = b;

	return strcmp(one->key, other->key);
}

void
roster_sort_names(struct roster *roster)
{
	if (roster->name_count > 0)
		qsort(roster->names, roster->name_count, sizeof(*roster->names), compare_names);
}

static const struct roster_name *
find_name(const struct roster *roster, const char *key)
{
	struct roster_name wanted = {.key = (char *)key};

	if (roster->name_count == 0)
		return NULL;
	return bsearch(&wanted, roster->names, roster->name_count, sizeof(wanted), compare_names);
}

/* A member by its name: its entry's address; without one, the members of a group in its place. */
static int
expand_name(struct roster_groups *groups, const char *dn, size_t depth, struct error *err)
{
	const struct roster_name *name = NULL;
	const struct group_entry *group;
	const char *key;

	switch (members_follow(&groups->members, dn, &key, err)) {
	case MEMBERS_FOLLOW:
		name = find_name(groups->roster, key);
		break;
	case MEMBERS_FOLLOWED:
		return 0;
	case MEMBERS_NO_NAME:
		break;
	case MEMBERS_NO_MEMORY:
		return -1;
	}
	if (name == NULL)
		return members_add_nameless(&groups->members, dn, err);
	group = &groups->roster->entries[name->entry].group;
	if (group->address != NULL)
		return members_add(&groups->members, group->address, err);
	if (!group->is_group)
		return members_add_nameless(&groups->members, dn, err);
	return roster_expand(groups, name->entry, depth + 1, err);
}

/* No deeper than group-depth-limit; no entry twice; nothing of one of which a part is missing. */
int
roster_expand(struct roster_groups *groups, size_t index, size_t depth, struct error *err)
{
	const struct roster_entry *entry = &groups->roster->entries[index];
	struct members *members = &groups->members;
	const struct group_member *member;
	int result = 0;
	size_t i;

	if (entry->group.dynamic)
		members_set_dynamic(members);
	if (entry->group.cut || entry->group.goes_on)
		members->group->partial = true;
	if (depth > members->limits.depth || members->group->partial) {
		members->group->incomplete = true;
		return 0;
	}
	if (depth == 0 && members_follow(members, entry->dn, NULL, err) == MEMBERS_NO_MEMORY)
		return -1;
	for (i = 0; result == 0 && i < entry->group.member_count && !members->group->incomplete;
	     i++) {
		member = &entry->group.members[i];
		if (member->is_address)
			result = members_add(members, member->text, err);
		else
			result = expand_name(groups, member->text, depth, err);
	}
	return result;
}
