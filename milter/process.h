/*
 * What a daemon does to its process: background, privileges, pid file, word to the service manager.
 * Before any thread is started, but for process_notify().
 */
#ifndef SMIME_MILTER_PROCESS_H
#define SMIME_MILTER_PROCESS_H

#include <sys/types.h>

#include "base/compiler.h"
#include "base/error.h"
#include "config/config.h"

/* Goes to the background. The process that was started returns to its caller only when the child
 * has called process_ready() (exit status 0) or died (1). In the child, *ready is the descriptor to
 * report on. */
MUST_CHECK int process_background(int *ready, struct error *err);
void process_ready(int ready);

/* The user that `user` names; -1 in *uid where none is set or we are not root. */
MUST_CHECK int process_user(const struct config *config, uid_t *uid, struct error *err);

/* Becomes user and group for good. Nothing to do when not root. */
MUST_CHECK int process_drop_privileges(const struct config *config, struct error *err);

/* Writes our id; the file is kept locked, so that a second daemon notices. "" does nothing. */
MUST_CHECK int process_write_pid(const char *file, uid_t owner, struct error *err);

/* sd_notify(3): "READY=1" and the like. Nothing where there is no service manager. */
void process_notify(const char *state);

#endif
