/*
 * Cold look-ups against a bare libldap client, and warm ones: lookup_bench CONFIG COUNT
 * [WAY].
 *
 * CONFIG names one directory, which holds person0@bench.example and so on (make_entries), and the
 * trust for their certificates. The same COUNT questions are put, in one run and by turns,
 *   bare      by libldap alone: one connection, at most 50 searches under way, nothing read
 *   searches  by our directory source: connections, fail-over, entries taken, nothing judged
 *   resolver  by the resolver as the milter asks it: cached, parsed and judged too
 * and beside them the least that judging costs:
 *   openssl   OpenSSL alone, parsing and verifying the same certificates, in two threads
 * Of each the best of some rounds counts. With WAY only that one, for a profiler. Not run by make
 * check.
 */
#include <event2/event.h>
#include <event2/thread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "directory/resolver.h"
#include "directory/source_ldap.h"
#include "ldap/connection.h"
#include "lookup_bare.h"
#include "mail/startup.h"

#define ROUNDS 4
#define WINDOW 500 /* questions that wait for our answer at a time */
#define WARM 200000
#define TIME_MS 60000

/* Of one way of asking. */
struct result {
	double rate;
	double cpu_us; /* of this process, each */
};

static double
seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
load(struct lookup_bench *bench, const char *file, int count)
{
	struct config_problems problems;
	struct error err = ERROR_INIT;
	char text[64];
	int i;

	bench->config = config_load(file, &problems);
	if (bench->config == NULL)
		lookup_fail(file, problems.count > 0 ? problems.items[0] : "not read");
	bench->directory = &bench->config->directories[0];
	bench->trust = trust_load(bench->config, &err);
	bench->count = count;
	bench->addresses = calloc((size_t)count, sizeof(*bench->addresses));
	if (bench->trust == NULL || bench->addresses == NULL)
		lookup_fail("trust", err.text);
	for (i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "person%d@bench.example", i);
		if (address_parse(text, &bench->addresses[i], &err) != 0)
			lookup_fail(text, err.text);
	}
}

/* Asking the source, on a loop of its own. */
struct asking {
	struct lookup_bench *bench;
	struct event_base *base;
	struct event *more;
	struct source *source;
	int asked;
	int ended;
};

static void
on_answer(void *context, struct findings *findings, const struct error *err)
{
	struct asking *asking = context;

	if (findings == NULL || findings->count != 1)
		lookup_fail("the source", err != NULL ? err->text : "a certificate is missing");
	findings_unref(findings);
	asking->ended++;
	event_active(asking->more, 0, 0);
}

static void
on_more(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct asking *asking = context;
	struct lookup_bench *bench = asking->bench;
	struct error err = ERROR_INIT;

	if (asking->ended == bench->count)
		event_base_loopbreak(asking->base);
	for (; asking->asked < bench->count && asking->asked - asking->ended < WINDOW;
	     asking->asked++) {
		if (asking->source->operations->start(asking->source,
			&bench->addresses[asking->asked], clock_monotonic_ms() + TIME_MS, on_answer,
			asking, &err) == NULL)
			lookup_fail("the source", err.text);
	}
}

static void
by_source(struct lookup_bench *bench)
{
	struct asking asking = {.bench = bench, .base = event_base_new()};
	const struct members_limits limits = {1, 1}; /* no groups are asked for */
	struct error err = ERROR_INIT;
	struct worker_pool *workers = worker_pool_new(asking.base, 2, 10, "connecting", &err);

	asking.more = event_new(asking.base, -1, 0, on_more, &asking);
	asking.source =
	    source_ldap_new(bench->directory, false, &limits, asking.base, workers, &err);
	if (workers == NULL || asking.source == NULL)
		lookup_fail("the source", err.text);
	event_active(asking.more, 0, 0);
	event_base_dispatch(asking.base);
	asking.source->operations->free(asking.source);
	worker_pool_free(workers);
	event_free(asking.more);
	event_base_free(asking.base);
}

static struct resolver *
start_resolver(struct lookup_bench *bench)
{
	struct error err = ERROR_INIT;
	struct resolver *resolver = resolver_new(bench->config, bench->trust, NULL, &err);

	if (resolver == NULL)
		lookup_fail("the resolver", err.text);
	return resolver;
}

static void
end_ticket(struct ticket *ticket)
{
	const struct recipient *record;

	if (!ticket_wait(ticket, clock_monotonic_ms() + TIME_MS))
		lookup_fail("the resolver", "no answer");
	record = ticket_record(ticket);
	if (record == NULL || record->state != RECIPIENT_FOUND ||
	    record->digital_ids[0].verdict != REASON_OK)
		lookup_fail("the resolver", record != NULL ? record->detail : "no record");
	ticket_free(ticket);
}

static struct resolver *
ask_resolver(struct lookup_bench *bench)
{
	struct resolver *resolver = start_resolver(bench);
	struct ticket *tickets[WINDOW];
	int i;

	for (i = 0; i < bench->count + WINDOW; i++) {
		if (i >= WINDOW && i - WINDOW < bench->count)
			end_ticket(tickets[i % WINDOW]);
		if (i < bench->count)
			tickets[i % WINDOW] = resolver_submit(
			    resolver, &bench->addresses[i], clock_monotonic_ms() + TIME_MS);
	}
	return resolver;
}

static void
by_resolver(struct lookup_bench *bench)
{
	resolver_free(ask_resolver(bench));
}

static void
measure(struct lookup_bench *bench, void (*way)(struct lookup_bench *), struct result *best)
{
	double begun = seconds(CLOCK_MONOTONIC);
	double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	double rate;

	way(bench);
	rate = bench->count / (seconds(CLOCK_MONOTONIC) - begun);
	if (rate <= best->rate)
		return;
	best->rate = rate;
	best->cpu_us = (seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) / bench->count * 1e6;
}

static void
print(const char *name, const struct result *result, const struct result *bare)
{
	printf(
	    "look-up, cold, %-9s %6.0f/s, %4.0f us of CPU each, %.2f of the bare client's rate\n",
	    name, result->rate, result->cpu_us, result->rate / bare->rate);
}

/* One after the other, as one session asks. */
static void
warm(struct lookup_bench *bench)
{
	struct resolver *resolver = ask_resolver(bench);
	struct ticket *ticket;
	double begun = seconds(CLOCK_MONOTONIC);
	int i;

	for (i = 0; i < WARM; i++) {
		ticket = resolver_submit(resolver, &bench->addresses[i % (bench->count / 2)],
		    clock_monotonic_ms() + TIME_MS);
		end_ticket(ticket);
	}
	printf("look-up, warm: %.2f us each (%d entries, %d in use)\n",
	    (seconds(CLOCK_MONOTONIC) - begun) / WARM * 1e6, bench->count, bench->count / 2);
	resolver_free(resolver);
}

static int
profile(struct lookup_bench *bench, const char *name)
{
	struct result result = {0, 0};
	int round;

	for (round = 0; round < ROUNDS; round++)
		measure(bench,
		    strcmp(name, "bare") == 0       ? lookup_bare
		    : strcmp(name, "searches") == 0 ? by_source
						    : by_resolver,
		    &result);
	print(name, &result, &result);
	return EXIT_SUCCESS;
}

static int
compare(struct lookup_bench *bench)
{
	struct result bare = {0, 0};
	struct result source = {0, 0};
	struct result resolver = {0, 0};
	struct result openssl = {0, 0};
	int round;

	lookup_bare_fetch(bench);
	for (round = 0; round < ROUNDS; round++) {
		measure(bench, lookup_bare, &bare);
		measure(bench, by_source, &source);
		measure(bench, by_resolver, &resolver);
		measure(bench, lookup_openssl, &openssl);
	}
	print("bare", &bare, &bare);
	print("searches", &source, &bare);
	print("resolver", &resolver, &bare);
	printf("look-up, cold, CPU: resolver / (bare + OpenSSL parsing and verifying, %.0f us) = "
	       "%.2f\n",
	    openssl.cpu_us, resolver.cpu_us / (bare.cpu_us + openssl.cpu_us));
	warm(bench);
	return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	struct lookup_bench bench;

	if (argc != 3 && argc != 4) {
		fprintf(stderr, "usage: lookup_bench CONFIG COUNT [bare|searches|resolver]\n");
		return EXIT_FAILURE;
	}
	signal(SIGPIPE, SIG_IGN);
	log_open("lookup_bench", LOG_TO_STDERR, 0, LOG_LEVEL_WARNING);
	mail_startup();
	connection_prepare();
	evthread_use_pthreads();
	load(&bench, argv[1], atoi(argv[2]));
	return argc == 4 ? profile(&bench, argv[3]) : compare(&bench);
}
