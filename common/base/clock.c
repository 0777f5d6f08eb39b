#include "base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static _Atomic int64_t held_wall;       /* seconds; 0: running */
static _Atomic int64_t monotonic_shift; /* milliseconds added by tests */

int64_t
clock_wall_ms(void)
{
	struct timespec now;
	int64_t held = atomic_load(&held_wall);

	if (held != 0)
		return held * 1000;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

time_t
clock_wall(void)
{
	return (time_t)(clock_wall_ms() / 1000);
}

int64_t
clock_monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + atomic_load(&monotonic_shift);
}

struct timeval
clock_timeval(int64_t ms)
{
	struct timeval time = {0, 0};

	if (ms > 0) {
		time.tv_sec = (time_t)(ms / 1000);
		time.tv_usec = (suseconds_t)(ms % 1000) * 1000;
	}
	return time;
}

void
clock_hold_wall(time_t at)
{
	atomic_store(&held_wall, (int64_t)at);
}

void
clock_advance_monotonic(int64_t ms)
{
	atomic_fetch_add(&monotonic_shift, ms);
}

/* "Z", "+hh:mm" or "-hh:mm", with an optional fraction of a second before it; -1 if neither. */
static int
parse_zone(const char *text, int *offset_seconds)
{
	int hours;
	int minutes;
	char sign;
	char rest;

	if (*text == '.') {
		text++;
		if (strspn(text, "0123456789") == 0)
			return -1;
		text += strspn(text, "0123456789");
	}
	*offset_seconds = 0;
	if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0)
		return 0;
	if (sscanf(text, "%c%2d:%2d%c", &sign, &hours, &minutes, &rest) != 3 || strlen(text) != 6)
		return -1;
	if ((sign != '+' && sign != '-') || hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
		return -1;
	*offset_seconds = (hours * 60 + minutes) * (sign == '+' ? 60 : -60);
	return 0;
}

static int
bad_time(const char *text, struct error *err)
{
	return error_set(err, ERROR_INPUT,
	    "\"%s\" is not a time: expected RFC 3339, as in 2026-11-22T10:00:00Z or 2026-11-22",
	    text);
}

int
clock_parse_rfc3339(const char *text, time_t *at, struct error *err)
{
	struct tm tm;
	struct tm check;
	int used = 0;
	int offset = 0;
	time_t result;

	memset(&tm, 0, sizeof(tm));
	if (sscanf(text, "%4d-%2d-%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &used) != 3 ||
	    used != 10)
		return bad_time(text, err);
	text += used;
	if (*text != '\0') {
		if (*text != 'T' && *text != 't' && *text != ' ')
			return bad_time(text - used, err);
		if (sscanf(text + 1, "%2d:%2d:%2d%n", &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &used) !=
			3 ||
		    used != 8 || parse_zone(text + 1 + used, &offset) != 0)
			return bad_time(text - 10, err);
	}
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	if (tm.tm_sec == 60) { /* a leap second: POSIX time has none */
		tm.tm_sec = 59;
		offset -= 1;
	}
	check = tm;
	result = timegm(&check);
	/* timegm() moves 31 February into March: what it changed was no date or time. */
	if (check.tm_mday != tm.tm_mday || check.tm_mon != tm.tm_mon ||
	    check.tm_hour != tm.tm_hour || check.tm_min != tm.tm_min || check.tm_sec != tm.tm_sec)
		return error_set(err, ERROR_INPUT, "there is no such date or time of day");
	*at = result - offset;
	return 0;
}

char *
clock_format_rfc3339(time_t at, char *out)
{
	struct tm tm;

	if (gmtime_r(&at, &tm) == NULL ||
	    strftime(out, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		out[0] = '\0';
	return out;
}

char *
clock_format_rfc3339_ms(int64_t at_ms, char *out)
{
	size_t used;

	clock_format_rfc3339((time_t)(at_ms / 1000), out);
	used = strcspn(out, "Z");
	snprintf(out + used, CLOCK_TEXT_SIZE - used, ".%03uZ", (unsigned int)(at_ms % 1000) % 1000);
	return out;
}

char *
clock_format_date(time_t at, char *out)
{
	struct tm tm;

	if (gmtime_r(&at, &tm) == NULL || strftime(out, CLOCK_TEXT_SIZE, "%Y-%m-%d", &tm) == 0)
		out[0] = '\0';
	return out;
}
