/*
 * Verdicts a second on a certificate two links below one of many anchors, beside OpenSSL's bare
 * X509_verify_cert() over the same chain in the same run: trust_bench [MOST-ANCHORS]. CPU time. Warm:
 * the certificate is parsed; cold: from DER each time. Not run by make check.
 */
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "pki.h"
#include "smime/trust.h"

#define ADDRESS "anna@corp.example"
#define SECONDS 1.5

struct bench {
	EVP_PKEY *root_key, *ca_key, *key;
	X509 *root, *ca, *leaf;
	unsigned char *der;
	size_t size;
	STACK_OF(X509) * extra;
	STACK_OF(X509) * anchors;
	struct trust *trust;
	struct certificate *certificate;
	struct address address;
	X509_STORE *store;
};

static void
require(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "%s failed\n", what);
	exit(EXIT_FAILURE);
}

static double
cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
judge(struct bench *bench, const struct certificate *certificate)
{
	const struct trust_question question = {.certificate = certificate,
	    .extra = bench->extra,
	    .address = &bench->address,
	    .at = clock_wall()};
	struct trust_verdict verdict;

	require(trust_judge(bench->trust, &question, &verdict, NULL) == 0 &&
		    verdict.reason == REASON_OK,
	    "trust_judge");
	trust_verdict_clear(&verdict);
}

static void
warm(struct bench *bench)
{
	judge(bench, bench->certificate);
}

static void
cold(struct bench *bench)
{
	struct certificate *certificate = certificate_from_der(bench->der, bench->size, NULL);

	require(certificate != NULL, "certificate_from_der");
	judge(bench, certificate);
	certificate_unref(certificate);
}

static void
verify(struct bench *bench, X509 *leaf)
{
	X509_STORE_CTX *context = X509_STORE_CTX_new();

	require(X509_STORE_CTX_init(context, bench->store, leaf, bench->extra) == 1 &&
		    X509_verify_cert(context) == 1,
	    "X509_verify_cert");
	X509_STORE_CTX_free(context);
}

static void
bare_warm(struct bench *bench)
{
	verify(bench, bench->leaf);
}

static void
bare_cold(struct bench *bench)
{
	const unsigned char *next = bench->der;
	X509 *leaf = d2i_X509(NULL, &next, (long)bench->size);

	require(leaf != NULL, "d2i_X509");
	verify(bench, leaf);
	X509_free(leaf);
}

static double
rate(struct bench *bench, void (*run)(struct bench *bench))
{
	double start = cpu_seconds();
	long count = 0;

	while (cpu_seconds() - start < SECONDS) {
		run(bench);
		count++;
	}
	return (double)count / (cpu_seconds() - start);
}

/* Beside the root others of their own names, each made with a quick key. */
static void
add_anchors(struct bench *bench, int count)
{
	static EVP_PKEY *key;
	char name[32];

	if (key == NULL)
		key = pki_key(PKI_P256, 0);
	while (sk_X509_num(bench->anchors) < count) {
		snprintf(name, sizeof(name), "Anchor %d", sk_X509_num(bench->anchors));
		require(sk_X509_push(bench->anchors,
			    pki_issue(&(const struct pki_certificate){.subject = name, .ca = true},
				key, NULL, key)) > 0,
		    "sk_X509_push");
	}
}

static void
load(struct bench *bench)
{
	static char all[] = "*";
	char *domains[] = {all};
	char file[] = "/tmp/trust-bench-XXXXXX";
	struct config_trust section = {.title = all,
	    .anchors = file,
	    .for_domains = {domains, 1},
	    .revocation = REVOCATION_OFF,
	    .min_rsa_bits = 2048,
	    .max_rsa_bits = 16384,
	    .min_ec_bits = 256,
	    .max_depth = 8,
	    .min_digest = MIN_DIGEST_SHA224};
	struct config config = {.trusts = &section, .trust_count = 1};
	FILE *out = fdopen(mkstemp(file), "w");
	int i;

	require(out != NULL, "mkstemp");
	bench->store = X509_STORE_new();
	for (i = 0; i < sk_X509_num(bench->anchors); i++) {
		X509 *anchor = sk_X509_value(bench->anchors, i);

		require(PEM_write_X509(out, anchor) && X509_STORE_add_cert(bench->store, anchor),
		    "an anchor");
	}
	fclose(out);
	bench->trust = trust_load(&config, NULL);
	require(bench->trust != NULL, "trust_load");
	unlink(file);
}

static void
run(struct bench *bench, int count)
{
	double rates[4];

	add_anchors(bench, count);
	load(bench);
	rates[0] = rate(bench, warm);
	rates[1] = rate(bench, bare_warm);
	rates[2] = rate(bench, cold);
	rates[3] = rate(bench, bare_cold);
	printf("%6d anchors: warm %6.0f/s (bare %6.0f/s, %3.0f%%), cold %6.0f/s (bare %6.0f/s, "
	       "%3.0f%%)\n",
	    count, rates[0], rates[1], 100 * rates[0] / rates[1], rates[2], rates[3],
	    100 * rates[2] / rates[3]);
	trust_unref(bench->trust);
	X509_STORE_free(bench->store);
}

static void
start(struct bench *bench)
{
	bench->root_key = pki_key(PKI_RSA_2048, 1);
	bench->ca_key = pki_key(PKI_RSA_2048, 2);
	bench->key = pki_key(PKI_RSA_2048, 3);
	bench->root = pki_issue(&(const struct pki_certificate){.subject = "Root", .ca = true},
	    bench->root_key, NULL, bench->root_key);
	bench->ca = pki_issue(&(const struct pki_certificate){.subject = "CA", .ca = true},
	    bench->ca_key, bench->root, bench->root_key);
	bench->leaf =
	    pki_issue(&(const struct pki_certificate){.subject = "Anna", .email = ADDRESS},
		bench->key, bench->ca, bench->ca_key);
	bench->der = pki_der(bench->leaf, &bench->size);
	bench->extra = sk_X509_new_null();
	bench->anchors = sk_X509_new_null();
	bench->certificate = certificate_from_x509(bench->leaf, NULL);
	require(bench->certificate != NULL && sk_X509_push(bench->extra, bench->ca) &&
		    sk_X509_push(bench->anchors, bench->root) &&
		    address_parse(ADDRESS, &bench->address, NULL) == 0,
	    "the chain");
}

int
main(int argc, char **argv)
{
	int most = argc > 1 ? atoi(argv[1]) : 10000;
	struct bench bench = {.root = NULL};
	int count;

	start(&bench);
	for (count = 10; count <= most; count *= count == 10 ? 100 : 10)
		run(&bench, count);
	sk_X509_pop_free(bench.anchors, X509_free);
	sk_X509_free(bench.extra);
	certificate_unref(bench.certificate);
	address_free(&bench.address);
	OPENSSL_free(bench.der);
	X509_free(bench.ca);
	X509_free(bench.leaf);
	EVP_PKEY_free(bench.root_key);
	EVP_PKEY_free(bench.ca_key);
	EVP_PKEY_free(bench.key);
	return EXIT_SUCCESS;
}
