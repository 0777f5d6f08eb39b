/*
 * Attribute types of a server's schema (RFC 4512 section 4.1.2). Pure.
 */
#ifndef SMIME_LDAP_SCHEMA_H
#define SMIME_LDAP_SCHEMA_H

#include <ldap.h>
#include <ldap_schema.h>

/* The definition of an attribute, by one of its names in any case or by its object identifier, in both
 * without options (";binary"), among values of attributeTypes (NULL: none). ldap_attributetype_free();
 * NULL: it is not there, or cannot be read. */
LDAPAttributeType *schema_find(struct berval *const *types, const char *attribute);

#endif
