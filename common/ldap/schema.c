#include "ldap/schema.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static bool
has_name(const LDAPAttributeType *type, const char *name, size_t size)
{
	size_t i;

	if (type->at_oid != NULL && strlen(type->at_oid) == size &&
	    strncmp(type->at_oid, name, size) == 0)
		return true;
	for (i = 0; type->at_names != NULL && type->at_names[i] != NULL; i++) {
		if (strlen(type->at_names[i]) == size &&
		    strncasecmp(type->at_names[i], name, size) == 0)
			return true;
	}
	return false;
}

LDAPAttributeType *
schema_find(struct berval *const *types, const char *attribute)
{
	size_t size = strcspn(attribute, ";");
	LDAPAttributeType *type;
	const char *where;
	int code;
	size_t i;

	for (i = 0; types != NULL && types[i] != NULL; i++) {
		type =
		    ldap_str2attributetype(types[i]->bv_val, &code, &where, LDAP_SCHEMA_ALLOW_ALL);
		if (type == NULL)
			continue;
		if (has_name(type, attribute, size))
			return type;
		ldap_attributetype_free(type);
	}
	return NULL;
}
