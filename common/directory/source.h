/*
 * A directory source: one thing that can be asked what is published for an address. All calls and
 * all answers are on the resolver's loop thread.
 */
#ifndef SMIME_DIRECTORY_SOURCE_H
#define SMIME_DIRECTORY_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "mail/address.h"
#include "smime/findings.h"

struct source;
struct source_query;

/*
 * The answer to one query, exactly once, on the loop thread, never inside start(), never after
 * cancel(). findings: what this directory holds (count 0: nothing), given to the callee (unref); or
 * NULL, and err says why it can't be known (ERROR_TEMPORARY: unavailable).
 */
typedef void source_answer(void *context, struct findings *findings, const struct error *err);

/* How one server (or file) of a source is, for people. */
struct source_server {
	const char *uri;   /* or the file's path */
	bool down;         /* it failed when it was last tried */
	int64_t rest_ms;   /* left alone for so much longer; 0: not */
	size_t links;      /* connections */
	size_t searches;   /* under way */
	const char *error; /* of the last failure, if down; else "" */
};

/* Borrowed until it returns; must not call the source. */
typedef void source_visitor(void *context, const struct source_server *server);

struct source_operations {
	/* Asks. The query ends by its answer or by cancel(); until then address and context are
	 * borrowed. deadline: clock_monotonic_ms() by which an answer is of use. NULL on error. */
	struct source_query *(*start)(struct source *source, const struct address *address,
	    int64_t deadline_ms, source_answer *answer, void *context, struct error *err);
	void (*cancel)(struct source *source, struct source_query *query);
	void (*free)(struct source *source); /* after every query has ended */
	/* Visits each of its servers, in the order of the configuration. */
	void (*describe)(struct source *source, source_visitor *visit, void *context);
};

struct source {
	const struct source_operations *operations;
	const char *title; /* borrowed from the configuration */
};

#endif
