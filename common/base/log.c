#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"

static const char *program_name = "smime-milter";
static enum log_target log_where = LOG_TO_STDERR;
static _Atomic int log_most = LOG_LEVEL_INFO;
static _Thread_local char thread_context[64];

static const struct {
	const char *name;
	int priority;
} levels[] = {
    [LOG_LEVEL_ERROR] = {"error", LOG_ERR},
    [LOG_LEVEL_WARNING] = {"warning", LOG_WARNING},
    [LOG_LEVEL_INFO] = {"info", LOG_INFO},
    [LOG_LEVEL_DEBUG] = {"debug", LOG_DEBUG},
};

void
log_open(const char *program, enum log_target target, int facility, enum log_level most)
{
	program_name = program;
	log_where = target;
	log_set_level(most);
	if (target == LOG_TO_SYSLOG)
		openlog(program, LOG_PID | LOG_NDELAY, facility);
}

void
log_set_level(enum log_level most)
{
	atomic_store(&log_most, (int)most);
}

static bool
is_enabled(enum log_level level)
{
	return (int)level <= atomic_load(&log_most);
}

/* One write() a line: lines of several threads never mix. */
static void
write_stderr(enum log_level level, const char *line)
{
	char now[CLOCK_TEXT_SIZE];
	char whole[2400];
	int size;

	size = snprintf(whole, sizeof(whole), "%s %s[%ld]: %s: %s\n",
	    clock_format_rfc3339_ms(clock_wall_ms(), now), program_name, (long)getpid(),
	    levels[level].name, line);
	if (size >= (int)sizeof(whole)) {
		size = (int)sizeof(whole) - 1;
		whole[size - 1] = '\n';
	}
	if (size > 0 && write(STDERR_FILENO, whole, (size_t)size) < 0)
		return; /* nowhere left to say so */
}

void
log_write(enum log_level level, const char *format, ...)
{
	char raw[2048];
	char line[2048 + 128];
	size_t used = 0;
	va_list args;

	if (!is_enabled(level))
		return;
	va_start(args, format);
	vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	if (thread_context[0] != '\0') {
		escape_text(ESCAPE_LOG, thread_context, line, 80);
		used = strlen(line);
		memcpy(line + used, ": ", 3);
		used += 2;
	}
	escape_text(ESCAPE_LOG, raw, line + used, sizeof(line) - used);
	if (log_where == LOG_TO_SYSLOG)
		syslog(levels[level].priority, "%s", line);
	else
		write_stderr(level, line);
}

void
log_context(const char *context)
{
	snprintf(thread_context, sizeof(thread_context), "%s", context != NULL ? context : "");
}
