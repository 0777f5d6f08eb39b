/*
 * What a server says to a search (RFC 4511 section 4.5.2): entries, references, the result. Loop
 * thread.
 */
#ifndef SMIME_LDAP_ANSWER_H
#define SMIME_LDAP_ANSWER_H

#include "ldap/pool_private.h"

/* One message of the answer. May end the search. */
void answer_take(struct pool_search *search, int type, LDAPMessage *message);

#endif
