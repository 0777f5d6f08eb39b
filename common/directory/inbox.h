/* The resolver's inbox: tickets, put there by any thread. Private to the resolver. */
#ifndef SMIME_DIRECTORY_INBOX_H
#define SMIME_DIRECTORY_INBOX_H

#include "directory/resolver_private.h"

/* Loop thread: takes up what is in it, and what is to be asked for again in the background. */
void inbox_take(struct resolver *resolver);

#endif
