#include "ldap/writer.h"

#include <stdlib.h>
#include <string.h>

#include "ldap/connection.h"
#include "ldap/handle_private.h"
#include "ldap/schema.h"
#include "ldap/writer_private.h"

/* How many superior types an attribute's equality rule is looked for in. */
#define SUPERIORS_MAX 8

/* Attributes whose equality rule is remembered: a section has two that are written, with two names
 * each. */
#define REMEMBERED_MAX 4

struct writer {
	const struct config_directory *directory;
	LDAP *ld;
	const char *uri;
	struct berval **types; /* attributeTypes of the schema; NULL: not to be had */
	bool asserts;
	struct {
		char *attribute;
		bool compares;
	} remembered[REMEMBERED_MAX];
};

/* The values of one attribute of one entry; NULL where there are none, or they can't be had. */
static struct berval **
read_values(struct writer *writer, const char *dn, const char *filter, const char *attribute)
{
	char *names[] = {(char *)attribute, NULL};
	LDAPMessage *answer = NULL;
	struct berval **values = NULL;
	LDAPMessage *entry;

	if (ldap_search_ext_s(writer->ld, dn, LDAP_SCOPE_BASE, filter, names, 0, NULL, NULL, NULL,
		0, &answer) == LDAP_SUCCESS) {
		entry = ldap_first_entry(writer->ld, answer);
		if (entry != NULL)
			values = ldap_get_values_len(writer->ld, entry, attribute);
	}
	ldap_msgfree(answer);
	return values;
}

static bool
is_value(const struct berval *value, const char *text)
{
	return value->bv_len == strlen(text) && memcmp(value->bv_val, text, value->bv_len) == 0;
}

/* What can't be learnt counts as not there. */
static void
ask_abilities(struct writer *writer)
{
	struct berval **controls = read_values(writer, "", "(objectClass=*)", "supportedControl");
	struct berval **schema = read_values(writer, "", "(objectClass=*)", "subschemaSubentry");
	size_t i;

	for (i = 0; controls != NULL && controls[i] != NULL; i++)
		writer->asserts |= is_value(controls[i], LDAP_CONTROL_ASSERT);
	if (schema != NULL && schema[0] != NULL)
		writer->types = read_values(
		    writer, schema[0]->bv_val, "(objectClass=subschema)", "attributeTypes");
	ldap_value_free_len(controls);
	ldap_value_free_len(schema);
}

struct writer *
writer_new(const struct config_directory *directory, struct error *err)
{
	struct writer *writer = calloc(1, sizeof(*writer));
	size_t i;

	if (writer == NULL) {
		error_no_memory(err);
		return NULL;
	}
	connection_prepare();
	writer->directory = directory;
	error_set(err, ERROR_INPUT, "directory \"%s\" has no server", directory->title);
	for (i = 0; i < directory->uri.count && writer->ld == NULL; i++) {
		writer->uri = directory->uri.items[i];
		writer->ld = writer_connect(directory, writer->uri, err);
	}
	if (writer->ld == NULL) {
		free(writer);
		return NULL;
	}
	ask_abilities(writer);
	return writer;
}

void
writer_free(struct writer *writer)
{
	size_t i;

	if (writer == NULL)
		return;
	for (i = 0; i < REMEMBERED_MAX; i++)
		free(writer->remembered[i].attribute);
	ldap_value_free_len(writer->types);
	ldap_unbind_ext(writer->ld, NULL, NULL);
	free(writer);
}

bool
writer_asserts(const struct writer *writer)
{
	return writer->asserts;
}

/* An attribute's own rule, or that of what it is derived from (RFC 4512 section 2.5.1). */
static bool
has_equality(const struct writer *writer, const char *attribute)
{
	LDAPAttributeType *type = schema_find(writer->types, attribute);
	LDAPAttributeType *superior;
	bool found;
	int i;

	for (i = 0; type != NULL && type->at_equality_oid == NULL && type->at_sup_oid != NULL &&
		    i < SUPERIORS_MAX;
	     i++) {
		superior = schema_find(writer->types, type->at_sup_oid);
		ldap_attributetype_free(type);
		type = superior;
	}
	found = type != NULL && type->at_equality_oid != NULL;
	ldap_attributetype_free(type);
	return found;
}

bool
writer_compares(struct writer *writer, const char *attribute)
{
	bool compares;
	size_t i;

	if (writer->directory->kind == DIRECTORY_ACTIVE_DIRECTORY)
		return true;
	for (i = 0; i < REMEMBERED_MAX && writer->remembered[i].attribute != NULL; i++) {
		if (strcasecmp(writer->remembered[i].attribute, attribute) == 0)
			return writer->remembered[i].compares;
	}
	compares = has_equality(writer, attribute);
	if (i < REMEMBERED_MAX) {
		writer->remembered[i].attribute = strdup(attribute);
		writer->remembered[i].compares = compares;
	}
	return compares;
}

/* It goes into a filter: digits, "Z" and what stands between. */
static bool
is_csn(const char *csn)
{
	return csn[0] != '\0' && csn[strspn(csn, "0123456789abcdefABCDEFZ.#")] == '\0' &&
	       strlen(csn) < 100;
}

int
writer_assertion(const char *csn, struct buffer *value, struct error *err)
{
	struct berval ber = {0, NULL};
	char filter[128];
	LDAP *ld = NULL;
	int result = -1;

	if (!is_csn(csn))
		return error_set(err, ERROR_INPUT, "\"%.100s\" is no entryCSN", csn);
	snprintf(filter, sizeof(filter), "(entryCSN=%s)", csn);
	if (ldap_create(&ld) != LDAP_SUCCESS)
		return error_no_memory(err);
	if (ldap_create_assertion_control_value(ld, filter, &ber) != LDAP_SUCCESS)
		error_no_memory(err);
	else
		result = buffer_append(value, ber.bv_val, ber.bv_len, err);
	ber_memfree(ber.bv_val);
	ldap_unbind_ext(ld, NULL, NULL);
	return result;
}

/* What a result code means for whoever waits. */
static enum writer_outcome
fail(struct writer *writer, const char *dn, int code, struct error *err)
{
	char what[300];

	snprintf(what, sizeof(what), "%.80s: changing %.200s", writer->uri, dn);
	handle_set_error(writer->ld, code, err, what);
	if (code < 0) { /* libldap's own */
		error_prefix(err, "it is not known whether it was done: ");
		return WRITER_LOST;
	}
	if (code != LDAP_BUSY && code != LDAP_UNAVAILABLE && code != LDAP_TIMELIMIT_EXCEEDED)
		err->code = ERROR_PERMANENT; /* the server's own answer */
	if (code == LDAP_REFERRAL)
		error_set(err, ERROR_PERMANENT,
		    "%s: changing %.200s: this server is a copy that can't be written to: name the "
		    "one that can as the first in uri of directory \"%s\"",
		    writer->uri, dn, writer->directory->title);
	if (code == LDAP_STRONG_AUTH_REQUIRED || code == LDAP_INSUFFICIENT_ACCESS)
		error_prefix(err, "bind as somebody who may write (--bind-dn): ");
	return WRITER_FAILED;
}

enum writer_outcome
writer_modify(
    struct writer *writer, const char *dn, const char *csn, LDAPMod **changes, struct error *err)
{
	struct buffer value = BUFFER_INIT;
	LDAPControl assertion = {.ldctl_oid = (char *)LDAP_CONTROL_ASSERT, .ldctl_iscritical = 1};
	LDAPControl *controls[] = {csn != NULL ? &assertion : NULL, NULL};
	int code;

	if (csn != NULL && writer_assertion(csn, &value, err) != 0) {
		buffer_free(&value);
		return WRITER_FAILED;
	}
	assertion.ldctl_value.bv_val = value.data;
	assertion.ldctl_value.bv_len = value.size;
	code = ldap_modify_ext_s(writer->ld, dn, changes, controls, NULL);
	buffer_free(&value);
	if (code == LDAP_SUCCESS)
		return WRITER_DONE;
	if (csn != NULL && code == LDAP_ASSERTION_FAILED)
		return WRITER_CHANGED;
	return fail(writer, dn, code, err);
}
