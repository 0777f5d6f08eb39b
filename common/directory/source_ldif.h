/*
 * A directory source from an LDIF file: no server needed. The file is read again when it changes;
 * one that can't be read then leaves the old contents in force. Loop thread, but for the reading.
 */
#ifndef SMIME_DIRECTORY_SOURCE_LDIF_H
#define SMIME_DIRECTORY_SOURCE_LDIF_H

#include "base/error.h"
#include "config/config.h"
#include "directory/members.h"
#include "directory/source.h"
#include "base/worker.h"

struct event_base;

/* Reads the file (the caller waits). directory is borrowed, limits copied. pool reads the file again
 * later. NULL on error. Freed by its operations. */
struct source *source_ldif_new(const struct config_directory *directory, bool exact_local,
    const struct members_limits *limits, struct event_base *base, struct worker_pool *pool,
    struct error *err);

#endif
