/*
 * A change of what one entry publishes: which values go and which come, and nothing else. It is written
 * to a server, or as LDIF (RFC 2849) that ldapmodify applies; the LDIF that takes it back is written
 * first. Holds copies; one thread.
 *
 * Where the server compares values (ldap/writer.h), single ones are deleted and added, so that other
 * values stay whatever becomes of them meanwhile. Else the attribute is replaced by all its values but
 * those that go, which is done only under an assertion that the entry is still as it was read.
 */
#ifndef SMIME_DIRECTORY_CHANGE_H
#define SMIME_DIRECTORY_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"
#include "directory/census.h"
#include "ldap/writer.h"

struct change;

/* Nothing yet, for an entry as it was read with its entryCSN. NULL without memory. */
struct change *change_new(
    const struct config_directory *directory, const struct census_entry *entry, struct error *err);
void change_free(struct change *change); /* NULL is legal */

const char *change_dn(const struct change *change);

/* A value of the entry goes. One that is not there, or goes already, is nothing. */
void change_remove(struct change *change, const struct census_value *value);

/* A value of FINDING_BLOB or FINDING_CERTIFICATE comes; one that stays there is nothing. 0/-1. */
MUST_CHECK int change_add(struct change *change, enum finding_kind kind, const void *value,
    size_t size, struct error *err);

/* Of one kind: how many values go and come, and how many stay; the attribute's name, as the server has
 * it: with ";binary" (RFC 4522) where it names it so. An entry without values yet gets userCertificate
 * with it, unless the section is for Active Directory, and userSMIMECertificate without, unless
 * smime-attribute has it. */
struct change_sum {
	const char *name;
	size_t removed;
	size_t added;
	size_t kept;
	bool whole; /* the attribute is replaced as a whole; after change_settle() */
};
struct change_sum change_sum(const struct change *change, enum finding_kind kind);
/* Values that go or come; 0: nothing is to be done. */
size_t change_count(const struct change *change);
/* About what it costs in memory, bytes. */
size_t change_bytes(const struct change *change);

/* What a look-up would find in the entry once it is done, to be judged (findings_unref()); entry: the one
 * that it was made of. NULL without memory. */
struct findings *change_findings(
    const struct change *change, const struct census_entry *entry, struct error *err);

/*
 * Chooses how, by what the server can. writer NULL: nobody knows; then certificates are taken for
 * comparable and blobs not, and nothing is asserted. -1: ERROR_LIMIT where an attribute must be replaced
 * as a whole and not all of its values are known (values-limit, value-size-limit); ERROR_PERMANENT where
 * nothing can be asserted that would have to be.
 */
MUST_CHECK int change_settle(struct change *change, struct writer *writer, struct error *err);

/* Appends the record that does it, with the assertion as its control; or the one that takes it back,
 * without (the entry is another one then). After change_settle(). 0/-1. */
MUST_CHECK int change_append_ldif(
    const struct change *change, bool undo, struct buffer *buffer, struct error *err);

/* Does it. After change_settle() with this writer. */
enum writer_outcome change_apply(
    const struct change *change, struct writer *writer, struct error *err);

#endif
