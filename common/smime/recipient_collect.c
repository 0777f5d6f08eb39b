/* From findings to candidates: each value parsed once, blobs verified. */
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "smime/recipient_work.h"
#include "smime/signature.h"

static int
add_extra(struct recipient_work *work, X509 *x509, struct error *err)
{
	bool bearable;

	if (sk_X509_num(work->extra) >= RECIPIENT_EXTRA_MAX)
		return 0;
	if (signature_is_bearable_by(x509, &bearable, err) != 0)
		return -1;
	if (!bearable)
		return 0;
	if (!sk_X509_push(work->extra, x509))
		return error_no_memory(err);
	X509_up_ref(x509);
	return 0;
}

/* Keeps the blob for later: its signer can only be judged once all chains are there. */
static int
read_blob(struct recipient_work *work, size_t i, struct error *err)
{
	const struct finding *finding = &work->findings->items[i];
	struct blob *blob = blob_read(finding->value, finding->size, err);
	int place;

	if (blob == NULL) {
		if (!recipient_error_is_of_value(err))
			return -1;
		return recipient_add_malformed(work, finding, err->text, err);
	}
	work->blobs[i] = blob;
	for (place = 0; place < sk_X509_num(blob->certificates); place++) {
		if (add_extra(work, sk_X509_value(blob->certificates, place), err) != 0)
			return -1;
	}
	return 0;
}

static int
read_certificate(struct recipient_work *work, const struct finding *finding, struct error *err)
{
	struct certificate *certificate = certificate_from_der(finding->value, finding->size, err);
	int status;

	if (certificate == NULL) {
		if (!recipient_error_is_of_value(err))
			return -1;
		return recipient_add_malformed(work, finding, err->text, err);
	}
	status = recipient_add(work, finding, NULL, certificate->x509, err);
	certificate_unref(certificate);
	return status;
}

/* A CA certificate that can't be read is no loss: the chain says what is missing. */
static int
read_ca(struct recipient_work *work, const struct finding *finding, struct error *err)
{
	struct certificate *certificate;
	int status;

	if (sk_X509_num(work->extra) >= RECIPIENT_EXTRA_MAX)
		return 0;
	certificate = certificate_from_der(finding->value, finding->size, err);
	if (certificate == NULL)
		return recipient_error_is_of_value(err) ? 0 : -1;
	status = add_extra(work, certificate->x509, err);
	certificate_unref(certificate);
	return status;
}

static int
read_finding(struct recipient_work *work, size_t i, struct error *err)
{
	const struct finding *finding = &work->findings->items[i];

	if (finding->kind == FINDING_CA)
		return finding->oversized ? 0 : read_ca(work, finding, err);
	if (work->values >= RECIPIENT_DIGITAL_IDS_MAX) {
		work->left_out++;
		return 0;
	}
	work->values++;
	if (finding->oversized)
		return recipient_add_malformed(
		    work, finding, "the value is larger than value-size-limit", err);
	if (finding->kind == FINDING_BLOB)
		return read_blob(work, i, err);
	return read_certificate(work, finding, err);
}

/* The signature counts only for a signer whom we trust for this address; only then is it computed.
 */
static int
verify_blob(struct recipient_work *work, const struct finding *finding, struct blob *blob,
    struct error *err)
{
	const struct recipient_source source = {.other = finding->address,
	    .allow_no_address = finding->bind_by_entry && !work->findings->many_entries,
	    .may_follow = finding->may_follow};
	struct trust_verdict verdict;
	struct certificate *signer;
	int status;

	if (blob->signer == NULL)
		return 0;
	signer = certificate_from_x509(blob->signer, err);
	if (signer == NULL) {
		blob_set_note(blob, "its signer's certificate is malformed");
		return recipient_error_is_of_value(err) ? 0 : -1;
	}
	status = recipient_judge_certificate(work, signer, TRUST_SIGN, &source, &verdict, err);
	if (status == 0 && verdict.reason == REASON_OK)
		blob_verify(blob, work->at);
	else if (status == 0)
		blob_set_note(blob, "its signer is not accepted (%s: %s)",
		    reason_get(verdict.reason)->code, verdict.detail);
	trust_verdict_clear(&verdict);
	certificate_unref(signer);
	return status;
}

/* Of several blobs only the newest says which certificate is preferred. */
static const struct blob *
newest_verified(const struct recipient_work *work)
{
	const struct blob *newest = NULL;
	size_t i;

	for (i = 0; i < work->findings->count; i++) {
		const struct blob *blob = work->blobs[i];

		if (blob != NULL && blob->verified && recipient_blob_tells_more(blob, newest))
			newest = blob;
	}
	return newest;
}

static int
add_blob_candidates(struct recipient_work *work, size_t i, struct error *err)
{
	const struct blob *blob = work->blobs[i];
	STACK_OF(X509) *candidates = blob_candidates(blob);
	int status = 0;
	int place;

	if (candidates == NULL)
		return error_no_memory(err);
	for (place = 0; status == 0 && place < sk_X509_num(candidates); place++)
		status = recipient_add(
		    work, &work->findings->items[i], blob, sk_X509_value(candidates, place), err);
	sk_X509_free(candidates);
	return status;
}

static void
mark_preferred(struct recipient_work *work, const struct blob *newest)
{
	size_t i;

	for (i = 0; newest != NULL && newest->preferred != NULL && i < work->count; i++) {
		struct digital_id *id = &work->candidates[i].id;

		id->preferred = id->certificate != NULL &&
				X509_cmp(id->certificate->x509, newest->preferred) == 0;
	}
}

int
recipient_collect(struct recipient_work *work, struct error *err)
{
	const struct findings *findings = work->findings;
	size_t i;

	for (i = 0; i < findings->count; i++) {
		if (read_finding(work, i, err) != 0)
			return -1;
	}
	for (i = 0; i < findings->count; i++) {
		if (work->blobs[i] != NULL &&
		    verify_blob(work, &findings->items[i], work->blobs[i], err) != 0)
			return -1;
	}
	for (i = 0; i < findings->count; i++) {
		if (work->blobs[i] != NULL && add_blob_candidates(work, i, err) != 0)
			return -1;
	}
	mark_preferred(work, newest_verified(work));
	return 0;
}
