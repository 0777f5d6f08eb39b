/*
 * Arrays that grow by an item at a time. The room of one is a power of two that holds its count, so that
 * nobody has to keep it. Any thread.
 */
#ifndef SMIME_BASE_ARRAY_H
#define SMIME_BASE_ARRAY_H

#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"

/* What now stands in place of `items` (which only this function has made; NULL: none yet), with room for
 * one more than `count` items of `size` bytes; that one is not cleared. NULL without memory: then items
 * is as it was. */
MUST_CHECK void *array_grow(void *items, size_t count, size_t size, struct error *err);

#endif
