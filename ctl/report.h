/*
 * What smimectl report counts in audit logs: each record is added (report_count.c), messages are put
 * together of records (report_message.c), days and times counted (report_times.c), and all is shown
 * (report_print.c, report_json.c, report_page.c). What it keeps does not grow with the log: each
 * limit is below, or in tally.h. One thread.
 */
#ifndef SMIME_CTL_REPORT_H
#define SMIME_CTL_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "audit_log.h"
#include "base/compiler.h"
#include "base/error.h"
#include "policy/plan.h"
#include "smime/capabilities.h"
#include "tables/cipher.h"
#include "tables/reason.h"
#include "tally.h"

/* Messages under way: records of one stand together, but for those of other writers to the same file,
 * each of which has one message there at a time. */
#define REPORT_OPEN_MAX 32
/* Bytes of a reference that tell messages apart: those we make have 16. */
#define REPORT_REFERENCE_MAX 64
/* Days that are told apart: ten years. */
#define REPORT_DAYS_MAX 3660
/* Times to decide: 16 steps to each doubling, so that each is known by a sixteenth. */
#define REPORT_STEPS 16
#define REPORT_TIMES (REPORT_STEPS * 38)

/* Codes of reasons that are not known here count as this. */
#define REPORT_REASONS (REASON_COUNT + 1)
_Static_assert(REPORT_REASONS <= 64, "a set of reasons has 64 bits");

/* What became of a message. */
enum report_end {
	REPORT_SEALED,
	REPORT_CLIENT, /* passed: encrypted by the client */
	REPORT_PASSED,
	REPORT_DEFERRED,
	REPORT_REFUSED,
	REPORT_ENDS
};

/* What a reason led to, for a recipient. */
enum report_effect {
	REPORT_TO_REFUSE,
	REPORT_TO_DEFER,
	REPORT_TO_WOULD, /* observed: it would have been refused or deferred */
	REPORT_TO_PASS,
	REPORT_EFFECTS
};

/* Where knowledge of a cipher came from, and whose it was. */
enum report_source {
	REPORT_BY_BLOB,
	REPORT_BY_EXTENSION,
	REPORT_BY_POLICY,
	REPORT_UNSAID,
	REPORT_BY_CLIENT,         /* the client encrypted: it left */
	REPORT_BY_CLIENT_REFUSED, /* likewise: refused or deferred */
	REPORT_WOULD_SEAL,        /* observed: left as it was */
	REPORT_SOURCES
};

struct report_day {
	int64_t day; /* since 1970-01-01, UTC */
	uint64_t ends[REPORT_ENDS];
};

struct report_message {
	char reference[REPORT_REFERENCE_MAX];
	time_t at;
	enum report_end end;
	int would;                        /* an action, the gravest; -1: not observed */
	uint64_t reasons[REPORT_EFFECTS]; /* sets: bit 1 << reason */
	int64_t duration_ms;              /* -1: not told */
};

struct report {
	time_t since; /* 0: all; from this moment on */
	time_t until; /* 0: all; before this moment */
	size_t files;
	size_t skipped;                  /* files that were last written before `since` */
	uint64_t kinds[AUDIT_LOG_KINDS]; /* lines */
	uint64_t outside;                /* records that are not between since and until */
	uint64_t brief;
	time_t first;
	time_t last;
	uint64_t messages;
	uint64_t recipients;
	uint64_t ends[REPORT_ENDS];
	uint64_t observed;
	uint64_t would[ACTION_REFUSE + 1]; /* messages that were observed */
	uint64_t by_message[REPORT_REASONS][REPORT_EFFECTS];
	uint64_t by_recipient[REPORT_REASONS][REPORT_EFFECTS];
	uint64_t ciphers[CIPHER_COUNT][REPORT_SOURCES]; /* recipients */
	uint64_t fallback[CLIENT_COUNT][CIPHER_COUNT];  /* the same */
	uint64_t stale;                                 /* the same */
	uint64_t stale_if_error;                        /* the same */
	uint64_t warnings[REPORT_REASONS];              /* the same */
	uint64_t signatures[REPORT_REASONS];            /* messages' signatures by their worth */
	uint64_t trust_failures;                        /* recipients */
	struct tally cas;
	struct tally refused; /* recipients by address */
	uint64_t times[REPORT_TIMES];
	uint64_t timed; /* messages */
	double time_sum;
	int64_t time_most;
	struct report_day *days; /* in order */
	size_t day_count;
	uint64_t other_days;                         /* messages of days beyond REPORT_DAYS_MAX */
	struct report_message open[REPORT_OPEN_MAX]; /* the one met last first */
	size_t open_count;
};

/* 0/-1; then report_free(). */
MUST_CHECK int report_init(struct report *report, time_t since, time_t until, struct error *err);
void report_free(struct report *report);

/* Counts a line, and what it holds. 0/-1 without memory. */
MUST_CHECK int report_add(
    struct report *report, const struct audit_log_line *line, struct error *err);

/* All was added: counts the messages under way, and puts all in order. 0/-1. */
MUST_CHECK int report_finish(struct report *report, struct error *err);

/* report_message.c: the message of a record, begun where it is new (*is_new). 0/-1. */
MUST_CHECK int report_message_of(struct report *report, const char *reference,
    struct report_message **message, bool *is_new, struct error *err);
MUST_CHECK int report_message_end(struct report *report, struct error *err);

/* report_times.c */
MUST_CHECK int report_count_day(
    struct report *report, time_t at, enum report_end end, struct error *err);
void report_count_time(struct report *report, int64_t duration_ms);
/* The time within which so many of a thousand messages were decided, in milliseconds. */
int64_t report_time_within(const struct report *report, unsigned per_mille);
/* How many took less than so long, by the steps that are counted. */
uint64_t report_times_below(const struct report *report, int64_t duration_ms);

/* A reason's code: of an index of by_message. */
const char *report_reason_code(size_t reason);
const char *report_reason_sentence(size_t reason);
const char *report_source_words(enum report_source source);
const char *report_end_words(enum report_end end);
/* Reasons that had an effect, most recipients first: their indices to order[REPORT_REASONS]. */
size_t report_reasons(const struct report *report, size_t order[REPORT_REASONS]);
/* Whether they speak of what was not sent as it was asked to, not of what passed. */
uint64_t report_held(const uint64_t effects[REPORT_EFFECTS]);

/* All of it. incomplete: why not all was read; NULL: it was. */
void report_print(const struct report *report, const char *incomplete);
json_t *report_json(const struct report *report, const char *incomplete);
MUST_CHECK int report_write_page(
    const struct report *report, const char *path, const char *incomplete, struct error *err);

#endif
