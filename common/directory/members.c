#include "directory/members.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "directory/dn.h"
#include "mail/address.h"

static int
compare_keys(const void *a, const void *b)
{
	return strcmp(a, b);
}

int
members_init(struct members *members, const struct members_limits *limits, struct error *err)
{
	memset(members, 0, sizeof(*members));
	members->limits = *limits;
	members->group = findings_group_new();
	return members->group != NULL ? 0 : error_no_memory(err);
}

void
members_clear(struct members *members)
{
	char *key;

	findings_group_free(members->group);
	while (members->followed != NULL) {
		key = *(char **)members->followed;
		tdelete(key, &members->followed, compare_keys);
		free(key);
	}
	memset(members, 0, sizeof(*members));
}

bool
members_full(const struct members *members, size_t more)
{
	return members->group->address_count + members->group->nameless_count + more >=
	       members->limits.members;
}

static int
add_address(struct members *members, const char *address, struct error *err)
{
	if (members_full(members, 0)) {
		members->group->incomplete = true;
		return 0;
	}
	return findings_group_add(members->group, address, err);
}

int
members_add(struct members *members, const char *text, struct error *err)
{
	struct address address;
	struct error why = ERROR_INIT;
	int result;

	if (address_parse(text, &address, &why) != 0) {
		if (why.code == ERROR_TEMPORARY)
			return error_no_memory(err);
		return members_add_nameless(members, text, err);
	}
	if (address_is_null(&address))
		result = members_add_nameless(members, text, err);
	else
		result = add_address(members, address.text, err);
	address_free(&address);
	return result;
}

int
members_add_nameless(struct members *members, const char *name, struct error *err)
{
	if (members_full(members, 0)) {
		members->group->incomplete = true;
		return 0;
	}
	return findings_group_add_nameless(members->group, name, err);
}

enum members_follow
members_follow(struct members *members, const char *dn, const char **key, struct error *err)
{
	struct error why = ERROR_INIT;
	char *made = dn_key(dn, &why);
	char **node;

	if (made == NULL && why.code == ERROR_INPUT)
		return MEMBERS_NO_NAME;
	if (made == NULL)
		goto no_memory;
	if (made[0] == '\0') {
		free(made);
		return MEMBERS_FOLLOWED;
	}
	node = tsearch(made, &members->followed, compare_keys);
	if (node == NULL)
		goto no_memory;
	if (*node != made) {
		free(made);
		return MEMBERS_FOLLOWED;
	}
	if (key != NULL)
		*key = made;
	return MEMBERS_FOLLOW;

no_memory:
	free(made);
	error_no_memory(err);
	return MEMBERS_NO_MEMORY;
}

void
members_set_dynamic(struct members *members)
{
	members->group->dynamic = true;
	members->group->incomplete = true;
}

void
members_give(struct members *members, struct findings *findings)
{
	findings_set_group(findings, members->group);
	members->group = NULL;
}
