#include "ldap/attributes.h"

#include <string.h>

void
attributes_begin(struct attributes *attributes, LDAP *ld, LDAPMessage *entry)
{
	struct berval dn = {0, NULL};

	memset(attributes, 0, sizeof(*attributes));
	attributes->rest = ber_alloc_t(0);
	if (attributes->rest == NULL ||
	    ldap_get_dn_ber(ld, entry, &attributes->place, &dn) != LDAP_SUCCESS) {
		attributes->place = NULL;
		attributes->broken = true;
		return;
	}
	/* libldap has ended the name with a NUL, where the list of attributes begins: whoever reads
	 * the entry again needs that. */
	dn.bv_val[dn.bv_len] = LBER_SEQUENCE;
}

/* Whether something is left there. */
static bool
has_more(BerElement *place)
{
	ber_len_t left = 0;

	return ber_get_option(place, LBER_OPT_REMAINING_BYTES, &left) == LBER_OPT_SUCCESS &&
	       left > 0;
}

bool
attributes_next(struct attributes *attributes)
{
	struct berval set = {0, NULL};
	char *name = NULL;

	ldap_memfree(attributes->name);
	attributes->name = NULL;
	if (attributes->broken || attributes->count > ATTRIBUTES_MAX ||
	    !has_more(attributes->place) || ++attributes->count > ATTRIBUTES_MAX)
		return false;
	attributes->broken = ber_scanf(attributes->place, "{a", &name) == LBER_ERROR ||
			     ber_skip_element(attributes->place, &set) == LBER_ERROR;
	attributes->name = name;
	if (attributes->broken)
		return false;
	ber_init2(attributes->rest, &set, 0);
	return true;
}

bool
attributes_value(struct attributes *attributes)
{
	if (!has_more(attributes->rest))
		return false;
	attributes->broken = ber_skip_element(attributes->rest, &attributes->value) == LBER_ERROR;
	return !attributes->broken;
}

int
attributes_end(struct attributes *attributes, struct error *err)
{
	ldap_memfree(attributes->name);
	ber_free(attributes->place, 0);
	ber_free(attributes->rest, 0);
	attributes->name = NULL;
	attributes->place = NULL;
	attributes->rest = NULL;
	if (attributes->count > ATTRIBUTES_MAX)
		return error_set(
		    err, ERROR_LIMIT, "an entry has more than %d attributes", ATTRIBUTES_MAX);
	if (attributes->broken)
		return error_set(err, ERROR_TEMPORARY, "an entry can't be read to its end");
	return 0;
}
