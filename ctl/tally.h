/*
 * How often each of many names was met, in bounded room: where there are more names than fit, the
 * rarer half is added up as "others" and forgotten. What is left is then approximate: a name may have
 * been met up to `missed` times more than is told. One thread.
 */
#ifndef SMIME_CTL_TALLY_H
#define SMIME_CTL_TALLY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/compiler.h"
#include "base/error.h"
#include "tables/reason.h"

/* Names that are told apart, with a kilobyte each at most. */
#define TALLY_MAX 10000
/* Bytes of a name; longer ones are cut. */
#define TALLY_NAME_MAX 400

struct tally_row {
	char *name;
	uint64_t count;
	time_t last;
	uint32_t reasons[REASON_COUNT + 1]; /* the last: codes that are not known here */
};

struct tally {
	struct tally_row *rows;
	size_t count;
	size_t most;    /* TALLY_MAX; tests have less */
	json_t *places; /* name: row */
	uint64_t total;
	uint64_t others; /* of the total: of names that were forgotten */
	uint64_t missed;
};

/* 0/-1; then tally_free(). */
MUST_CHECK int tally_init(struct tally *tally, size_t most, struct error *err);
void tally_free(struct tally *tally);

/* Counts a name once, with a reason (an index of reasons) and a time. name: UTF-8. */
MUST_CHECK int tally_add(
    struct tally *tally, const char *name, size_t reason, time_t at, struct error *err);

/* All is counted: most first, then by name. Nothing may be added any more. */
void tally_sort(struct tally *tally);

/* The reason met most often in a row (the first of those; an index of reasons). */
size_t tally_main_reason(const struct tally_row *row);

#endif
