/*
 * Who has the next turn where many want one of few places: each has an owner (a text), and owners
 * take turns, so that one who wants a thousand keeps nobody else waiting behind them. No owner
 * holds more of what there is (of places, and of the queue) than it leaves free: alone it gets half, two
 * get a third each, and there is room for one more owner as long as these are few. So there is no
 * number to choose, and none to be too small for a busy owner that is alone.
 *
 * Not thread-safe.
 */
#ifndef SMIME_BASE_TURNS_H
#define SMIME_BASE_TURNS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "base/compiler.h"
#include "base/error.h"

/* Bytes of an owner's name that count, the final NUL included. */
#define TURNS_OWNER_MAX 320

struct turns;
struct turns_owner;

/* Lives in what wants a turn; all zero at first. */
struct turn {
	TAILQ_ENTRY(turn) link;
	struct turns_owner *owner; /* NULL: neither waits nor runs */
	bool running;
};

struct turns_limits {
	size_t running; /* at a time */
	size_t most;    /* waiting and running; 0: what waits is bounded elsewhere */
};

/* NULL without memory. */
struct turns *turns_new(const struct turns_limits *limits, struct error *err);
/* Nobody waits or runs any more. NULL is legal. */
void turns_free(struct turns *turns);

/* Waits from now on, last of its owner. -1: the owner's share of the queue is full (ERROR_LIMIT), no
 * memory. */
MUST_CHECK int turns_wait(
    struct turns *turns, struct turn *turn, const char *owner, struct error *err);

/* Whether turns_wait() would not find the owner's share of the queue full. */
bool turns_has_room(const struct turns *turns, const char *owner);

/* Runs at once, if the owner's share of places allows it; else ERROR_LIMIT. */
MUST_CHECK int turns_run(
    struct turns *turns, struct turn *turn, const char *owner, struct error *err);
bool turns_may_run(const struct turns *turns, const char *owner);

/* Another owner wants the same: if it waits and that owner has less under way, it is that one's
 * from now on. Without memory it isn't. */
void turns_share(struct turns *turns, struct turn *turn, const char *owner);

/* Whether a turn could be used now. It must not change what waits. */
typedef bool turns_may(void *context, struct turn *turn);

/* The next one that may, running from now on; NULL: none. */
struct turn *turns_next(struct turns *turns, turns_may *may, void *context);

/* It has ended, or waits no more. Legal for one that is neither. */
void turns_leave(struct turns *turns, struct turn *turn);

/* Of one that waits or runs; borrowed until it leaves or is shared. */
const char *turns_owner_name(const struct turn *turn);

size_t turns_running(const struct turns *turns);
size_t turns_waiting(const struct turns *turns);

#endif
