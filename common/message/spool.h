/*
 * Where finished ciphertext waits for the end of its message: in memory up to a limit, then in a
 * file without a name in the cache folder. Only ciphertext comes here. A spool belongs to one
 * message; the space it draws on is shared by all of them.
 */
#ifndef SMIME_MESSAGE_SPOOL_H
#define SMIME_MESSAGE_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"

/* What all spools together may put on disk. Any thread. */
struct spool_space;

struct spool_space *spool_space_new(uint64_t limit); /* NULL without memory */
void spool_space_set_limit(struct spool_space *space, uint64_t limit);
void spool_space_free(struct spool_space *space); /* after every spool; NULL is legal */

struct spool;

/* folder is copied. Nothing is touched on disk before memory_limit bytes have been written. */
struct spool *spool_new(
    struct spool_space *space, const char *folder, size_t memory_limit, struct error *err);

/* A seal_sink (smime/seal.h): context is the struct spool. ERROR_LIMIT where the shared space is
 * used up, ERROR_TEMPORARY where the disk fails. */
int spool_write(void *context, const char *bytes, size_t size, struct error *err);

/* Hands all of it, in order, in pieces of at most `piece` bytes, to take(); stops with -1 where
 * take() does. */
typedef int spool_take(void *context, const char *bytes, size_t size, struct error *err);
MUST_CHECK int spool_read(
    struct spool *spool, size_t piece, spool_take *take, void *context, struct error *err);

/* Gives its space back. NULL is legal. */
void spool_free(struct spool *spool);

#endif
