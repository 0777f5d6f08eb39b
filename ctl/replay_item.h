/*
 * A message of past mail, as a mailbox's reader hands it over: one at a time. One thread.
 */
#ifndef SMIME_CTL_REPLAY_ITEM_H
#define SMIME_CTL_REPLAY_ITEM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

/* Largest message that is judged, bytes; it is held in memory. Larger ones are named and passed over:
 * few servers take them. */
#define REPLAY_MESSAGE_MAX ((size_t)128 << 20)

struct replay_item {
	const char *name;     /* where it stands: FILE:LINE of its "From " line, or its file */
	const char *problem;  /* why it can't be had; NULL: it is whole */
	bool temporary;       /* the problem: another time it may be had */
	struct buffer *whole; /* its bytes, which may be taken out; NULL with a problem */
	uint64_t done;        /* of the mailbox: bytes of an mbox, files of a Maildir */
};

/* Takes one. false: enough. */
typedef bool replay_visit(void *context, const struct replay_item *item);

#endif
