#include "smime/signer.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "smime/recipient_work.h"
#include "smime/signature.h"

/* Where the certificate was found, as records say it. */
#define SOURCE "signature"

struct signer {
	struct certificate *certificate;
	STACK_OF(X509) * extra;
	struct address address;
	bool exact_local;
	time_t signing_time;
};

const struct address *
signer_match(const struct signer_question *question, bool exact_local)
{
	size_t i;

	for (i = 0; i < question->address_count; i++) {
		if (certificate_has_address(
			question->certificate, &question->addresses[i], exact_local))
			return &question->addresses[i];
	}
	return NULL;
}

static int
copy_others(struct signer *signer, const struct signer_question *question, struct error *err)
{
	size_t i;

	signer->extra = sk_X509_new_null();
	if (signer->extra == NULL)
		return error_no_memory(err);
	for (i = 0; i < question->other_count; i++) {
		X509 *x509 = question->others[i]->x509;
		bool bearable;

		if (signature_is_bearable_by(x509, &bearable, err) != 0)
			return -1;
		if (!bearable)
			continue;
		if (!sk_X509_push(signer->extra, x509))
			return error_no_memory(err);
		X509_up_ref(x509);
	}
	return 0;
}

static int
copy_address(struct signer *signer, const struct signer_question *question, struct error *err)
{
	const struct address *chosen = signer_match(question, signer->exact_local);

	if (chosen == NULL && question->address_count > 0)
		chosen = &question->addresses[0];
	if (chosen == NULL)
		return address_parse("<>", &signer->address, err);
	return address_copy(chosen, &signer->address, err);
}

struct signer *
signer_new(const struct signer_question *question, bool exact_local, struct error *err)
{
	struct signer *signer = calloc(1, sizeof(*signer));

	if (signer == NULL) {
		error_no_memory(err);
		return NULL;
	}
	/* Only its count of references changes. */
	signer->certificate =
	    certificate_ref((struct certificate *)(uintptr_t)question->certificate);
	signer->exact_local = exact_local;
	signer->signing_time = question->signing_time;
	if (copy_others(signer, question, err) != 0 || copy_address(signer, question, err) != 0) {
		signer_free(signer);
		signer = NULL;
	}
	ERR_clear_error();
	return signer;
}

void
signer_free(struct signer *signer)
{
	if (signer == NULL)
		return;
	certificate_unref(signer->certificate);
	sk_X509_pop_free(signer->extra, X509_free);
	address_free(&signer->address);
	free(signer);
}

const struct address *
signer_address(const struct signer *signer)
{
	return &signer->address;
}

/* The certificate once more, as of the moment that the work is for. */
static int
judge_once(struct recipient_work *work, const struct signer *signer, struct error *err)
{
	struct recipient_candidate *candidate = &work->candidates[work->count];
	struct digital_id *id = &candidate->id;

	candidate->order = work->count++;
	id->certificate = certificate_ref(signer->certificate);
	id->failed_depth = -1;
	id->revocation = "off";
	id->directory = strdup("");
	id->dn = strdup("");
	id->attribute = strdup(SOURCE);
	if (id->directory == NULL || id->dn == NULL || id->attribute == NULL)
		return error_no_memory(err);
	return recipient_judge_candidate(work, candidate, TRUST_SIGN, err);
}

static int
judge_as_signed(struct recipient_work *work, const struct signer *signer, struct error *err)
{
	enum reason_id now = work->candidates[0].id.verdict;
	struct recipient_work then = *work;
	int result;

	if (signer->signing_time == 0 || (now != REASON_EXPIRED && now != REASON_NOT_YET_VALID))
		return 0;
	then.at = signer->signing_time;
	then.wants = NULL;
	result = judge_once(&then, signer, err);
	work->count = then.count;
	work->effort = then.effort;
	return result;
}

struct recipient *
signer_judge(const struct trust *trust, const struct signer *signer,
    const struct signer_means *means, struct error *err)
{
	static const struct findings none;
	struct recipient_candidate candidates[2] = {{.order = 0}, {.order = 0}};
	struct recipient_work work = {.trust = trust,
	    .findings = &none,
	    .address = &signer->address,
	    .exact_local = signer->exact_local,
	    .at = means->at,
	    .evidence = means->evidence,
	    .wants = means->wants,
	    .extra = signer->extra,
	    .effort = means->effort != NULL ? *means->effort : TRUST_EFFORT_MAX,
	    .candidates = candidates};
	struct recipient *record = recipient_new(&signer->address, err);
	size_t i;

	if (record == NULL)
		return NULL;
	if (judge_once(&work, signer, err) != 0 || judge_as_signed(&work, signer, err) != 0 ||
	    recipient_fill(record, &work, err) != 0) {
		recipient_unref(record);
		record = NULL;
	}
	if (means->effort != NULL)
		*means->effort = work.effort;
	for (i = 0; i < work.count; i++)
		recipient_digital_id_clear(&candidates[i].id);
	ERR_clear_error();
	return record;
}
