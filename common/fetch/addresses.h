/* A host's addresses as libcurl takes them. Pure functions, any thread. */
#ifndef SMIME_FETCH_ADDRESSES_H
#define SMIME_FETCH_ADDRESSES_H

#include <netdb.h>

#include "base/compiler.h"
#include "base/error.h"

/* Addresses of one host that are tried. */
#define ADDRESSES_MAX 16

/* "192.0.2.1,2001:db8::1", in the order to try them in; free(). NULL: there is none
 * (ERROR_PERMANENT), or no memory. */
char *addresses_text(const struct addrinfo *found, struct error *err);

#endif
