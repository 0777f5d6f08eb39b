/*
 * Findings become a record: on a worker, by the trust in force. Private to the resolver; loop
 * thread.
 */
#ifndef SMIME_DIRECTORY_JUDGING_H
#define SMIME_DIRECTORY_JUDGING_H

#include <time.h>

#include "base/compiler.h"
#include "directory/resolver_private.h"

/* In all its rounds together, milliseconds: as long as the longest deadline of a message. Nobody who
 * asked as it began waits any more; what was fetched serves the next judging. */
#define JUDGING_TIME ((int64_t)120 * 1000)

/* The end of a judging, exactly once, never inside judging_start(), never after judging_leave().
 * record is borrowed; NULL: failure says why. lasting: nothing is under way that may soon tell
 * better. */
typedef void judging_done(
    void *context, struct recipient *record, bool lasting, const char *failure);

/*
 * Judges findings (a reference of its own) for the address under the key (both borrowed to the
 * end). stale_since: when findings that are over were found; 0: they are fresh. What comes of it is
 * kept beside the findings, and judged once more if another trust came into force meanwhile.
 *
 * While the first reading of CA certificates that count for the address is under way (authority.h),
 * judging waits for it. Where they could not be read yet, what would be no usable digital ID is a
 * failure: an issuer that is not trusted may be one of them.
 *
 * What the judgement lacks is fetched (supply.h), and judged again. A record that can be used already
 * waits for revocation-timeout at most, and is not kept if it could not wait; one that can't be
 * waits until all is there or failed, for JUDGING_TIME at most: then, and where too much is being
 * fetched for its domain, it is a failure. No worker is held meanwhile.
 *
 * Workers are given out in turns (base/worker.h), by the owner that is fetched for as well. What turns
 * out to take long, or is large, waits once more, as slow, for a turn of its directory: it keeps that
 * directory's other slow ones waiting, and nobody else. NULL on error.
 */
struct judging *judging_start(struct resolver *resolver, const char *key,
    const struct address *address, struct findings *findings, time_t stale_since,
    judging_done *done, void *context, struct error *err);

/* The same for a message's signer (borrowed to the end), whose record is not kept. */
struct judging *judging_start_signer(struct resolver *resolver, const struct signer *signer,
    judging_done *done, void *context, struct error *err);

/* Takes it back, unless a worker has it. Whether it did. */
bool judging_leave(struct judging *judging);

/* Begins those that wait no more. */
void judging_release_held(struct resolver *resolver);
/* After the loop has ended, and its workers: ends those that still wait, as failed. */
void judging_end_held(struct resolver *resolver);

#endif
