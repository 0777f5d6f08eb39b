/* Groups among findings, and findings of several directories put together. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "smime/findings.h"

/* What the allocator adds to each text, about. */
#define TEXT_OVERHEAD (sizeof(char *) + (size_t)16)

struct findings_group *
findings_group_new(void)
{
	return calloc(1, sizeof(struct findings_group));
}

static int
add_text(char ***list, size_t *count, const char *text, struct error *err)
{
	char **grown = array_grow(*list, *count, sizeof(*grown), err);

	if (grown == NULL)
		return -1;
	*list = grown;
	grown[*count] = strdup(text);
	if (grown[*count] == NULL)
		return error_no_memory(err);
	(*count)++;
	return 0;
}

int
findings_group_add(struct findings_group *group, const char *address, struct error *err)
{
	return add_text(&group->addresses, &group->address_count, address, err);
}

int
findings_group_add_nameless(struct findings_group *group, const char *dn, struct error *err)
{
	return add_text(&group->nameless, &group->nameless_count, dn, err);
}

void
findings_group_free(struct findings_group *group)
{
	size_t i;

	if (group == NULL)
		return;
	for (i = 0; i < group->address_count; i++)
		free(group->addresses[i]);
	for (i = 0; i < group->nameless_count; i++)
		free(group->nameless[i]);
	free(group->addresses);
	free(group->nameless);
	free(group);
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In order, each once; the bytes they take. */
static size_t
sort_texts(char **list, size_t *count)
{
	size_t bytes = 0;
	size_t kept = 0;
	size_t i;

	if (*count > 0)
		qsort(list, *count, sizeof(*list), compare_texts);
	for (i = 0; i < *count; i++) {
		if (kept > 0 && strcmp(list[kept - 1], list[i]) == 0) {
			free(list[i]);
			continue;
		}
		list[kept++] = list[i];
		bytes += strlen(list[i]) + TEXT_OVERHEAD;
	}
	*count = kept;
	return bytes;
}

static size_t
bytes_of(const struct findings_group *group)
{
	size_t bytes = sizeof(*group);
	size_t i;

	for (i = 0; i < group->address_count; i++)
		bytes += strlen(group->addresses[i]) + TEXT_OVERHEAD;
	for (i = 0; i < group->nameless_count; i++)
		bytes += strlen(group->nameless[i]) + TEXT_OVERHEAD;
	return bytes;
}

void
findings_set_group(struct findings *findings, struct findings_group *group)
{
	if (findings->group != NULL) {
		findings->bytes -= bytes_of(findings->group);
		findings_group_free(findings->group);
	}
	findings->group = group;
	if (group == NULL)
		return;
	findings->bytes += sizeof(*group);
	findings->bytes += sort_texts(group->addresses, &group->address_count);
	findings->bytes += sort_texts(group->nameless, &group->nameless_count);
}

static int
add_values(struct findings *to, const struct findings *from, struct error *err)
{
	size_t i;

	for (i = 0; i < from->count; i++) {
		if (findings_add(to, &from->items[i], err) != 0)
			return -1;
	}
	to->entries += from->entries;
	to->left_out += from->left_out;
	to->many_entries |= from->many_entries;
	return 0;
}

static int
add_members(struct findings_group *to, const struct findings_group *from, struct error *err)
{
	size_t i;

	if (from == NULL)
		return 0;
	for (i = 0; i < from->address_count; i++) {
		if (findings_group_add(to, from->addresses[i], err) != 0)
			return -1;
	}
	for (i = 0; i < from->nameless_count; i++) {
		if (findings_group_add_nameless(to, from->nameless[i], err) != 0)
			return -1;
	}
	to->incomplete |= from->incomplete;
	to->partial |= from->partial;
	to->dynamic |= from->dynamic;
	return 0;
}

static int
merge_groups(struct findings *merged, const struct findings *first, const struct findings *other,
    struct error *err)
{
	struct findings_group *group;

	if ((first->group == NULL && other->group == NULL) || findings_hold_digital_ids(merged))
		return 0;
	group = findings_group_new();
	if (group == NULL)
		return error_no_memory(err);
	if (add_members(group, first->group, err) != 0 ||
	    add_members(group, other->group, err) != 0) {
		findings_group_free(group);
		return -1;
	}
	findings_set_group(merged, group);
	return 0;
}

struct findings *
findings_merge(const struct findings *first, const struct findings *other, struct error *err)
{
	struct findings *merged = findings_new();

	if (merged == NULL) {
		error_no_memory(err);
		return NULL;
	}
	if (add_values(merged, first, err) != 0 || add_values(merged, other, err) != 0 ||
	    merge_groups(merged, first, other, err) != 0) {
		findings_unref(merged);
		return NULL;
	}
	return merged;
}
