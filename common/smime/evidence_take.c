/* Into the store: what was fetched, and what a folder held; and out of it again. */
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "smime/evidence_private.h"
#include "smime/signature.h"

static int
take_issuers(struct evidence *evidence, const struct want *want, const void *bytes, size_t size,
    struct error *err)
{
	STACK_OF(X509) *bundle = evidence_read_bundle(bytes, size, err);
	int status = 0;
	X509 *x509;

	if (bundle == NULL)
		return -1;
	pthread_mutex_lock(&evidence->mutex);
	shelf_remove(&evidence->certificates, want->key);
	while ((x509 = sk_X509_shift(bundle)) != NULL) {
		uint64_t name = evidence_name_hash(X509_get_subject_name(x509));
		/* Parsed it costs some four times what it has bytes. */
		size_t cost = 4 * (size_t)i2d_X509(x509, NULL);
		bool bearable = false;

		if (signature_is_bearable_by(x509, &bearable, err) != 0)
			status = -1;
		if (!bearable)
			X509_free(x509);
		else if (!shelf_add(&evidence->certificates, want->key, name, x509, cost, 0))
			status = error_no_memory(err);
	}
	pthread_mutex_unlock(&evidence->mutex);
	sk_X509_free(bundle);
	return status;
}

/* What anybody on the way may send again must not take the place of what came later. */
static bool
is_older(struct shelf *shelf, const char *key, time_t made)
{
	const struct shelf_item *item = shelf_by_key(shelf, key);

	return item != NULL && item->moment > made;
}

/* Dates an answer that a folder gave back, if it is the responder's: it may be later than what comes
 * now. Whoever may not sign any more says nothing any more. */
static void
date_restored(struct evidence *evidence, const struct want *want, time_t at)
{
	struct ocsp_answer *answer = evidence_answer(evidence, want->id);
	struct error err = ERROR_INIT;
	struct shelf_item *item;
	struct ocsp_says says;
	bool dated = answer != NULL && (ocsp_check(answer, want->certificate, want->issuer, at, 0,
					    &says, &err) == 0 ||
					   err.code == ERROR_LIMIT);

	pthread_mutex_lock(&evidence->mutex);
	item = shelf_by_key(&evidence->answers, want->id);
	if (dated && item != NULL && item->thing == answer)
		item->moment = says.this_update;
	pthread_mutex_unlock(&evidence->mutex);
	ocsp_unref(answer);
}

static int
take_crl(struct evidence *evidence, const struct want *want, const void *bytes, size_t size,
    struct error *err)
{
	struct crl *crl = crl_read(bytes, size, evidence->crl_size, err);

	if (crl == NULL)
		return -1;
	if (want->issuer != NULL &&
	    (X509_NAME_cmp(crl_issuer(crl), X509_get_subject_name(want->issuer)) != 0 ||
		!crl_is_signed_by(crl, want->issuer))) {
		crl_unref(crl);
		return error_set(
		    err, ERROR_INPUT, "the CRL is not signed by the key of the issuer");
	}
	if (want->issuer != NULL)
		crl_vouch(crl, want->issuer, CRL_SIGNED);
	return evidence_put_list(evidence, want->key, crl, want->issuer, false, err);
}

/* made: thisUpdate; 0: not checked. */
static int
put_answer(struct evidence *evidence, const char *id, struct ocsp_answer *answer, time_t made,
    struct error *err)
{
	size_t size;
	bool older;
	bool kept = false;

	(void)ocsp_bytes(answer, &size);
	pthread_mutex_lock(&evidence->mutex);
	older = is_older(&evidence->answers, id, made);
	if (older) {
		ocsp_unref(answer);
	} else {
		shelf_remove(&evidence->answers, id);
		/* Parsed it costs some four times what it has bytes. */
		kept = shelf_add(&evidence->answers, id, 0, answer, size * 5, made);
	}
	pthread_mutex_unlock(&evidence->mutex);
	if (older)
		return error_set(err, ERROR_INPUT, "the answer is older than the one at hand");
	return kept ? 0 : error_no_memory(err);
}

/* The digest is the section's to judge: another one may accept it. */
static int
take_answer(struct evidence *evidence, const struct want *want, const void *bytes, size_t size,
    time_t at, struct error *err)
{
	struct ocsp_answer *answer = ocsp_read(bytes, size, want->request, want->request_size, err);
	struct ocsp_says says = {.this_update = 0};

	if (answer == NULL)
		return -1;
	if (ocsp_check(answer, want->certificate, want->issuer, at, 0, &says, err) != 0) {
		ocsp_unref(answer);
		return -1;
	}
	date_restored(evidence, want, at);
	return put_answer(evidence, want->id, answer, says.this_update, err);
}

int
evidence_take(struct evidence *evidence, const struct want *want, const void *bytes, size_t size,
    time_t at, struct error *err)
{
	char words[256];
	int status = -1;

	switch (want->kind) {
	case WANT_ISSUER:
		status = take_issuers(evidence, want, bytes, size, err);
		break;
	case WANT_CRL:
		status = take_crl(evidence, want, bytes, size, err);
		break;
	case WANT_OCSP:
		status = take_answer(evidence, want, bytes, size, at, err);
		break;
	}
	if (status == 0) {
		evidence_pause(evidence, want->key, at + EVIDENCE_AGAIN);
	} else {
		want_describe(want->kind, want->url, words, sizeof(words));
		error_prefix(err, "%s: ", words);
	}
	ERR_clear_error();
	return status;
}

/* A CRL's key begins with its kind; an answer's is an ocsp_id(), which has no space. */
int
evidence_put_back(struct evidence *evidence, const char *key, const void *bytes, size_t size,
    enum crl_standing standing, struct error *err)
{
	struct ocsp_answer *answer;
	struct crl *crl;

	if (strchr(key, ' ') == NULL) {
		answer = ocsp_read(bytes, size, NULL, 0, err);
		return answer != NULL ? put_answer(evidence, key, answer, 0, err) : -1;
	}
	crl = crl_read(bytes, size, evidence->crl_size, err);
	if (crl == NULL)
		return -1;
	crl_raise(crl, standing);
	return evidence_put_list(evidence, key, crl, NULL, true, err);
}

int
evidence_restore(
    struct evidence *evidence, const char *key, const void *bytes, size_t size, struct error *err)
{
	return evidence_put_back(evidence, key, bytes, size, CRL_UNKNOWN, err);
}
