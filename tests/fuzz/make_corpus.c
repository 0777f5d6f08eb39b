/* Makes the seeds in corpus/blob, corpus/inspect, corpus/cms_front and corpus/crl again: make_corpus
 * FOLDER. */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cms_make.h"
#include "pki.h"
#include "status_make.h"

static const char pgp_mime[] =
    "--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
    "--b\r\nContent-Type: application/octet-stream\r\n\r\n"
    "-----BEGIN PGP MESSAGE-----\r\nComment: x\r\n\r\nwcBMA3q0AAAA\r\n"
    "BBBBBBBBBBBBBB==\r\n=AbC+\r\n-----END PGP MESSAGE-----\r\n--b--\r\n";

/* selector: the first byte of fuzz_inspect's input; -1: none. */
static void
save(const char *folder, const char *name, int selector, const struct buffer *bytes)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "wb");
	if (file == NULL) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	if (selector >= 0)
		fputc(selector, file);
	if (fwrite(bytes->data, 1, bytes->size, file) != bytes->size || fclose(file) != 0)
		exit(EXIT_FAILURE);
}

static void
save_object(const char *folder, const char *name, struct buffer object)
{
	struct buffer text = cms_make_base64(object.data, object.size);
	char path[4000];
	char encoded[100];

	snprintf(path, sizeof(path), "%s/cms_front", folder);
	save(path, name, -1, &object);
	snprintf(path, sizeof(path), "%s/inspect", folder);
	save(path, name, 0x08, &object);
	snprintf(encoded, sizeof(encoded), "%s_base64", name);
	save(path, encoded, 0x22, &text);
	buffer_free(&text);
	buffer_free(&object);
}

/* The first byte that makes fuzz_inspect read a whole message, in pieces of 5. */
#define MESSAGE 0x26

static void
save_message(const char *folder, const char *name, struct buffer message)
{
	char path[4000];

	snprintf(path, sizeof(path), "%s/inspect", folder);
	save(path, name, MESSAGE, &message);
	buffer_free(&message);
}

static struct buffer
wrap(const char *before, const struct buffer *inner, const char *after)
{
	struct buffer out = BUFFER_INIT;

	if (buffer_append_format(&out, NULL, "%s%s%s", before, inner->data, after) == -1)
		exit(EXIT_FAILURE);
	return out;
}

static void
save_messages(const char *folder, X509 *certificate, EVP_PKEY *key)
{
	static const char type[] = "Content-Type: application/pkcs7-mime; name=smime.p7m\r\n";
	struct buffer encrypted = cms_make_streamed(EVP_aes_128_cbc(), certificate);
	struct buffer entity = cms_make_entity(type, &encrypted);
	struct buffer clear = cms_make_clear_signed(certificate, key, "b", entity.data);
	struct buffer opaque =
	    cms_make_signed(certificate, key, clear.data, clear.size, CMS_STREAM);

	save_message(folder, "message_opaque", cms_make_entity(type, &opaque));
	save_message(folder, "message_footer",
	    wrap("Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n", &clear,
		"\r\n--m\r\n\r\nfooter\r\n--m--\r\n"));
	save_message(folder, "message_forwarded",
	    wrap("Content-Type: multipart/digest; boundary=m\n\n--m\n\nSubject: x\n", &entity,
		"\n--m\nContent-Type: application/ms-tnef\n\n--m--\n"));
	save_message(folder, "message_clear", clear);
	buffer_free(&opaque);
	buffer_free(&entity);
	buffer_free(&encrypted);
}

/* RC2 with 40 bits, indefinite lengths, and everything that is optional. */
static struct buffer
make_all(X509 *certificate)
{
	static const char rc2[] = "\x06\x08\x2a\x86\x48\x86\xf7\x0d\x03\x02\x30\x0e\x02\x02\x00\xa0"
				  "\x04\x08"
				  "ABCDEFGH";
	struct buffer der = cms_make(EVP_aes_128_cbc(), certificate, 0);
	struct cms_parts parts = cms_make_parts(&der);
	struct buffer whole;

	cms_make_replace(&parts.algorithm, 0x30, rc2, sizeof(rc2) - 1);
	cms_make_replace(&parts.originator, 0xa0, "\xa0\x00", 2);
	cms_make_replace(&parts.attributes, 0xa1, "\x30\x07\x06\x03\x2a\x03\x04\x31\x00", 9);
	whole = cms_make_whole(&parts, true);
	cms_make_parts_free(&parts);
	buffer_free(&der);
	return whole;
}

/* Everything that a list can have, by an elliptic curve key: it is short. */
static void
save_lists(const char *folder, X509 *ca, EVP_PKEY *key)
{
	const struct {
		const char *name;
		struct status_crl list;
	} lists[] = {
	    {"plain",
		{.number = 1, .entries = {{.certificate = ca, .reason = 2}, {.certificate = ca}}}},
	    {"empty", {.endless = true}},
	    {"delta", {.number = 7, .base = 5, .entries = {{.certificate = ca, .reason = 9}}}},
	    {"scope", {.scope = "critical,fullname:URI:http://crl.example/a,onlyuser:TRUE,"
				"onlysomereasons:keyCompromise"}},
	    {"indirect",
		{.scope = "critical,indirectCRL:TRUE",
		    .entries = {{.certificate = ca, .names_issuer = true}, {.certificate = ca}}}},
	    {"critical",
		{.extension = "1.2.3.4=critical,DER:0500",
		    .entries = {{.certificate = ca, .extension = "1.2.3.4=critical,DER:0500"}}}},
	    {"many", {.others = 50}},
	};
	char path[4000];
	size_t i;

	snprintf(path, sizeof(path), "%s/crl", folder);
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct buffer bytes = BUFFER_INIT;
		size_t size;
		unsigned char *der = status_crl(&lists[i].list, ca, key, &size);

		if (buffer_append(&bytes, der, size, NULL) == -1)
			exit(EXIT_FAILURE);
		save(path, lists[i].name, -1, &bytes);
		buffer_free(&bytes);
		OPENSSL_free(der);
	}
}

/* Bytes, and what they were in is freed. */
static void
save_blob(const char *folder, const char *name, unsigned char *der, size_t size)
{
	struct buffer bytes = BUFFER_INIT;
	char path[4000];

	snprintf(path, sizeof(path), "%s/blob", folder);
	if (buffer_append(&bytes, der, size, NULL) == -1)
		exit(EXIT_FAILURE);
	save(path, name, -1, &bytes);
	buffer_free(&bytes);
	free(der);
}

/* A certificate as the older form has it. */
static void
save_records(const char *folder, const char *name, X509 *certificate)
{
	size_t size;
	unsigned char *der = pki_der(certificate, &size);
	unsigned char *record = malloc(size + 4);

	if (record == NULL)
		exit(EXIT_FAILURE);
	record[0] = 3;
	record[1] = 0;
	record[2] = (unsigned char)(size + 4);
	record[3] = (unsigned char)((size + 4) >> 8);
	memcpy(record + 4, der, size);
	free(der);
	save_blob(folder, name, record, size + 4);
}

static void
save_blobs(const char *folder, EVP_PKEY *key)
{
	const struct pki_certificate names = {.email = "anna@partner.example",
	    .smtp_utf8 = "\303\244@partner.example",
	    .extended_usage = "emailProtection,1.2.3.4"};
	const struct pki_certificate server = {.subject = "x.example",
	    .extension = "subjectAltName=DNS:x.example,IP:192.0.2.1,IP:2001:db8::1"};
	X509 *one = pki_issue(&names, key, NULL, key);
	X509 *other = pki_issue(&server, key, NULL, key);
	const struct pki_blob plain = {.capabilities = pki_capabilities_aes256,
	    .capabilities_size = pki_capabilities_aes256_size,
	    .preference = one};
	const struct pki_blob microsoft = {.microsoft_preference = one, .content = "x"};
	unsigned char *der;
	size_t size;

	der = pki_blob(&plain, one, key, &size);
	save_blob(folder, "plain", der, size);
	der = pki_blob(&microsoft, one, key, &size);
	save_blob(folder, "microsoft", der, size);
	save_records(folder, "records", one);
	save_records(folder, "records_server", other);
	X509_free(one);
	X509_free(other);
}

int
main(int argc, char **argv)
{
	EVP_PKEY *rsa = pki_key(PKI_RSA_1024, 0);
	EVP_PKEY *ec = pki_key(PKI_P256, 0);
	X509 *by_rsa = cms_make_certificate(rsa);
	X509 *by_ec = cms_make_certificate(ec);
	struct buffer pgp = BUFFER_INIT;
	char path[4000];

	if (argc != 2)
		return EXIT_FAILURE;
	save_object(argv[1], "rsa", cms_make(EVP_aes_256_cbc(), by_rsa, 0));
	save_object(
	    argv[1], "rsa_key_identifier", cms_make(EVP_aes_256_cbc(), by_rsa, CMS_USE_KEYID));
	save_object(argv[1], "ec", cms_make(EVP_aes_256_cbc(), by_ec, 0));
	save_object(argv[1], "streamed", cms_make_streamed(EVP_aes_256_cbc(), by_rsa));
	save_object(argv[1], "streamed_gcm", cms_make_streamed(EVP_aes_256_gcm(), by_rsa));
	save_object(argv[1], "all", make_all(by_rsa));
	if (buffer_append(&pgp, pgp_mime, sizeof(pgp_mime) - 1, NULL) == -1)
		return EXIT_FAILURE;
	snprintf(path, sizeof(path), "%s/inspect", argv[1]);
	save(path, "pgp_mime", 0x31, &pgp);
	buffer_free(&pgp);
	save_messages(argv[1], by_ec, ec);
	save_object(argv[1], "signed", cms_make_signed(by_ec, ec, "x", 1, 0));
	save_object(argv[1], "signed_streamed", cms_make_signed(by_ec, ec, "\n--b", 4, CMS_STREAM));
	save_lists(argv[1], by_ec, ec);
	save_blobs(argv[1], ec);
	X509_free(by_ec);
	X509_free(by_rsa);
	EVP_PKEY_free(ec);
	EVP_PKEY_free(rsa);
	return EXIT_SUCCESS;
}
