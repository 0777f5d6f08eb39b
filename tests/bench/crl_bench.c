/*
 * What a large CRL costs: time and memory of loading, of verifying, of looking an entry up; beside
 * OpenSSL's X509_CRL for the same list, each in a process of its own: crl_bench [ENTRIES]. Not run
 * by make check.
 */
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "pki.h"
#include "smime/crl.h"

#define LOOKUPS 100000

static void
require(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "%s failed\n", what);
	exit(EXIT_FAILURE);
}

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Megabytes of a line of /proc/self/status. */
static double
memory(const char *name)
{
	FILE *in = fopen("/proc/self/status", "r");
	char line[200];
	double kilobytes = 0;

	while (in != NULL && fgets(line, sizeof(line), in) != NULL) {
		if (strncmp(line, name, strlen(name)) == 0)
			kilobytes = atof(line + strlen(name) + 1);
	}
	if (in != NULL)
		fclose(in);
	return kilobytes / 1024;
}

static void
put(struct buffer *buffer, const void *bytes, size_t size)
{
	require(buffer_append(buffer, bytes, size, NULL) == 0, "buffer_append");
}

static void
put_header(struct buffer *buffer, int tag, size_t size)
{
	unsigned char header[16];
	unsigned char *next = header;

	ASN1_put_object(&next, tag == V_ASN1_SEQUENCE, (int)size, tag, V_ASN1_UNIVERSAL);
	put(buffer, header, (size_t)(next - header));
}

/* One entry: a random serial of 16 octets, a date, and for every second one a reason. */
static void
put_entry(struct buffer *buffer, bool with_reason)
{
	static const char reason[] = "\x30\x0c\x30\x0a\x06\x03\x55\x1d\x15\x04\x03\x0a\x01\x04";
	unsigned char serial[18] = {V_ASN1_INTEGER, 16};

	RAND_bytes(serial + 2, 16);
	serial[2] = (unsigned char)(serial[2] >> 1 | 1);
	put_header(buffer, V_ASN1_SEQUENCE, 18 + 15 + (with_reason ? sizeof(reason) - 1 : 0));
	put(buffer, serial, sizeof(serial));
	put(buffer,
	    "\x17\x0d"
	    "260101000000Z",
	    15);
	if (with_reason)
		put(buffer, reason, sizeof(reason) - 1);
}

static void
put_sequence(struct buffer *buffer, struct buffer *contents)
{
	put_header(buffer, V_ASN1_SEQUENCE, contents->size);
	put(buffer, contents->data, contents->size);
	buffer_free(contents);
}

static void
put_tbs(struct buffer *out, X509 *ca, size_t count)
{
	struct buffer tbs = {.limit = CRL_SIZE_MAX};
	struct buffer entries = {.limit = CRL_SIZE_MAX};
	unsigned char *name = NULL;
	int size = i2d_X509_NAME(X509_get_subject_name(ca), &name);
	size_t i;

	put(&tbs,
	    "\x02\x01\x01"
	    "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00",
	    18);
	put(&tbs, name, (size_t)size);
	put(&tbs,
	    "\x17\x0d"
	    "260101000000Z"
	    "\x17\x0d"
	    "360101000000Z",
	    30);
	for (i = 0; i < count; i++)
		put_entry(&entries, i % 2 == 0);
	put_sequence(&tbs, &entries);
	put_sequence(out, &tbs);
	OPENSSL_free(name);
}

static void
put_signature(struct buffer *out, const struct buffer *tbs, EVP_PKEY *key)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char signature[1024];
	size_t size = sizeof(signature);

	require(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
		    EVP_DigestSign(context, signature, &size, (const unsigned char *)tbs->data,
			tbs->size) == 1,
	    "EVP_DigestSign");
	put(out, "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00", 15);
	put_header(out, V_ASN1_BIT_STRING, size + 1);
	put(out, "", 1);
	put(out, signature, size);
	EVP_MD_CTX_free(context);
}

static struct buffer
make_list(X509 *ca, EVP_PKEY *key, size_t count)
{
	struct buffer contents = {.limit = CRL_SIZE_MAX};
	struct buffer tbs = {.limit = CRL_SIZE_MAX};
	struct buffer whole = {.limit = CRL_SIZE_MAX};

	put_tbs(&tbs, ca, count);
	put(&contents, tbs.data, tbs.size);
	put_signature(&contents, &tbs, key);
	buffer_free(&tbs);
	put_sequence(&whole, &contents);
	return whole;
}

static void
by_crl(const struct buffer *der, X509 *ca)
{
	double before = memory("VmRSS");
	double start = seconds();
	struct crl *crl = crl_read(der->data, der->size, CRL_SIZE_MAX, NULL);
	double loaded = seconds();
	struct crl_entry entry;
	double verified;
	int i;

	require(crl != NULL && crl_unusable(crl) == NULL, "crl_read");
	printf("struct crl: loaded in %.2f s, %.0f MB more in memory (%.0f MB by its own count)\n",
	    loaded - start, memory("VmRSS") - before, (double)crl_bytes(crl) / 1e6);
	start = seconds();
	require(crl_is_signed_by(crl, ca), "crl_is_signed_by");
	verified = seconds();
	printf("  verified in %.2f s; at most %.0f MB more meanwhile\n", verified - start,
	    memory("VmHWM") - before);
	for (i = 0; i < LOOKUPS; i++)
		(void)crl_find(crl, ca, &entry);
	printf("  a look-up takes %.2f us\n", (seconds() - verified) / LOOKUPS * 1e6);
	crl_unref(crl);
}

static void
by_openssl(const struct buffer *der, X509 *ca)
{
	const unsigned char *next = (const unsigned char *)der->data;
	double before = memory("VmRSS");
	double start = seconds();
	X509_CRL *crl = d2i_X509_CRL(NULL, &next, (long)der->size);
	X509_REVOKED *revoked;

	require(crl != NULL, "d2i_X509_CRL");
	(void)X509_CRL_get0_by_serial(crl, &revoked, X509_get_serialNumber(ca)); /* sorts */
	printf("X509_CRL: loaded and sorted in %.2f s, %.0f MB more in memory\n", seconds() - start,
	    memory("VmRSS") - before);
	X509_CRL_free(crl);
}

static void
in_child(void (*run)(const struct buffer *der, X509 *ca), const struct buffer *der, X509 *ca)
{
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		run(der, ca);
		fflush(stdout);
		_exit(EXIT_SUCCESS);
	}
	require(child > 0 && waitpid(child, &status, 0) == child && status == 0, "a child");
}

int
main(int argc, char **argv)
{
	size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
	EVP_PKEY *key = pki_key(PKI_RSA_2048, 0);
	X509 *ca =
	    pki_issue(&(const struct pki_certificate){.subject = "CA", .ca = true}, key, NULL, key);
	struct buffer der = make_list(ca, key, count);

	printf("%zu entries, %.1f MB\n", count, (double)der.size / 1e6);
	in_child(by_crl, &der, ca);
	in_child(by_openssl, &der, ca);
	buffer_free(&der);
	X509_free(ca);
	EVP_PKEY_free(key);
	return EXIT_SUCCESS;
}
