/* Candidates: each certificate once, with the best of the sources where it was found. */
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

static int
judge_for(struct recipient_work *work, const struct certificate *certificate,
    enum trust_purpose purpose, const struct address *address,
    const struct recipient_source *source, struct trust_verdict *verdict, struct error *err)
{
	const struct trust_question question = {.certificate = certificate,
	    .extra = work->extra,
	    .purpose = purpose,
	    .address = address,
	    .exact_local = work->exact_local,
	    .allow_no_address = source->allow_no_address,
	    .at = work->at,
	    .evidence = work->evidence,
	    .may_follow = source->may_follow,
	    .wants = work->wants,
	    .effort = &work->effort};

	return trust_judge(work->trust, &question, verdict, err);
}

int
recipient_judge_certificate(struct recipient_work *work, const struct certificate *certificate,
    enum trust_purpose purpose, const struct recipient_source *source,
    struct trust_verdict *verdict, struct error *err)
{
	struct address address = ADDRESS_INIT;
	int status;

	if (source->other != NULL &&
	    !certificate_has_address(certificate, work->address, work->exact_local)) {
		if (address_parse(source->other, &address, err) != 0)
			return -1;
		if (certificate_has_address(certificate, &address, work->exact_local)) {
			status =
			    judge_for(work, certificate, purpose, &address, source, verdict, err);
			address_free(&address);
			return status;
		}
		address_free(&address);
	}
	return judge_for(work, certificate, purpose, work->address, source, verdict, err);
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

int
recipient_add_malformed(
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

bool
recipient_blob_tells_more(const struct blob *blob, const struct blob *than)
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
		if (recipient_blob_tells_more(blob, candidate->blob) &&
		    set_source(&candidate->id, finding, err) != 0)
			return -1;
	} else if (append(work, finding, certificate, &candidate, err) != 0) {
		return -1;
	}
	if (candidate == NULL)
		return 0;
	if (recipient_blob_tells_more(blob, candidate->blob))
		take_blob(candidate, blob);
	if (finding->address != NULL)
		candidate->other = finding->address;
	candidate->bare |= finding->kind == FINDING_CERTIFICATE;
	candidate->may_follow |= finding->may_follow;
	candidate->allow_no_address |= finding->bind_by_entry && !work->findings->many_entries;
	return 0;
}

/* A fault of the certificate is only its own. */
int
recipient_add(struct recipient_work *work, const struct finding *finding, const struct blob *blob,
    X509 *x509, struct error *err)
{
	if (add_candidate(work, finding, blob, x509, err) == 0)
		return 0;
	if (!recipient_error_is_of_value(err))
		return -1;
	return recipient_add_malformed(work, finding, err->text, err);
}
