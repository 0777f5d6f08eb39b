/*
 * The pool's choice: which server and which connection a waiting search goes to. Loop thread.
 */
#ifndef SMIME_LDAP_PLACE_H
#define SMIME_LDAP_PLACE_H

#include "ldap/pool_private.h"

/* Sends what waits and can be sent, and begins the connections that are needed for the rest. What
 * nobody is there to answer fails (into `ended`). Servers that were left alone for long enough are
 * tried again. */
void place_all(struct pool *pool);

#endif
