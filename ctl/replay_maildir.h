/*
 * Goes through the messages of a Maildir: the files in cur/ and new/, in the folder's order. Symbolic
 * links are not followed, but that the folder itself may be one; nothing is changed.
 */
#ifndef SMIME_CTL_REPLAY_MAILDIR_H
#define SMIME_CTL_REPLAY_MAILDIR_H

#include "base/compiler.h"
#include "base/error.h"
#include "replay_item.h"

/* Folders within folders that are looked into: more than any mail program makes. */
#define REPLAY_FOLDER_DEPTH 20

/*
 * Visits each message of at most `most` bytes; of a larger one, and of what can't be read or is no
 * file, the problem. subfolders: all folders within, too, however they are named
 * (Maildir++ or not), down to REPLAY_FOLDER_DEPTH. 0; -1: path can't be read, or is no Maildir.
 */
MUST_CHECK int replay_maildir_each(const char *path, bool subfolders, size_t most,
    replay_visit *visit, void *context, struct error *err);

/* How many there are to visit: counted, not read. */
MUST_CHECK int replay_maildir_count(
    const char *path, bool subfolders, uint64_t *count, struct error *err);

#endif
