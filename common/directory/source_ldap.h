/*
 * A directory source from LDAP servers: the search for an address, put to the pool of the section's
 * servers (ldap/pool.h), and its entries taken as findings. What a server refuses for a single
 * search is that search's error.
 */
#ifndef SMIME_DIRECTORY_SOURCE_LDAP_H
#define SMIME_DIRECTORY_SOURCE_LDAP_H

#include <stdbool.h>

#include "base/error.h"
#include "base/worker.h"
#include "config/config.h"
#include "directory/members.h"
#include "directory/source.h"

struct event_base;

/* directory is borrowed, limits copied. Doesn't connect before the first question: a server that is
 * down is no error. workers makes the connections: at least one thread for each server, or one that
 * hangs in a name look-up holds up the others. NULL on error. Freed by its operations. */
struct source *source_ldap_new(const struct config_directory *directory, bool exact_local,
    const struct members_limits *limits, struct event_base *base, struct worker_pool *workers,
    struct error *err);

#endif
