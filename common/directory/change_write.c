/* How a change is written: to a server, or as LDIF. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ldap.h>
#include <ldif.h> /* needs what stands above */

#include "directory/change_private.h"

/* Whether all that is to be replaced is known, and nobody's change can be lost. */
static int
check_whole(const struct change *change, const struct change_part *part, struct writer *writer,
    struct error *err)
{
	if (change->incomplete || part->unknown > 0)
		return error_set(err, ERROR_LIMIT,
		    "%s: the server has no equality rule for %s, so all its values must be "
		    "written again, and not all were read: raise values-limit or value-size-limit",
		    change->dn, part->name);
	if (writer == NULL || (change->csn != NULL && change->asserts))
		return 0;
	return error_set(err, ERROR_PERMANENT,
	    "%s: the server has no equality rule for %s, so all its values must be written again, "
	    "but %s: somebody else's change could be lost",
	    change->dn, part->name,
	    change->csn == NULL ? "its entryCSN is not shown (may the one who binds read it?)"
				: "it does not know the Assertion control (RFC 4528)");
}

int
change_settle(struct change *change, struct writer *writer, struct error *err)
{
	struct change_part *part;
	size_t i;

	change->asserts = writer != NULL && writer_asserts(writer);
	for (i = 0; i < ARRAY_LENGTH(change->parts); i++) {
		part = &change->parts[i];
		if (change_part_count(change, i) == 0)
			continue;
		part->whole =
		    writer != NULL ? !writer_compares(writer, part->name) : i == FINDING_BLOB;
		if (part->whole && check_whole(change, part, writer, err) != 0)
			return -1;
	}
	return 0;
}

/* What each modification of a part has, in the order of LDIF and LDAP alike. */
enum step { STEP_DELETE, STEP_ADD, STEP_REPLACE };

static bool
is_in_step(const struct change_value *value, enum step step, bool undo)
{
	switch (step) {
	case STEP_DELETE:
		return undo ? value->comes : value->goes;
	case STEP_ADD:
		return undo ? value->goes : value->comes;
	case STEP_REPLACE:
		break;
	}
	return undo ? !value->comes : !value->goes;
}

static size_t
count_in_step(const struct change_part *part, enum step step, bool undo)
{
	size_t count = 0;
	size_t i;

	for (i = 0; i < part->count; i++)
		count += is_in_step(&part->values[i], step, undo);
	return count;
}

/* Whether a step is one of those that a part takes. */
static bool
is_taken(const struct change *change, size_t i, enum step step, bool undo)
{
	const struct change_part *part = &change->parts[i];

	if (change_part_count(change, i) == 0 || part->whole != (step == STEP_REPLACE))
		return false;
	return part->whole || count_in_step(part, step, undo) > 0;
}

static int
append_line(struct buffer *buffer, const char *name, int kind, const void *value, size_t size,
    struct error *err)
{
	char *line = ldif_put_wrap(kind, name, value, (ber_len_t)size, LDIF_LINE_WIDTH);
	int result;

	if (line == NULL)
		return error_no_memory(err);
	result = buffer_append_text(buffer, line, err);
	ber_memfree(line);
	return result;
}

static int
append_step(const struct change_part *part, enum step step, bool undo, struct buffer *buffer,
    struct error *err)
{
	static const char *const words[] = {"delete", "add", "replace"};
	size_t i;

	if (append_line(buffer, words[step], LDIF_PUT_VALUE, part->name, strlen(part->name), err) !=
	    0)
		return -1;
	for (i = 0; i < part->count; i++) {
		if (is_in_step(&part->values[i], step, undo) &&
		    append_line(buffer, part->name, LDIF_PUT_BINARY, part->values[i].bytes,
			part->values[i].size, err) != 0)
			return -1;
	}
	return buffer_append_text(buffer, "-\n", err);
}

/* RFC 2849: "control: OID criticality:: value". */
static int
append_assertion(const struct change *change, struct buffer *buffer, struct error *err)
{
	struct buffer value = BUFFER_INIT;
	int result = writer_assertion(change->csn, &value, err);

	if (result == 0)
		result = append_line(buffer, "control: " LDAP_CONTROL_ASSERT " true",
		    LDIF_PUT_BINARY, value.data, value.size, err);
	buffer_free(&value);
	return result;
}

int
change_append_ldif(const struct change *change, bool undo, struct buffer *buffer, struct error *err)
{
	enum step step;
	size_t i;

	if (append_line(buffer, "dn", LDIF_PUT_VALUE, change->dn, strlen(change->dn), err) != 0)
		return -1;
	if (!undo && change->asserts && change->csn != NULL &&
	    append_assertion(change, buffer, err) != 0)
		return -1;
	if (buffer_append_text(buffer, "changetype: modify\n", err) != 0)
		return -1;
	for (i = 0; i < ARRAY_LENGTH(change->parts); i++) {
		for (step = STEP_DELETE; step <= STEP_REPLACE; step++) {
			if (is_taken(change, i, step, undo) &&
			    append_step(&change->parts[i], step, undo, buffer, err) != 0)
				return -1;
		}
	}
	return buffer_append_text(buffer, "\n", err);
}

static void
free_modification(LDAPMod *modification)
{
	size_t i;

	if (modification == NULL)
		return;
	for (i = 0; modification->mod_bvalues != NULL && modification->mod_bvalues[i] != NULL; i++)
		free(modification->mod_bvalues[i]); /* not the bytes: the part's */
	free(modification->mod_bvalues);
	free(modification);
}

static LDAPMod *
make_modification(const struct change_part *part, enum step step)
{
	static const int operations[] = {LDAP_MOD_DELETE, LDAP_MOD_ADD, LDAP_MOD_REPLACE};
	LDAPMod *modification = calloc(1, sizeof(*modification));
	struct berval **values = calloc(count_in_step(part, step, false) + 1, sizeof(*values));
	size_t count = 0;
	size_t i;

	if (modification == NULL || values == NULL)
		goto fail;
	modification->mod_op = operations[step] | LDAP_MOD_BVALUES;
	modification->mod_type = part->name;
	modification->mod_bvalues = values;
	for (i = 0; i < part->count; i++) {
		if (!is_in_step(&part->values[i], step, false))
			continue;
		values[count] = malloc(sizeof(*values[count]));
		if (values[count] == NULL) {
			free_modification(modification);
			return NULL;
		}
		values[count]->bv_val = (char *)part->values[i].bytes;
		values[count++]->bv_len = part->values[i].size;
	}
	return modification;
fail:
	free(modification);
	free(values);
	return NULL;
}

enum writer_outcome
change_apply(const struct change *change, struct writer *writer, struct error *err)
{
	LDAPMod *modifications[ARRAY_LENGTH(change->parts) * 3 + 1] = {NULL};
	enum writer_outcome outcome = WRITER_FAILED;
	size_t count = 0;
	enum step step;
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(change->parts); i++) {
		for (step = STEP_DELETE; step <= STEP_REPLACE; step++) {
			if (!is_taken(change, i, step, false))
				continue;
			modifications[count] = make_modification(&change->parts[i], step);
			if (modifications[count++] == NULL) {
				error_no_memory(err);
				goto out;
			}
		}
	}
	outcome = writer_modify(
	    writer, change->dn, change->asserts ? change->csn : NULL, modifications, err);
out:
	for (i = 0; i < count; i++)
		free_modification(modifications[i]);
	return outcome;
}
