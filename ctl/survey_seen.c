/* What was seen already, by 64 bits of its SHA-256: in room that is there from the beginning. */
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "survey.h"

/* So full it is slow to find a place. */
#define FILLED_MAX (SURVEY_SEEN_MAX / 4 * 3)

struct survey_seen {
	uint64_t slots[SURVEY_SEEN_MAX]; /* 0: free */
	size_t filled;
};

struct survey_seen *
survey_seen_new(void)
{
	struct survey_seen *seen = malloc(sizeof(*seen));

	/* All of it now: what it takes does not depend on the directory. */
	if (seen != NULL)
		memset(seen, 0, sizeof(*seen));
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
	return mark != 0 ? mark : 1;
}

bool
survey_seen_first(struct survey_seen *seen, const char *what, size_t scope, bool *full)
{
	uint64_t mark = mark_of(what, scope);
	size_t slot = (size_t)mark % SURVEY_SEEN_MAX;

	while (seen->slots[slot] != 0) {
		if (seen->slots[slot] == mark)
			return false;
		slot = (slot + 1) % SURVEY_SEEN_MAX;
	}
	if (seen->filled == FILLED_MAX) {
		*full = true;
		return true;
	}
	seen->slots[slot] = mark;
	seen->filled++;
	return true;
}
