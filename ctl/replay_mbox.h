/*
 * Goes through a mailbox file: a "From " line begins each message, and stands behind an empty line.
 *
 * What writers quoted is unquoted: one ">" is taken from lines that begin with ">From ", ">>From " and
 * so on (mboxrd; of mboxo, which quotes "From " only, a line that began with ">From " itself can't
 * be told from it). Content-Length is not believed. Lines may end with LF or CRLF and be of any length.
 */
#ifndef SMIME_CTL_REPLAY_MBOX_H
#define SMIME_CTL_REPLAY_MBOX_H

#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"
#include "replay_item.h"

/* Visits each message of at most `most` bytes; of a larger one, and of what stands before the first,
 * the problem. in: an open file, read to its end, or until interrupt_came(). 0; -1: reading failed, or there is no message at all where there should be one. */
MUST_CHECK int replay_mbox_each(
    int in, const char *name, size_t most, replay_visit *visit, void *context, struct error *err);

#endif
