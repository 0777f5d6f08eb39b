/* What OpenLDAP's configuration says of indexes. Pure, any thread. */
#ifndef SMIME_CTL_DOCTOR_INDEX_H
#define SMIME_CTL_DOCTOR_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Takes the next attribute off a filter ("(|(mail=a)(mail=b))"): each as often as it stands there;
 * without options. false at its end. */
bool doctor_index_attribute(const char **filter, char *name, size_t size);

/* Whether a value of olcDbIndex ("mail,proxyAddresses pres,eq") has an index for equality of the
 * attribute; one without kinds takes the default's. */
bool doctor_index_covers(const char *value, const char *attribute);

/* Whether a look-up takes so much longer than reading one entry (milliseconds) that it must go through
 * all entries. */
bool doctor_index_seems_missing(int64_t entry_ms, int64_t lookup_ms);

/* Whether a base lies in a database: below its suffix, or it is the suffix. */
bool doctor_index_is_below(const char *base, const char *suffix);

#endif
