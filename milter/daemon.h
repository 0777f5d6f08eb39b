/*
 * The running daemon: which snapshot is in force, which transactions are under way, whether it is
 * stopping. One per process; any thread.
 */
#ifndef SMIME_MILTER_DAEMON_H
#define SMIME_MILTER_DAEMON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "message/snapshot.h"

struct daemon;

/* Takes over the caller's reference of the snapshot. NULL without memory. */
struct daemon *daemon_new(struct snapshot *snapshot);

/* After daemon_drain() gave 0: drops the snapshot. The daemon itself stays to the end of the process,
 * for sessions that the MTA still holds: their next transaction is told to come again. */
void daemon_close(struct daemon *daemon);

/* The snapshot in force, with a reference for the caller. Within a transaction, or before
 * daemon_drain(). */
struct snapshot *daemon_snapshot(struct daemon *daemon);

/* Puts a new snapshot in force (takes over the reference) for the messages that begin from now on.
 */
void daemon_replace_snapshot(struct daemon *daemon, struct snapshot *snapshot);

/* A transaction begins: false when the daemon is stopping, and then it must not. */
bool daemon_begin(struct daemon *daemon);
void daemon_end(struct daemon *daemon);

/* How many are under way. */
int daemon_transactions(struct daemon *daemon);

/* No transaction begins any more. Waits until the last has ended, at most until the deadline
 * (clock_monotonic_ms); gives how many are left. */
int daemon_drain(struct daemon *daemon, int64_t deadline_ms);

#endif
