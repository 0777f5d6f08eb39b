#include "fetch/failures.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

struct failure {
	TAILQ_ENTRY(failure) link;
	const void *key; /* behind the struct */
	size_t size;
	int64_t end_ms;
	enum error_code code;
	char *text;
};

TAILQ_HEAD(failure_list, failure);

/* A balanced tree (tsearch(3)): no choice of URLs makes it slow. */
struct failures {
	void *tree;
	struct failure_list list; /* the oldest first: all live equally long */
	size_t count;
	size_t most;
	int64_t life_ms;
};

static int
compare(const void *left, const void *right)
{
	const struct failure *a = left;
	const struct failure *b = right;

	if (a->size != b->size)
		return a->size < b->size ? -1 : 1;
	return memcmp(a->key, b->key, a->size);
}

static void
drop(struct failures *failures, struct failure *failure)
{
	tdelete(failure, &failures->tree, compare);
	TAILQ_REMOVE(&failures->list, failure, link);
	failures->count--;
	free(failure->text);
	free(failure);
}

/* Forgets what is over. */
static void
expire(struct failures *failures, int64_t now_ms)
{
	struct failure *oldest;

	while ((oldest = TAILQ_FIRST(&failures->list)) != NULL && oldest->end_ms <= now_ms)
		drop(failures, oldest);
}

static struct failure *
find(struct failures *failures, const void *key, size_t size)
{
	struct failure probe = {.key = key, .size = size};
	struct failure **node = tfind(&probe, &failures->tree, compare);

	return node != NULL ? *node : NULL;
}

struct failures *
failures_new(size_t most, int64_t life_ms, struct error *err)
{
	struct failures *failures;

	failures = calloc(1, sizeof(*failures));
	if (failures == NULL) {
		error_no_memory(err);
		return NULL;
	}
	TAILQ_INIT(&failures->list);
	failures->most = most;
	failures->life_ms = life_ms;
	return failures;
}

void
failures_free(struct failures *failures)
{
	if (failures == NULL)
		return;
	while (!TAILQ_EMPTY(&failures->list))
		drop(failures, TAILQ_FIRST(&failures->list));
	free(failures);
}

void
failures_put(struct failures *failures, const void *key, size_t size, int64_t now_ms,
    const struct error *why)
{
	struct failure *failure = find(failures, key, size);
	unsigned char *copy;

	if (failure != NULL)
		drop(failures, failure);
	expire(failures, now_ms);
	if (failures->life_ms == 0 || failures->most == 0)
		return;
	if (failures->count == failures->most)
		drop(failures, TAILQ_FIRST(&failures->list));
	failure = calloc(1, sizeof(*failure) + size);
	if (failure == NULL)
		return;
	copy = (unsigned char *)(failure + 1);
	memcpy(copy, key, size);
	failure->key = copy;
	failure->size = size;
	failure->end_ms = now_ms + failures->life_ms;
	failure->code = why->code;
	failure->text = strdup(why->text);
	if (failure->text == NULL || tsearch(failure, &failures->tree, compare) == NULL) {
		free(failure->text);
		free(failure);
		return;
	}
	TAILQ_INSERT_TAIL(&failures->list, failure, link);
	failures->count++;
}

bool
failures_get(
    struct failures *failures, const void *key, size_t size, int64_t now_ms, struct error *why)
{
	const struct failure *failure;

	expire(failures, now_ms);
	failure = find(failures, key, size);
	if (failure == NULL)
		return false;
	error_set(why, failure->code, "%s", failure->text);
	return true;
}

void
failures_forget(struct failures *failures, const void *key, size_t size)
{
	struct failure *failure = find(failures, key, size);

	if (failure != NULL)
		drop(failures, failure);
}

size_t
failures_count(const struct failures *failures)
{
	return failures->count;
}
