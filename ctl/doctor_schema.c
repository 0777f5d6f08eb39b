/* Whether a directory server's schema has the attributes that the configuration names: by one that it
 * does not know nobody is ever found, and no server says so (RFC 4511 section 4.5.1.7). */
#include <ldap.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "doctor_index.h"
#include "doctor_view.h"
#include "ldap/schema.h"

/* Attributes looked at; and the longest DN of a schema, bytes. */
#define WANTED_MAX 32
#define SCHEMA_DN_MAX 1024

#define MEMBERS "member-attributes, member-mail-attributes"

struct wanted {
	const char *setting; /* that names it */
	char name[128];
	bool one_of; /* of several, of which one is enough */
	bool found;
};

struct schema {
	char dn[SCHEMA_DN_MAX];
	struct wanted wanted[WANTED_MAX];
	size_t count;
	bool readable; /* there are attribute types to be seen */
};

static void
want(struct schema *schema, const char *setting, const char *name, bool one_of)
{
	struct wanted *wanted = &schema->wanted[schema->count];
	size_t i;

	if (schema->count == WANTED_MAX || name == NULL || name[0] == '\0' ||
	    strlen(name) >= sizeof(wanted->name))
		return;
	for (i = 0; i < schema->count; i++) {
		if (strcasecmp(schema->wanted[i].name, name) == 0)
			return;
	}
	wanted->setting = setting;
	wanted->one_of = one_of;
	snprintf(wanted->name, sizeof(wanted->name), "%s", name);
	schema->count++;
}

static void
want_all(const struct doctor_view *view, struct schema *schema)
{
	const struct config_directory *directory = view->directory;
	const char *rest = view->filter;
	char name[128];
	size_t i;

	while (doctor_index_attribute(&rest, name, sizeof(name)))
		want(schema, "filter", name, false);
	want(schema, "smime-attribute", directory->smime_attribute, false);
	want(schema, "certificate-attribute", directory->certificate_attribute, false);
	if (directory->groups != GROUPS_EXPAND)
		return;
	for (i = 0; i < directory->member_attributes.count; i++)
		want(schema, MEMBERS, directory->member_attributes.items[i], true);
	for (i = 0; i < directory->member_mail_attributes.count; i++)
		want(schema, MEMBERS, directory->member_mail_attributes.items[i], true);
}

static void
take_dn(void *context, LDAP *ld, LDAPMessage *entry)
{
	struct berval **values = ldap_get_values_len(ld, entry, "subschemaSubentry");
	struct schema *schema = context;

	if (values != NULL && values[0] != NULL && values[0]->bv_len < SCHEMA_DN_MAX)
		snprintf(schema->dn, sizeof(schema->dn), "%s", values[0]->bv_val);
	ldap_value_free_len(values);
}

static void
take_types(void *context, LDAP *ld, LDAPMessage *entry)
{
	struct berval **values = ldap_get_values_len(ld, entry, "attributeTypes");
	struct schema *schema = context;
	LDAPAttributeType *type;
	size_t i;

	schema->readable |= values != NULL && values[0] != NULL;
	for (i = 0; i < schema->count; i++) {
		type = schema_find(values, schema->wanted[i].name);
		schema->wanted[i].found |= type != NULL;
		ldap_attributetype_free(type);
	}
	ldap_value_free_len(values);
}

/* One attribute of one entry. */
static void
read_entry(struct doctor_view *view, const char *base, char *attribute, inquiry_entry *take,
    struct schema *schema)
{
	char *const attributes[] = {attribute, NULL};
	struct pool_question question =
	    doctor_view_question(view, base, LDAP_SCOPE_BASE, "(objectClass=*)");
	struct inquiry_answer answer;

	question.attributes = attributes;
	inquiry_ask(view->inquiry, &question, take, schema, &answer);
}

/* What is not there and should be: of those of which one is enough the first, if none is. */
static bool
is_missing(const struct schema *schema, const struct wanted *wanted)
{
	bool first = true;
	size_t i;

	if (wanted->found || !wanted->one_of)
		return !wanted->found;
	for (i = 0; i < schema->count; i++) {
		const struct wanted *other = &schema->wanted[i];

		if (!other->one_of)
			continue;
		if (other->found || (first && other != wanted))
			return false;
		first = false;
	}
	return true;
}

static void
tell_missing(const struct doctor_view *view, const struct wanted *wanted)
{
	char advice[200];

	snprintf(advice, sizeof(advice), "see that %s is spelt right", wanted->setting);
	if (wanted->one_of)
		diagnosis_add(view->doctor->diagnosis, DIAGNOSIS_WARNING, "directory", advice,
		    "\"%s\": the schema of %s has none of the attributes that groups = expand "
		    "looks "
		    "for (%s)",
		    view->directory->title, view->uri, wanted->setting);
	else
		diagnosis_add(view->doctor->diagnosis, DIAGNOSIS_WARNING, "directory", advice,
		    "\"%s\": the schema of %s has no attribute %s (%s), so that nothing is found "
		    "by "
		    "it",
		    view->directory->title, view->uri, wanted->name, wanted->setting);
}

bool
doctor_schema(struct doctor_view *view)
{
	static char where[] = "subschemaSubentry";
	static char types[] = "attributeTypes";
	struct schema schema = {.count = 0};
	bool whole = true;
	size_t i;

	want_all(view, &schema);
	read_entry(view, "", where, take_dn, &schema);
	if (schema.dn[0] != '\0')
		read_entry(view, schema.dn, types, take_types, &schema);
	for (i = 0; schema.readable && i < schema.count; i++) {
		if (!is_missing(&schema, &schema.wanted[i]))
			continue;
		tell_missing(view, &schema.wanted[i]);
		whole = whole && schema.wanted[i].one_of;
	}
	return whole;
}
