#include <event2/event.h>
#include <stdlib.h>

#include "base/clock.h"
#include "directory/supply_private.h"

/* One: a CRL of a million entries takes a second, and two of them need not take both CPUs. */
#define READER_THREADS 1
/* A slow disk keeps nobody waiting; what is beyond KEEPER_QUEUE_MAX is not written. */
#define KEEPER_THREADS 1
#define KEEPER_QUEUE_MAX 1000

struct supply *
supply_new(struct config *config, struct evidence *evidence, struct event_base *base,
    struct worker_pool *helpers, struct error *err)
{
	static const struct turns_limits limits = {SUPPLY_ERRANDS_MAX, 0};
	struct supply *supply = calloc(1, sizeof(*supply));

	if (supply == NULL) {
		error_no_memory(err);
		return NULL;
	}
	supply->config = config_ref(config);
	supply->evidence = evidence_ref(evidence);
	supply->base = base;
	TAILQ_INIT(&supply->orders);
	supply->turns = turns_new(&limits, err);
	if (supply->turns == NULL)
		goto fail;
	supply->readers = worker_pool_new(
	    base, READER_THREADS, SUPPLY_ERRANDS_MAX, "reading what was fetched", err);
	supply->keepers = worker_pool_new(
	    base, KEEPER_THREADS, KEEPER_QUEUE_MAX, "writing the state folder", err);
	if (supply->readers == NULL || supply->keepers == NULL ||
	    errand_ldap_init(supply, helpers, err) != 0)
		goto fail;
	worker_pool_limit_bytes(supply->readers, SUPPLY_READER_BYTES);
	worker_pool_limit_bytes(supply->keepers, SUPPLY_KEEPER_BYTES);
	if (config->fetch && (supply->fetcher = fetcher_new(config, base, err)) == NULL)
		goto fail;
	return supply;
fail:
	supply_stop(supply);
	supply_free(supply);
	return NULL;
}

bool
supply_can(const struct supply *supply)
{
	return !supply->stopping && (supply->fetcher != NULL || supply->library_count > 0);
}

/* Frees it, and waits for nothing any more. */
static void
free_order(struct order *order)
{
	size_t i;

	TAILQ_REMOVE(&order->supply->orders, order, link);
	for (i = 0; i < WANTS_MAX; i++) {
		struct waiter *waiter = &order->waiters[i];

		if (waiter->errand != NULL)
			TAILQ_REMOVE(&waiter->errand->waiters, waiter, link);
	}
	event_free(order->timer);
	free(order);
}

static void
end_order(struct order *order)
{
	supply_done *done = order->done;
	void *context = order->context;
	enum supply_end end = SUPPLY_ALL;

	if (order->refused)
		end = SUPPLY_REFUSED;
	else if (order->left > 0)
		end = SUPPLY_LATE;
	free_order(order);
	done(context, end);
}

void
supply_cancel(struct order *order)
{
	if (order != NULL)
		free_order(order);
}

void
supply_over(struct waiter *waiter)
{
	struct order *order = waiter->order;

	TAILQ_REMOVE(&waiter->errand->waiters, waiter, link);
	waiter->errand = NULL;
	if (--order->left == 0)
		end_order(order);
}

static void
on_timer(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	end_order(context);
}

/* Errands for all that is wanted. */
static void
begin_all(struct order *order, const char *owner, struct wants *wants)
{
	size_t i;

	for (i = 0; i < wants->count; i++) {
		struct waiter *waiter = &order->waiters[i];

		waiter->order = order;
		waiter->errand =
		    errand_begin(order->supply, owner, &wants->items[i], &order->refused);
		if (waiter->errand == NULL)
			continue;
		TAILQ_INSERT_TAIL(&waiter->errand->waiters, waiter, link);
		order->left++;
	}
	wants_clear(wants);
}

/* The timer ends what needs no waiting, too: not before we have returned. */
static int
arm(struct order *order, int64_t until_ms)
{
	int64_t left = order->left > 0 ? until_ms - clock_monotonic_ms() : 0;
	struct timeval time = clock_timeval(left);

	return event_add(order->timer, &time);
}

struct order *
supply_ask(struct supply *supply, const char *owner, struct wants *wants, int64_t until_ms,
    supply_done *done, void *context, struct error *err)
{
	struct order *order;

	if (supply->stopping) {
		error_set(err, ERROR_TEMPORARY, "look-ups have stopped");
		return NULL;
	}
	order = calloc(1, sizeof(*order));
	if (order == NULL)
		goto no_memory;
	order->supply = supply;
	order->timer = event_new(supply->base, -1, 0, on_timer, order);
	order->done = done;
	order->context = context;
	if (order->timer == NULL)
		goto no_memory;
	TAILQ_INSERT_TAIL(&supply->orders, order, link);
	begin_all(order, owner, wants);
	if (arm(order, until_ms) != 0)
		event_active(order->timer, 0, 0); /* without waiting, then */
	return order;
no_memory:
	free(order);
	error_no_memory(err);
	return NULL;
}

void
supply_fetch(struct supply *supply, const char *owner, struct wants *wants)
{
	bool refused = false; /* it will be wanted again */
	size_t i;

	for (i = 0; i < wants->count && !supply->stopping; i++)
		(void)errand_begin(supply, owner, &wants->items[i], &refused);
	wants_clear(wants);
}

void
supply_stop(struct supply *supply)
{
	struct order *order;

	if (supply == NULL)
		return;
	supply->stopping = true;
	errand_stop_all(supply);
	errand_ldap_end(supply);
	fetcher_free(supply->fetcher);
	supply->fetcher = NULL;
	worker_pool_free(supply->readers);
	supply->readers = NULL;
	worker_pool_free(supply->keepers);
	supply->keepers = NULL;
	errand_fail_all(supply);
	while ((order = TAILQ_FIRST(&supply->orders)) != NULL)
		end_order(order);
}

void
supply_free(struct supply *supply)
{
	if (supply == NULL)
		return;
	turns_free(supply->turns);
	evidence_unref(supply->evidence);
	config_unref(supply->config);
	free(supply);
}
