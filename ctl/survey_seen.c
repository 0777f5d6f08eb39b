/* What was seen already, by 64 bits of its SHA-256: in room that is there from the beginning. */
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "survey.h"

#define FREE UINT64_MAX

struct survey_seen {
	size_t room;
	size_t filled;    /* up to three quarters: fuller it is slow to find a place */
	uint64_t slots[]; /* or FREE */
};

struct survey_seen *
survey_seen_new(size_t room)
{
	size_t size = sizeof(struct survey_seen) + room * sizeof(uint64_t);
	struct survey_seen *seen = malloc(size);

	if (seen == NULL)
		return NULL;
	/* All of it is written to now: what it takes does not depend on the directory. */
	memset(seen, 0xff, size);
	seen->room = room;
	seen->filled = 0;
	return seen;
}

void
survey_seen_free(struct survey_seen *seen)
{
	free(seen);
}

static uint64_t
mark_of(const char *what, size_t scope)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	uint64_t mark;

	SHA256((const unsigned char *)what, strlen(what), digest);
	memcpy(&mark, digest, sizeof(mark));
	mark ^= (uint64_t)scope * UINT64_C(0x9e3779b97f4a7c15);
	return mark != FREE ? mark : 0;
}

bool
survey_seen_first(struct survey_seen *seen, const char *what, size_t scope, bool *full)
{
	uint64_t mark = mark_of(what, scope);
	size_t slot = (size_t)mark % seen->room;

	while (seen->slots[slot] != FREE) {
		if (seen->slots[slot] == mark)
			return false;
		slot = (slot + 1) % seen->room;
	}
	if (seen->filled >= seen->room / 4 * 3) {
		*full = true;
		return true;
	}
	seen->slots[slot] = mark;
	seen->filled++;
	return true;
}
