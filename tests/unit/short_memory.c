#include "short_memory.h"

#include <openssl/crypto.h>
#include <stdlib.h>

#include "base/compiler.h"

/* Of OpenSSL's allocations the one that fails; counted down to it. 0: none does. */
static unsigned long fails_in;

static bool
is_refused(void)
{
	return fails_in > 0 && --fails_in == 0;
}

static void *
allocate(size_t size, const char *file UNUSED, int line UNUSED)
{
	return size == 0 || is_refused() ? NULL : malloc(size);
}

static void *
reallocate(void *old, size_t size, const char *file UNUSED, int line UNUSED)
{
	if (size == 0) {
		free(old);
		return NULL;
	}
	return is_refused() ? NULL : realloc(old, size);
}

static void
release(void *old, const char *file UNUSED, int line UNUSED)
{
	free(old);
}

bool
short_memory_prepare(void)
{
	return CRYPTO_set_mem_functions(allocate, reallocate, release) == 1;
}

void
short_memory_fail(unsigned long n)
{
	fails_in = n;
}

bool
short_memory_failed(void)
{
	return fails_in == 0;
}
