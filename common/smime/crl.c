#include "smime/crl.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "smime/certificate.h"
#include "smime/crl_private.h"

struct crl *
crl_ref(struct crl *crl)
{
	__atomic_add_fetch(&crl->references, 1, __ATOMIC_RELAXED);
	return crl;
}

void
crl_unref(struct crl *crl)
{
	size_t i;

	if (crl == NULL || __atomic_sub_fetch(&crl->references, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	for (i = 0; i < crl->run_count; i++)
		X509_NAME_free(crl->runs[i].issuer);
	free(crl->runs);
	free(crl->entries);
	X509_CRL_free(crl->frame);
	ISSUING_DIST_POINT_free(crl->scope);
	ASN1_INTEGER_free(crl->number);
	ASN1_INTEGER_free(crl->base);
	EVP_PKEY_free(crl->voucher);
	pthread_mutex_destroy(&crl->mutex);
	free(crl->der);
	free(crl);
}

const X509_NAME *
crl_issuer(const struct crl *crl)
{
	return X509_CRL_get_issuer(crl->frame);
}

time_t
crl_this_update(const struct crl *crl)
{
	return crl->this_update;
}

time_t
crl_next_update(const struct crl *crl)
{
	return crl->next_update;
}

const unsigned char *
crl_der(const struct crl *crl, size_t *size)
{
	*size = crl->size;
	return crl->der;
}

/* What OpenSSL holds of the frame is small, and counted by a round number. */
size_t
crl_bytes(const struct crl *crl)
{
	return sizeof(*crl) + 4096 + crl->size + crl->count * sizeof(*crl->entries) +
	       crl->run_count * 512;
}

const char *
crl_unusable(const struct crl *crl)
{
	return crl->unusable;
}

bool
crl_is_delta(const struct crl *crl)
{
	return crl->base != NULL;
}

bool
crl_is_indirect(const struct crl *crl)
{
	return crl->scope != NULL && crl->scope->indirectCRL > 0;
}

bool
crl_same_scope(const struct crl *left, const struct crl *right)
{
	unsigned char *a = NULL;
	unsigned char *b = NULL;
	int size = 0;
	int other = 0;
	bool same;

	if (left->scope == NULL || right->scope == NULL)
		return left->scope == right->scope;
	size = i2d_ISSUING_DIST_POINT(left->scope, &a);
	other = i2d_ISSUING_DIST_POINT(right->scope, &b);
	same = size > 0 && size == other && memcmp(a, b, (size_t)size) == 0;
	OPENSSL_free(a);
	OPENSSL_free(b);
	return same;
}

bool
crl_delta_extends(const struct crl *delta, const struct crl *complete)
{
	return delta->base != NULL && complete->base == NULL && complete->number != NULL &&
	       delta->number != NULL &&
	       X509_NAME_cmp(crl_issuer(delta), crl_issuer(complete)) == 0 &&
	       ASN1_INTEGER_cmp(complete->number, delta->base) >= 0 &&
	       ASN1_INTEGER_cmp(complete->number, delta->number) <= 0 &&
	       crl_same_scope(delta, complete);
}

int
crl_strength(const struct crl *crl, const char **name)
{
	const X509_ALGOR *algorithm = NULL;

	X509_CRL_get0_signature(crl->frame, NULL, &algorithm);
	return signature_strength(algorithm, name);
}

const char *
crl_reason_words(int reason)
{
	static const char *const words[] = {NULL, "key compromise", "CA compromise",
	    "change of affiliation", "superseded", "cessation of operation",
	    "on hold (certificateHold)", NULL, "removed from the list", "privilege withdrawn",
	    "AA compromise"};

	return reason >= 0 && (size_t)reason < ARRAY_LENGTH(words) ? words[reason] : NULL;
}

void
crl_describe(const struct crl *crl, char *words, size_t size)
{
	char *issuer = certificate_name_text(crl_issuer(crl));
	char date[CLOCK_TEXT_SIZE];

	snprintf(words, size, "the %sCRL of \"%.120s\" of %s", crl_is_delta(crl) ? "delta " : "",
	    issuer != NULL ? issuer : "?", clock_format_rfc3339(crl->this_update, date));
	free(issuer);
}
