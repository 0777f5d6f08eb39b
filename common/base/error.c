#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
error_set(struct error *err, enum error_code code, const char *format, ...)
{
	va_list args;

	if (err != NULL) {
		err->code = code;
		va_start(args, format);
		vsnprintf(err->text, sizeof(err->text), format, args);
		va_end(args);
	}
	return -1;
}

int
error_no_memory(struct error *err)
{
	return error_set(err, ERROR_TEMPORARY, "out of memory");
}

static enum error_code
code_of_errno(int errno_value)
{
	switch (errno_value) {
	case ENOMEM:
	case ENOSPC:
	case EMFILE:
	case ENFILE:
	case EAGAIN:
	case EINTR:
	case EIO:
		return ERROR_TEMPORARY;
	default:
		return ERROR_PERMANENT;
	}
}

int
error_errno(struct error *err, int errno_value, const char *format, ...)
{
	char what[512];
	char why[128];
	va_list args;

	if (err == NULL)
		return -1;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	if (strerror_r(errno_value, why, sizeof(why)) != 0)
		snprintf(why, sizeof(why), "error %d", errno_value);
	return error_set(err, code_of_errno(errno_value), "%s: %s", what, why);
}

int
error_prefix(struct error *err, const char *format, ...)
{
	char prefix[512];
	char rest[sizeof(err->text)];
	va_list args;

	if (err == NULL)
		return -1;
	va_start(args, format);
	vsnprintf(prefix, sizeof(prefix), format, args);
	va_end(args);
	memcpy(rest, err->text, sizeof(rest));
	/* A text that no longer fits loses its end: the context matters more. */
	if (snprintf(err->text, sizeof(err->text), "%s%s", prefix, rest) < 0)
		err->text[0] = '\0';
	return -1;
}
