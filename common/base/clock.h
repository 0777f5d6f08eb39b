/*
 * Time. Two kinds, never mixed: the wall clock in seconds since the epoch, by which certificates
 * are judged and records dated, and the monotonic clock in milliseconds, by which deadlines and
 * life times run. Tests and `--at` set the wall clock; nothing sets the monotonic one but tests
 * that script it. Any thread.
 */
#ifndef SMIME_BASE_CLOCK_H
#define SMIME_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>

#include "base/compiler.h"
#include "base/error.h"

/* Wall clock, seconds since the epoch. */
time_t clock_wall(void);

/* Wall clock, milliseconds since the epoch (for record times). */
int64_t clock_wall_ms(void);

/* Monotonic clock, milliseconds. */
int64_t clock_monotonic_ms(void);

/* So many milliseconds, as timers and sockets take them; fewer than 0 are 0. */
struct timeval clock_timeval(int64_t ms);

/* Holds the wall clock at a moment (`--at`, tests); 0 lets it run again. */
void clock_hold_wall(time_t at);

/* Adds to the monotonic clock (scripted tests only), milliseconds. */
void clock_advance_monotonic(int64_t ms);

/* Parses RFC 3339 ("2026-11-22T10:00:00Z", "…+01:00", "…." fractions ignored) or a bare date
 * (midnight UTC). ERROR_INPUT says what was expected. */
MUST_CHECK int clock_parse_rfc3339(const char *text, time_t *at, struct error *err);

#define CLOCK_TEXT_SIZE 32

/* Writes "2026-11-22T10:00:00Z" (UTC) to out[CLOCK_TEXT_SIZE]; returns out. */
char *clock_format_rfc3339(time_t at, char *out);

/* The same with milliseconds: "2026-11-22T10:00:00.123Z". */
char *clock_format_rfc3339_ms(int64_t at_ms, char *out);

/* Writes "2026-11-22" (UTC) to out[CLOCK_TEXT_SIZE]; returns out. For texts that people read. */
char *clock_format_date(time_t at, char *out);

#endif
