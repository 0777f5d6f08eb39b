#include "ldap/attributes.h"

#include <string.h>

void
attributes_begin(struct attributes *attributes, LDAP *ld, LDAPMessage *entry)
{
	struct berval dn = {0, NULL};

	memset(attributes, 0, sizeof(*attributes));
	attributes->rest = ber_alloc_t(0);
	if (ldap_get_dn_ber(ld, entry, &attributes->place, &dn) != LDAP_SUCCESS) {
		attributes->place = NULL;
		return;
	}
	/* libldap has ended the name with a NUL, where the list of attributes begins: whoever reads
	 * the entry again needs that. */
	dn.bv_val[dn.bv_len] = LBER_SEQUENCE;
}

bool
attributes_next(struct attributes *attributes)
{
	struct berval set = {0, NULL};
	char *name = NULL;

	ldap_memfree(attributes->name);
	attributes->name = NULL;
	if (attributes->place == NULL || attributes->rest == NULL ||
	    attributes->count > ATTRIBUTES_MAX ||
	    ber_scanf(attributes->place, "{a", &name) == LBER_ERROR)
		return false;
	attributes->name = name;
	attributes->count++;
	if (attributes->count > ATTRIBUTES_MAX ||
	    ber_skip_element(attributes->place, &set) == LBER_ERROR)
		return false;
	ber_init2(attributes->rest, &set, 0);
	return true;
}

bool
attributes_value(struct attributes *attributes)
{
	return ber_skip_element(attributes->rest, &attributes->value) != LBER_ERROR;
}

int
attributes_end(struct attributes *attributes, struct error *err)
{
	bool complete = attributes->rest != NULL;

	ldap_memfree(attributes->name);
	ber_free(attributes->place, 0);
	ber_free(attributes->rest, 0);
	attributes->name = NULL;
	attributes->place = NULL;
	attributes->rest = NULL;
	if (attributes->count > ATTRIBUTES_MAX)
		return error_set(
		    err, ERROR_LIMIT, "an entry has more than %d attributes", ATTRIBUTES_MAX);
	return complete ? 0 : error_no_memory(err);
}
