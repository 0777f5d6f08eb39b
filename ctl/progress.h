/*
 * How far something long has come: one line on standard error, where that is a terminal and standard
 * output does not fill the same one; with the rate, and the time left where it can be told. One
 * thread.
 */
#ifndef SMIME_CTL_PROGRESS_H
#define SMIME_CTL_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
	const char *unit; /* what is counted: "entries" */
	bool visible;
	bool shown; /* there is a line to be taken away */
	int64_t begun_ms;
	int64_t shown_ms;
};

/* quiet_output: nothing is written to standard output meanwhile. unit is kept by pointer. */
void progress_begin(struct progress *progress, const char *unit, bool quiet_output);

/* Shows it, a few times a second however often it is called. count: of them, so far; done of total: how
 * much of all that is, by whatever measure; total 0: not known. */
void progress_show(struct progress *progress, uint64_t count, uint64_t done, uint64_t total);

/* Takes the line away. */
void progress_end(struct progress *progress);

/* The line's text, for 'elapsed' milliseconds, to text[size]. */
void progress_text(const char *unit, uint64_t count, uint64_t done, uint64_t total,
    int64_t elapsed_ms, char *text, size_t size);

#endif
