#include "message/edits.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"

int
edits_add(struct edits *edits, enum edit_kind kind, const char *name, int occurrence,
    const char *value, struct error *err)
{
	struct edit *items;
	struct edit *edit;

	items = array_grow(edits->items, edits->count, sizeof(*items), err);
	if (items == NULL)
		return -1;
	edits->items = items;
	edit = &items[edits->count];
	edit->kind = kind;
	edit->occurrence = occurrence;
	edit->name = strdup(name);
	edit->value = value != NULL ? strdup(value) : NULL;
	if (edit->name == NULL || (value != NULL && edit->value == NULL)) {
		free(edit->name);
		free(edit->value);
		return error_no_memory(err);
	}
	edits->count++;
	return 0;
}

/* The first field of the name gets the value, or one is added. */
static int
set_field(struct edits *edits, const struct header *header, const char *name, const char *value,
    struct error *err)
{
	bool there = header_find(header, name, 0) != NULL;

	return edits_add(edits, there ? EDIT_CHANGE_HEADER : EDIT_ADD_HEADER, name, 1, value, err);
}

static bool
is_kept(const struct header_field *field)
{
	return field->occurrence == 1 &&
	       (strcasecmp(field->name, "Content-Type") == 0 ||
		   strcasecmp(field->name, "Content-Transfer-Encoding") == 0 ||
		   strcasecmp(field->name, "Content-Disposition") == 0);
}

int
edits_seal_header(struct edits *edits, const struct header *header,
    const struct seal_fields *fields, struct error *err)
{
	const struct header_field *field;
	size_t i;

	/* From the last to the first: MTAs count the occurrences that are left. */
	for (i = header->count; i-- > 0;) {
		field = &header->fields[i];
		if (!header_is_content(field->name) || is_kept(field))
			continue;
		if (edits_add(
			edits, EDIT_DELETE_HEADER, field->name, field->occurrence, NULL, err) != 0)
			return -1;
	}
	if (header_find(header, "MIME-Version", 0) == NULL &&
	    edits_add(edits, EDIT_ADD_HEADER, "MIME-Version", 1, " 1.0", err) != 0)
		return -1;
	if (set_field(edits, header, "Content-Type", fields->content_type, err) != 0 ||
	    set_field(edits, header, "Content-Transfer-Encoding", fields->transfer_encoding, err) !=
		0)
		return -1;
	return set_field(edits, header, "Content-Disposition", fields->disposition, err);
}

void
edits_free(struct edits *edits)
{
	size_t i;

	for (i = 0; i < edits->count; i++) {
		free(edits->items[i].name);
		free(edits->items[i].value);
	}
	free(edits->items);
	edits->items = NULL;
	edits->count = 0;
}
