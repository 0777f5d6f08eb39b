#include "directory/inquiry.h"

#include <event2/event.h>
#include <event2/thread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/worker.h"

/* One server has one attempt at a time. */
#define CONNECT_THREADS 1
#define CONNECT_QUEUE 10

struct inquiry {
	struct config_directory directory; /* the section's, with one server */
	char *uri;
	struct event_base *base;
	struct worker_pool *workers;
	struct pool *pool;
	/* of the question under way */
	inquiry_entry *take;
	void *context;
	struct inquiry_answer *answer;
	bool over;
};

struct inquiry *
inquiry_new(const struct config_directory *directory, const char *uri, struct error *err)
{
	struct inquiry *inquiry = calloc(1, sizeof(*inquiry));

	if (inquiry == NULL) {
		error_no_memory(err);
		return NULL;
	}
	inquiry->directory = *directory;
	inquiry->uri = (char *)uri; /* a list's items are not const; nobody writes to it */
	inquiry->directory.uri.items = &inquiry->uri;
	inquiry->directory.uri.count = 1;
	inquiry->directory.connections = 1;
	if (evthread_use_pthreads() == 0)
		inquiry->base = event_base_new();
	if (inquiry->base == NULL) {
		error_no_memory(err);
		goto fail;
	}
	inquiry->workers = worker_pool_new(
	    inquiry->base, CONNECT_THREADS, CONNECT_QUEUE, "connecting to a directory", err);
	if (inquiry->workers == NULL)
		goto fail;
	inquiry->pool = pool_new(&inquiry->directory, NULL, inquiry->base, inquiry->workers, err);
	if (inquiry->pool == NULL)
		goto fail;
	return inquiry;
fail:
	inquiry_free(inquiry);
	return NULL;
}

void
inquiry_free(struct inquiry *inquiry)
{
	if (inquiry == NULL)
		return;
	pool_free(inquiry->pool);
	worker_pool_free(inquiry->workers);
	if (inquiry->base != NULL)
		event_base_free(inquiry->base);
	free(inquiry);
}

static void
on_begin(void *context)
{
	struct inquiry *inquiry = context;

	inquiry->answer->entries = 0;
}

static int
on_entry(void *context, LDAP *ld, LDAPMessage *entry, struct error *err UNUSED)
{
	struct inquiry *inquiry = context;

	inquiry->answer->entries++;
	if (inquiry->take != NULL)
		inquiry->take(inquiry->context, ld, entry);
	return 0;
}

static void
on_done(void *context, const struct pool_result *result)
{
	struct inquiry *inquiry = context;

	inquiry->answer->outcome = result->outcome;
	inquiry->answer->connection = result->connection;
	if (result->error != NULL)
		inquiry->answer->error = *result->error;
	inquiry->over = true;
	event_base_loopbreak(inquiry->base);
}

static const struct pool_events events = {on_begin, on_entry, on_done};

void
inquiry_ask(struct inquiry *inquiry, const struct pool_question *question, inquiry_entry *take,
    void *context, struct inquiry_answer *answer)
{
	int64_t began = clock_monotonic_ms();
	struct pool_search *search;

	memset(answer, 0, sizeof(*answer));
	answer->outcome = POOL_FAILED;
	inquiry->take = take;
	inquiry->context = context;
	inquiry->answer = answer;
	inquiry->over = false;
	search = pool_search_start(inquiry->pool, question, &events, inquiry, &answer->error);
	if (search == NULL)
		return;
	while (!inquiry->over) {
		if (event_base_loop(inquiry->base, EVLOOP_NO_EXIT_ON_EMPTY) >= 0)
			continue;
		pool_search_cancel(search);
		error_set(&answer->error, ERROR_INTERNAL, "the event loop failed");
		break;
	}
	answer->took_ms = clock_monotonic_ms() - began;
}
