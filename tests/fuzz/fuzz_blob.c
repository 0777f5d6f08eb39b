/* What an entry publishes: a blob (SignedData, or the older records, which hold certificates as they
 * are), its signature, and all that is read of a certificate, also of a directory's TLS server. */
#include <openssl/err.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ldap/tls_certificate.h"
#include "ldap/tls_text.h"
#include "smime/blob.h"
#include "smime/certificate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* 2026-01-01 */
#define NOW ((time_t)1767225600)

static void
read_certificate(X509 *x509)
{
	static char text[] = "anna@partner.example";
	static char local[] = "anna";
	static char domain[] = "partner.example";
	const struct address address = {text, local, domain};
	struct certificate *certificate = certificate_from_x509(x509, NULL);
	struct certificate *again;
	unsigned char *der = NULL;
	int size;

	if (certificate == NULL)
		return;
	if (certificate->address_count > CERTIFICATE_ADDRESSES_MAX ||
	    strlen(certificate->subject) > CERTIFICATE_NAME_MAX + 3)
		abort();
	(void)certificate_has_address(certificate, &address, false);
	(void)certificate_key_kind(certificate);
	(void)certificate_key_bits(certificate);
	(void)certificate_may_encrypt(x509);
	(void)certificate_may_sign(x509);
	(void)certificate_repeats_extension(x509);
	size = i2d_X509(x509, &der);
	if (size > 0 && (size_t)size <= CERTIFICATE_SIZE_MAX) {
		again = certificate_from_der(der, (size_t)size, NULL);
		if (again != NULL && strcmp(again->sha256, certificate->sha256) != 0)
			abort();
		certificate_unref(again);
		(void)!tls_certificate_check_purpose(der, (size_t)size, NULL);
	}
	OPENSSL_free(der);
	certificate_unref(certificate);
}

/* Nothing that a terminal or log would obey, beside what is escaped there. */
static void
write_certificate(X509 *x509)
{
	char words[300];
	struct tls_text text = tls_text_in(words, sizeof(words));

	tls_text_add_names(&text, x509);
	for (size_t i = 0; i < text.used; i++) {
		if ((unsigned char)words[i] < ' ' || (unsigned char)words[i] > 0x7e)
			abort();
	}
	tls_text_add_purposes(&text, x509);
	tls_text_add_certificate(&text, x509);
	if (text.used >= sizeof(words))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct blob *blob = blob_read(data, size, NULL);
	STACK_OF(X509) * candidates;
	int i;

	if (blob == NULL)
		return 0;
	blob_verify(blob, NOW);
	if (blob->verified && blob->signer == NULL)
		abort();
	candidates = blob_candidates(blob);
	if (sk_X509_num(blob->certificates) > BLOB_CERTIFICATES_MAX || sk_X509_num(candidates) < 1)
		abort();
	for (i = 0; i < sk_X509_num(blob->certificates); i++) {
		read_certificate(sk_X509_value(blob->certificates, i));
		write_certificate(sk_X509_value(blob->certificates, i));
	}
	sk_X509_free(candidates);
	blob_free(blob);
	ERR_clear_error();
	return 0;
}
