#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#include "audit/audit.h"
#include "base/clock.h"

/* Crockford's base 32: without I, L, O and U, so that 0 and 1 are the digits. 80 bits. */
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/*
 * Where the kernel gives no random bytes: clocks, and an address that differs between threads.
 * A reference has to be unlikely to come twice, not to be secret.
 */
static void
gather_from_clocks(unsigned char *bytes, size_t size)
{
	uint64_t state = (uint64_t)clock_wall_ms() * UINT64_C(0x9e3779b97f4a7c15) ^
			 (uint64_t)clock_monotonic_ms() ^ (uint64_t)(uintptr_t)bytes;
	size_t i;

	for (i = 0; i < size; i++) {
		state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		bytes[i] = (unsigned char)(state >> 56);
	}
}

void
audit_reference(char reference[AUDIT_REFERENCE_SIZE])
{
	unsigned char bytes[AUDIT_REFERENCE_SIZE - 1];
	ssize_t got;
	size_t i;

	do {
		got = getrandom(bytes, sizeof(bytes), 0);
	} while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof(bytes))
		gather_from_clocks(bytes, sizeof(bytes));
	for (i = 0; i < sizeof(bytes); i++)
		reference[i] = alphabet[bytes[i] % 32];
	reference[i] = '\0';
}

bool
audit_reference_parse(const char *text, char reference[AUDIT_REFERENCE_SIZE])
{
	size_t size = 0;
	char sign;

	for (; *text != '\0'; text++) {
		sign = (char)toupper((unsigned char)*text);
		if (sign == ' ' || sign == '-')
			continue;
		if (sign == 'I' || sign == 'L')
			sign = '1';
		if (sign == 'O')
			sign = '0';
		if (strchr(alphabet, sign) == NULL || size == AUDIT_REFERENCE_SIZE - 1)
			return false;
		reference[size++] = sign;
	}
	reference[size] = '\0';
	return size == AUDIT_REFERENCE_SIZE - 1;
}
