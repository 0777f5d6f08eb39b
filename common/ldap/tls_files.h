/*
 * The files that TLS with a directory's servers needs: whether they hold what they should. libldap
 * only says that something is wrong, and not before it connects. Any thread.
 */
#ifndef SMIME_LDAP_TLS_FILES_H
#define SMIME_LDAP_TLS_FILES_H

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"

/* Whether the file holds a CA's certificate in PEM: 0, or -1 with what it is instead. */
MUST_CHECK int tls_files_check_cas(const char *file, struct error *err);

/* tls-ca, tls-certificate and tls-key of a section, as far as they are set: 0, or -1 with the first
 * fault, which names the section. */
MUST_CHECK int tls_files_check(const struct config_directory *directory, struct error *err);

#endif
