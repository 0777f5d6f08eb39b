/*
 * One connection to write by, for commands: made by a directory section's own settings (the order of uri,
 * TLS, bind), as all others are (ldap/connection.h). Every call blocks, for connect-timeout and
 * search-timeout at most: never on an event loop. One thread.
 *
 * So that nobody's concurrent change is lost, a change is made only if the entry is still the one that
 * was read: under an Assertion control (RFC 4528) on its entryCSN, where the server has both.
 */
#ifndef SMIME_LDAP_WRITER_H
#define SMIME_LDAP_WRITER_H

#include <ldap.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"

struct writer;

/* Connects, to the first of the section's servers that answers, and asks it what it can do. directory is
 * borrowed. NULL on error (ERROR_TEMPORARY: no server answers). */
struct writer *writer_new(const struct config_directory *directory, struct error *err);
void writer_free(struct writer *writer); /* NULL is legal */

/*
 * Whether single values of an attribute can be added and deleted: that takes an equality rule, by the
 * server's schema, which OpenLDAP lacks for userSMIMECertificate. Active Directory, whose schema names
 * none, compares octets. Else only all values together can be replaced.
 */
bool writer_compares(struct writer *writer, const char *attribute);

/* Whether the server knows the Assertion control. */
bool writer_asserts(const struct writer *writer);

/* The control's value (BER) that asserts this entryCSN; appended. ERROR_INPUT: no entryCSN. 0/-1. */
MUST_CHECK int writer_assertion(const char *csn, struct buffer *value, struct error *err);

enum writer_outcome {
	WRITER_DONE,
	WRITER_CHANGED, /* the entry is not what was read any more: nothing was done */
	WRITER_FAILED,  /* nothing was done: err says why, with the DN and what the server says */
	WRITER_LOST,    /* no answer came: it may have been done. The writer is of no more use */
};

/* Makes the changes, all or none. csn: what the entry's entryCSN must still be; NULL: nothing is
 * asserted. */
enum writer_outcome writer_modify(
    struct writer *writer, const char *dn, const char *csn, LDAPMod **changes, struct error *err);

#endif
