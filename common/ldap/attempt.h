/*
 * A connection to one server being made on a helper thread, and its delivery on the loop thread.
 * All calls on the loop thread.
 *
 * A host name look-up is the one step that can't be ended from outside. An attempt that hangs in it
 * past its time is reported as failed, and again when it is over: until then another one would only
 * occupy another thread of the workers.
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
 * The handle (now the callee's); or NULL, and why. over: the attempt has ended; false: it is late,
 * and one more call (no handle, over) follows. Never inside attempt_start(), never after
 * attempt_cancel().
 */
typedef void attempt_ready(void *context, LDAP *ld, const struct error *why, bool over);

/* Begins. directory and uri are borrowed until the workers are freed. NULL on error: too much waits
 * for the workers, say. */
struct attempt *attempt_start(struct event_base *base, struct worker_pool *workers,
    const struct config_directory *directory, const char *uri, attempt_ready *ready, void *context,
    struct error *err);

/* Before it is over. NULL is legal. */
void attempt_cancel(struct attempt *attempt);

#endif
