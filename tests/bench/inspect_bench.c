/*
 * What inspecting costs: peak memory of a 200 MB message against one of 10 KB, a process each, and
 * how much passes in a second of CPU time. Encrypted, signed (opaque and clear), and a multipart
 * with nothing of S/MIME in it, which is only walked. Fails if a message is not what it should be,
 * or the large one takes more memory than it may.
 */
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "cms_make.h"
#include "inspect/inspect.h"
#include "mail/startup.h"
#include "pki.h"

#define SMALL ((size_t)10 << 10)
#define LARGE ((size_t)200 << 20)
#define GROWTH_MAX_KB 4096
#define CHUNK 65535 /* libmilter's */

/* A content line, and how many of them make a piece, which ciphers take as whole blocks. */
static const char line[] = "0123456789 0123456789 0123456789 0123456789 0123456789 0123456\r\n";
#define LINE 64 /* its size */
#define PIECE (LINE * 80)

static X509 *certificate;
static EVP_PKEY *key;

#define REQUIRE(condition)                                                              \
	do {                                                                            \
		if (!(condition)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			exit(EXIT_FAILURE);                                             \
		}                                                                       \
	} while (0)

/* Takes bytes as a front hands them over. */
struct feed {
	struct inspect *inspect;
	EVP_ENCODE_CTX *encoder; /* NULL: as they are */
	char chunk[CHUNK];
	size_t size;
};

static void
flush(struct feed *feed)
{
	REQUIRE(inspect_write(feed->inspect, feed->chunk, feed->size, NULL) == 0);
	feed->size = 0;
}

static void
feed_raw(struct feed *feed, const void *bytes, size_t size)
{
	const char *at = bytes;
	size_t taken;

	for (; size > 0; at += taken, size -= taken) {
		taken = CHUNK - feed->size < size ? CHUNK - feed->size : size;
		memcpy(feed->chunk + feed->size, at, taken);
		feed->size += taken;
		if (feed->size == CHUNK)
			flush(feed);
	}
}

static void
feed_bytes(struct feed *feed, const void *bytes, size_t size)
{
	unsigned char encoded[PIECE * 2];
	int count;

	if (feed->encoder == NULL) {
		feed_raw(feed, bytes, size);
		return;
	}
	REQUIRE(EVP_EncodeUpdate(feed->encoder, encoded, &count, bytes, (int)size) == 1);
	feed_raw(feed, encoded, (size_t)count);
}

static void
feed_text(struct feed *feed, const char *text)
{
	feed_raw(feed, text, strlen(text));
}

static void
begin_base64(struct feed *feed)
{
	feed->encoder = EVP_ENCODE_CTX_new();
	REQUIRE(feed->encoder != NULL);
	EVP_EncodeInit(feed->encoder);
}

static void
end_base64(struct feed *feed)
{
	unsigned char encoded[200];
	int count;

	EVP_EncodeFinal(feed->encoder, encoded, &count);
	EVP_ENCODE_CTX_free(feed->encoder);
	feed->encoder = NULL;
	feed_raw(feed, encoded, (size_t)count);
}

static void
fill(char *piece)
{
	size_t i;

	for (i = 0; i < PIECE; i += LINE)
		memcpy(piece + i, line, LINE);
}

/* Octet strings of a piece each. */
static void
feed_pieces(struct feed *feed, size_t size)
{
	static char piece[4 + PIECE] = {0x04, (char)0x82, (char)(PIECE >> 8), (char)(PIECE & 0xff)};
	size_t done;

	fill(piece + 4);
	for (done = 0; done < size; done += PIECE)
		feed_bytes(feed, piece, sizeof(piece));
}

static void
feed_encrypted(struct feed *feed, size_t size, const struct buffer *signature)
{
	struct buffer der = cms_make(EVP_aes_256_cbc(), certificate, 0);
	struct cms_parts parts = cms_make_parts(&der);

	(void)signature;
	feed_text(feed, "Content-Type: application/pkcs7-mime\r\n"
			"Content-Transfer-Encoding: base64\r\n\r\n");
	begin_base64(feed);
	feed_bytes(feed, "\x30\x80", 2);
	feed_bytes(feed, parts.type.data, parts.type.size);
	feed_bytes(feed, "\xa0\x80\x30\x80", 4);
	feed_bytes(feed, parts.version.data, parts.version.size);
	feed_bytes(feed, parts.recipients.data, parts.recipients.size);
	feed_bytes(feed, "\x30\x80", 2);
	feed_bytes(feed, parts.inner_type.data, parts.inner_type.size);
	feed_bytes(feed, parts.algorithm.data, parts.algorithm.size);
	feed_bytes(feed, "\xa0\x80", 2);
	feed_pieces(feed, size);
	feed_bytes(feed, "\0\0\0\0\0\0\0\0\0\0", 10);
	end_base64(feed);
	cms_make_parts_free(&parts);
	buffer_free(&der);
}

/* The content of a SignedData of DER, behind its four headers; *front: up to where its own content
 * would stand. */
static const unsigned char *
open_signed(const struct buffer *der, const unsigned char **front, const unsigned char **end)
{
	const unsigned char *at = (const unsigned char *)der->data;
	const unsigned char *start = NULL;
	const unsigned char *stop = at + der->size;
	long length;
	int tag;
	int class;
	int i;

	/* ContentInfo, its type, [0], SignedData, version, digestAlgorithms. */
	for (i = 0; i < 6; i++) {
		if (i == 4)
			start = at;
		REQUIRE((ASN1_get_object(&at, &length, &tag, &class, stop - at) & 0x80) == 0);
		if (i == 1 || i >= 4)
			at += length;
	}
	*front = start;
	*end = stop;
	return at;
}

static void
feed_opaque(struct feed *feed, size_t size, const struct buffer *signature)
{
	static const char type[] = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07";
	static const char data[] = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
	const unsigned char *front;
	const unsigned char *end;
	const unsigned char *at = open_signed(signature, &front, &end);

	feed_text(feed, "Content-Type: application/pkcs7-mime\r\n"
			"Content-Transfer-Encoding: base64\r\n\r\n");
	begin_base64(feed);
	feed_bytes(feed, "\x30\x80", 2);
	feed_bytes(feed, type, sizeof(type) - 1);
	feed_bytes(feed, "\x02\xa0\x80\x30\x80", 5);
	feed_bytes(feed, front, (size_t)(at - front));
	feed_bytes(feed, "\x30\x80", 2);
	feed_bytes(feed, data, sizeof(data) - 1);
	feed_bytes(feed, "\xa0\x80\x24\x80", 4);
	feed_pieces(feed, size);
	feed_bytes(feed, "\0\0\0\0\0\0", 6);
	at += 2 + at[1]; /* its encapContentInfo is short */
	feed_bytes(feed, at, (size_t)(end - at));
	feed_bytes(feed, "\0\0\0\0\0\0", 6);
	end_base64(feed);
}

static void
feed_clear(struct feed *feed, size_t size, const struct buffer *signature)
{
	char piece[PIECE];
	size_t done;

	fill(piece);
	feed_text(feed, "Content-Type: multipart/signed; boundary=s; "
			"protocol=\"application/pkcs7-signature\"\r\n\r\n--s\r\n");
	for (done = 0; done < size; done += PIECE)
		feed_bytes(feed, piece, PIECE);
	feed_text(feed, "\r\n--s\r\nContent-Type: application/pkcs7-signature\r\n"
			"Content-Transfer-Encoding: base64\r\n\r\n");
	begin_base64(feed);
	feed_bytes(feed, signature->data, signature->size);
	end_base64(feed);
	feed_text(feed, "--s--\r\n");
}

static void
feed_mixed(struct feed *feed, size_t size, const struct buffer *signature)
{
	char piece[PIECE];
	size_t done;

	(void)signature;
	fill(piece);
	feed_text(feed, "Content-Type: multipart/mixed; boundary=s\r\n\r\n--s\r\n"
			"Content-Type: application/pdf\r\n\r\n");
	for (done = 0; done < size; done += PIECE)
		feed_bytes(feed, piece, PIECE);
	feed_text(feed, "\r\n--s--\r\n");
}

static const struct {
	const char *name;
	void (*feed)(struct feed *feed, size_t size, const struct buffer *signature);
	size_t layers;
	enum layer_type type;
} kinds[] = {
    {"encrypted", feed_encrypted, 1, LAYER_ENVELOPED},
    {"signed, opaque", feed_opaque, 1, LAYER_SIGNED},
    {"signed, clear", feed_clear, 1, LAYER_CLEAR_SIGNED},
    {"multipart of no S/MIME", feed_mixed, 0, LAYER_OTHER},
};

/* A detached signature over as many pieces; the file holds them for OpenSSL to read. */
static struct buffer
sign(size_t size)
{
	FILE *file = tmpfile();
	unsigned int flags = CMS_DETACHED | CMS_BINARY | CMS_STREAM;
	char piece[PIECE];
	CMS_ContentInfo *cms;
	struct buffer der;
	size_t done;
	BIO *in;

	REQUIRE(file != NULL);
	fill(piece);
	for (done = 0; done < size; done += PIECE)
		REQUIRE(fwrite(piece, 1, PIECE, file) == PIECE);
	rewind(file);
	in = BIO_new_fp(file, BIO_CLOSE);
	cms = CMS_sign(certificate, key, NULL, in, flags);
	REQUIRE(cms != NULL && CMS_final(cms, in, NULL, flags) == 1);
	der = cms_make_der(cms);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	return der;
}

static void
check(size_t kind, const struct inspection *it)
{
	REQUIRE(it->layer_count == kinds[kind].layers);
	if (it->layer_count == 0)
		return;
	if (it->layers[0].type != kinds[kind].type)
		fprintf(stderr, "%s: %s\n", kinds[kind].name, it->layers[0].detail);
	REQUIRE(it->layers[0].type == kinds[kind].type);
	REQUIRE(kind == 0 || it->layers[0].signatures[0].state == LAYER_SIGNATURE_GOOD);
}

/* In a process of its own; its peak memory in KB and its CPU time in seconds. */
static long
run(size_t kind, size_t size, const struct buffer *signature, double *seconds)
{
	static struct feed feed;
	const struct inspection *it;
	struct rusage usage;
	int status;
	pid_t child = fork();

	REQUIRE(child != -1);
	if (child == 0) {
		feed.inspect = inspect_new_message(NULL);
		REQUIRE(feed.inspect != NULL);
		kinds[kind].feed(&feed, size, signature);
		flush(&feed);
		REQUIRE(inspect_finish(feed.inspect, &it, NULL) == 0);
		check(kind, it);
		inspect_free(feed.inspect);
		_exit(EXIT_SUCCESS);
	}
	REQUIRE(wait4(child, &status, 0, &usage) == child && status == 0);
	*seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		   (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
	return usage.ru_maxrss;
}

int
main(void)
{
	struct buffer small;
	struct buffer large;
	int status = EXIT_SUCCESS;
	double seconds;
	size_t i;

	mail_startup();
	key = pki_key(PKI_RSA_2048, 0);
	certificate = cms_make_certificate(key);
	small = sign(SMALL);
	large = sign(LARGE);
	puts("== inspecting: memory of a 200 MB message, and speed");
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		long few = run(i, SMALL, &small, &seconds);
		long many = run(i, LARGE, &large, &seconds);

		printf("%-23s peak memory: 10 KB %ld KB, 200 MB %ld KB: %ld KB more (at most %d); "
		       "%.0f MB/s of CPU\n",
		    kinds[i].name, few, many, many - few, GROWTH_MAX_KB,
		    (double)(LARGE >> 20) / seconds);
		if (many - few > GROWTH_MAX_KB)
			status = EXIT_FAILURE;
	}
	buffer_free(&small);
	buffer_free(&large);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return status;
}
