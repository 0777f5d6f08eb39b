#include "smime/findings.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* What the allocator and the array add to each finding, about. */
#define FINDING_OVERHEAD (sizeof(struct finding) + (size_t)96)

struct findings *
findings_new(void)
{
	struct findings *findings;

	findings = calloc(1, sizeof(*findings));
	if (findings == NULL)
		return NULL;
	findings->references = 1;
	findings->bytes = sizeof(*findings);
	return findings;
}

static void
clear_finding(struct finding *finding)
{
	free(finding->directory);
	free(finding->dn);
	free(finding->attribute);
	free(finding->value);
	free(finding->address);
}

static size_t
bytes_of(const struct finding *item)
{
	return FINDING_OVERHEAD + item->size + strlen(item->directory) + strlen(item->dn) +
	       strlen(item->attribute) + (item->address != NULL ? strlen(item->address) : 0);
}

bool
findings_hold(const struct findings *findings)
{
	return findings->count > 0 || findings->left_out > 0 || findings->group != NULL;
}

bool
findings_hold_digital_ids(const struct findings *findings)
{
	size_t i;

	for (i = 0; i < findings->count; i++) {
		if (findings->items[i].kind != FINDING_CA)
			return true;
	}
	return findings->left_out > 0;
}

/* An oversized value is not there to be compared: one for each attribute of an entry is enough. */
static bool
is_same(const struct finding *a, const struct finding *b)
{
	if (a->kind != b->kind || a->oversized != b->oversized)
		return false;
	if (a->oversized)
		return strcmp(a->dn, b->dn) == 0 && strcmp(a->attribute, b->attribute) == 0;
	return a->size == b->size && (a->size == 0 || memcmp(a->value, b->value, a->size) == 0);
}

bool
findings_contain(const struct findings *findings, const struct finding *finding)
{
	size_t i;

	for (i = 0; i < findings->count; i++) {
		if (is_same(&findings->items[i], finding))
			return true;
	}
	return false;
}

static int
copy_finding(const struct finding *from, struct finding *to, struct error *err)
{
	*to = *from;
	to->size = from->oversized ? 0 : from->size;
	to->directory = strdup(from->directory);
	to->dn = strdup(from->dn);
	to->attribute = strdup(from->attribute);
	to->value = to->size > 0 ? malloc(to->size) : NULL;
	to->address = from->address != NULL ? strdup(from->address) : NULL;
	if (to->directory == NULL || to->dn == NULL || to->attribute == NULL ||
	    (to->size > 0 && to->value == NULL) || (from->address != NULL && to->address == NULL)) {
		clear_finding(to);
		return error_no_memory(err);
	}
	if (to->size > 0)
		memcpy(to->value, from->value, to->size);
	return 0;
}

int
findings_add(struct findings *findings, const struct finding *finding, struct error *err)
{
	struct finding *items;
	struct finding *item;

	if (findings_contain(findings, finding))
		return 0;
	items = array_grow(findings->items, findings->count, sizeof(*items), err);
	if (items == NULL)
		return -1;
	findings->items = items;
	item = &items[findings->count];
	if (copy_finding(finding, item, err) != 0)
		return -1;
	findings->count++;
	findings->bytes += bytes_of(item);
	return 0;
}

void
findings_forget_shorter(struct findings *findings)
{
	struct finding *item;
	size_t kept = 0;
	size_t i;

	for (i = 0; i < findings->count; i++) {
		item = &findings->items[i];
		if (item->kind != FINDING_CA && item->address != NULL) {
			findings->bytes -= bytes_of(item);
			clear_finding(item);
		} else {
			findings->items[kept++] = *item;
		}
	}
	findings->count = kept;
}

void
findings_prefer_exact(struct findings *findings)
{
	size_t i;

	for (i = 0; i < findings->count; i++) {
		if (findings->items[i].kind != FINDING_CA && findings->items[i].address == NULL) {
			findings_forget_shorter(findings);
			return;
		}
	}
}

struct findings *
findings_ref(struct findings *findings)
{
	__atomic_add_fetch(&findings->references, 1, __ATOMIC_RELAXED);
	return findings;
}

void
findings_unref(struct findings *findings)
{
	size_t i;

	if (findings == NULL || __atomic_sub_fetch(&findings->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	for (i = 0; i < findings->count; i++)
		clear_finding(&findings->items[i]);
	free(findings->items);
	findings_group_free(findings->group);
	free(findings);
}
