#include "directory/asking.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* A source ends its questions by their deadline; one that doesn't is given up after so much more.
 * Milliseconds. */
#define SOURCE_GRACE 250

/* One directory, asked. */
struct ask {
	struct asking *asking;
	struct place *place;
	struct source_query *query; /* NULL: answered */
	struct findings *findings;
};

struct asking {
	struct resolver *resolver;
	const struct address *address;
	size_t next;      /* of the resolver's places */
	struct ask *asks; /* the directories asked side by side now */
	size_t ask_count;
	size_t open; /* of them, not answered */
	struct event *late;
	struct findings *findings; /* of the directories asked before */
	bool failed;               /* the last one could not be asked: on_late() tells */
	struct error error;
	asking_done *done;
	void *context;
};

/* Takes back what is asked, and drops what was answered to this round. */
static void
end_round(struct asking *asking)
{
	struct ask *ask;

	event_del(asking->late);
	while (asking->ask_count > 0) {
		ask = &asking->asks[--asking->ask_count];
		if (ask->query != NULL)
			ask->place->source->operations->cancel(ask->place->source, ask->query);
		ask->query = NULL;
		findings_unref(ask->findings);
		ask->findings = NULL;
	}
	asking->open = 0;
}

void
asking_cancel(struct asking *asking)
{
	if (asking == NULL)
		return;
	if (asking->late != NULL)
		end_round(asking);
	if (asking->late != NULL)
		event_free(asking->late);
	findings_unref(asking->findings);
	free(asking->asks);
	free(asking);
}

static void
fail(struct asking *asking, const char *why)
{
	asking_done *done = asking->done;
	void *context = asking->context;

	asking_cancel(asking);
	done(context, NULL, why);
}

static void
fail_at(struct asking *asking, const struct place *place, const char *why)
{
	char text[sizeof(asking->error.text) + 100];

	snprintf(text, sizeof(text), "directory \"%s\": %s", place->source->title, why);
	fail(asking, text);
}

static void
succeed(struct asking *asking)
{
	struct findings *findings = asking->findings;
	asking_done *done = asking->done;
	void *context = asking->context;

	if (findings == NULL) {
		findings = findings_new();
		if (findings != NULL)
			findings->unasked = true;
	}
	asking->findings = NULL;
	asking_cancel(asking);
	done(context, findings, "out of memory");
}

static bool
is_responsible(const struct config_directory *directory, const struct address *address)
{
	return address_domain_is_covered(
	    address->domain, directory->domains.items, directory->domains.count);
}

static struct place *
next_place(struct asking *asking)
{
	struct resolver *resolver = asking->resolver;
	struct place *place;

	while (asking->next < resolver->place_count) {
		place = &resolver->places[asking->next++];
		if (is_responsible(place->directory, asking->address))
			return place;
	}
	return NULL;
}

/* Connecting to each server, and one search. */
static int64_t
time_for(const struct config_directory *directory)
{
	size_t servers = directory->uri.count > 0 ? directory->uri.count : 1;

	return directory->connect_timeout * (int64_t)servers + directory->search_timeout;
}

/* Adds what a directory holds to what those before it do. 0/-1. */
static int
gather(struct asking *asking, struct ask *ask, struct error *err)
{
	struct findings *merged;

	findings_prefer_exact(ask->findings);
	if (asking->findings == NULL || !findings_hold(asking->findings)) {
		findings_unref(asking->findings);
		asking->findings = ask->findings;
		ask->findings = NULL;
		return 0;
	}
	if (!findings_hold(ask->findings))
		return 0;
	merged = findings_merge(asking->findings, ask->findings, err);
	if (merged == NULL)
		return -1;
	findings_unref(asking->findings);
	asking->findings = merged;
	return 0;
}

static void ask_next(struct asking *asking);

/* All that were asked side by side have answered. */
static void
on_round(struct asking *asking)
{
	struct error err = ERROR_INIT;
	bool stop = false;
	size_t i;

	for (i = 0; i < asking->ask_count; i++) {
		stop = asking->asks[i].place->directory->when_found == WHEN_FOUND_STOP &&
		       findings_hold(asking->asks[i].findings);
		if (gather(asking, &asking->asks[i], &err) != 0) {
			fail(asking, err.text);
			return;
		}
	}
	end_round(asking);
	if (stop)
		succeed(asking);
	else
		ask_next(asking);
}

static void
on_answer(void *context, struct findings *findings, const struct error *err)
{
	struct ask *ask = context;
	struct asking *asking = ask->asking;

	ask->query = NULL;
	ask->findings = findings;
	asking->open--;
	if (findings == NULL)
		fail_at(asking, ask->place, err->text);
	else if (asking->open == 0)
		on_round(asking);
}

/* No answer in time. Or what is known without one, told from the loop: that nobody is left to be
 * asked, or that the last one can't be. */
static void
on_late(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct asking *asking = context;
	const struct place *place;
	size_t i;

	if (asking->ask_count == 0) {
		succeed(asking);
		return;
	}
	place = asking->asks[asking->ask_count - 1].place;
	for (i = asking->ask_count; !asking->failed && i-- > 0;) {
		if (asking->asks[i].query != NULL)
			place = asking->asks[i].place;
	}
	fail_at(asking, place, asking->failed ? asking->error.text : "no answer in time");
}

/* Asks one more directory beside those that are asked. 0/-1. */
static int
ask(struct asking *asking, struct place *place, int64_t time_ms)
{
	struct resolver *resolver = asking->resolver;
	struct ask *ask = &asking->asks[asking->ask_count++];

	memset(ask, 0, sizeof(*ask));
	ask->asking = asking;
	ask->place = place;
	asking->open++;
	pthread_mutex_lock(&resolver->mutex);
	resolver->counts.searches++;
	pthread_mutex_unlock(&resolver->mutex);
	ask->query = place->source->operations->start(place->source, asking->address,
	    clock_monotonic_ms() + time_ms, on_answer, ask, &asking->error);
	return ask->query != NULL ? 0 : -1;
}

/* The round's limit, beyond what its sources keep to by themselves. */
static void
set_late(struct asking *asking, int64_t time_ms)
{
	struct timeval late = clock_timeval(time_ms + SOURCE_GRACE);

	if (!asking->failed && event_add(asking->late, &late) != 0) {
		error_no_memory(&asking->error);
		asking->failed = true;
	}
	if (asking->failed)
		event_active(asking->late, 0, 0);
}

/* The next directory responsible for the address, and as long as they are to be gathered, those
 * after it; after the last, the look-up is over. */
static void
ask_next(struct asking *asking)
{
	struct place *place = next_place(asking);
	int64_t longest = 0;
	int64_t time_ms;

	if (place == NULL)
		event_active(asking->late, 0, 0);
	while (place != NULL && !asking->failed) {
		time_ms = time_for(place->directory);
		longest = time_ms > longest ? time_ms : longest;
		asking->failed = ask(asking, place, time_ms) != 0;
		place =
		    place->directory->when_found == WHEN_FOUND_CONTINUE ? next_place(asking) : NULL;
	}
	if (asking->ask_count > 0)
		set_late(asking, longest);
}

struct asking *
asking_start(struct resolver *resolver, const struct address *address, asking_done *done,
    void *context, struct error *err)
{
	struct asking *asking;

	asking = calloc(1, sizeof(*asking));
	if (asking == NULL)
		goto no_memory;
	asking->resolver = resolver;
	asking->address = address;
	asking->done = done;
	asking->context = context;
	asking->asks = calloc(resolver->place_count + 1, sizeof(*asking->asks));
	asking->late = event_new(resolver->base, -1, 0, on_late, asking);
	if (asking->asks == NULL || asking->late == NULL)
		goto no_memory;
	ask_next(asking);
	return asking;
no_memory:
	asking_cancel(asking);
	error_no_memory(err);
	return NULL;
}
