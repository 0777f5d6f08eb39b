/*
 * What the control socket answers: one function a command, one row each in the table of
 * control_answer.c. Any thread.
 */
#ifndef SMIME_MILTER_CONTROL_ANSWER_H
#define SMIME_MILTER_CONTROL_ANSWER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/buffer.h"
#include "daemon.h"

/* Largest answer: it is made whole before it is sent, and each client may have one. Some 20,000
 * addresses of the cache. */
#define CONTROL_ANSWER_MAX ((size_t)4 << 20)

/* Addresses of the cache in one answer. */
#define CONTROL_CACHE_MOST 20000

/* Of whom it is told; all borrowed. */
struct control_subject {
	struct daemon *daemon;
	const char *config_file;
	time_t started;
	int64_t started_ms; /* clock_monotonic_ms() */
};

/* Carries a request line (without its end) out, and puts the answer into *out (empty before): lines
 * of JSON of which the last is {"end":true} or {"error":"…"}, CONTROL_ANSWER_MAX bytes at most. What
 * has no room is left out, and the end says so: {"end":true,"cut":true}. Empty where there was no
 * memory for anything. user: who asks, for the log. Before daemon_drain(). */
void control_answer(const struct control_subject *subject, uid_t user, const char *line,
    size_t size, struct buffer *out);

/* An answer that is an error and nothing else. */
void control_answer_error(const char *text, struct buffer *out);

#endif
