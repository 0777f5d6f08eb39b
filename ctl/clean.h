/*
 * smimectl clean: what its files share. clean.c has options and order; clean_walk.c goes through
 * directories; clean_judge.c says what is dead of one entry; clean_apply.c writes; clean_show.c has the
 * words. One thread.
 */
#ifndef SMIME_CTL_CLEAN_H
#define SMIME_CTL_CLEAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "editing.h"
#include "judgement.h"

/* Changes that are held until all are known, bytes: what is beyond is left for another time. */
#define CLEAN_BYTES_MAX ((size_t)256 << 20)
/* Directory sections, each with its connection. */
#define CLEAN_DIRECTORIES_MAX 64
/* Values that may go without a question, if not said. */
#define CLEAN_ASK_DEFAULT 10

/* Why a value is dead: bits 1 << enum reason_id, and one of its own. */
typedef uint64_t clean_reasons;
#define CLEAN_BIT(reason) ((clean_reasons)1 << (reason))
#define CLEAN_SUPERSEDED ((unsigned)REASON_COUNT)
_Static_assert(CLEAN_SUPERSEDED < 64, "a set of reasons has 64 bits");

/* expired, stale, malformed. */
clean_reasons clean_reasons_default(void);
/* Reads codes with commas between them. ERROR_INPUT names those that there are. */
MUST_CHECK int clean_reasons_read(const char *text, clean_reasons *reasons, struct error *err);
const char *clean_reason_code(unsigned reason);

struct clean_request {
	struct ctl_options options;
	struct editing editing;
	const char *backup;
	clean_reasons reasons;
	long ask_above;
	bool yes;
};

/* What was found in one entry. All is borrowed, but dead. */
struct clean_finding {
	const struct config_directory *directory;
	const struct census_entry *entry;
	const struct address *address;
	const struct recipient *record;
	clean_reasons *dead; /* of each value; 0: it stays */
	size_t count;        /* of values that go */
	const char *spared;  /* why nothing of it goes after all; NULL */
	bool exact_local;
};

/* Finds the dead values: those all of whose digital IDs are dead by one of the reasons. 0/-1; then
 * clean_finding_clear(). */
MUST_CHECK int clean_judge(struct clean_finding *finding, clean_reasons reasons, struct error *err);
/* Whether what was usable, and is not dead, still is in `after`, the record of what would stay; else
 * spares all. */
void clean_judge_again(
    struct clean_finding *finding, clean_reasons reasons, const struct recipient *after);
void clean_finding_clear(struct clean_finding *finding);

/* A change to make, and where. */
struct clean_change {
	struct change *change;
	size_t directory;
};

struct clean_work {
	const struct clean_request *request;
	struct snapshot *snapshot;
	const struct address *sender;
	struct config_directory directories[CLEAN_DIRECTORIES_MAX]; /* as they are written to */
	struct writer *writers[CLEAN_DIRECTORIES_MAX];              /* NULL: not yet */
	struct clean_change *changes;
	size_t change_count;
	size_t bytes;
	uint64_t entries; /* looked at */
	uint64_t unknown; /* not judged, because what is to be asked does not answer */
	uint64_t dirty;   /* with dead values that go */
	uint64_t values;  /* that go */
	uint64_t spared;  /* entries */
	uint64_t written; /* entries */
	uint64_t changed; /* entries that somebody else changed meanwhile */
	uint64_t failed;
	uint64_t unsure;  /* of these: nobody knows whether it was done */
	unsigned silent;  /* such failures one after another */
	bool full;        /* CLEAN_BYTES_MAX */
	bool unreachable; /* no server takes a connection to write by: nothing more is tried */
};

/* Goes through one, shows what is dead, and gathers the changes. */
enum ctl_status clean_walk(struct clean_work *work, size_t directory);

/* Makes the changes that were gathered; the records that take them back go to a new file. */
enum ctl_status clean_apply(struct clean_work *work, const char *backup);

void clean_show(const struct clean_work *work, const struct clean_finding *finding);
void clean_show_sums(const struct clean_work *work, const char *backup);

#endif
