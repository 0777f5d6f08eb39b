/*
 * A connection being made on a helper thread, and its delivery on the loop thread. All calls on the
 * loop thread.
 *
 * A host name look-up is the one step that can't be ended from outside. An attempt that hangs in it
 * past its time is reported as failed, and again when it is over: until then another one would only
 * occupy another thread of the pool.
 */
#ifndef SMIME_LDAP_ATTEMPT_H
#define SMIME_LDAP_ATTEMPT_H

#include <ldap.h>
#include <stdbool.h>

#include "base/error.h"
#include "config/config.h"
#include "base/worker.h"

struct attempt;
struct event_base;

/*
 * The handle (now the callee's) and the server it leads to, borrowed from the directory; or NULL,
 * and why. over: the attempt has ended; false: it is late, and one more call (no handle, over)
 * follows. Never inside attempt_start(), never after attempt_cancel().
 */
typedef void attempt_ready(
    void *context, LDAP *ld, const char *uri, const struct error *why, bool over);

/* Begins. directory is borrowed until the pool is freed. NULL on error: the pool is full, say. */
struct attempt *attempt_start(struct event_base *base, struct worker_pool *pool,
    const struct config_directory *directory, attempt_ready *ready, void *context,
    struct error *err);

/* Before it is over. NULL is legal. */
void attempt_cancel(struct attempt *attempt);

#endif
