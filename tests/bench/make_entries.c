/*
 * Makes a directory to measure with: make_entries COUNT ANCHOR-FILE writes LDIF entries to standard
 * output, each with a certificate of its own (RSA 2048, one key for all: making keys takes long),
 * and the issuing CA to ANCHOR-FILE. Addresses: person0@bench.example, person1@…
 */
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

#include "pki.h"

static void
fail(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

/* RFC 2849 lets a line be as long as it likes. */
static void
write_base64(const unsigned char *data, size_t size)
{
	unsigned char *text = malloc(size * 2 + 4);

	if (text == NULL)
		fail("make_entries");
	EVP_EncodeBlock(text, data, (int)size);
	printf("%s\n", (char *)text);
	free(text);
}

static void
write_entry(int number, EVP_PKEY *key, X509 *ca, EVP_PKEY *ca_key)
{
	char mail[64];
	struct pki_certificate what = {.subject = "bench", .email = mail};
	X509 *certificate;
	unsigned char *der;
	size_t size;

	snprintf(mail, sizeof(mail), "person%d@bench.example", number);
	certificate = pki_issue(&what, key, ca, ca_key);
	der = pki_der(certificate, &size);
	printf("dn: uid=person%d,ou=people,dc=x,dc=test\nobjectClass: inetOrgPerson\n"
	       "uid: person%d\ncn: person\nsn: person\nmail: %s\nuserCertificate;binary:: ",
	    number, number, mail);
	write_base64(der, size);
	printf("\n");
	free(der);
	X509_free(certificate);
}

int
main(int argc, char **argv)
{
	struct pki_certificate authority = {.subject = "Bench CA", .ca = true};
	EVP_PKEY *key = pki_key(PKI_RSA_2048, 0);
	EVP_PKEY *ca_key = pki_key(PKI_RSA_2048, 1);
	X509 *ca = pki_issue(&authority, ca_key, NULL, ca_key);
	FILE *anchor;
	int number;

	if (argc != 3) {
		fprintf(stderr, "usage: make_entries COUNT ANCHOR-FILE\n");
		return EXIT_FAILURE;
	}
	anchor = fopen(argv[2], "w");
	if (anchor == NULL || PEM_write_X509(anchor, ca) != 1 || fclose(anchor) != 0)
		fail(argv[2]);
	for (number = 0; number < atoi(argv[1]); number++)
		write_entry(number, key, ca, ca_key);
	X509_free(ca);
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(key);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
