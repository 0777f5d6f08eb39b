/* Records that are made of others': groups, and what serves beyond its time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "smime/recipient_work.h"

int
recipient_set_stale(struct recipient *recipient, time_t since, struct error *err)
{
	struct buffer text = BUFFER_INIT;
	char date[CLOCK_TEXT_SIZE];

	if (buffer_append_format(&text, err, "no server could be asked: this was found at %s%s%s",
		clock_format_rfc3339(since, date), recipient->detail != NULL ? "; " : "",
		recipient->detail != NULL ? recipient->detail : "") != 0) {
		buffer_free(&text);
		return -1;
	}
	free(recipient->detail);
	recipient->detail = buffer_take(&text);
	recipient->stale_if_error = true;
	return 0;
}

struct recipient *
recipient_group(const struct address *address, const char *note, time_t at, struct error *err)
{
	struct recipient *group = recipient_new(address, err);

	if (group == NULL)
		return NULL;
	group->state = RECIPIENT_GROUP;
	group->judged_at = at;
	group->valid_until = at + RECIPIENT_HOLDS_MAX;
	group->detail = note != NULL ? strdup(note) : NULL;
	if (note != NULL && group->detail == NULL) {
		error_no_memory(err);
		recipient_unref(group);
		return NULL;
	}
	return group;
}

int
recipient_group_add(struct recipient *group, struct recipient *member, struct error *err)
{
	struct recipient **members =
	    array_grow(group->members, group->member_count, sizeof(struct recipient *), err);

	if (members == NULL)
		return -1;
	group->members = members;
	members[group->member_count++] = recipient_ref(member);
	if (member->valid_until < group->valid_until)
		group->valid_until = member->valid_until;
	return 0;
}

int
recipient_group_add_nameless(struct recipient *group, const char *dn, struct error *err)
{
	const struct address address = {group->address, NULL, NULL};
	struct recipient *member;
	int result = -1;

	member = recipient_new(&address, err);
	if (member == NULL)
		return -1;
	member->state = RECIPIENT_NONE;
	member->judged_at = group->judged_at;
	member->valid_until = group->judged_at + RECIPIENT_HOLDS_MAX;
	member->detail = strdup(dn);
	if (member->detail == NULL)
		error_no_memory(err);
	else
		result = recipient_group_add(group, member, err);
	recipient_unref(member);
	return result;
}
