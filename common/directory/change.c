#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "directory/change_private.h"
#include "directory/entry.h"

static struct change_value *
find_value(struct change_part *part, const void *bytes, size_t size)
{
	size_t i;

	for (i = 0; i < part->count; i++) {
		if (part->values[i].size == size && memcmp(part->values[i].bytes, bytes, size) == 0)
			return &part->values[i];
	}
	return NULL;
}

static int
append_value(struct change *change, struct change_part *part, const void *bytes, size_t size,
    bool comes, struct error *err)
{
	struct change_value *values = array_grow(part->values, part->count, sizeof(*values), err);
	unsigned char *copy = malloc(size > 0 ? size : 1);

	if (values != NULL)
		part->values = values;
	if (values == NULL || copy == NULL) {
		free(copy);
		return error_no_memory(err);
	}
	memcpy(copy, bytes, size);
	values[part->count++] = (struct change_value){copy, size, false, comes};
	change->bytes += size + sizeof(*values);
	return 0;
}

static bool
is_binary(const char *name)
{
	return strcasecmp(name + strcspn(name, ";"), ";binary") == 0;
}

/* Under which name a kind is written where the server has told none. */
static char *
first_name(const struct config_directory *directory, enum finding_kind kind)
{
	const char *configured =
	    kind == FINDING_BLOB ? directory->smime_attribute : directory->certificate_attribute;
	bool binary = is_binary(configured) || (kind == FINDING_CERTIFICATE &&
						   directory->kind != DIRECTORY_ACTIVE_DIRECTORY);
	size_t size = strlen(configured) + sizeof(";binary");
	char *name = malloc(size);

	if (name != NULL)
		snprintf(name, size, "%.*s%s", (int)strcspn(configured, ";"), configured,
		    binary ? ";binary" : "");
	return name;
}

/* What else may stand there is not ours to write: a language, part of a long list ("range=", Active
 * Directory), or what a server makes up. */
static bool
is_usual(const char *name)
{
	return strchr(name, ';') == NULL || is_binary(name);
}

/* Some servers answer under both names: then the one that is usual counts. */
static int
take_name(struct change_part *part, enum finding_kind kind, const char *name, struct error *err)
{
	char *copy;

	if (part->name != NULL && is_binary(name) != (kind == FINDING_CERTIFICATE))
		return 0;
	copy = strdup(name);
	if (copy == NULL)
		return error_no_memory(err);
	free(part->name);
	part->name = copy;
	return 0;
}

static int
take_value(struct change *change, const struct census_value *value, struct error *err)
{
	struct change_part *part = &change->parts[value->kind];

	if (value->value == NULL || !is_usual(value->name)) {
		part->unknown++;
		return 0;
	}
	if (take_name(part, value->kind, value->name, err) != 0)
		return -1;
	if (find_value(part, value->value, value->size) != NULL)
		return 0; /* under its other name */
	return append_value(change, part, value->value, value->size, false, err);
}

static int
take_entry(struct change *change, const struct census_entry *entry, struct error *err)
{
	size_t i;

	change->dn = strdup(entry->dn);
	change->csn = entry->csn != NULL ? strdup(entry->csn) : NULL;
	change->incomplete = entry->left_out > 0;
	if (change->dn == NULL || (entry->csn != NULL && change->csn == NULL))
		return error_no_memory(err);
	for (i = 0; i < entry->value_count; i++) {
		if (entry->values[i].kind != FINDING_CA &&
		    take_value(change, &entry->values[i], err) != 0)
			return -1;
	}
	for (i = 0; i < ARRAY_LENGTH(change->parts); i++) {
		if (change->parts[i].name == NULL)
			change->parts[i].name = first_name(change->directory, (enum finding_kind)i);
		if (change->parts[i].name == NULL)
			return error_no_memory(err);
	}
	return 0;
}

struct change *
change_new(
    const struct config_directory *directory, const struct census_entry *entry, struct error *err)
{
	struct change *change = calloc(1, sizeof(*change));

	_Static_assert(FINDING_BLOB == 0 && FINDING_CERTIFICATE == 1, "places of parts");
	if (change == NULL) {
		error_no_memory(err);
		return NULL;
	}
	change->directory = directory;
	change->bytes = sizeof(*change);
	if (take_entry(change, entry, err) == 0)
		return change;
	change_free(change);
	return NULL;
}

void
change_free(struct change *change)
{
	size_t i;
	size_t v;

	if (change == NULL)
		return;
	for (i = 0; i < ARRAY_LENGTH(change->parts); i++) {
		for (v = 0; v < change->parts[i].count; v++)
			free(change->parts[i].values[v].bytes);
		free(change->parts[i].values);
		free(change->parts[i].name);
	}
	free(change->dn);
	free(change->csn);
	free(change);
}

const char *
change_dn(const struct change *change)
{
	return change->dn;
}

void
change_remove(struct change *change, const struct census_value *value)
{
	struct change_value *found;

	if (value->kind == FINDING_CA || value->value == NULL)
		return;
	found = find_value(&change->parts[value->kind], value->value, value->size);
	if (found != NULL && !found->comes)
		found->goes = true;
}

int
change_add(struct change *change, enum finding_kind kind, const void *value, size_t size,
    struct error *err)
{
	struct change_part *part = &change->parts[kind];
	struct change_value *found = find_value(part, value, size);

	if (found == NULL)
		return append_value(change, part, value, size, true, err);
	found->goes = false;
	return 0;
}

struct change_sum
change_sum(const struct change *change, enum finding_kind kind)
{
	const struct change_part *part = &change->parts[kind];
	struct change_sum sum = {.name = part->name, .kept = part->unknown, .whole = part->whole};
	size_t i;

	for (i = 0; i < part->count; i++) {
		sum.removed += part->values[i].goes;
		sum.added += part->values[i].comes;
		sum.kept += !part->values[i].goes && !part->values[i].comes;
	}
	return sum;
}

size_t
change_part_count(const struct change *change, size_t i)
{
	struct change_sum sum = change_sum(change, (enum finding_kind)i);

	return sum.removed + sum.added;
}

size_t
change_count(const struct change *change)
{
	return change_part_count(change, FINDING_BLOB) +
	       change_part_count(change, FINDING_CERTIFICATE);
}

size_t
change_bytes(const struct change *change)
{
	return change->bytes;
}

static int
add_finding(const struct change *change, struct findings *findings, enum finding_kind kind,
    const void *bytes, size_t size, struct error *err)
{
	const struct config_directory *directory = change->directory;
	const char *names[] = {[FINDING_BLOB] = directory->smime_attribute,
	    [FINDING_CERTIFICATE] = directory->certificate_attribute,
	    [FINDING_CA] = directory->ca_attribute};
	struct entry_value value = {.dn = change->dn,
	    .kind = kind,
	    .attribute = names[kind],
	    .value = bytes,
	    .size = size,
	    .claims = true};

	return entry_add(findings, directory, &value, err);
}

static int
add_findings(const struct change *change, const struct census_entry *entry,
    struct findings *findings, struct error *err)
{
	const struct change_part *part;
	size_t i;
	size_t v;

	for (i = 0; i < entry->value_count; i++) {
		if (entry->values[i].kind == FINDING_CA &&
		    add_finding(change, findings, FINDING_CA, entry->values[i].value,
			entry->values[i].size, err) != 0)
			return -1;
	}
	for (i = 0; i < ARRAY_LENGTH(change->parts); i++) {
		part = &change->parts[i];
		for (v = 0; v < part->count; v++) {
			if (!part->values[v].goes &&
			    add_finding(change, findings, (enum finding_kind)i,
				part->values[v].bytes, part->values[v].size, err) != 0)
				return -1;
		}
	}
	return 0;
}

struct findings *
change_findings(const struct change *change, const struct census_entry *entry, struct error *err)
{
	struct findings *findings = findings_new();

	if (findings == NULL) {
		error_no_memory(err);
		return NULL;
	}
	findings->entries = 1;
	if (add_findings(change, entry, findings, err) == 0)
		return findings;
	findings_unref(findings);
	return NULL;
}
