/* From candidates to digital IDs: judged, the stale ones marked, the best first. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smime/recipient_work.h"

void
recipient_digital_id_clear(struct digital_id *id)
{
	certificate_unref(id->certificate);
	free(id->directory);
	free(id->dn);
	free(id->attribute);
	free(id->detail);
	free(id->failed_subject);
	free(id->failed_issuer);
	free(id->revocation_detail);
	certificate_unref(id->authority);
	memset(id, 0, sizeof(*id));
}

/* The verdict's evidence, and why a blob's word did not count. */
static int
set_detail(struct recipient_candidate *candidate, const char *evidence, struct error *err)
{
	const struct blob *blob = candidate->blob;
	char text[sizeof(((struct trust_verdict *)NULL)->detail) + sizeof(blob->note) + 64];

	snprintf(text, sizeof(text), "%s", evidence);
	if (blob != NULL && !blob->verified)
		snprintf(text, sizeof(text),
		    "%s%sthe signature of the published blob does not "
		    "count: %s",
		    evidence, evidence[0] != '\0' ? "; " : "", blob->note);
	if (text[0] == '\0')
		return 0;
	candidate->id.detail = strdup(text);
	return candidate->id.detail != NULL ? 0 : error_no_memory(err);
}

/* Whom an administrator would have to trust. */
static int
find_authority(const struct recipient_work *work, struct digital_id *id, struct error *err)
{
	X509 *top = NULL;

	if (id->verdict != REASON_UNTRUSTED_ISSUER && id->verdict != REASON_INCOMPLETE_CHAIN)
		return 0;
	if (trust_topmost(
		work->trust, id->certificate->x509, work->extra, work->address, &top, err) != 0)
		return -1;
	if (top == NULL)
		return 0;
	id->authority = certificate_from_x509(top, err);
	X509_free(top);
	/* One that is malformed is as good as not found. */
	return id->authority != NULL || recipient_error_is_of_value(err) ? 0 : -1;
}

int
recipient_judge_candidate(struct recipient_work *work, struct recipient_candidate *candidate,
    enum trust_purpose purpose, struct error *err)
{
	const struct recipient_source source = {
	    candidate->other, candidate->allow_no_address, candidate->may_follow};
	struct digital_id *id = &candidate->id;
	struct trust_verdict verdict;

	if (recipient_judge_certificate(work, id->certificate, purpose, &source, &verdict, err) !=
	    0)
		return -1;
	id->verdict = verdict.reason;
	id->failed_depth = verdict.failed_depth;
	id->failed_subject = verdict.failed_subject;
	id->failed_issuer = verdict.failed_issuer;
	id->failed_from = verdict.failed_from;
	id->failed_until = verdict.failed_until;
	id->revocation = verdict.revocation;
	if (verdict.revocation_detail[0] != '\0') {
		id->revocation_detail = strdup(verdict.revocation_detail);
		if (id->revocation_detail == NULL)
			return error_no_memory(err);
	}
	candidate->chain_until = verdict.valid_until;
	if (find_authority(work, id, err) != 0)
		return -1;
	/* RFC 4262: the extension speaks where no signed message does; and only a CA that we trust
	 * makes it speak. */
	if (purpose == TRUST_ENCRYPT && id->verdict == REASON_OK &&
	    id->capabilities.from == CAPABILITIES_NONE)
		capabilities_of_certificate(id->certificate->x509, &id->capabilities);
	return set_detail(candidate, verdict.detail, err);
}

/* Whether the second is what the first one's owner should be reached by: from elsewhere, and the
 * first is unusable, or older and of the same subject. */
static bool
is_shadowed_by(const struct recipient_candidate *old, const struct recipient_candidate *good)
{
	const struct certificate *before = old->id.certificate;
	const struct certificate *after = good->id.certificate;

	if (good->id.verdict != REASON_OK || (old->blob != NULL && good->blob == old->blob))
		return false;
	if (old->id.verdict != REASON_OK)
		return true;
	return good->bare && before->not_before < after->not_before &&
	       X509_NAME_cmp(
		   X509_get_subject_name(before->x509), X509_get_subject_name(after->x509)) == 0;
}

/* Clients take what userSMIMECertificate holds first, and some stop there: so what it holds of old
 * hides the good one. */
static void
mark_stale(struct recipient_work *work)
{
	size_t old;
	size_t good;

	for (old = 0; old < work->count; old++) {
		struct recipient_candidate *candidate = &work->candidates[old];

		if (!candidate->id.from_blob)
			continue;
		for (good = 0; good < work->count && !candidate->id.stale; good++)
			candidate->id.stale =
			    good != old && is_shadowed_by(candidate, &work->candidates[good]);
	}
}

static int
newer_first(const struct certificate *left, const struct certificate *right)
{
	if (left->not_before != right->not_before)
		return left->not_before > right->not_before ? -1 : 1;
	if (left->not_after != right->not_after)
		return left->not_after > right->not_after ? -1 : 1;
	return 0;
}

/* Usable; not shadowing a better one; from a verified blob; its preference; newest; as found. */
static int
compare(const void *a, const void *b)
{
	const struct recipient_candidate *left = a;
	const struct recipient_candidate *right = b;
	const struct digital_id *l = &left->id;
	const struct digital_id *r = &right->id;
	int order = 0;

	if ((l->verdict == REASON_OK) != (r->verdict == REASON_OK))
		return l->verdict == REASON_OK ? -1 : 1;
	if (l->stale != r->stale)
		return l->stale ? 1 : -1;
	if (l->blob_signed != r->blob_signed)
		return l->blob_signed ? -1 : 1;
	if (l->preferred != r->preferred)
		return l->preferred ? -1 : 1;
	if ((l->certificate == NULL) != (r->certificate == NULL))
		return l->certificate != NULL ? -1 : 1;
	if (l->certificate != NULL)
		order = newer_first(l->certificate, r->certificate);
	if (order == 0)
		order = left->order < right->order ? -1 : 1;
	return order;
}

int
recipient_rank(struct recipient_work *work, struct error *err)
{
	size_t i;

	for (i = 0; i < work->count; i++) {
		if (work->candidates[i].id.certificate != NULL &&
		    recipient_judge_candidate(work, &work->candidates[i], TRUST_ENCRYPT, err) != 0)
			return -1;
	}
	mark_stale(work);
	qsort(work->candidates, work->count, sizeof(*work->candidates), compare);
	return 0;
}
