/*
 * Asking the directories responsible for an address, for one look-up. Private to the resolver; loop
 * thread.
 *
 * Directories are asked in the configuration's order until one holds something whose when-found is
 * stop. One with when-found = continue is asked side by side with the next. One that can't be asked
 * ends it as failed, whatever the others hold: it might have published something else.
 */
#ifndef SMIME_DIRECTORY_ASKING_H
#define SMIME_DIRECTORY_ASKING_H

#include "base/compiler.h"
#include "directory/resolver_private.h"

struct asking;

/* The end, exactly once, never inside asking_start(), never after asking_cancel(); the asking is
 * gone. findings are given to the callee; NULL: failed, failure says which directory, and why. */
typedef void asking_done(void *context, struct findings *findings, const char *failure);

/* address is borrowed to the end. NULL on error. */
struct asking *asking_start(struct resolver *resolver, const struct address *address,
    asking_done *done, void *context, struct error *err);

/* Takes all queries back from the sources. NULL is legal. */
void asking_cancel(struct asking *asking);

#endif
