/*
 * For what tests make without Check: a failure tells where it is, with what OpenSSL says of it, and
 * aborts the test.
 */
#ifndef SMIME_TESTS_REQUIRE_H
#define SMIME_TESTS_REQUIRE_H

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

#define REQUIRE(condition)                                                                     \
	do {                                                                                   \
		if (!(condition)) {                                                            \
			fprintf(stderr, "%s:%d: %s failed\n", __FILE__, __LINE__, #condition); \
			ERR_print_errors_fp(stderr);                                           \
			abort();                                                               \
		}                                                                              \
	} while (0)

#endif
