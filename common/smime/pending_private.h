/* The inside of the store of pending CAs: for the files pending*.c alone. */
#ifndef SMIME_SMIME_PENDING_PRIVATE_H
#define SMIME_SMIME_PENDING_PRIVATE_H

#include <pthread.h>
#include <stdbool.h>

#include "base/buffer.h"
#include "smime/pending.h"

struct pending {
	pthread_mutex_t mutex; /* for all but the last two blocks */
	struct pending_authority *items[PENDING_MAX + 1];
	size_t count;
	uint64_t changes; /* since the start */
	uint64_t written; /* of them, in the file */
	bool stopping;
	pthread_cond_t changed; /* on the monotonic clock */

	char *folder; /* NULL: there is no file. Not changed later, as the next */
	bool has_writer;
	pthread_t writer;

	pthread_mutex_t file; /* held while the file is written; before the other one */
	bool failed;          /* the last time, which was logged */
};

/* With the mutex held. pending_find: by the SHA-256 where there is one, else by name and key. */
struct pending_authority *pending_find(
    const struct pending *pending, const char *sha256, const char *subject, const char *key_id);

/* An empty one in the store; NULL without memory. Takes texts over as they are set. */
struct pending_authority *pending_add(struct pending *pending);

/* One too many: makes room, never by `keep`. */
void pending_evict(struct pending *pending, const struct pending_authority *keep);

/* Takes one out, and frees it. */
void pending_drop(struct pending *pending, size_t place);

/* Sets whose it is, from its domains and recipients. */
void pending_set_shares(struct pending_authority *authority);

/* pending_note.c: the domain of an address. */
const char *pending_domain(const char *address);

/* pending_file.c: the store as the text of its file; a text into an empty store. */
MUST_CHECK int pending_write_text(
    const struct pending *pending, struct buffer *out, struct error *err);
MUST_CHECK int pending_read_text(
    struct pending *pending, const char *text, size_t size, struct error *err);

#endif
