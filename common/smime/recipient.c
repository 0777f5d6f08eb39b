#include "smime/recipient.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "smime/recipient_work.h"

struct recipient *
recipient_new(const struct address *address, struct error *err)
{
	struct recipient *recipient = calloc(1, sizeof(*recipient));

	if (recipient == NULL) {
		error_no_memory(err);
		return NULL;
	}
	recipient->references = 1;
	recipient->address = strdup(address->text != NULL ? address->text : "");
	if (recipient->address == NULL) {
		error_no_memory(err);
		recipient_unref(recipient);
		return NULL;
	}
	return recipient;
}

struct recipient *
recipient_unavailable(const struct address *address, const char *detail)
{
	struct recipient *recipient = recipient_new(address, NULL);

	if (recipient == NULL)
		return NULL;
	recipient->state = RECIPIENT_UNAVAILABLE;
	recipient->judged_at = clock_wall();
	recipient->valid_until = recipient->judged_at;
	recipient->detail = strdup(detail != NULL ? detail : "");
	if (recipient->detail == NULL) {
		recipient_unref(recipient);
		return NULL;
	}
	return recipient;
}

const struct digital_id *
recipient_find(const struct recipient *recipient, const char *sha256)
{
	size_t i;

	for (i = 0; recipient != NULL && i < recipient->digital_id_count; i++) {
		const struct certificate *certificate = recipient->digital_ids[i].certificate;

		if (certificate != NULL && strcmp(certificate->sha256, sha256) == 0)
			return &recipient->digital_ids[i];
	}
	return NULL;
}

struct recipient *
recipient_ref(struct recipient *recipient)
{
	__atomic_add_fetch(&recipient->references, 1, __ATOMIC_RELAXED);
	return recipient;
}

void
recipient_unref(struct recipient *recipient)
{
	size_t i;

	if (recipient == NULL ||
	    __atomic_sub_fetch(&recipient->references, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	for (i = 0; i < recipient->digital_id_count; i++)
		recipient_digital_id_clear(&recipient->digital_ids[i]);
	for (i = 0; i < recipient->member_count; i++)
		recipient_unref(recipient->members[i]);
	free(recipient->members);
	free(recipient->digital_ids);
	free(recipient->address);
	free(recipient->detail);
	free(recipient);
}

static void
until(time_t *earliest, time_t moment, time_t at)
{
	if (moment > at && moment < *earliest)
		*earliest = moment;
}

/* The first moment at which a certificate or a chain begins or ends. */
static time_t
holds_until(const struct recipient_work *work)
{
	time_t earliest = work->at + RECIPIENT_HOLDS_MAX;
	size_t i;

	for (i = 0; i < work->count; i++) {
		const struct certificate *certificate = work->candidates[i].id.certificate;

		until(&earliest, work->candidates[i].chain_until, work->at);
		if (certificate == NULL)
			continue;
		until(&earliest, certificate->not_before, work->at);
		until(&earliest, certificate->not_after, work->at);
	}
	return earliest;
}

/* What is to be known of the findings as a whole. */
static int
note_findings(struct recipient *recipient, const struct recipient_work *work, struct error *err)
{
	const struct findings *findings = work->findings;
	size_t left_out = work->left_out + findings->left_out;
	char text[200] = "";
	int used = 0;

	if (findings->unasked)
		used = snprintf(
		    text, sizeof(text), "no directory section answers for its domain (domains)");
	else if (findings->many_entries)
		used = snprintf(text, sizeof(text),
		    "%zu directory entries claim the address: none of them binds a certificate",
		    findings->entries);
	if (left_out > 0)
		snprintf(text + used, sizeof(text) - (size_t)used,
		    "%s%zu published values were not looked at", used > 0 ? "; " : "", left_out);
	if (text[0] == '\0')
		return 0;
	recipient->detail = strdup(text);
	return recipient->detail != NULL ? 0 : error_no_memory(err);
}

int
recipient_fill(struct recipient *recipient, struct recipient_work *work, struct error *err)
{
	size_t i;

	recipient->judged_at = work->at;
	recipient->valid_until = holds_until(work);
	recipient->state = work->count > 0 ? RECIPIENT_FOUND : RECIPIENT_NONE;
	if (note_findings(recipient, work, err) != 0)
		return -1;
	recipient->digital_ids = calloc(work->count + 1, sizeof(*recipient->digital_ids));
	if (recipient->digital_ids == NULL)
		return error_no_memory(err);
	for (i = 0; i < work->count; i++)
		recipient->digital_ids[i] = work->candidates[i].id;
	recipient->digital_id_count = work->count;
	work->count = 0; /* they belong to the record now */
	return 0;
}

struct recipient *
recipient_judge(
    const struct trust *trust, const struct recipient_question *question, struct error *err)
{
	struct recipient_work work = {.trust = trust,
	    .findings = question->findings,
	    .address = question->address,
	    .exact_local = question->exact_local,
	    .at = question->at,
	    .evidence = question->evidence,
	    .wants = question->wants,
	    .effort = question->effort != NULL ? *question->effort : TRUST_EFFORT_MAX};
	struct error local = ERROR_INIT;
	struct recipient *recipient;

	if (err == NULL)
		err = &local;
	recipient = recipient_new(question->address, err);
	if (recipient == NULL)
		return NULL;
	if (recipient_work_start(&work, err) != 0 || recipient_collect(&work, err) != 0 ||
	    recipient_rank(&work, err) != 0 || recipient_fill(recipient, &work, err) != 0) {
		recipient_unref(recipient);
		recipient = NULL;
	}
	if (question->effort != NULL)
		*question->effort = work.effort;
	recipient_work_end(&work);
	ERR_clear_error();
	return recipient;
}
