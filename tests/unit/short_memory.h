/*
 * Lets one allocation of OpenSSL's fail, whichever is wanted: what is half made then must not be taken for
 * whole. One thread.
 */
#ifndef SMIME_TESTS_SHORT_MEMORY_H
#define SMIME_TESTS_SHORT_MEMORY_H

#include <stdbool.h>

/* Before OpenSSL allocates anything: at the beginning of main(). false: too late. */
bool short_memory_prepare(void);

/* From now on the n-th allocation fails; 0: none does. */
void short_memory_fail(unsigned long n);

/* Whether it came to that. */
bool short_memory_failed(void);

#endif
