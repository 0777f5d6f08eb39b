/*
 * An LDIF file at size: what it costs to load, to look up in, and to read again while look-ups go
 * on: ldif_bench [ENTRIES]. Each entry holds one of a few real certificates. Not run by
 * make check.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "directory/resolver.h"
#include "directory/roster.h"
#include "mail/startup.h"
#include "pki.h"

#define DISTINCT 8 /* certificates that there are */
#define LOOKUPS 20000
#define RELOADS 3

static char folder[] = "/tmp/ldif-bench-XXXXXX";
static char ldif[64];
static char conf[64];

static void
fail(const char *what, const struct error *err)
{
	fprintf(
	    stderr, "%s failed%s%s\n", what, err != NULL ? ": " : "", err != NULL ? err->text : "");
	exit(EXIT_FAILURE);
}

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Memory in use now, MB; freed memory is given back first. */
static double
megabytes(void)
{
	long pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	malloc_trim(0);
	if (file == NULL || fscanf(file, "%*d %ld", &pages) != 1)
		fail("reading /proc/self/statm", NULL);
	fclose(file);
	return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

/* A certificate in base64, folded as in an LDIF file. */
static char *
certificate_lines(int number)
{
	EVP_PKEY *key = pki_key(PKI_RSA_2048, number % 2);
	struct pki_certificate what = {
	    .subject = "Someone", .email = "u0@x.test", .from_days = -number};
	X509 *x509 = pki_issue(&what, key, NULL, key);
	size_t size;
	unsigned char *der = pki_der(x509, &size);
	unsigned char *text = malloc(2 * size);
	char *lines = calloc(1, 3 * size);
	size_t at;
	size_t length;

	if (text == NULL || lines == NULL)
		fail("making certificates", NULL);
	length = (size_t)EVP_EncodeBlock(text, der, (int)size);
	for (at = 0; at < length; at += 60)
		snprintf(lines + strlen(lines), 64, " %.60s\n", (const char *)text + at);
	free(text);
	free(der);
	X509_free(x509);
	EVP_PKEY_free(key);
	return lines;
}

static void
write_ldif(char *const *lines, size_t count)
{
	FILE *file = fopen(ldif, "w");
	size_t i;

	if (file == NULL)
		fail("making the file", NULL);
	for (i = 0; i < count; i++)
		fprintf(file,
		    "dn: uid=u%zu,ou=people,dc=x,dc=test\nobjectClass: inetOrgPerson\nuid: u%zu\n"
		    "cn: User Number %zu\nsn: Number %zu\nmail: u%zu@x.test\n"
		    "mail: User.Number%zu@corp.x.test\nuserCertificate;binary::\n%s\n",
		    i, i, i, i, i, i, lines[i % DISTINCT]);
	fclose(file);
}

static void
write_conf(void)
{
	FILE *file = fopen(conf, "w");

	if (file == NULL)
		fail("making the file", NULL);
	/* Every look-up is to reach the file. */
	fprintf(file, "cache-entries = 0\ndirectory \"all\" { ldif = \"%s\" }\n", ldif);
	fclose(file);
}

static struct config *
load_config(void)
{
	struct config_problems problems;
	struct config *config = config_load(conf, &problems);

	if (config == NULL)
		fail(problems.count > 0 ? problems.items[0] : "loading", NULL);
	config_problems_free(&problems);
	return config;
}

static void
look_up(const struct config *config, const struct roster *roster, size_t count)
{
	char key[64];
	const struct roster_question question = {key, NULL, NULL, {1, 1}};
	double start = seconds();
	size_t i;

	for (i = 0; i < LOOKUPS; i++) {
		struct findings *findings;

		snprintf(key, sizeof(key), "u%zu@x.test", i * 7919 % count);
		findings = roster_find(roster, &config->directories[0], &question, NULL);
		if (findings == NULL || findings->count != 1)
			fail("a look-up", NULL);
		findings_unref(findings);
	}
	printf("look-up: %.2f us\n", (seconds() - start) / LOOKUPS * 1e6);
}

static void
load(const struct config *config, size_t count)
{
	struct error err = ERROR_INIT;
	double before = megabytes();
	double start = seconds();
	struct roster *roster = roster_load(&config->directories[0], false, NULL, &err);
	double took = seconds() - start;
	struct stat status;

	if (roster == NULL || roster_entries(roster) != count)
		fail("loading", &err);
	stat(ldif, &status);
	printf("load: %.2f s, %.0f entries/s; file %.0f MB, memory %.0f MB\n", took,
	    (double)count / took, (double)status.st_size / 1e6, megabytes() - before);
	look_up(config, roster, count);
	start = seconds();
	roster_free(roster);
	printf("free: %.3f s\n", seconds() - start);
}

/* One question, to its answer; seconds. */
static double
ask(struct resolver *resolver, size_t number)
{
	struct error err = ERROR_INIT;
	struct address address = ADDRESS_INIT;
	struct ticket *ticket;
	double start = seconds();
	char text[64];

	snprintf(text, sizeof(text), "u%zu@x.test", number);
	if (address_parse(text, &address, &err) != 0)
		fail("an address", &err);
	ticket = resolver_submit(resolver, &address, clock_monotonic_ms() + 60000);
	if (ticket == NULL || !ticket_wait(ticket, clock_monotonic_ms() + 60000) ||
	    ticket_record(ticket) == NULL || ticket_record(ticket)->state == RECIPIENT_UNAVAILABLE)
		fail("a question", NULL);
	ticket_free(ticket);
	address_free(&address);
	return seconds() - start;
}

struct latency {
	double total;
	double most;
	size_t count;
};

static void
ask_for(struct resolver *resolver, double duration, size_t count, struct latency *latency)
{
	const struct timespec pause = {0, 500000};
	double end = seconds() + duration;

	while (seconds() < end) {
		double took = ask(resolver, latency->count * 7919 % count);

		latency->total += took;
		latency->most = took > latency->most ? took : latency->most;
		latency->count++;
		nanosleep(&pause, NULL);
	}
}

static void
tell(const char *when, const struct latency *latency)
{
	printf("%s: %zu questions, mean %.2f ms, max %.2f ms\n", when, latency->count,
	    latency->total / (double)latency->count * 1e3, latency->most * 1e3);
}

static void
reload(struct config *config, char *const *lines, size_t count)
{
	struct error err = ERROR_INIT;
	struct trust *trust = trust_load(config, &err);
	struct resolver *resolver = resolver_new(config, trust, NULL, &err);
	struct latency quiet = {0, 0, 0};
	double before = megabytes();
	int i;

	if (resolver == NULL)
		fail("starting the resolver", &err);
	ask_for(resolver, 3, count, &quiet);
	tell("quiet", &quiet);
	for (i = 0; i < RELOADS; i++) {
		struct latency busy = {0, 0, 0};

		write_ldif(lines, count);
		ask_for(resolver, 5, count, &busy);
		tell("while reading again", &busy);
	}
	printf("memory afterwards: %+.0f MB\n", megabytes() - before);
	resolver_free(resolver);
	trust_unref(trust);
}

int
main(int argc, char **argv)
{
	size_t count = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 100000;
	char *lines[DISTINCT];
	struct config *config;
	int i;

	setenv("LDAPNOINIT", "1", 1);
	mail_startup();
	log_open("ldif_bench", LOG_TO_STDERR, 0, LOG_LEVEL_INFO);
	if (count == 0 || mkdtemp(folder) == NULL)
		fail("starting", NULL);
	snprintf(ldif, sizeof(ldif), "%s/directory.ldif", folder);
	snprintf(conf, sizeof(conf), "%s/bench.conf", folder);
	for (i = 0; i < DISTINCT; i++)
		lines[i] = certificate_lines(i);
	write_ldif(lines, count);
	write_conf();
	config = load_config();
	printf("%zu entries\n", count);
	load(config, count);
	reload(config, lines, count);
	config_unref(config);
	for (i = 0; i < DISTINCT; i++)
		free(lines[i]);
	unlink(ldif);
	unlink(conf);
	rmdir(folder);
	return EXIT_SUCCESS;
}
