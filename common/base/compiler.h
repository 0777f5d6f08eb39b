/* The compiler's attributes that we use, by our own names. */
#ifndef SMIME_BASE_COMPILER_H
#define SMIME_BASE_COMPILER_H

#define PRINTF_LIKE(format_index, first_argument) \
	__attribute__((format(printf, format_index, first_argument)))
#define MUST_CHECK __attribute__((warn_unused_result))
#define UNUSED __attribute__((unused))

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#endif
