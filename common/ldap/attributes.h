/*
 * The attributes of an entry that a search gave, and their values, in one pass and without copies.
 * libldap's own functions look for the values of each attribute from the entry's beginning: an
 * entry of a million attributes, which fits into an answer, would take hours of the loop's time.
 *
 *   struct attributes all;
 *
 *   attributes_begin(&all, ld, entry);
 *   while (attributes_next(&all))
 *           while (attributes_value(&all))
 *                   use(all.name, &all.value);
 *   if (attributes_end(&all, err) != 0)
 *           ...
 *
 * The loops may be left at any time. An entry may be gone through several times, one after another.
 */
#ifndef SMIME_LDAP_ATTRIBUTES_H
#define SMIME_LDAP_ATTRIBUTES_H

#include <lber.h>
#include <ldap.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"

/* Attributes of one entry, each with its options counted for itself. Not one more is asked for than
 * sections name: what has so many is no answer. */
#define ATTRIBUTES_MAX 1000

struct attributes {
	char *name;          /* with its options, as the server wrote it; until the next one */
	struct berval value; /* in place: no NUL follows it; as long as the entry is there */
	BerElement *place;
	BerElement *rest;    /* of the values */
	size_t count;
	bool broken; /* it can't be read to its end: malformed, or no memory */
};

void attributes_begin(struct attributes *attributes, LDAP *ld, LDAPMessage *entry);

/* Goes to the next attribute, whether or not all values of this one were read. false: that was the
 * last one that can be read. */
bool attributes_next(struct attributes *attributes);

/* Goes to the next value of the attribute. */
bool attributes_value(struct attributes *attributes);

/* 0; -1 after more than ATTRIBUTES_MAX (ERROR_LIMIT), or where what was to be read could not be
 * (ERROR_TEMPORARY): half an entry would be one that publishes less. */
MUST_CHECK int attributes_end(struct attributes *attributes, struct error *err);

#endif
