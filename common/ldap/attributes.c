#include "ldap/attributes.h"

#include <strings.h>

/* Names that were met. */
struct names {
	char *items[ATTRIBUTES_MAX];
	size_t count;
};

static bool
is_met(const struct names *names, const char *name)
{
	size_t i;

	for (i = 0; i < names->count; i++) {
		if (strcasecmp(names->items[i], name) == 0)
			return true;
	}
	return false;
}

static int
visit_one(LDAP *ld, LDAPMessage *entry, const struct names *names, const char *name,
    attributes_visitor *visit, void *context, struct error *err)
{
	static struct berval *nothing[] = {NULL};
	struct berval **values = ldap_get_values_len(ld, entry, name);
	const struct attribute attribute = {
	    name, values != NULL ? values : nothing, is_met(names, name)};
	int result = visit(context, &attribute, err);

	ldap_value_free_len(values);
	return result;
}

int
attributes_visit(
    LDAP *ld, LDAPMessage *entry, attributes_visitor *visit, void *context, struct error *err)
{
	struct names names = {.count = 0};
	BerElement *place = NULL;
	int result = 0;
	char *name;

	for (name = ldap_first_attribute(ld, entry, &place); name != NULL && result == 0;
	     name = ldap_next_attribute(ld, entry, place)) {
		if (names.count == ATTRIBUTES_MAX) {
			result = error_set(err, ERROR_TEMPORARY,
			    "an entry has more than %d attributes", ATTRIBUTES_MAX);
			break;
		}
		result = visit_one(ld, entry, &names, name, visit, context, err);
		names.items[names.count++] = name;
	}
	ldap_memfree(name);
	while (names.count > 0)
		ldap_memfree(names.items[--names.count]);
	ber_free(place, 0);
	return result;
}
