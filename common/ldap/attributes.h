/*
 * The attributes of an entry that a search gave, one after another. Whoever holds the message.
 */
#ifndef SMIME_LDAP_ATTRIBUTES_H
#define SMIME_LDAP_ATTRIBUTES_H

#include <ldap.h>
#include <stdbool.h>

#include "base/compiler.h"
#include "base/error.h"

/* Attributes of one entry. A few are asked for, each with any options; to find one's values, libldap
 * goes through all before it, and the loop waits. */
#define ATTRIBUTES_MAX 1000

struct attribute {
	const char *name;       /* as the server writes it, with its options */
	struct berval **values; /* NULL-terminated */
	bool
	    again; /* the entry has had the name before (RFC 4511 4.5.2 forbids that): libldap gives the
		       first one's values once more, and these can't be had */
};

/* Everything is borrowed. 0; -1 ends the reading. */
typedef int attributes_visitor(void *context, const struct attribute *attribute, struct error *err);

/* 0; -1: a visit failed, or there are too many (ERROR_TEMPORARY: the directory's fault). */
MUST_CHECK int attributes_visit(
    LDAP *ld, LDAPMessage *entry, attributes_visitor *visit, void *context, struct error *err);

#endif
