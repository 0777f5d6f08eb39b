/*
 * What a replay found, for people and as JSON.
 */
#ifndef SMIME_CTL_REPLAY_PRINT_H
#define SMIME_CTL_REPLAY_PRINT_H

#include "replay_envelope.h"
#include "replay_sums.h"

/* One message that changes: before is NULL without a second configuration. A line of JSON. */
void replay_print_change(const char *name, const struct replay_envelope *envelope,
    const struct replay_outcome *before, const struct replay_outcome *after);
/* One that can't be judged. A line of JSON. */
void replay_print_problem(const char *name, const char *problem);

/* The sums, sorted; incomplete: why not all was seen, or NULL. */
void replay_print_sums(const struct replay_sums *sums, const char *incomplete, bool json);

#endif
