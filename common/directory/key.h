/*
 * The key under which an address is looked up, remembered and indexed: one mailbox, one key. Pure,
 * any thread.
 */
#ifndef SMIME_DIRECTORY_KEY_H
#define SMIME_DIRECTORY_KEY_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/error.h"
#include "mail/address.h"

/* The local part, in lower case (US-ASCII) unless exact_local, "@", the domain in A-labels. free().
 * NULL without memory. */
char *key_of_address(const struct address *address, bool exact_local, struct error *err);

/* Whether the address of a key is one that the pattern matches. */
bool key_matches(const char *key, const struct address_pattern *pattern);

#endif
