#include "directory/lookup.h"

#include <event2/event.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "directory/walk.h"

/* A source ends its questions by their deadline; one that doesn't is given up after so much more.
 * Milliseconds. */
#define SOURCE_GRACE 250

/* Background look-ups begin below this part of lookups-limit. */
#define ROOM_SHARE 2

TAILQ_HEAD(watch_list, lookup_watch);

/* One directory, asked. */
struct ask {
	struct lookup *lookup;
	struct place *place;
	struct source_query *query; /* NULL: answered */
	struct findings *findings;
};

struct lookup {
	char *key; /* first: what the tree compares */
	struct resolver *resolver;
	struct address address;
	struct watch_list watches;
	size_t next;      /* of the resolver's places */
	struct ask *asks; /* the directories asked side by side now */
	size_t ask_count;
	size_t open; /* of them, not answered */
	struct event *late;
	struct findings *findings; /* of the directories asked before */
	uint64_t flushes;
	bool failed; /* it could not be asked: on_late() tells */
	struct error error;
};

static int
compare_keys(const void *a, const void *b)
{
	return strcmp(((const struct lookup *)a)->key, ((const struct lookup *)b)->key);
}

static struct lookup *
find_lookup(struct resolver *resolver, const char *key)
{
	struct lookup probe;
	struct lookup **node;

	memset(&probe, 0, sizeof(probe));
	probe.key = (char *)key; /* compared only */
	node = tfind(&probe, &resolver->lookups, compare_keys);
	return node != NULL ? *node : NULL;
}

static void
free_lookup(struct lookup *lookup)
{
	if (lookup->late != NULL)
		event_free(lookup->late);
	findings_unref(lookup->findings);
	address_free(&lookup->address);
	free(lookup->asks);
	free(lookup->key);
	free(lookup);
}

static void on_late(evutil_socket_t fd, short what, void *context);

static struct lookup *
new_lookup(struct resolver *resolver, const char *key, const struct address *address)
{
	struct lookup *lookup;

	lookup = calloc(1, sizeof(*lookup));
	if (lookup == NULL)
		return NULL;
	lookup->resolver = resolver;
	TAILQ_INIT(&lookup->watches);
	lookup->key = strdup(key);
	lookup->asks = calloc(resolver->place_count + 1, sizeof(*lookup->asks));
	lookup->late = event_new(resolver->base, -1, 0, on_late, lookup);
	if (lookup->key == NULL || lookup->asks == NULL || lookup->late == NULL ||
	    address_copy(address, &lookup->address, NULL) != 0)
		goto fail;
	if (tsearch(lookup, &resolver->lookups, compare_keys) == NULL)
		goto fail;
	resolver->lookup_count++;
	pthread_mutex_lock(&resolver->mutex);
	lookup->flushes = resolver->flushes;
	pthread_mutex_unlock(&resolver->mutex);
	return lookup;
fail:
	free_lookup(lookup);
	return NULL;
}

/* Tells all who watch, and ends the look-up. */
static void
end(struct lookup *lookup, const struct lookup_answer *answer)
{
	struct resolver *resolver = lookup->resolver;
	struct lookup_watch *watch;

	tdelete(lookup, &resolver->lookups, compare_keys);
	resolver->lookup_count--;
	while ((watch = TAILQ_FIRST(&lookup->watches)) != NULL) {
		lookup_leave(watch);
		watch->answered(watch->context, answer);
	}
	free_lookup(lookup);
	walk_wake(resolver); /* there is room for one more */
}

/* Takes back what is asked, and drops what was answered to this round. */
static void
end_round(struct lookup *lookup)
{
	struct ask *ask;

	event_del(lookup->late);
	while (lookup->ask_count > 0) {
		ask = &lookup->asks[--lookup->ask_count];
		if (ask->query != NULL)
			ask->place->source->operations->cancel(ask->place->source, ask->query);
		ask->query = NULL;
		findings_unref(ask->findings);
		ask->findings = NULL;
	}
	lookup->open = 0;
}

/* Remembers the failure. What was found before serves on, where it is still kept. */
static void
fail(struct lookup *lookup, const char *why)
{
	struct resolver *resolver = lookup->resolver;
	struct lookup_answer answer = {NULL, 0, why};
	struct cache_found found;
	struct recipient *record;
	int64_t now = clock_monotonic_ms();

	end_round(lookup);
	record = recipient_unavailable(&lookup->address, why, NULL);
	pthread_mutex_lock(&resolver->mutex);
	if (record != NULL && !resolver->stopping)
		cache_put_error(
		    resolver->cache, lookup->key, now, resolver->config->cache_error, record);
	cache_get_stale(resolver->cache, lookup->key, now, &found);
	pthread_mutex_unlock(&resolver->mutex);
	recipient_unref(record);
	answer.findings = found.findings;
	answer.stale_since = found.stale ? found.asked_at : 0;
	end(lookup, &answer);
	cache_found_clear(&found);
}

static void
fail_at(struct lookup *lookup, const struct place *place, const char *why)
{
	char text[sizeof(lookup->error.text) + 100];

	snprintf(text, sizeof(text), "directory \"%s\": %s", place->source->title, why);
	fail(lookup, text);
}

/* Keeps what was found for as long as the configuration says. */
static void
keep_findings(struct lookup *lookup)
{
	struct resolver *resolver = lookup->resolver;
	const struct config *config = resolver->config;
	bool found = findings_hold(lookup->findings);
	struct cache_life life;

	memset(&life, 0, sizeof(life));
	life.asked_at = clock_wall();
	life.now_ms = clock_monotonic_ms();
	life.life_ms = found ? config->cache_positive : config->cache_negative;
	life.refresh_ms = life.life_ms * config->cache_refresh / 100;
	life.stale_ms = found ? config->stale_if_error : 0;
	if (life.life_ms <= 0)
		return;
	pthread_mutex_lock(&resolver->mutex);
	if (lookup->flushes == resolver->flushes)
		cache_put(resolver->cache, lookup->key, lookup->findings, &life);
	pthread_mutex_unlock(&resolver->mutex);
}

static void
succeed(struct lookup *lookup)
{
	struct lookup_answer answer = {NULL, 0, NULL};

	if (lookup->findings == NULL)
		lookup->findings = findings_new();
	if (lookup->findings == NULL) {
		fail(lookup, "out of memory");
		return;
	}
	keep_findings(lookup);
	answer.findings = lookup->findings;
	end(lookup, &answer);
}

static bool
is_responsible(const struct config_directory *directory, const struct address *address)
{
	size_t i;

	for (i = 0; i < directory->domains.count; i++) {
		if (address_domain_covers(directory->domains.items[i], address->domain))
			return true;
	}
	return false;
}

static struct place *
next_place(struct lookup *lookup)
{
	struct resolver *resolver = lookup->resolver;
	struct place *place;

	while (lookup->next < resolver->place_count) {
		place = &resolver->places[lookup->next++];
		if (is_responsible(place->directory, &lookup->address))
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
gather(struct lookup *lookup, struct ask *ask, struct error *err)
{
	struct findings *merged;

	findings_prefer_exact(ask->findings);
	if (lookup->findings == NULL || !findings_hold(lookup->findings)) {
		findings_unref(lookup->findings);
		lookup->findings = ask->findings;
		ask->findings = NULL;
		return 0;
	}
	if (!findings_hold(ask->findings))
		return 0;
	merged = findings_merge(lookup->findings, ask->findings, err);
	if (merged == NULL)
		return -1;
	findings_unref(lookup->findings);
	lookup->findings = merged;
	return 0;
}

static void ask_next(struct lookup *lookup);

/* All that were asked side by side have answered. */
static void
on_round(struct lookup *lookup)
{
	struct error err = ERROR_INIT;
	bool stop = false;
	size_t i;

	for (i = 0; i < lookup->ask_count; i++) {
		stop = lookup->asks[i].place->directory->when_found == WHEN_FOUND_STOP &&
		       findings_hold(lookup->asks[i].findings);
		if (gather(lookup, &lookup->asks[i], &err) != 0) {
			fail(lookup, err.text);
			return;
		}
	}
	end_round(lookup);
	if (stop)
		succeed(lookup);
	else
		ask_next(lookup);
}

static void
on_answer(void *context, struct findings *findings, const struct error *err)
{
	struct ask *ask = context;
	struct lookup *lookup = ask->lookup;

	ask->query = NULL;
	ask->findings = findings;
	lookup->open--;
	if (findings == NULL)
		fail_at(lookup, ask->place, err->text);
	else if (lookup->open == 0)
		on_round(lookup);
}

/* No answer in time. Or what is known without one, told from the loop: that nobody is left to be
 * asked, or that the last one can't be. */
static void
on_late(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct lookup *lookup = context;
	const struct place *place;
	size_t i;

	if (lookup->ask_count == 0) {
		succeed(lookup);
		return;
	}
	place = lookup->asks[lookup->ask_count - 1].place;
	for (i = lookup->ask_count; !lookup->failed && i-- > 0;) {
		if (lookup->asks[i].query != NULL)
			place = lookup->asks[i].place;
	}
	fail_at(lookup, place, lookup->failed ? lookup->error.text : "no answer in time");
}

/* Asks one more directory beside those that are asked. 0/-1. */
static int
ask(struct lookup *lookup, struct place *place, int64_t time_ms)
{
	struct resolver *resolver = lookup->resolver;
	struct ask *ask = &lookup->asks[lookup->ask_count++];

	memset(ask, 0, sizeof(*ask));
	ask->lookup = lookup;
	ask->place = place;
	lookup->open++;
	pthread_mutex_lock(&resolver->mutex);
	resolver->counts.searches++;
	pthread_mutex_unlock(&resolver->mutex);
	ask->query = place->source->operations->start(place->source, &lookup->address,
	    clock_monotonic_ms() + time_ms, on_answer, ask, &lookup->error);
	return ask->query != NULL ? 0 : -1;
}

/* The round's limit, beyond what its sources keep to by themselves. */
static void
set_late(struct lookup *lookup, int64_t time_ms)
{
	struct timeval late;

	late.tv_sec = (time_t)((time_ms + SOURCE_GRACE) / 1000);
	late.tv_usec = (suseconds_t)((time_ms + SOURCE_GRACE) % 1000) * 1000;
	if (!lookup->failed && event_add(lookup->late, &late) != 0) {
		error_no_memory(&lookup->error);
		lookup->failed = true;
	}
	if (lookup->failed)
		event_active(lookup->late, 0, 0);
}

/* The next directory responsible for the address, and as long as they are to be gathered, those
 * after it; after the last, the look-up is over. */
static void
ask_next(struct lookup *lookup)
{
	struct place *place = next_place(lookup);
	int64_t longest = 0;
	int64_t time_ms;

	if (place == NULL)
		event_active(lookup->late, 0, 0);
	while (place != NULL && !lookup->failed) {
		time_ms = time_for(place->directory);
		longest = time_ms > longest ? time_ms : longest;
		lookup->failed = ask(lookup, place, time_ms) != 0;
		place =
		    place->directory->when_found == WHEN_FOUND_CONTINUE ? next_place(lookup) : NULL;
	}
	if (lookup->ask_count > 0)
		set_late(lookup, longest);
}

bool
lookup_has_room(const struct resolver *resolver)
{
	return resolver->lookup_count < (size_t)resolver->config->lookups_limit / ROOM_SHARE;
}

int
lookup_start(struct resolver *resolver, const char *key, const struct address *address,
    struct lookup_watch *watch, struct error *err)
{
	struct lookup *lookup = find_lookup(resolver, key);
	bool is_new = lookup == NULL;

	if (resolver->stopping)
		return error_set(err, ERROR_TEMPORARY, "look-ups have stopped");
	if (is_new && resolver->lookup_count >= (size_t)resolver->config->lookups_limit)
		return error_set(
		    err, ERROR_TEMPORARY, "too many look-ups are under way (lookups-limit)");
	if (is_new)
		lookup = new_lookup(resolver, key, address);
	if (lookup == NULL)
		return error_no_memory(err);
	watch->lookup = lookup;
	TAILQ_INSERT_TAIL(&lookup->watches, watch, link);
	if (is_new)
		ask_next(lookup);
	return 0;
}

void
lookup_leave(struct lookup_watch *watch)
{
	if (watch->lookup == NULL)
		return;
	TAILQ_REMOVE(&watch->lookup->watches, watch, link);
	watch->lookup = NULL;
}

void
lookup_refresh(struct resolver *resolver, const char *key, const struct address *address)
{
	struct lookup *lookup;

	if (resolver->stopping || !lookup_has_room(resolver) || find_lookup(resolver, key) != NULL)
		return;
	lookup = new_lookup(resolver, key, address);
	if (lookup == NULL)
		return; /* whoever asks next is told again */
	pthread_mutex_lock(&resolver->mutex);
	resolver->counts.refreshed++;
	pthread_mutex_unlock(&resolver->mutex);
	ask_next(lookup);
}

static void
cancel_one(const void *node, VISIT visit, int depth UNUSED)
{
	struct lookup *lookup = *(struct lookup *const *)node;
	size_t i;

	if (visit != postorder && visit != leaf)
		return;
	for (i = 0; i < lookup->ask_count; i++) {
		struct ask *ask = &lookup->asks[i];

		if (ask->query != NULL)
			ask->place->source->operations->cancel(ask->place->source, ask->query);
		ask->query = NULL;
	}
}

void
lookup_cancel_all(struct resolver *resolver)
{
	twalk(resolver->lookups, cancel_one);
}

void
lookup_free_all(struct resolver *resolver)
{
	while (resolver->lookups != NULL)
		fail(*(struct lookup **)resolver->lookups, "look-ups have stopped");
}
