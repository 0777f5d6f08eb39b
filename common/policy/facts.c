#include "policy/facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* Room for one more, or NULL with err. */
static struct facts_recipient *
next(struct facts_list *list, struct error *err)
{
	struct facts_recipient *items;

	if (list->count >= FACTS_RECIPIENTS_MAX) {
		error_set(err, ERROR_LIMIT,
		    "with the members of its mail groups, the message has more than %d recipients",
		    FACTS_RECIPIENTS_MAX);
		return NULL;
	}
	items = array_grow(list->items, list->count, sizeof(*items), err);
	if (items == NULL)
		return NULL;
	list->items = items;
	return &items[list->count];
}

/* The member's own address, of the list's own; the group's for one that has none. */
static int
set_address(struct facts_recipient *item, const struct recipient *record, struct error *err)
{
	struct address *address;

	if (record->state == RECIPIENT_NONE && record->detail != NULL &&
	    strcmp(record->address, item->envelope->text) == 0)
		return 0;
	address = calloc(1, sizeof(*address));
	if (address == NULL)
		return error_no_memory(err);
	if (address_parse(record->address, address, err) != 0) {
		free(address);
		return -1;
	}
	item->address = address;
	return 0;
}

static int
add_member(struct facts_list *list, const struct facts_recipient *group,
    const struct recipient *record, struct error *err)
{
	struct facts_recipient *item = next(list, err);

	if (item == NULL)
		return -1;
	*item = *group;
	item->member = true;
	item->group = group->record;
	item->record = record;
	if (set_address(item, record, err) != 0)
		return -1;
	list->count++;
	return 0;
}

int
facts_add(struct facts_list *list, const struct facts_recipient *who, struct error *err)
{
	const struct recipient *record = who->record;
	struct facts_recipient *item;
	size_t i;

	if (record == NULL || record->state != RECIPIENT_GROUP || record->members_incomplete ||
	    record->member_count == 0) {
		item = next(list, err);
		if (item == NULL)
			return -1;
		*item = *who;
		list->count++;
		return 0;
	}
	for (i = 0; i < record->member_count; i++) {
		if (add_member(list, who, record->members[i], err) != 0)
			return -1;
	}
	return 0;
}

void
facts_list_free(struct facts_list *list)
{
	struct facts_recipient *item;
	struct address *own;
	size_t i;

	for (i = 0; i < list->count; i++) {
		item = &list->items[i];
		own = (struct address *)item->address;
		if (item->member && own != item->envelope) {
			address_free(own);
			free(own);
		}
		free(item->addressed);
	}
	free(list->items);
	*list = (struct facts_list)FACTS_LIST_INIT;
}

bool
facts_is_nameless(const struct facts_recipient *who)
{
	return who->member && who->address == who->envelope;
}
