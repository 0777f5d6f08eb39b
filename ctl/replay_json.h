/*
 * What a replay found, as JSON: smimectl(1) tells the members. New references.
 */
#ifndef SMIME_CTL_REPLAY_JSON_H
#define SMIME_CTL_REPLAY_JSON_H

#include <jansson.h>

#include "replay_sums.h"

json_t *replay_json_outcome(const struct replay_outcome *outcome);

/* incomplete: why not all was seen, or NULL. */
json_t *replay_json_sums(const struct replay_sums *sums, const char *incomplete);

#endif
