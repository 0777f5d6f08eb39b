/*
 * One connection of a pool and the searches under way on it. Loop thread.
 */
#ifndef SMIME_LDAP_LINK_H
#define SMIME_LDAP_LINK_H

#include "ldap/pool_private.h"

enum link_sent {
	LINK_SENT,   /* the search is the link's */
	LINK_BUSY,   /* the socket takes no more now: the search waits on */
	LINK_FAILED, /* the search has failed (and is in `ended`) */
	LINK_LOST,   /* the connection is gone, and the search begins again or has failed */
};

/* Takes the handle over and joins the server. -1: the handle is still the caller's. */
MUST_CHECK int link_new(struct server *server, LDAP *ld, struct error *err);

/* Sends the search's leg under way. */
enum link_sent link_send(struct link *link, struct pool_search *search);

/* Whether it may take one more search now. */
bool link_has_room(const struct link *link);

/* Whether it was of use: then its end is no failure of the server. */
bool link_has_worked(const struct link *link);

/* Tells the server that nobody waits for the search any more, if it can be told at once. */
void link_abandon(struct link *link, const struct pool_search *search);

/* It is of no more use, and the server is told why. */
void link_lose(struct link *link, const char *why);

/* Closes it; its searches begin again, or fail with why. */
void link_close(struct link *link, const struct error *why);

#endif
