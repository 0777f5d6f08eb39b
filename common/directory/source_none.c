#include "directory/source_none.h"

#include <stdlib.h>

#include "base/compiler.h"

static struct source_query *
start(struct source *source, const struct address *address UNUSED, int64_t deadline_ms UNUSED,
    source_answer *answer UNUSED, void *context UNUSED, struct error *err)
{
	error_set(err, ERROR_TEMPORARY, "directory \"%s\" is not asked here", source->title);
	return NULL;
}

static void
cancel(struct source *source UNUSED, struct source_query *query UNUSED)
{
}

static void
free_source(struct source *source)
{
	free(source);
}

static void
describe(struct source *source UNUSED, source_visitor *visit UNUSED, void *context UNUSED)
{
}

static const struct source_operations operations = {start, cancel, free_source, describe};

struct source *
source_none_make(void *context UNUSED, const struct config_directory *directory,
    struct event_base *base UNUSED, struct error *err)
{
	struct source *source = calloc(1, sizeof(*source));

	if (source == NULL) {
		error_no_memory(err);
		return NULL;
	}
	source->operations = &operations;
	source->title = directory->title;
	return source;
}
