/*
 * A MIME entity as it streams by (RFC 2045, RFC 2046): its parts are told apart, S/MIME ones are
 * handed to an object each, the signed part of a multipart/signed is digested, all else is dropped.
 * No part is held. Owned by whoever made it; one thread at a time.
 */
#ifndef SMIME_INSPECT_WALKER_H
#define SMIME_INSPECT_WALKER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"
#include "inspect/layout.h"
#include "mail/entity.h"

struct walker;

/* For an entity with its header in front, at this spot. level: walkers around it. NULL without
 * memory. */
struct walker *walker_new(
    struct layout *layout, const struct layout_spot *spot, unsigned int level, struct error *err);

/* Takes the header as read: only the body follows. Before anything is written. -1 only without
 * memory; so below. */
MUST_CHECK int walker_begin_body(
    struct walker *walker, const struct entity_type *type, struct error *err);

MUST_CHECK int walker_write(
    struct walker *walker, const char *bytes, size_t size, struct error *err);
MUST_CHECK int walker_finish(struct walker *walker, struct error *err);

/* Whether a body of this type can hold what we look for. */
bool walker_wanted(const struct entity_type *type);

/* What the header claims that the whole entity is; ENTITY_PLAIN before it is read. */
enum entity_claim walker_claim(const struct walker *walker);

void walker_free(struct walker *walker);

#endif
