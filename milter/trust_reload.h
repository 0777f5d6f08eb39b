/*
 * Reading the anchors anew, and nothing else: what is found of addresses stays known, messages under
 * way go on. Any thread but the resolver's; it reads files, and waits until the trust is in force.
 */
#ifndef SMIME_MILTER_TRUST_RELOAD_H
#define SMIME_MILTER_TRUST_RELOAD_H

#include <stddef.h>
#include <sys/types.h>

#include "base/compiler.h"
#include "base/error.h"
#include "daemon.h"
#include "smime/pending.h"

struct trust_reload_outcome {
	size_t anchors; /* that count now */
	size_t changes; /* that came or went, each logged */
};

/* By the configuration in force. user: who asked, for the log. 0/-1: then the old one counts on, or, where
 * it took too long, the new one will later, which is logged then. pending must outlast the resolvers. */
MUST_CHECK int trust_reload(struct daemon *daemon, struct pending *pending, uid_t user,
    struct trust_reload_outcome *outcome, struct error *err);

#endif
