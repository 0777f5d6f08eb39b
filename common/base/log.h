/*
 * The operator's log: one line an event, to syslog (which is the journal under systemd) or to the
 * terminal. Every line is escaped here. What was decided on mail goes to the audit record, not
 * here. log_open() before other threads start; the others from any thread.
 */
#ifndef SMIME_BASE_LOG_H
#define SMIME_BASE_LOG_H

#include "base/compiler.h"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

enum log_target {
	LOG_TO_STDERR,
	LOG_TO_SYSLOG,
};

/* program is kept by pointer. facility is one of syslog(3)'s, used with LOG_TO_SYSLOG. */
void log_open(const char *program, enum log_target target, int facility, enum log_level most);

/* Lines above this level are dropped. */
void log_set_level(enum log_level most);

/* Writes one line, with this thread's context in front. */
void log_write(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* Names what this thread works on now (a queue id), copied, at most 63 bytes; NULL: nothing.
 * Set on entering each callback: libmilter moves a session between threads. */
void log_context(const char *context);

#endif
