/*
 * Findings become a record: on a worker, by the trust in force. Private to the resolver; loop
 * thread.
 */
#ifndef SMIME_DIRECTORY_JUDGING_H
#define SMIME_DIRECTORY_JUDGING_H

#include <time.h>

#include "base/compiler.h"
#include "directory/resolver_private.h"

/* The end of a judging, exactly once, never inside judging_start(). record is borrowed; NULL:
 * failure says why. */
typedef void judging_done(void *context, struct recipient *record, const char *failure);

/*
 * Judges findings (a reference of its own) for the address under the key (both borrowed to the
 * end). stale_since: when findings that are over were found; 0: they are fresh. What comes of it is
 * kept beside the findings, and judged once more if another trust came into force meanwhile. 0/-1.
 */
MUST_CHECK int judging_start(struct resolver *resolver, const char *key,
    const struct address *address, struct findings *findings, time_t stale_since,
    judging_done *done, void *context, struct error *err);

#endif
