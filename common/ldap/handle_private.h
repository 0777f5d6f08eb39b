/* What the files of handle share. Internal to it. */
#ifndef SMIME_LDAP_HANDLE_PRIVATE_H
#define SMIME_LDAP_HANDLE_PRIVATE_H

#include <ldap.h>

#include "base/error.h"
#include "config/config.h"

/* Sets the error for a result code of libldap, with what the server's last message adds. Server
 * trouble is ERROR_TEMPORARY, whatever its code: a directory that can't be asked is unavailable.
 * ld may be NULL. Always -1. */
int handle_set_error(LDAP *ld, int code, struct error *err, const char *what);

/* handle_refusal.c: likewise for the answer to a bind with a password, and what it means where that can
 * be told. ERROR_REFUSED where the name or the password is wrong, ERROR_TEMPORARY else. Always -1. */
int handle_set_refusal(LDAP *ld, int code, struct error *err, const char *what);

/*
 * Waits for the one message that answers a request, for as long as LDAP_OPT_TIMEOUT says; type is
 * what it must be (LDAP_RES_...). Nothing else that comes for it is gathered meanwhile, as
 * LDAP_MSG_ALL and libldap's "_s" functions do without a bound. The message's result code, or one
 * of libldap's own (below 0).
 */
int handle_wait(LDAP *ld, int id, int type);

/* handle_context.c: gives a handle, all of whose TLS options are set, its context with the client
 * certificate: one that is there, or a new one. LDAP_OPT_SUCCESS or another code of libldap's. Any
 * thread. */
int handle_share_context(LDAP *ld, const struct config_directory *directory, const char *cas);

#endif
