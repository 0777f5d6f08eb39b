/* From findings to candidates: each value parsed once, each certificate once a candidate. */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "smime/recipient_work.h"

int
recipient_work_start(struct recipient_work *work, struct error *err)
{
	work->extra = sk_X509_new_null();
	work->blobs = calloc(work->findings->count + 1, sizeof(struct blob *));
	work->candidates = calloc(RECIPIENT_DIGITAL_IDS_MAX, sizeof(*work->candidates));
	if (work->extra == NULL || work->blobs == NULL || work->candidates == NULL)
		return error_no_memory(err);
	return 0;
}

void
recipient_work_end(struct recipient_work *work)
{
	size_t i;

	for (i = 0; i < work->count; i++)
		recipient_digital_id_clear(&work->candidates[i].id);
	free(work->candidates);
	for (i = 0; work->blobs != NULL && i < work->findings->count; i++)
		blob_free(work->blobs[i]);
	free(work->blobs);
	sk_X509_pop_free(work->extra, X509_free);
}

bool
recipient_error_is_of_value(const struct error *err)
{
	return err->code == ERROR_INPUT || err->code == ERROR_LIMIT;
}

static int
set_source(struct digital_id *id, const struct finding *finding, struct error *err)
{
	char *directory = strdup(finding->directory != NULL ? finding->directory : "");
	char *dn = strdup(finding->dn != NULL ? finding->dn : "");
	char *attribute = strdup(finding->attribute != NULL ? finding->attribute : "");

	if (directory == NULL || dn == NULL || attribute == NULL) {
		free(directory);
		free(dn);
		free(attribute);
		return error_no_memory(err);
	}
	free(id->directory);
	free(id->dn);
	free(id->attribute);
	id->directory = directory;
	id->dn = dn;
	id->attribute = attribute;
	id->from_blob = finding->kind == FINDING_BLOB;
	return 0;
}

/* A new candidate from this finding; its certificate is given to it. *place is NULL if there is no
 * room. */
static int
append(struct recipient_work *work, const struct finding *finding, struct certificate *certificate,
    struct recipient_candidate **place, struct error *err)
{
	struct recipient_candidate *candidate;

	*place = NULL;
	if (work->count == RECIPIENT_DIGITAL_IDS_MAX) {
		work->left_out++;
		certificate_unref(certificate);
		return 0;
	}
	candidate = &work->candidates[work->count];
	candidate->order = work->count++;
	candidate->id.certificate = certificate;
	candidate->id.failed_depth = -1;
	candidate->id.revocation = "off";
	*place = candidate;
	return set_source(&candidate->id, finding, err);
}

static int
add_malformed(
    struct recipient_work *work, const struct finding *finding, const char *why, struct error *err)
{
	struct recipient_candidate *candidate;

	if (append(work, finding, NULL, &candidate, err) != 0)
		return -1;
	if (candidate == NULL)
		return 0;
	candidate->id.verdict = REASON_MALFORMED;
	candidate->id.detail = strdup(why);
	return candidate->id.detail != NULL ? 0 : error_no_memory(err);
}

static struct recipient_candidate *
find_candidate(const struct recipient_work *work, const struct certificate *certificate)
{
	size_t i;

	for (i = 0; i < work->count; i++) {
		const struct certificate *own = work->candidates[i].id.certificate;

		if (own != NULL && strcmp(own->sha256, certificate->sha256) == 0)
			return &work->candidates[i];
	}
	return NULL;
}

/* A verified blob tells more than one that isn't, that more than none; of two verified ones the
 * newer (RFC 8551 2.7.1). */
static bool
tells_more(const struct blob *blob, const struct blob *than)
{
	if (blob == NULL || than == NULL)
		return blob != NULL;
	if (blob->verified != than->verified)
		return blob->verified;
	return blob->signing_time > than->signing_time;
}

static void
take_blob(struct recipient_candidate *candidate, const struct blob *blob)
{
	candidate->blob = blob;
	candidate->id.blob_signed = blob->verified;
	candidate->id.signing_time = blob->signing_time;
	if (blob->capabilities.from != CAPABILITIES_NONE)
		candidate->id.capabilities = blob->capabilities;
}

/* The same certificate found again is the same digital ID, with the better of its sources. */
static int
add_candidate(struct recipient_work *work, const struct finding *finding, const struct blob *blob,
    X509 *x509, struct error *err)
{
	struct certificate *certificate = certificate_from_x509(x509, err);
	struct recipient_candidate *candidate;

	if (certificate == NULL)
		return -1;
	candidate = find_candidate(work, certificate);
	if (candidate != NULL) {
		certificate_unref(certificate);
		if (tells_more(blob, candidate->blob) &&
		    set_source(&candidate->id, finding, err) != 0)
			return -1;
	} else if (append(work, finding, certificate, &candidate, err) != 0) {
		return -1;
	}
	if (candidate == NULL)
		return 0;
	if (tells_more(blob, candidate->blob))
		take_blob(candidate, blob);
	candidate->bare |= finding->kind == FINDING_CERTIFICATE;
	candidate->allow_no_address |= finding->bind_by_entry && !work->findings->many_entries;
	return 0;
}

/* As add_candidate(), but a fault of the certificate is only its own. */
static int
add_or_malformed(struct recipient_work *work, const struct finding *finding,
    const struct blob *blob, X509 *x509, struct error *err)
{
	if (add_candidate(work, finding, blob, x509, err) == 0)
		return 0;
	if (!recipient_error_is_of_value(err))
		return -1;
	return add_malformed(work, finding, err->text, err);
}

static int
add_extra(struct recipient_work *work, X509 *x509, struct error *err)
{
	if (sk_X509_num(work->extra) >= RECIPIENT_EXTRA_MAX)
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
		return add_malformed(work, finding, err->text, err);
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
		return add_malformed(work, finding, err->text, err);
	}
	status = add_candidate(work, finding, NULL, certificate->x509, err);
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
		return add_malformed(
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
	status = trust_judge(work->trust, signer, work->extra, TRUST_SIGN, work->address,
	    work->exact_local, finding->bind_by_entry && !work->findings->many_entries, work->at,
	    &verdict, err);
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

		if (blob != NULL && blob->verified && tells_more(blob, newest))
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
		status = add_or_malformed(
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
