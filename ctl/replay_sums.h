/*
 * What a replay comes to: the sums, what would change and how, whom it would concern. Bounded, however
 * much mail there is. Owned by whoever declared it. One thread.
 */
#ifndef SMIME_CTL_REPLAY_SUMS_H
#define SMIME_CTL_REPLAY_SUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "message/message.h"

#define REPLAY_ACTIONS 4
/* Ways to change that are told apart; more than any policy has. All are counted. */
#define REPLAY_CHANGES_MAX 500
/* Addresses counted each by itself, those met first; about 1 MB. */
#define REPLAY_PEOPLE_MAX 10000
/* Messages named of each way. */
#define REPLAY_EXAMPLES 3
#define REPLAY_NAME_SIZE 200

/* What would become of a message. cipher: NULL unless sealed; rule: of the recipient that decides;
 * NULL: none. Both live as long as the configuration. */
struct replay_outcome {
	enum action action;
	enum action would; /* without observe */
	const struct cipher *cipher;
	const char *rule;
	enum reason_id reason;
};
void replay_outcome_of(const struct message_result *result, struct replay_outcome *outcome);

/* from: all zero without a second configuration. */
struct replay_change {
	struct replay_outcome from;
	struct replay_outcome to;
	uint64_t count;
	char examples[REPLAY_EXAMPLES][REPLAY_NAME_SIZE];
};

struct replay_person {
	char *address;
	uint64_t count;
};

struct replay_side {
	uint64_t by_action[REPLAY_ACTIONS];
	uint64_t observed; /* of them, what would be another's if nothing were only observed */
};

struct replay_sums {
	bool compares;     /* with a second configuration */
	uint64_t messages; /* judged */
	uint64_t broken;   /* that could not be */
	uint64_t cut;      /* with more recipients than recipients-limit: the first were judged */
	uint64_t waiting;  /* somebody had no answer for now: the comparison says little */
	uint64_t changed;  /* where it compares: another action or cipher; else: stopped */
	uint64_t stopped;  /* of them, refused or deferred, and not before */
	struct replay_side before;
	struct replay_side after;
	struct replay_change *changes;
	size_t change_count;
	uint64_t other_changes; /* messages beyond REPLAY_CHANGES_MAX */
	struct replay_person *people;
	size_t people_count;
	uint64_t other_people; /* times that one beyond REPLAY_PEOPLE_MAX was met */
	void *people_tree;
};

/* Whether it is to be shown: the outcomes differ, or (before NULL) it is stopped. */
bool replay_sums_is_change(const struct replay_outcome *before, const struct replay_outcome *after);

MUST_CHECK int replay_sums_init(struct replay_sums *sums, bool compares, struct error *err);
void replay_sums_free(struct replay_sums *sums);

/* Counts a message; before is NULL without a second configuration. result: of the configuration that
 * is tried. */
MUST_CHECK int replay_sums_add(struct replay_sums *sums, const char *name,
    const struct replay_outcome *before, const struct message_result *result, struct error *err);

/* Puts those counted most often first. Nothing can be added any more. */
void replay_sums_sort(struct replay_sums *sums);

#endif
