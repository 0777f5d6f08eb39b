/*
 * Whether the resolver's memory stays flat: cache_soak [LOOKUPS [ENTRIES]] looks up so many distinct
 * addresses, with a cache of so many entries, in a directory that answers at once with a
 * certificate, and prints the memory in use at each tenth. Fails if it grew over the second half,
 * when the cache has long been full. "make check" runs it with its defaults; "make soak" with a
 * million.
 */
#include <event2/event.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/compiler.h"
#include "directory/resolver.h"
#include "pki.h"

#define LOOKUPS ((size_t)20000)
#define ENTRIES ((size_t)10000)
/* Look-ups under way at a time. */
#define ASIDE ((size_t)500)
/* What the second half may add, beyond a tenth of what is there: the allocator is not exact. */
#define SLACK_KIB 4096
#define PATIENCE 60000
#define STEPS 10

/* With a sanitizer, memory is kept from use on purpose. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_EXACT false
#else
#define IS_EXACT true
#endif

struct source_query {
	TAILQ_ENTRY(source_query) link;
	source_answer *answer;
	void *context;
};

TAILQ_HEAD(query_list, source_query);

struct instant {
	struct source source;
	struct event *answers;
	struct query_list queries;
	const unsigned char *der;
	size_t size;
};

static void
fail(const char *what)
{
	fprintf(stderr, "%s failed\n", what);
	exit(EXIT_FAILURE);
}

static struct source_query *
start(struct source *source, const struct address *address UNUSED, int64_t deadline_ms UNUSED,
    source_answer *answer, void *context, struct error *err UNUSED)
{
	struct instant *instant = (struct instant *)source;
	struct source_query *query = calloc(1, sizeof(*query));

	if (query == NULL)
		fail("memory");
	query->answer = answer;
	query->context = context;
	TAILQ_INSERT_TAIL(&instant->queries, query, link);
	event_active(instant->answers, 0, 0);
	return query;
}

static void
cancel(struct source *source, struct source_query *query)
{
	TAILQ_REMOVE(&((struct instant *)source)->queries, query, link);
	free(query);
}

static void
on_answers(evutil_socket_t fd UNUSED, short what UNUSED, void *context)
{
	struct instant *instant = context;
	struct finding finding = {.kind = FINDING_CERTIFICATE,
	    .directory = (char *)"instant",
	    .dn = (char *)"uid=x,ou=people,dc=example,dc=org",
	    .attribute = (char *)"userCertificate"};
	struct source_query *query;
	struct findings *findings;

	finding.value = (unsigned char *)instant->der; /* findings_add() copies */
	finding.size = instant->size;
	while ((query = TAILQ_FIRST(&instant->queries)) != NULL) {
		TAILQ_REMOVE(&instant->queries, query, link);
		findings = findings_new();
		if (findings == NULL || findings_add(findings, &finding, NULL) != 0)
			fail("findings");
		query->answer(query->context, findings, NULL);
		free(query);
	}
}

static void
free_source(struct source *source)
{
	event_free(((struct instant *)source)->answers);
	free(source);
}

static struct source *
make(void *context, const struct config_directory *directory, struct event_base *base,
    struct error *err UNUSED)
{
	static const struct source_operations operations = {start, cancel, free_source, NULL};
	struct instant *instant = calloc(1, sizeof(*instant));
	const struct instant *what = context;

	if (instant == NULL)
		fail("memory");
	*instant = *what;
	instant->source.operations = &operations;
	instant->source.title = directory->title;
	instant->answers = event_new(base, -1, 0, on_answers, instant);
	TAILQ_INIT(&instant->queries);
	return &instant->source;
}

static long
resident_kib(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long size = 0;
	long resident = 0;

	if (file == NULL || fscanf(file, "%ld %ld", &size, &resident) != 2)
		fail("/proc/self/statm");
	fclose(file);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static struct ticket *
submit(struct resolver *resolver, size_t number)
{
	struct address address;
	struct ticket *ticket;
	char text[60];

	snprintf(text, sizeof(text), "user%zu@example.org", number);
	if (address_parse(text, &address, NULL) != 0)
		fail("address");
	ticket = resolver_submit(resolver, &address, clock_monotonic_ms() + PATIENCE);
	if (ticket == NULL)
		fail("submit");
	address_free(&address);
	return ticket;
}

static void
take(struct ticket *ticket)
{
	if (ticket == NULL)
		return;
	if (!ticket_wait(ticket, clock_monotonic_ms() + PATIENCE) ||
	    ticket_record(ticket) == NULL || ticket_record(ticket)->state != RECIPIENT_FOUND)
		fail("look-up");
	ticket_free(ticket);
}

/* The tenths of the run: what was in use at each. */
static void
run(struct resolver *resolver, size_t lookups, long resident[STEPS])
{
	static struct ticket *tickets[ASIDE];
	struct resolver_statistics statistics;
	size_t step;
	size_t i = 0;
	size_t place;

	printf("%10s %12s %10s %14s\n", "look-ups", "resident KiB", "entries", "cache bytes");
	for (step = 0; step < STEPS; step++) {
		for (; i < lookups * (step + 1) / STEPS; i++) {
			take(tickets[i % ASIDE]);
			tickets[i % ASIDE] = submit(resolver, i);
		}
		resident[step] = resident_kib();
		resolver_statistics(resolver, &statistics);
		printf("%10zu %12ld %10zu %14zu\n", i, resident[step], (size_t)statistics.entries,
		    (size_t)statistics.bytes);
		fflush(stdout);
	}
	for (place = 0; place < ASIDE; place++)
		take(tickets[place]);
}

static size_t
number_of(int argc, char **argv, int place, size_t fallback)
{
	unsigned long number = argc > place ? strtoul(argv[place], NULL, 10) : fallback;

	if (number == 0)
		fail("reading the arguments: cache_soak [LOOKUPS [ENTRIES]]");
	return number;
}

static void
fill_config(struct config *config, struct config_directory *directory, size_t entries)
{
	static char all[] = "*";
	static char *every[] = {all};

	memset(config, 0, sizeof(*config));
	memset(directory, 0, sizeof(*directory));
	config->references = 1;
	config->cache_entries = (int64_t)entries;
	config->cache_bytes = (int64_t)1 << 32;
	config->cache_positive = 600000;
	config->cache_negative = 120000;
	config->cache_error = 1000;
	config->cache_refresh = 75;
	config->stale_if_error = 3600000;
	config->lookups_limit = 5000;
	config->directories = directory;
	config->directory_count = 1;
	directory->title = (char *)"instant";
	directory->domains.items = every;
	directory->domains.count = 1;
	directory->connect_timeout = 3000;
	directory->search_timeout = 3000;
}

int
main(int argc, char **argv)
{
	static const struct pki_certificate user = {
	    .subject = "User", .email = "user0@example.org"};
	size_t lookups = number_of(argc, argv, 1, LOOKUPS);
	size_t entries = number_of(argc, argv, 2, ENTRIES);
	struct config_directory directory;
	struct config config;
	struct instant instant;
	struct error err = ERROR_INIT;
	struct resolver *resolver;
	struct trust *trust;
	EVP_PKEY *key = pki_key(PKI_RSA_2048, 0);
	X509 *x509 = pki_issue(&user, key, NULL, key);
	unsigned char *der;
	long resident[STEPS];
	bool is_flat;

	memset(&instant, 0, sizeof(instant));
	der = pki_der(x509, &instant.size);
	instant.der = der;
	fill_config(&config, &directory, entries);
	trust = trust_load(&config, NULL);
	resolver = resolver_new_with(&config, trust, NULL, make, &instant, &err);
	if (resolver == NULL)
		fail(err.text);
	run(resolver, lookups, resident);
	resolver_free(resolver);
	trust_unref(trust);
	OPENSSL_free(der);
	X509_free(x509);
	EVP_PKEY_free(key);
	is_flat = resident[STEPS - 1] <= resident[STEPS / 2] + resident[STEPS / 2] / 10 + SLACK_KIB;
	if (!is_flat)
		fprintf(stderr, "the memory in use has grown\n");
	return is_flat || !IS_EXACT ? EXIT_SUCCESS : EXIT_FAILURE;
}
