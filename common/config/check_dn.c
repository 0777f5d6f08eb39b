/* Whether libldap can read a distinguished name (RFC 4514). */
#include <ldap.h>
#include <string.h>

#include "config/check.h"

const char *
check_dn(const char *dn)
{
	size_t size = strlen(dn);
	LDAPDN read = NULL;

	/* Active Directory's own: <GUID=…>, <WKGUID=…,DN>. */
	if (size > 2 && dn[0] == '<' && dn[size - 1] == '>')
		return NULL;
	if (ldap_str2dn(dn, &read, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS)
		return "its parts must be attribute=value, with commas between them; in a value a "
		       "comma, plus, quote, backslash, semicolon, < or > needs a backslash before "
		       "it";
	ldap_dnfree(read);
	return NULL;
}
