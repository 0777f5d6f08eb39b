/*
 * What sealing costs, against OpenSSL's bare primitives for the same body (one RSA encryption of
 * the key, the content cipher, base64), and the memory it takes: seal_bench [CIPHER]. CPU time,
 * best of some rounds. Not run by make check.
 */
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "cms_make.h"
#include "pki.h"
#include "smime/seal.h"

#define CHUNK ((size_t)65535)
#define ROUNDS 5

struct work {
	const struct cipher *cipher;
	struct certificate *certificate;
	EVP_PKEY *key;
	const char *chunk;
	size_t size;
	size_t written;
};

static double
cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
fail(const char *what)
{
	fprintf(stderr, "%s failed\n", what);
	exit(EXIT_FAILURE);
}

static int
count(void *context, const char *bytes, size_t size, struct error *err)
{
	struct work *work = context;

	(void)bytes;
	(void)err;
	work->written += size;
	return 0;
}

static void
by_seal(struct work *work)
{
	struct seal_recipient to = {work->certificate, false, false};
	struct seal *seal = seal_new(work->cipher, &to, 1, count, work, NULL);
	size_t left;
	size_t taken;

	if (seal == NULL)
		fail("seal_new");
	for (left = work->size; left > 0; left -= taken) {
		taken = left < CHUNK ? left : CHUNK;
		if (seal_write(seal, work->chunk, taken, NULL) == -1)
			fail("seal_write");
	}
	if (seal_finish(seal, NULL) == -1)
		fail("seal_finish");
	seal_free(seal);
}

static void
wrap_key(EVP_PKEY *key, const unsigned char *secret)
{
	unsigned char out[512];
	size_t size = sizeof(out);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);

	if (EVP_PKEY_encrypt_init(context) <= 0 ||
	    EVP_PKEY_encrypt(context, out, &size, secret, 32) <= 0)
		fail("EVP_PKEY_encrypt");
	EVP_PKEY_CTX_free(context);
}

static void
by_primitives(struct work *work)
{
	static unsigned char encrypted[CHUNK + 64];
	static unsigned char text[CHUNK * 2];
	unsigned char secret[64];
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, work->cipher->oid, NULL);
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	EVP_ENCODE_CTX *encode = EVP_ENCODE_CTX_new();
	size_t left;
	size_t taken;
	int size;
	int out;

	if (RAND_bytes(secret, sizeof(secret)) != 1 ||
	    EVP_EncryptInit_ex2(context, cipher, secret, secret + 32, NULL) != 1)
		fail("EVP_EncryptInit");
	wrap_key(work->key, secret);
	EVP_EncodeInit(encode);
	for (left = work->size; left > 0; left -= taken) {
		taken = left < CHUNK ? left : CHUNK;
		if (EVP_EncryptUpdate(context, encrypted, &size, (const unsigned char *)work->chunk,
			(int)taken) != 1)
			fail("EVP_EncryptUpdate");
		EVP_EncodeUpdate(encode, text, &out, encrypted, size);
		work->written += (size_t)out;
	}
	if (EVP_EncryptFinal_ex(context, encrypted, &size) != 1)
		fail("EVP_EncryptFinal");
	EVP_EncodeFinal(encode, text, &out);
	EVP_ENCODE_CTX_free(encode);
	EVP_CIPHER_CTX_free(context);
	EVP_CIPHER_free(cipher);
}

/* Seconds for one message: the best of some rounds. */
static double
measure(void (*way)(struct work *), struct work *work, int messages)
{
	double best = 1e9;
	double begun;
	double took;
	int round;
	int i;

	for (round = 0; round < ROUNDS; round++) {
		begun = cpu_seconds();
		for (i = 0; i < messages; i++)
			way(work);
		took = (cpu_seconds() - begun) / messages;
		best = took < best ? took : best;
	}
	return best;
}

static void
compare(struct work *work, size_t size, int messages)
{
	double sealed;
	double bare;

	work->size = size;
	bare = measure(by_primitives, work, messages);
	sealed = measure(by_seal, work, messages);
	printf("%-10s %9zu bytes: sealed %10.1f us, primitives %10.1f us, ratio %.2f\n",
	    work->cipher->name, size, sealed * 1e6, bare * 1e6, sealed / bare);
}

static long
peak_kilobytes(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

int
main(int argc, char **argv)
{
	struct work work = {.cipher = cipher_by_name(argc > 1 ? argv[1] : "aes256-cbc")};
	char *chunk = calloc(1, CHUNK);
	long before;
	X509 *x509;

	if (work.cipher == NULL || chunk == NULL || seal_startup(NULL) == -1)
		fail("starting");
	work.chunk = chunk;
	work.key = pki_key(PKI_RSA_2048, 0);
	x509 = cms_make_certificate(work.key);
	work.certificate = certificate_from_x509(x509, NULL);
	compare(&work, 10 << 10, 2000);
	compare(&work, 10 << 20, 5);
	before = peak_kilobytes();
	work.size = 200 << 20;
	by_seal(&work);
	printf("%-10s 200 MB: peak memory grew by %ld KB\n", work.cipher->name,
	    peak_kilobytes() - before);
	certificate_unref(work.certificate);
	X509_free(x509);
	EVP_PKEY_free(work.key);
	free(chunk);
	return EXIT_SUCCESS;
}
