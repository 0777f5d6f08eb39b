#include <event2/event.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/thread.h"
#include "directory/authority.h"
#include "directory/judging.h"
#include "directory/lookup.h"
#include "directory/question.h"
#include "directory/source.h"
#include "directory/supply.h"
#include "ldap/connection.h"
#include "smime/evidence.h"

/* Ends all that the loop thread owns, on that thread: a server that has gone away makes libldap's
 * farewell raise SIGPIPE, which is blocked there. (Or on the one that could not start it.) */
static void
close_down(struct resolver *resolver)
{
	struct source *source;

	resolver->stopping = true;
	lookup_cancel_all(resolver);
	while (resolver->place_count > 0) {
		source = resolver->places[--resolver->place_count].source;
		source->operations->free(source);
	}
	authority_stop(resolver->authority);
	supply_stop(resolver->supply);
	worker_pool_free(resolver->helpers);
	resolver->helpers = NULL;
	worker_pool_free(resolver->judges);
	resolver->judges = NULL;
	authority_free(resolver->authority);
	resolver->authority = NULL;
	supply_free(resolver->supply);
	resolver->supply = NULL;
	judging_end_held(resolver);
	lookup_free_all(resolver);
	question_free_all(resolver);
}

static void *
run_loop(void *argument)
{
	struct resolver *resolver = argument;

	if (event_base_loop(resolver->base, EVLOOP_NO_EXIT_ON_EMPTY) < 0)
		log_error("the resolver's event loop failed: look-ups stop");
	close_down(resolver);
	return NULL;
}

/* The rest, once the loop thread has ended or could not be started. */
static void
destroy(struct resolver *resolver)
{
	struct refresh *refresh;

	close_down(resolver);
	while ((refresh = resolver_next_refresh(resolver)) != NULL)
		refresh_free(refresh);
	free(resolver->places);
	cache_free(resolver->cache);
	turns_free(resolver->walk_turns);
	if (resolver->wake != NULL)
		event_free(resolver->wake);
	if (resolver->walk_step != NULL)
		event_free(resolver->walk_step);
	if (resolver->base != NULL)
		event_base_free(resolver->base);
	pthread_cond_destroy(&resolver->rebased);
	pthread_mutex_destroy(&resolver->mutex);
	trust_unref(resolver->rebase);
	trust_unref(resolver->late_before);
	trust_unref(resolver->trust);
	evidence_unref(resolver->evidence);
	config_unref(resolver->config);
	free(resolver);
}

struct resolver *
resolver_new_with(struct config *config, struct trust *trust, struct evidence *evidence,
    resolver_make_source *make, void *context, struct error *err)
{
	struct resolver *resolver;
	pthread_condattr_t monotonic;

	resolver = calloc(1, sizeof(*resolver));
	if (resolver == NULL) {
		error_no_memory(err);
		return NULL;
	}
	connection_prepare();
	pthread_mutex_init(&resolver->mutex, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&resolver->rebased, &monotonic);
	pthread_condattr_destroy(&monotonic);
	TAILQ_INIT(&resolver->inbox);
	TAILQ_INIT(&resolver->refreshes);
	TAILQ_INIT(&resolver->status_requests);
	TAILQ_INIT(&resolver->held);
	TAILQ_INIT(&resolver->walks);
	TAILQ_INIT(&resolver->open);
	TAILQ_INIT(&resolver->asked);
	resolver->config = config_ref(config);
	resolver->trust = trust_ref(trust);
	resolver->evidence = evidence != NULL ? evidence_ref(evidence) : NULL;
	if (resolver_make_parts(resolver, make, context, err) != 0 ||
	    thread_start(&resolver->loop, run_loop, resolver, err) != 0) {
		destroy(resolver);
		return NULL;
	}
	return resolver;
}

struct resolver *
resolver_new(
    struct config *config, struct trust *trust, struct evidence *evidence, struct error *err)
{
	return resolver_new_with(config, trust, evidence, NULL, NULL, err);
}

static void
stop_loop(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	event_base_loopbreak(((struct resolver *)context)->base);
}

void
resolver_free(struct resolver *resolver)
{
	struct event *stop;

	if (resolver == NULL)
		return;
	/* An event, not a bare loopbreak: that is forgotten when the loop has not begun yet. */
	stop = event_new(resolver->base, -1, 0, stop_loop, resolver);
	if (stop != NULL)
		event_active(stop, 0, 0);
	else
		event_base_loopbreak(resolver->base);
	pthread_join(resolver->loop, NULL);
	if (stop != NULL)
		event_free(stop);
	destroy(resolver);
}

struct trust *
resolver_trust(struct resolver *resolver)
{
	struct trust *trust;

	pthread_mutex_lock(&resolver->mutex);
	trust = trust_ref(resolver->trust);
	pthread_mutex_unlock(&resolver->mutex);
	return trust;
}

void
resolver_replace_trust(struct resolver *resolver, struct trust *trust)
{
	struct trust *before;

	pthread_mutex_lock(&resolver->mutex);
	before = resolver->trust;
	resolver->trust = trust_ref(trust);
	resolver->generation++;
	pthread_mutex_unlock(&resolver->mutex);
	trust_unref(before);
}

void
resolver_statistics(struct resolver *resolver, struct resolver_statistics *statistics)
{
	pthread_mutex_lock(&resolver->mutex);
	*statistics = resolver->counts;
	statistics->entries = cache_entries(resolver->cache);
	statistics->bytes = cache_bytes(resolver->cache);
	pthread_mutex_unlock(&resolver->mutex);
}
