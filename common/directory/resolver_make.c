/* What a resolver is made of: its loop and workers, the sources, the cache, and what judging asks. The
 * events' own functions run on the loop; all else before there is one. */
#include <event2/event.h>
#include <event2/thread.h>
#include <stdlib.h>
#include <string.h>

#include "directory/authority.h"
#include "directory/inbox.h"
#include "directory/judging.h"
#include "directory/source_ldap.h"
#include "directory/source_ldif.h"
#include "directory/supply.h"
#include "directory/walk.h"

/* Judging is CPU only: two leave room for everything else on a small machine. */
#define JUDGE_THREADS 2
/* Threads for what blocks on a slow disk, beside those for servers. */
#define HELPER_THREADS 2
/* Threads that may block in a name look-up or a TLS handshake. A server has one attempt under way
 * at a time, so with a thread for each no server waits for another; of more servers than this, so
 * many would have to hang at once. */
#define HELPER_THREADS_MAX 64
/* One connection attempt a server or reading a directory at a time; more than this wait. */
#define HELPER_QUEUE_MAX 1000

static void
on_wake(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	rebase_take(context);
	inbox_take(context);
	server_status_answer_all(context);
}

static void
on_walk_step(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	walk_step_all(context);
}

/* Whether local parts that differ in case only are two mailboxes to a directory. */
static bool
is_exact(const struct config *config, const struct config_directory *directory)
{
	if (directory->local_part == DIRECTORY_CASE_DEFAULT)
		return config->local_part == LOCAL_PART_EXACT;
	return directory->local_part == DIRECTORY_CASE_EXACT;
}

/* One key may only stand for two spellings if they are one mailbox to all. */
static bool
needs_exact_keys(const struct config *config)
{
	bool exact = config->local_part == LOCAL_PART_EXACT;
	size_t i;

	for (i = 0; i < config->directory_count; i++)
		exact |= is_exact(config, &config->directories[i]);
	return exact;
}

static struct source *
make_configured(
    struct resolver *resolver, const struct config_directory *directory, struct error *err)
{
	const struct members_limits limits = {
	    .members = (size_t)resolver->config->group_members_limit,
	    .depth = (size_t)resolver->config->group_depth_limit,
	};
	bool exact = is_exact(resolver->config, directory);

	if (directory->ldif != NULL && directory->ldif[0] != '\0')
		return source_ldif_new(
		    directory, exact, &limits, resolver->base, resolver->helpers, err);
	return source_ldap_new(directory, exact, &limits, resolver->base, resolver->helpers, err);
}

static int
make_places(struct resolver *resolver, resolver_make_source *make, void *context, struct error *err)
{
	struct config *config = resolver->config;
	struct place *place;

	resolver->places = calloc(config->directory_count + 1, sizeof(*resolver->places));
	if (resolver->places == NULL)
		return error_no_memory(err);
	while (resolver->place_count < config->directory_count) {
		place = &resolver->places[resolver->place_count];
		place->directory = &config->directories[resolver->place_count];
		if (make != NULL)
			place->source = make(context, place->directory, resolver->base, err);
		else
			place->source = make_configured(resolver, place->directory, err);
		if (place->source == NULL)
			return -1;
		resolver->place_count++;
	}
	return 0;
}

static void
on_trust_changed(void *context, struct trust *trust)
{
	resolver_replace_trust(context, trust);
}

static void
on_trust_settled(void *context)
{
	judging_release_held(context);
}

static void
on_trust_rebased(void *context, uint64_t number, bool well)
{
	rebase_done(context, number, well);
}

static int
make_authority(struct resolver *resolver, struct error *err)
{
	static const struct authority_events events = {
	    on_trust_changed, on_trust_settled, on_trust_rebased};

	resolver->authority = authority_new(resolver->config, resolver->trust, resolver->base,
	    resolver->helpers, resolver->judges, resolver->evidence, &events, resolver, err);
	return resolver->authority != NULL ? 0 : -1;
}

static int
make_supply(struct resolver *resolver, struct error *err)
{
	if (resolver->evidence == NULL)
		return 0;
	resolver->supply = supply_new(
	    resolver->config, resolver->evidence, resolver->base, resolver->helpers, err);
	return resolver->supply != NULL ? 0 : -1;
}

/* Pools that ask this directory: its source's, supply's, and one for each trust section that reads
 * there. */
static size_t
pools_of(const struct config *config, const struct config_directory *directory)
{
	size_t count = 2;
	size_t i;

	for (i = 0; i < config->trust_count; i++)
		count += config->trusts[i].directory != NULL &&
			 strcmp(config->trusts[i].directory, directory->title) == 0;
	return count;
}

static size_t
helper_threads(const struct config *config)
{
	const struct config_directory *directory;
	size_t count = HELPER_THREADS;
	size_t i;

	for (i = 0; i < config->directory_count; i++) {
		directory = &config->directories[i];
		count += (directory->uri.count + directory->referrals.count) *
			 pools_of(config, directory);
	}
	return count < HELPER_THREADS_MAX ? count : HELPER_THREADS_MAX;
}

/* The event base and what hangs on it. */
static int
make_loop(struct resolver *resolver, struct error *err)
{
	static const struct turns_limits walks = {WALK_MAX, 0};

	if (evthread_use_pthreads() != 0)
		return error_set(err, ERROR_INTERNAL, "libevent does without threads");
	resolver->base = event_base_new();
	if (resolver->base == NULL)
		return error_set(err, ERROR_TEMPORARY, "no event loop can be made");
	resolver->wake = event_new(resolver->base, -1, 0, on_wake, resolver);
	resolver->walk_step = event_new(resolver->base, -1, 0, on_walk_step, resolver);
	if (resolver->wake == NULL || resolver->walk_step == NULL)
		return error_no_memory(err);
	resolver->walk_turns = turns_new(&walks, err);
	if (resolver->walk_turns == NULL)
		return -1;
	/* A question has one judging at most, and so has each member that a walk is busy with. */
	resolver->judges = worker_pool_new(resolver->base, JUDGE_THREADS,
	    (size_t)resolver->config->lookups_limit + (size_t)WALK_MAX * WALK_ASIDE_MAX,
	    "judging certificates", err);
	if (resolver->judges == NULL)
		return -1;
	resolver->helpers = worker_pool_new(resolver->base, helper_threads(resolver->config),
	    HELPER_QUEUE_MAX, "connecting to directories", err);
	return resolver->helpers != NULL ? 0 : -1;
}

int
resolver_make_parts(
    struct resolver *resolver, resolver_make_source *make, void *context, struct error *err)
{
	const struct config *config = resolver->config;

	resolver->exact_local = config->local_part == LOCAL_PART_EXACT;
	resolver->exact_keys = needs_exact_keys(config);
	resolver->cache =
	    cache_new((size_t)config->cache_entries, (size_t)config->cache_bytes, err);
	if (resolver->cache == NULL || make_loop(resolver, err) != 0 ||
	    make_places(resolver, make, context, err) != 0 || make_supply(resolver, err) != 0)
		return -1;
	return make_authority(resolver, err);
}
