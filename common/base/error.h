/*
 * What went wrong, told once.
 *
 * A fallible function returns 0 or -1 and fills the caller's struct error where the fault is
 * detected; callers on the way up add context with error_prefix(), and the boundary (a callback,
 * main) logs it once. "Not found" is a result, not an error. A struct error is owned by whoever
 * declared it, lives on the stack, needs no clean-up, and belongs to one thread.
 */
#ifndef SMIME_BASE_ERROR_H
#define SMIME_BASE_ERROR_H

#include "base/compiler.h"

enum error_code {
	ERROR_NONE = 0,
	ERROR_TEMPORARY, /* waiting can help: no memory, no answer, a full disk */
	ERROR_PERMANENT, /* waiting can't help: refused by the other side for good */
	ERROR_REFUSED,   /* who we say we are: to try again soon may lock the account */
	ERROR_INPUT,     /* what we were given is not what it should be */
	ERROR_LIMIT,     /* well-formed, but more than we are willing to take */
	ERROR_INTERNAL,  /* a fault of our own: fail closed, report */
};

struct error {
	enum error_code code;
	char text[1024]; /* one line, for people; may hold untrusted text, escaped when written */
};

#define ERROR_INIT             \
	{                      \
		ERROR_NONE, "" \
	}

/* Sets code and text (printf), replacing what was there. err may be NULL. Always returns -1. */
int error_set(struct error *err, enum error_code code, const char *format, ...) PRINTF_LIKE(3, 4);

/* Sets ERROR_TEMPORARY for an allocation that failed. Always returns -1. */
int error_no_memory(struct error *err);

/* Sets text and the reason of errno_value (strerror); ENOMEM, ENOSPC, EMFILE, ENFILE, EAGAIN, EINTR
 * and EIO are temporary, all others permanent. Always returns -1. */
int error_errno(struct error *err, int errno_value, const char *format, ...) PRINTF_LIKE(3, 4);

/* Puts context ("reading /etc/x: ") before the text. err may be NULL. Always returns -1. */
int error_prefix(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
