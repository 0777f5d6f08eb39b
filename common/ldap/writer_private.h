/* What the files of writer share. */
#ifndef SMIME_LDAP_WRITER_PRIVATE_H
#define SMIME_LDAP_WRITER_PRIVATE_H

#include <ldap.h>

#include "base/error.h"
#include "config/config.h"

/* writer_connect.c: a handle on one of the section's servers, bound, that blocks (ldap_unbind_ext()). NULL
 * on error. */
LDAP *writer_connect(const struct config_directory *directory, const char *uri, struct error *err);

#endif
