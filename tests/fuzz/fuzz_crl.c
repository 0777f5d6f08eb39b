/* CRLs: whatever the bytes, what is read of them is looked up, described and verified; and OpenSSL
 * finds what we find. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>

#include "smime/crl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOST ((size_t)1 << 20)

/* A certificate of the list's issuer, of a serial number that is in it, or not. */
static X509 *
make_certificate(const struct crl *crl, const ASN1_INTEGER *serial)
{
	X509 *x509 = X509_new();

	if (x509 == NULL || !X509_set_issuer_name(x509, crl_issuer(crl)) ||
	    !X509_set_serialNumber(x509, (ASN1_INTEGER *)(uintptr_t)serial))
		abort();
	return x509;
}

/* What OpenSSL finds in a list that has but one issuer, we find. */
static void
compare(const struct crl *crl)
{
	size_t size;
	const unsigned char *der = crl_der(crl, &size);
	X509_CRL *list = d2i_X509_CRL(NULL, &der, (long)size);
	STACK_OF(X509_REVOKED) *entries = list != NULL ? X509_CRL_get_REVOKED(list) : NULL;
	struct crl_entry entry;
	int i;

	for (i = 0; i < sk_X509_REVOKED_num(entries) && i < 100 && !crl_is_indirect(crl); i++) {
		const X509_REVOKED *revoked = sk_X509_REVOKED_value(entries, i);
		X509 *x509 = make_certificate(crl, X509_REVOKED_get0_serialNumber(revoked));

		bool named = X509_REVOKED_get_ext_by_NID(revoked, NID_certificate_issuer, -1) >= 0;

		if (!named && !crl_find(crl, x509, &entry))
			abort();
		X509_free(x509);
		/* From here on entries may be of another issuer. */
		if (named)
			break;
	}
	X509_CRL_free(list);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct crl *crl = crl_read(data, size, MOST, NULL);
	ASN1_INTEGER *serial;
	struct crl_entry entry;
	const char *why;
	char words[200];
	X509 *x509;

	if (crl == NULL)
		return 0;
	serial = ASN1_INTEGER_new();
	ASN1_INTEGER_set(serial, 42);
	x509 = make_certificate(crl, serial);
	(void)crl_find(crl, x509, &entry);
	(void)crl_reasons_for(crl, x509, NULL, &why);
	(void)crl_strength(crl, &why);
	(void)crl_delta_extends(crl, crl);
	crl_describe(crl, words, sizeof(words));
	if (crl_is_signed_by(crl, x509))
		abort();
	compare(crl);
	X509_free(x509);
	ASN1_INTEGER_free(serial);
	crl_unref(crl);
	ERR_clear_error();
	return 0;
}
