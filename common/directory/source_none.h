/*
 * No directory: a source that knows nothing, for a resolver that only judges findings that it is
 * given (resolver_submit_findings()), so that none is connected to, and no file read, for nothing.
 */
#ifndef SMIME_DIRECTORY_SOURCE_NONE_H
#define SMIME_DIRECTORY_SOURCE_NONE_H

#include "base/error.h"
#include "config/config.h"
#include "directory/source.h"

struct event_base;

/* A resolver_make_source (directory/resolver.h); context is not used. Every question fails. */
struct source *source_none_make(void *context, const struct config_directory *directory,
    struct event_base *base, struct error *err);

#endif
